import { DeploymentKind, Interval } from '@pavedroad/plugin-dora-common';
import { DateTime } from 'luxon';

/** Ranges that end today, by their length. */
export const PRESETS = {
  '30d': { label: 'Last 30 days', days: 30 },
  '90d': { label: 'Last 90 days', days: 90 },
  '180d': { label: 'Last 6 months', days: 182 },
  '365d': { label: 'Last year', days: 365 },
} as const;
export type Preset = keyof typeof PRESETS;

/** Everything that decides what a delivery screen shows. All of it is in the address. */
export interface ViewState {
  /** Entity ref; only on the organisation's page. */
  scope?: string;
  /** Absent when dates are given. */
  preset?: Preset;
  /** First day, `YYYY-MM-DD`. */
  from: string;
  /** Last day, included. */
  until: string;
  interval: Interval;
  environment: string;
  timeZone: string;
  outcome?: 'ok' | 'failed';
  kind?: DeploymentKind;
  /** Only deployments of which a failure would be known. */
  failureData: boolean;
  /** Only unplanned repairs. */
  rework: boolean;
  attempts: boolean;
  /** Id of the deployment whose detail is open. */
  deployment?: string;
}

const isDate = (text: string | null): text is string =>
  text !== null &&
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  DateTime.fromISO(text).isValid;

const oneOf = <T extends string>(
  values: readonly T[],
  text: string | null,
): T | undefined => values.find(value => value === text);

/** An interval that gives a plot of that many days neither three points nor hundreds. */
export function fittingInterval(days: number): Interval {
  if (days <= 31) {
    return 'day';
  }
  return days <= 200 ? 'week' : 'month';
}

/**
 * Reads the view from an address. What it does not say, or says wrongly, has its default.
 *
 * @param now - decides today
 * @param viewerZone - the reader's time zone
 */
export function readViewState(
  search: URLSearchParams,
  now: Date,
  viewerZone: string,
): ViewState {
  const zone = search.get('timeZone');
  const timeZone =
    zone && DateTime.fromJSDate(now, { zone }).isValid ? zone : viewerZone;
  const today = DateTime.fromJSDate(now, { zone: timeZone });
  const [givenFrom, givenUntil] = [search.get('from'), search.get('until')];
  const free =
    isDate(givenFrom) && isDate(givenUntil) && givenFrom <= givenUntil;
  const preset = free
    ? undefined
    : oneOf(Object.keys(PRESETS) as Preset[], search.get('range')) ?? '90d';
  const from = free
    ? givenFrom
    : today.minus({ days: PRESETS[preset!].days - 1 }).toISODate()!;
  const until = free ? givenUntil : today.toISODate()!;
  const days =
    DateTime.fromISO(until).diff(DateTime.fromISO(from), 'days').days + 1;
  return {
    scope: search.get('scope') || undefined,
    preset,
    from,
    until,
    interval:
      oneOf(['day', 'week', 'month'] as const, search.get('interval')) ??
      fittingInterval(days),
    environment: search.get('environment') || 'production',
    timeZone,
    outcome: oneOf(['ok', 'failed'] as const, search.get('outcome')),
    kind: oneOf(
      ['change', 'redeploy', 'rollback'] as const,
      search.get('kind'),
    ),
    failureData: search.get('failureData') === 'true',
    rework: search.get('rework') === 'true',
    attempts: search.get('attempts') === 'true',
    deployment: search.get('deployment') || undefined,
  };
}

/** What a reader changed. `undefined` takes it back to its default. */
export type ViewChange = Partial<{
  scope: string;
  range: Preset;
  from: string;
  until: string;
  interval: Interval;
  environment: string;
  timeZone: string;
  outcome: 'ok' | 'failed';
  kind: DeploymentKind;
  failureData: 'true';
  rework: 'true';
  attempts: 'true';
  deployment: string;
}>;

/** The address after a change; parameters of others on the page stay. */
export function changeSearch(
  search: URLSearchParams,
  change: ViewChange,
): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) {
      next.delete(key);
    } else {
      next.set(key, value);
    }
  }
  if (change.range) {
    next.delete('from');
    next.delete('until');
  }
  if (change.from) {
    next.delete('range');
  }
  return next;
}

/** Half-open bounds for the API: dates begin in the time zone, so the day after the last is the end. */
export function windowOf(state: Pick<ViewState, 'from' | 'until'>): {
  from: string;
  to: string;
} {
  return {
    from: state.from,
    to: DateTime.fromISO(state.until).plus({ days: 1 }).toISODate()!,
  };
}
