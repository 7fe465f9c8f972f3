/** Backstage's annotation of a template: how long the work it spares takes, as an ISO 8601 duration. */
export const TIME_SAVED_ANNOTATION = 'backstage.io/time-saved';

/** Annotation of a template: what that work is, as the end of a sentence. */
export const TIME_SAVED_HOW_ANNOTATION = 'pavedroad.dev/time-saved-how';

/** Hours of a working day. */
const DAY_HOURS = 8;

const DURATION = /^PT(?:(\d+)H)?(?:(\d+)M)?$/;

const COUNTS = [
  'no',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
];

const plural = (count: number, unit: string) =>
  `${COUNTS[count] ?? count} ${unit}${count === 1 ? '' : 's'}`;

/**
 * Minutes of work in an ISO 8601 duration of hours and minutes; `undefined` when it is none, or nothing. Days are refused: Backstage counts
 * one as 24 hours, people as a working day.
 */
export function timeSavedMinutes(
  duration: string | undefined,
): number | undefined {
  const [, hours = '0', minutes = '0'] = DURATION.exec(duration ?? '') ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return total > 0 ? total : undefined;
}

/** The time a template saves in words, such as "about two days"; `undefined` where it does not say. */
export function timeSavedWords(
  duration: string | undefined,
): string | undefined {
  const total = timeSavedMinutes(duration);
  if (total === undefined) {
    return undefined;
  }
  if (total < 60) {
    return `about ${plural(total, 'minute')}`;
  }
  const hours = Math.round(total / 60);
  if (hours < DAY_HOURS) {
    return `about ${plural(hours, 'hour')}`;
  }
  const halves = Math.round((hours / DAY_HOURS) * 2);
  const days = Math.floor(halves / 2);
  return halves % 2 === 1
    ? `about ${COUNTS[days] ?? days} and a half days`
    : `about ${plural(days, 'day')}`;
}
