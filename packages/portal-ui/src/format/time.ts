/** The IANA name of the zone the reader's browser is set to. */
export function viewerTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/**
 * An instant as date and time in a named zone, in the reader's language: `20 Nov 2026, 22:44`.
 *
 * @param instant - ISO 8601 with offset, or a Date.
 * @param timeZone - IANA zone; the reader's when left out.
 * @returns `unknown time` for what is no instant, so that one bad row cannot take a page down.
 */
export function formatDateTime(
  instant: string | Date,
  timeZone: string = viewerTimeZone(),
  locale?: string,
): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) {
    return 'unknown time';
  }
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone,
  }).format(date);
}

/** An instant as a date in a named zone: `20 Nov 2026`. */
export function formatDate(
  instant: string | Date,
  timeZone: string = viewerTimeZone(),
  locale?: string,
): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) {
    return 'unknown date';
  }
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeZone,
  }).format(date);
}

/** Units with their seconds, and from how many on they are used: one long unit could be nearly two. */
const STEPS: [Intl.RelativeTimeFormatUnit, number, number][] = [
  ['year', 31_557_600, 2],
  ['month', 2_629_800, 2],
  ['week', 604_800, 2],
  ['day', 86_400, 2],
  ['hour', 3_600, 1],
  ['minute', 60, 1],
  ['second', 1, 1],
];

/**
 * How far an instant lies from another, in words: `3 hours ago`, `in 2 days`; up to two days in hours. Goes beside an absolute time, never alone.
 *
 * @param now - The instant to count from, passed in so that what is shown can be tested.
 */
export function formatRelative(
  instant: string | Date,
  now: Date,
  locale?: string,
): string {
  const seconds = (new Date(instant).getTime() - now.getTime()) / 1000;
  if (!Number.isFinite(seconds)) {
    return '';
  }
  const [unit, size] =
    STEPS.find(([, length, from]) => Math.abs(seconds) >= from * length) ??
    STEPS[STEPS.length - 1];
  const count = Math.trunc(seconds / size);
  // "Tomorrow" and "last week" are of the calendar, and this counts time.
  return new Intl.RelativeTimeFormat(locale, {
    numeric: count === 0 ? 'auto' : 'always',
  }).format(count, unit);
}
