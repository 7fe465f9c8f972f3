import { z } from 'zod';

const contactSchema = z.object({
  ref: z.string(),
  displayName: z.string(),
  until: z.string().optional(),
});

const answerSchema = z.object({
  coverage: z.enum(['full', 'gap', 'none']),
  reason: z
    .object({ message: z.string(), fix: z.string().optional() })
    .optional(),
  levels: z.array(z.object({ people: z.array(contactSchema) })).default([]),
  next: z
    .object({ from: z.string(), people: z.array(contactSchema) })
    .optional(),
});

/** Somebody on call. */
export type OnCallContact = { ref: string; displayName: string };

/**
 * Whether somebody is on call for a group: `covered`, somebody is now; `gap`, there is a schedule but nobody is on call now; `none`,
 * no schedule is found.
 */
export type OnCallCoverage =
  | {
      state: 'covered';
      /** The first level that has anybody. */
      people: OnCallContact[];
      /** ISO instant at which that changes, where one is in sight. */
      until?: string;
    }
  | {
      state: 'gap';
      /** Why, in a sentence. */
      reason?: string;
      /** What would mend it, in a sentence. */
      fix?: string;
      /** Who is on call next and from when, where that is in sight. */
      next?: { from: string; people: OnCallContact[] };
    }
  | { state: 'none'; reason?: string; fix?: string };

function contact({ ref, displayName }: OnCallContact): OnCallContact {
  return { ref, displayName };
}

/**
 * Reads the answer of `GET /api/oncall/now?entityRef=`.
 *
 * @throws an error when it is not such an answer.
 */
export function readOnCallCoverage(answer: unknown): OnCallCoverage {
  const { coverage, reason, levels, next } = answerSchema.parse(answer);
  const why = { reason: reason?.message, fix: reason?.fix };
  if (coverage === 'none') {
    return { state: 'none', ...why };
  }
  // A gap on one level leaves the others: somebody is still called.
  const level = levels.find(({ people }) => people.length > 0);
  if (!level) {
    return {
      state: 'gap',
      ...why,
      ...(next?.people.length
        ? { next: { from: next.from, people: next.people.map(contact) } }
        : {}),
    };
  }
  return {
    state: 'covered',
    people: level.people.map(contact),
    until: level.people[0].until,
  };
}

/** What stands against an owner. */
export type OnCallProblem = {
  /** What is the matter and what to do, in words. */
  message: string;
  /** False where somebody will be on call again: a schedule that rests at night is still a schedule. */
  refuses: boolean;
};

/** An instant as a sentence has it where nobody knows who reads it. */
function inUtc(instant: string): string {
  const [day, time] = new Date(instant).toISOString().split('T');
  return `${day}, ${time.slice(0, 5)} UTC`;
}

/** What a person should know about an owner nobody is on call for; `undefined` when somebody is. */
export function onCallProblem(
  groupName: string,
  coverage: OnCallCoverage,
): OnCallProblem | undefined {
  if (coverage.state === 'covered') {
    return undefined;
  }
  // Its source ends it or not; here another sentence follows.
  const reason = coverage.reason
    ? ` ${coverage.reason.replace(/\.$/, '')}.`
    : '';
  if (coverage.state === 'none') {
    return {
      message: `Nobody would be called when this breaks: ${groupName} has no on-call schedule.${reason} ${
        coverage.fix ??
        'Add an OnCallSchedule that it owns to the catalog, or choose an owner that has one.'
      }`,
      refuses: true,
    };
  }
  if (coverage.next) {
    const people = coverage.next.people.map(p => p.displayName).join(', ');
    return {
      message: `Nobody is on call for ${groupName} right now; ${people} will be from ${inUtc(
        coverage.next.from,
      )} on.`,
      refuses: false,
    };
  }
  return {
    message: `${groupName} has an on-call schedule, but nobody is on call now or later.${reason} ${
      coverage.fix ??
      'Fill the gap with an override on the On-call page, then try again.'
    }`,
    refuses: true,
  };
}
