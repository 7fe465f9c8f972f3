import { z } from 'zod';

const answerSchema = z.object({
  coverage: z.string(),
  reason: z.string().optional(),
  levels: z
    .array(
      z.object({
        people: z
          .array(
            z.object({
              person: z.string(),
              name: z.string().optional(),
              until: z.string().optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/**
 * Whether somebody is on call for a group: `covered`; `gap`, there is a schedule but nobody is on call now; `none`, no schedule is
 * found.
 */
export type OnCallCoverage =
  | {
      state: 'covered';
      /** User entity refs of the first level that has anybody. */
      people: string[];
      /** ISO instant at which that changes, where one is in sight. */
      until?: string;
    }
  | { state: 'gap' | 'none'; reason?: string };

/**
 * Reads the answer of `GET /api/oncall/now`.
 *
 * @throws an error when it is not such an answer.
 */
export function readOnCallCoverage(answer: unknown): OnCallCoverage {
  const { coverage, reason, levels } = answerSchema.parse(answer);
  if (coverage === 'none') {
    return { state: 'none', reason };
  }
  const level = levels.find(({ people }) => people.length > 0);
  if (coverage === 'gap' || !level) {
    return { state: 'gap', reason };
  }
  return {
    state: 'covered',
    people: level.people.map(({ person }) => person),
    until: level.people[0].until,
  };
}

/** What a person can do about an owner nobody is on call for; `undefined` when somebody is. */
export function onCallProblem(
  groupName: string,
  coverage: OnCallCoverage,
): string | undefined {
  if (coverage.state === 'covered') {
    return undefined;
  }
  const reason = coverage.reason ? ` (${coverage.reason})` : '';
  return coverage.state === 'gap'
    ? `${groupName} has an on-call schedule, but nobody is on call now${reason}. Fill the gap with an override on the On-call page, then try again.`
    : `Nobody would be called when this breaks: ${groupName} has no on-call schedule${reason}. Add an OnCallSchedule that it owns to the catalog, or choose an owner that has one.`;
}
