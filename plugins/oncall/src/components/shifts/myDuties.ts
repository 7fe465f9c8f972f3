import type { MyShiftsAnswer } from '@pavedroad/plugin-oncall-common';

export type MyShift = MyShiftsAnswer['shifts'][number];

/** Longer shifts than this have no end worth telling: somebody is on a level for good. */
const WORTH_TELLING = 90 * 86_400_000;
/** Whoever is next on call within this time wants to read the notes. */
const SOON = 7 * 86_400_000;

/** What somebody is on call for at an instant in milliseconds, and which shift begins next. Pure. */
export function myDutiesOf(
  answer: MyShiftsAnswer,
  now: number,
): { current: MyShift[]; next?: MyShift } {
  const current = answer.shifts.filter(
    shift => Date.parse(shift.from) <= now && Date.parse(shift.to) > now,
  );
  const [next] = answer.shifts
    .filter(shift => Date.parse(shift.from) > now)
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
  return { current, ...(next ? { next } : {}) };
}

/** Whether a shift ends so late that it never does, as far as one can see. Pure. */
export function isForGood(shift: MyShift, now: number): boolean {
  return (
    Date.parse(shift.to) - Math.max(now, Date.parse(shift.from)) >=
    WORTH_TELLING
  );
}

/** The schedules whose notes concern somebody: on call there now, or soon. Pure. */
export function handoverSchedules(
  answer: MyShiftsAnswer,
  now: number,
): { scheduleRef: string; title: string }[] {
  const found = new Map<string, string>();
  for (const shift of answer.shifts) {
    if (Date.parse(shift.from) <= now + SOON && Date.parse(shift.to) > now) {
      found.set(shift.scheduleRef, shift.title);
    }
  }
  return [...found].map(([scheduleRef, title]) => ({ scheduleRef, title }));
}
