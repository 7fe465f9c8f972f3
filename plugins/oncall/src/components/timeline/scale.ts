import { DateTime } from 'luxon';

/** Days of a zone on a line on which every day is equally wide, also those of 23 or 25 hours. */
export type Scale = {
  zone: string;
  /** Instants in milliseconds at which the days begin, and at which the last one ends. */
  boundaries: number[];
};

/** The scale of some local days of a zone. Pure. */
export function scaleOf(first: string, days: number, zone: string): Scale {
  const start = DateTime.fromISO(first, { zone });
  return {
    zone,
    boundaries: Array.from({ length: days + 1 }, (_, day) =>
      start.plus({ days: day }).startOf('day').toMillis(),
    ),
  };
}

export const startOf = (scale: Scale): number => scale.boundaries[0];
export const endOf = (scale: Scale): number =>
  scale.boundaries[scale.boundaries.length - 1];

/** Where an instant stands: 0 at the left end, 1 at the right, clamped. Pure. */
export function positionOf(scale: Scale, instant: number): number {
  const { boundaries } = scale;
  const days = boundaries.length - 1;
  if (instant <= boundaries[0]) {
    return 0;
  }
  if (instant >= boundaries[days]) {
    return 1;
  }
  let low = 0;
  let high = days;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (boundaries[middle] <= instant) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const length = boundaries[high] - boundaries[low];
  return (low + (instant - boundaries[low]) / length) / days;
}

/** The instant that stands at a position. The inverse of {@link positionOf}. Pure. */
export function instantAt(scale: Scale, position: number): number {
  const { boundaries } = scale;
  const days = boundaries.length - 1;
  const at = Math.min(Math.max(position, 0), 1) * days;
  const day = Math.min(Math.floor(at), days - 1);
  return boundaries[day] + (at - day) * (boundaries[day + 1] - boundaries[day]);
}

/** Every third hour of the wall clock and where it stands on the first day, which the clocks can make shorter or longer. Pure. */
export function hoursOf(scale: Scale): { at: number; label: string }[] {
  const day = DateTime.fromMillis(startOf(scale), { zone: scale.zone });
  return Array.from({ length: 8 }, (_, i) => ({
    at: positionOf(
      scale,
      (i === 0 ? day : day.set({ hour: i * 3 })).toMillis(),
    ),
    label: `${String(i * 3).padStart(2, '0')}:00`,
  }));
}

const HOUR = 3_600_000;

/** How far one step with the keyboard goes, in milliseconds; none where a step is a day, which is not always 24 hours. */
const STEPS = { day: HOUR, week: 6 * HOUR, month: undefined };

/** The next place to stop in a direction: an hour, a quarter of a day, or a day further, on the wall clock. Pure. */
export function stepFrom(
  scale: Scale,
  instant: number,
  direction: 1 | -1,
  span: keyof typeof STEPS,
): number {
  const step = STEPS[span];
  const local = DateTime.fromMillis(instant, { zone: scale.zone });
  const from = local.startOf('day');
  let next: DateTime;
  if (step === undefined) {
    if (direction > 0) {
      next = from.plus({ days: 1 });
    } else {
      next = +from === instant ? from.minus({ days: 1 }) : from;
    }
  } else {
    const hours = step / HOUR;
    const wall = local.hour + local.minute / 60;
    const hour =
      direction > 0
        ? Math.floor(wall / hours) * hours + hours
        : Math.ceil(wall / hours) * hours - hours;
    // Set, not added: the stops are on the wall clock, whatever the clocks do that day.
    next =
      hour >= 24 || hour < 0
        ? from
            .plus({ days: hour < 0 ? -1 : 1 })
            .set({ hour: hour < 0 ? 24 - hours : 0 })
        : from.set({ hour });
  }
  let stop = next.toMillis();
  if (step !== undefined && (stop - instant) * direction <= 0) {
    // The clocks change here: the hour looked for does not exist, or comes twice.
    stop = instant + direction * step;
  }
  return Math.min(Math.max(stop, startOf(scale)), endOf(scale));
}

/** The nearest place to stop: for the pointer, which is never exact. Pure. */
export function snap(
  scale: Scale,
  instant: number,
  span: keyof typeof STEPS,
): number {
  const before = stepFrom(scale, instant + 1, -1, span);
  const after = stepFrom(scale, before, 1, span);
  return instant - before <= after - instant ? before : after;
}
