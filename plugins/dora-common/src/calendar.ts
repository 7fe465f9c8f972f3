import { Temporal } from 'temporal-polyfill';
import { Interval } from './api';

/** A half-open span in epoch milliseconds. */
export interface Span {
  from: number;
  to: number;
}

const zoned = (at: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);

/** Whether the name is a time zone of the IANA database, or `UTC`. */
export function isTimeZone(timeZone: string): boolean {
  if (/^[+-]/.test(timeZone)) {
    return false;
  }
  try {
    zoned(0, timeZone);
    return true;
  } catch {
    return false;
  }
}

function startOf(day: Temporal.PlainDate, interval: Interval) {
  if (interval === 'week') {
    return day.subtract({ days: day.dayOfWeek - 1 });
  }
  return interval === 'month' ? day.with({ day: 1 }) : day;
}

const startOfDay = (day: Temporal.PlainDate, timeZone: string) =>
  day.toZonedDateTime(timeZone).epochMilliseconds;

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
  const step = {
    day: { days: 1 },
    week: { days: 7 },
    month: { months: 1 },
  }[interval];
  const buckets: Span[] = [];
  let day = startOf(zoned(window.from, timeZone).toPlainDate(), interval);
  let from = window.from;
  while (from < window.to) {
    day = day.add(step);
    const to = Math.min(startOfDay(day, timeZone), window.to);
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
  let monday = startOf(zoned(window.from, timeZone).toPlainDate(), 'week');
  if (startOfDay(monday, timeZone) < window.from) {
    monday = monday.add({ days: 7 });
  }
  for (;;) {
    const starts = weekStarts(monday, timeZone);
    if (starts[7] > window.to) {
      return weeks;
    }
    weeks.push(
      starts.slice(0, 7).map((from, i) => ({ from, to: starts[i + 1] })),
    );
    monday = monday.add({ days: 7 });
  }
}

/** When the seven days from a Monday begin, and the next week. */
function weekStarts(monday: Temporal.PlainDate, timeZone: string): number[] {
  return Array.from({ length: 8 }, (_, i) =>
    startOfDay(monday.add({ days: i }), timeZone),
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
