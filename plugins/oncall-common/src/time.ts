import { InputError } from '@backstage/errors';

import { utc, Zone } from './zone';

const LOCAL =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?$/;
const INSTANT =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:Z|([+-])(\d\d):?(\d\d))$/i;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Wall milliseconds of a local date-time `YYYY-MM-DDTHH:MM[:SS]`, or undefined when it is not one. */
export function readLocal(text: unknown): number | undefined {
  const match = typeof text === 'string' ? LOCAL.exec(text) : undefined;
  if (!match) {
    return undefined;
  }
  const [year, month, day, hour, minute, second] = match
    .slice(1, 7)
    .map(part => Number(part ?? 0));
  const date = utc(year, month - 1, day);
  const check = new Date(date);
  if (
    check.getUTCMonth() !== month - 1 ||
    check.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  ) {
    return undefined;
  }
  return (
    date +
    hour * HOUR +
    minute * MINUTE +
    second * 1000 +
    Number((match[7] ?? '0').padEnd(3, '0'))
  );
}

/** Milliseconds of an ISO 8601 instant with `Z` or an offset, or undefined when it is not one. */
export function readInstant(text: unknown): number | undefined {
  const match = typeof text === 'string' ? INSTANT.exec(text) : undefined;
  if (!match) {
    return undefined;
  }
  const wall = readLocal(match[1].toUpperCase());
  const hours = Number(match[3] ?? 0);
  const minutes = Number(match[4] ?? 0);
  if (wall === undefined || hours > 23 || minutes > 59) {
    return undefined;
  }
  const offset = hours * HOUR + minutes * MINUTE;
  return match[2] === '-' ? wall + offset : wall - offset;
}

/**
 * As `readInstant`.
 * @throws InputError that names the value.
 */
export function parseInstant(text: string, what: string): number {
  const instant = readInstant(text);
  if (instant === undefined) {
    throw new InputError(
      `${what} must be an ISO 8601 instant with an offset, such as 2026-03-29T01:00:00Z; it is ${JSON.stringify(
        text,
      )}`,
    );
  }
  return instant;
}

/**
 * Both ends of a window in milliseconds.
 * @throws InputError when an end is no instant, or the end comes before the start.
 */
export function parseWindow(window: { from: string; to: string }): {
  from: number;
  to: number;
} {
  const from = parseInstant(window.from, 'from');
  const to = parseInstant(window.to, 'to');
  if (to < from) {
    throw new InputError(
      `The window ends before it begins: from ${window.from} to ${window.to}`,
    );
  }
  return { from, to };
}

/** Milliseconds since midnight of a local time `HH:MM`, or undefined when it is not one. */
export function readTime(text: unknown): number | undefined {
  const match = typeof text === 'string' ? TIME.exec(text) : undefined;
  return match
    ? Number(match[1]) * HOUR + Number(match[2]) * MINUTE
    : undefined;
}

/**
 * Milliseconds of an override's start or end: an instant with offset, or a date-time on the clock of the zone. A local start that
 * happens twice is the first and a local end the second, one that does not exist is the change.
 */
export function readMoment(
  text: string,
  zone: Zone,
  edge: 'start' | 'end',
): number | undefined {
  const instant = readInstant(text);
  if (instant !== undefined) {
    return instant;
  }
  const wall = readLocal(text);
  if (wall === undefined) {
    return undefined;
  }
  return edge === 'start' ? zone.firstInstant(wall) : zone.lastInstant(wall);
}

/**
 * Milliseconds of a date-time on the clock of an IANA zone: the first of two, and the change for one that does not exist. Undefined for a
 * text that is no local date-time.
 */
export function instantOfLocal(
  local: string,
  timeZone: string,
): number | undefined {
  const wall = readLocal(local);
  return wall === undefined ? undefined : Zone.of(timeZone).firstInstant(wall);
}
