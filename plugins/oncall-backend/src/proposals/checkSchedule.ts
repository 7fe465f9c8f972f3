import { isError } from '@backstage/errors';
import {
  coverage,
  mentionsOf,
  type OnCallSchedule,
  peopleNamed,
  readScheduleSource,
  type ResolvedShift,
  type ScheduleCheck,
  type ScheduleSourceProblem,
  type Shift,
  shiftsBetween,
} from '@pavedroad/plugin-oncall-common';

import { contactFor, type CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type { InForce } from '../service/ScheduleStates';

/** How far the preview reaches, in days. */
export const PREVIEW_DAYS = 56;

/** Most warnings of one kind; the first ones say what is the matter. */
const MOST_WARNINGS = 20;

/**
 * What is wrong with the source of a schedule, what wants a second look, and who would be on call in the next eight weeks, before and after.
 * Overrides made in the portal stay in force, so they are part of both. Pure; never throws.
 */
export function checkSchedule(
  yaml: string,
  world: { snapshot: CatalogSnapshot; inForce: InForce; now: number },
): ScheduleCheck {
  const { snapshot, inForce, now } = world;
  const reading = readScheduleSource(yaml);
  const { scheduleRef, schedule, positionOf } = reading;
  const problems = [...reading.problems];
  const add =
    (severity: ScheduleSourceProblem['severity']) =>
    (path: string, message: string, fix?: string) =>
      problems.push({
        severity,
        message,
        path,
        ...positionOf(path),
        ...(fix ? { fix } : {}),
      });
  const warn = add('warning');
  const refuse = add('error');
  const answer = (preview?: ScheduleCheck['preview']): ScheduleCheck => ({
    problems: sorted(problems),
    ...(scheduleRef ? { scheduleRef } : {}),
    ...(preview ? { preview } : {}),
  });
  if (!schedule || problems.some(p => p.severity === 'error')) {
    return answer();
  }

  const current = scheduleRef ? inForce.get(scheduleRef) : undefined;
  const named = current
    ? peopleNamed(current.version.schedule, () => undefined)
    : new Set();
  for (const { path, ref, kind } of mentionsOf(schedule)) {
    if (kind === 'person' && !snapshot.contacts.has(ref)) {
      // Who has left since does not stand in the way of another change.
      (named.has(ref) ? warn : refuse)(
        path,
        `${ref} is not in the catalog, so nobody knows how to call them`,
        'Correct the name, or add the user to the catalog first',
      );
    }
    if (kind === 'schedule' && ref !== scheduleRef && !inForce.has(ref)) {
      warn(path, `There is no schedule ${ref}, so this layer has nobody`);
    }
  }
  if (reading.ownerRef && !snapshot.entities.has(reading.ownerRef)) {
    warn('spec.owner', `${reading.ownerRef} is not in the catalog`);
  }

  const window = {
    from: new Date(now).toISOString(),
    to: new Date(now + PREVIEW_DAYS * 86_400_000).toISOString(),
  };
  const made = (current?.schedule.overrides ?? []).slice(
    current?.version.schedule.overrides?.length ?? 0,
  );
  const after: OnCallSchedule = {
    ...schedule,
    overrides: [...(schedule.overrides ?? []), ...made],
  };
  const lookup = (ref: string) =>
    ref === scheduleRef ? after : inForce.get(ref)?.schedule;
  const resolved = (shift: Shift): ResolvedShift => ({
    ...shift,
    person: contactFor(snapshot, shift.person),
  });
  try {
    const shifts = shiftsBetween(after, window, { lookup });
    const { gaps, doubleBookings } = coverage(after, window, { lookup });
    warnOfCoverage(
      schedule,
      { gaps, doubleBookings },
      warn,
      person => contactFor(snapshot, person).displayName,
    );
    return answer({
      ...window,
      timeZone: schedule.timeZone,
      shifts: shifts.map(resolved),
      gaps,
      ...(current
        ? {
            before: shiftsBetween(current.schedule, window, {
              lookup: ref => inForce.get(ref)?.schedule,
            }).map(resolved),
          }
        : {}),
    });
  } catch (error) {
    // Schedules that contain each other can be told only with the others at hand.
    refuse('spec.levels', isError(error) ? error.message : String(error));
    return answer();
  }
}

function warnOfCoverage(
  schedule: OnCallSchedule,
  report: ReturnType<typeof coverage>,
  warn: (path: string, message: string, fix?: string) => void,
  nameOf: (person: string) => string,
) {
  schedule.levels.forEach((level, index) => {
    const gaps = report.gaps.filter(gap => gap.level === index + 1);
    if (gaps.length > 0) {
      const [first] = gaps;
      const label = level.name ?? `Level ${index + 1}`;
      warn(
        `spec.levels[${index}]`,
        `${label} has nobody on call ${
          gaps.length === 1 ? 'once' : `${gaps.length} times`
        } in the next eight weeks, first from ${clock(first.from)} to ${clock(
          first.to,
        )}`,
        'Add a layer below that is always on call',
      );
    }
  });
  const pairs = new Map<string, (typeof report.doubleBookings)[number]>();
  for (const booking of report.doubleBookings) {
    const key = `${booking.person} ${booking.levels}`;
    if (!pairs.has(key)) {
      pairs.set(key, booking);
    }
  }
  for (const { person, levels, from } of [...pairs.values()].slice(
    0,
    MOST_WARNINGS,
  )) {
    warn(
      `spec.levels[${levels[levels.length - 1] - 1}]`,
      `${nameOf(person)} is on call on levels ${levels.join(
        ' and ',
      )} at once, first from ${clock(
        from,
      )}: nobody else is left to escalate to`,
    );
  }
}

/** An instant on the clock of the schedule's zone, to the minute. */
function clock(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}

/** By line; what is wrong comes before what is worth a look on the same line. */
function sorted(problems: ScheduleSourceProblem[]): ScheduleSourceProblem[] {
  return problems.sort(
    (a, b) =>
      a.line - b.line ||
      a.column - b.column ||
      a.severity.localeCompare(b.severity),
  );
}
