import { Interval } from './api';
import { firstMoment, localTime } from './zone';

export { isTimeZone } from './zone';

/** A half-open span in epoch milliseconds. */
export interface Span {
  from: number;
  to: number;
}

const DAY = 86_400_000;

/** Midnight of the local day of a moment, as local time. */
function dayOf(at: number, timeZone: string): number {
  const local = localTime(at, timeZone);
  return local - (((local % DAY) + DAY) % DAY);
}

/** The day that a bucket begins with, from midnight to midnight in local time. */
function startOf(day: number, interval: Interval): number {
  const date = new Date(day);
  if (interval === 'week') {
    return day - ((date.getUTCDay() + 6) % 7) * DAY;
  }
  return interval === 'month'
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
    : day;
}

/** The day that the next bucket begins with. */
function after(day: number, interval: Interval): number {
  const date = new Date(day);
  return interval === 'month'
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
    : day + (interval === 'week' ? 7 : 1) * DAY;
}

/**
 * Whether the date that a date-time begins with is in the calendar: `Date.parse` takes the 30th of February for the 2nd
 * of March.
 *
 * @param text - begins with `YYYY-MM-DD`
 */
export function isCalendarDay(text: string): boolean {
  const day = text.slice(0, 10);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return (
    !Number.isNaN(midnight) &&
    new Date(midnight).toISOString().slice(0, 10) === day
  );
}

/**
 * Calendar days, ISO weeks or months of a time zone that overlap the window, cut to it. A bucket starts when its
 * first day does in that zone, so days of 23 and 25 hours are one day each, and none is lost.
 */
export function calendarBuckets(
  window: Span,
  interval: Interval,
  timeZone: string,
): Span[] {
  const buckets: Span[] = [];
  let day = startOf(dayOf(window.from, timeZone), interval);
  let from = window.from;
  while (from < window.to) {
    day = after(day, interval);
    const to = Math.min(firstMoment(day, timeZone), window.to);
    if (to > from) {
      buckets.push({ from, to });
    }
    from = Math.max(from, to);
  }
  return buckets;
}

/** ISO weeks (Monday to Sunday of the time zone) that lie wholly inside the window, each with its seven days. */
export function wholeWeeks(window: Span, timeZone: string): Span[][] {
  const weeks: Span[][] = [];
  let monday = startOf(dayOf(window.from, timeZone), 'week');
  if (firstMoment(monday, timeZone) < window.from) {
    monday += 7 * DAY;
  }
  for (;;) {
    const starts = weekStarts(monday, timeZone);
    if (starts[7] > window.to) {
      return weeks;
    }
    weeks.push(
      starts.slice(0, 7).map((from, i) => ({ from, to: starts[i + 1] })),
    );
    monday += 7 * DAY;
  }
}

/** When the seven days from a Monday begin, and the next week. */
function weekStarts(monday: number, timeZone: string): number[] {
  return Array.from({ length: 8 }, (_, i) =>
    firstMoment(monday + i * DAY, timeZone),
  );
}

/** Position of the span that holds the moment; −1 when none does. Spans ascend and do not overlap. */
export function spanIndex(spans: readonly Span[], at: number): number {
  let low = 0;
  let high = spans.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (at < spans[middle].from) {
      high = middle - 1;
    } else if (at >= spans[middle].to) {
      low = middle + 1;
    } else {
      return middle;
    }
  }
  return -1;
}
