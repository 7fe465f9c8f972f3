import { InputError } from '@backstage/errors';
import { Temporal } from 'temporal-polyfill';
import { Interval } from './api';
import { isTimeZone } from './calendar';
import { environmentName, PRODUCTION } from './derive/environments';
import { MetricsQuery } from './rows';
import { firstMoment, localTime, momentOf } from './zone';

const DAY = 86_400_000;
/** Longest window that is answered; longer ones are always a mistake. */
export const MAXIMUM_WINDOW_DAYS = 3660;
/** Longest window that is answered day by day, in days of the time zone: each day is a metric of its own in the answer and in what it takes to compute it. */
export const MAXIMUM_DAILY_DAYS = 1_100;
const DEFAULT_WINDOW_DAYS = 90;

const shorten = (text: string) =>
  text.length > 60 ? `${text.slice(0, 60)}…` : text;

/** Text parameters of a metrics query, as a URL carries them. */
export type MetricsQueryParameters = Partial<
  Record<
    | 'entityRef'
    | 'from'
    | 'to'
    | 'compareFrom'
    | 'compareTo'
    | 'compareEntityRef'
    | 'timeZone'
    | 'interval'
    | 'environment',
    string
  >
>;

/**
 * Reads and checks the parameters of a metrics query.
 *
 * A moment is an ISO 8601 instant; without an offset, or as a date alone, it is meant in the time zone. The window
 * defaults to the 90 days up to `now`, the comparison to the window of equal length before, or to the same window
 * when it is with another scope.
 *
 * @param now - epoch milliseconds
 * @throws InputError with a sentence that names the parameter
 */
export function parseMetricsQuery(
  parameters: MetricsQueryParameters,
  now: number,
): MetricsQuery {
  const timeZone = parseTimeZone(parameters.timeZone);
  const to = parseMoment('to', parameters.to, timeZone) ?? now;
  const from =
    parseMoment('from', parameters.from, timeZone) ??
    to - DEFAULT_WINDOW_DAYS * DAY;
  checkWindow('from', from, 'to', to);
  const givenFrom = parseMoment(
    'compareFrom',
    parameters.compareFrom,
    timeZone,
  );
  const givenTo = parseMoment('compareTo', parameters.compareTo, timeZone);
  if ((givenFrom === undefined) !== (givenTo === undefined)) {
    throw new InputError(
      "Parameters 'compareFrom' and 'compareTo' go together: give both or none.",
    );
  }
  // Another scope is compared over the same window, the same scope over the one before.
  const compareEntityRef = parameters.compareEntityRef || undefined;
  const compareFrom =
    givenFrom ?? (compareEntityRef ? from : from - (to - from));
  const compareTo = givenTo ?? (compareEntityRef ? to : from);
  checkWindow('compareFrom', compareFrom, 'compareTo', compareTo);
  return {
    entityRef: parameters.entityRef || undefined,
    from,
    to,
    compareFrom,
    compareTo,
    ...(compareEntityRef && { compareEntityRef }),
    timeZone,
    interval: parseInterval(
      parameters.interval,
      localTime(to, timeZone) - localTime(from, timeZone),
    ),
    environment: parseEnvironment(parameters.environment),
  };
}

/** @throws InputError when it is no zone of the IANA database */
export function parseTimeZone(text: string | undefined): string {
  const timeZone = text || 'UTC';
  if (!isTimeZone(timeZone)) {
    throw new InputError(
      `Parameter 'timeZone' is not a time zone of the IANA database: '${shorten(
        timeZone,
      )}'. Write it like 'Europe/Lisbon' or 'UTC'.`,
    );
  }
  return timeZone;
}

/**
 * Epoch milliseconds of an ISO 8601 date or date-time; without an offset it is local to the time zone.
 *
 * @throws InputError naming the parameter
 */
export function parseMoment(
  name: string,
  text: string | undefined,
  timeZone: string,
): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  // In a query string an unescaped '+' of an offset arrives as a space.
  const moment = text.replace(/ (?=\d\d:?\d\d$)/, '+');
  try {
    if (/(Z|[+-]\d\d(:?\d\d)?)$/i.test(moment) && /\dT/i.test(moment)) {
      return checkRange(Temporal.Instant.from(moment).epochMilliseconds);
    }
    if (/^[+-]?\d{4,6}-\d\d-\d\d$/.test(moment)) {
      return checkRange(
        firstMoment(
          localMilliseconds(Temporal.PlainDate.from(moment).toPlainDateTime()),
          timeZone,
        ),
      );
    }
    return checkRange(
      momentOf(
        localMilliseconds(Temporal.PlainDateTime.from(moment)),
        timeZone,
      ),
    );
  } catch {
    throw new InputError(
      `Parameter '${name}' is not a moment between the years 1970 and 2200: '${shorten(
        text,
      )}'. Write it in ISO 8601, like '2026-05-01T00:00:00Z' or '2026-05-01'.`,
    );
  }
}

/** A local date-time as the milliseconds it would be in UTC. */
function localMilliseconds(local: Temporal.PlainDateTime): number {
  return checkRange(local.toZonedDateTime('UTC').epochMilliseconds);
}

function checkRange(at: number): number {
  if (!(at >= 0 && at < Date.UTC(2200, 0, 1))) {
    throw new RangeError('out of range');
  }
  return at;
}

function checkWindow(
  fromName: string,
  from: number,
  toName: string,
  to: number,
): void {
  if (to === from) {
    throw new InputError(
      `The window is empty: '${fromName}' and '${toName}' are the same moment, and '${toName}' is not part of it.`,
    );
  }
  if (to < from) {
    throw new InputError(
      `The window is reversed: '${fromName}' is after '${toName}'.`,
    );
  }
  if (to - from > MAXIMUM_WINDOW_DAYS * DAY) {
    throw new InputError(
      `The window from '${fromName}' to '${toName}' is longer than ${MAXIMUM_WINDOW_DAYS} days, the longest that is answered.`,
    );
  }
}

/** @param window - how far the local clock goes, in milliseconds: days on which clocks change are days too */
function parseInterval(text: string | undefined, window: number): Interval {
  if (text === undefined || text === '') {
    return 'week';
  }
  if (text === 'day' && window > MAXIMUM_DAILY_DAYS * DAY) {
    throw new InputError(
      `The window is longer than ${MAXIMUM_DAILY_DAYS} days, the longest that is answered day by day: ask for 'interval' 'week' or 'month'.`,
    );
  }
  if (text === 'day' || text === 'week' || text === 'month') {
    return text;
  }
  throw new InputError(
    `Parameter 'interval' is '${shorten(
      text,
    )}'; it is one of 'day', 'week' and 'month'.`,
  );
}

function parseEnvironment(text: string | undefined): string {
  const name = environmentName(text ?? '');
  if (name.length > 255) {
    throw new InputError(
      "Parameter 'environment' is longer than 255 characters.",
    );
  }
  return name || PRODUCTION;
}
