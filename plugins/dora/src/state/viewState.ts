import { DeploymentKind, Interval } from '@pavedroad/plugin-dora-common';
import { DateTime } from 'luxon';

/** First and last day of the days that end today. */
const lastDays = (days: number) => (today: DateTime) => ({
  from: today.minus({ days: days - 1 }),
  until: today,
});

/** Ranges by name; each is found anew from today, so that a saved address moves on. */
export const PRESETS = {
  '30d': { label: 'Last 30 days', range: lastDays(30) },
  '90d': { label: 'Last 90 days', range: lastDays(90) },
  '180d': { label: 'Last 6 months', range: lastDays(182) },
  '365d': { label: 'Last year', range: lastDays(365) },
  '730d': { label: 'Last 2 years', range: lastDays(730) },
  month: {
    label: 'This month',
    range: (today: DateTime) => ({
      from: today.startOf('month'),
      until: today,
    }),
  },
  'last-month': {
    label: 'Last month',
    range: (today: DateTime) => {
      const until = today.startOf('month').minus({ days: 1 });
      return { from: until.startOf('month'), until };
    },
  },
  'last-quarter': {
    label: 'Last quarter',
    range: (today: DateTime) => {
      const until = today.startOf('quarter').minus({ days: 1 });
      return { from: until.startOf('quarter'), until };
    },
  },
} as const;
export type Preset = keyof typeof PRESETS;

/** The parts of a delivery view; each has an address of its own. */
export const TABS = [
  'overview',
  'lead-time',
  'services',
  'deployments',
  'incidents',
  'data-quality',
] as const;
/** The report is no tab among the others: it stands alone, to be printed. */
export type DeliveryTabId = (typeof TABS)[number] | 'report';

/** What the period is held against. */
export const COMPARISONS = ['before', 'year', 'dates', 'scope'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** What the table of services can be ordered by. */
export const SERVICE_ORDERS = [
  'name',
  'changeLeadTime',
  'deploymentFrequency',
  'changeFailRate',
  'failedDeploymentRecoveryTime',
  'deploymentReworkRate',
] as const;
export type ServiceOrder = (typeof SERVICE_ORDERS)[number];

/** Editions of the published benchmarks, the latest first. */
export const BENCHMARK_EDITIONS = ['2025', '2024', '2023'] as const;
export type BenchmarkEdition = (typeof BENCHMARK_EDITIONS)[number];

/** An incident as the address names it. */
export interface IncidentAddress {
  serviceRef: string;
  id: string;
}

/** An incident's service and id as one parameter; refs hold no spaces. */
export function incidentParameter({ serviceRef, id }: IncidentAddress): string {
  return `${serviceRef} ${id}`;
}

function readIncident(text: string | null): IncidentAddress | undefined {
  const [, serviceRef, id] =
    /^([^:/\s]+:[^:/\s]+\/[^:/\s]+) (.+)$/s.exec(text ?? '') ?? [];
  return serviceRef ? { serviceRef, id } : undefined;
}

/** Everything that decides what a delivery screen shows. All of it is in the address. */
export interface ViewState {
  tab: DeliveryTabId;
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
  comparison: Comparison;
  /** First day of the other period, `YYYY-MM-DD`; absent for another scope. */
  compareFrom?: string;
  /** Its last day, included. */
  compareUntil?: string;
  /** Entity ref of the other scope. */
  compareScope?: string;
  outcome?: 'ok' | 'failed';
  kind?: DeploymentKind;
  /** Only deployments of which a failure would be known. */
  failureData: boolean;
  /** Only unplanned repairs. */
  rework: boolean;
  attempts: boolean;
  /** Id of the deployment whose detail is open. */
  deployment?: string;
  /** The incident whose detail is open. */
  incident?: IncidentAddress;
  /** What the table of services is ordered by: by name, unless a reader chooses. */
  sort: ServiceOrder;
  descending: boolean;
  /** What services are searched for. */
  search: string;
  /** Which published benchmarks stand beside the figures: the latest, unless a reader chooses. */
  benchmarks: BenchmarkEdition;
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
  const named = preset && PRESETS[preset].range(today);
  const from = free ? givenFrom : named!.from.toISODate()!;
  const until = free ? givenUntil : named!.until.toISODate()!;
  const days =
    DateTime.fromISO(until).diff(DateTime.fromISO(from), 'days').days + 1;
  return {
    tab: oneOf([...TABS, 'report'] as const, search.get('tab')) ?? 'overview',
    ...readComparison(search, from, until, days),
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
    incident: readIncident(search.get('incident')),
    sort: oneOf(SERVICE_ORDERS, search.get('sort')) ?? 'name',
    descending: search.get('order') === 'desc',
    search: search.get('search') ?? '',
    benchmarks:
      oneOf(BENCHMARK_EDITIONS, search.get('benchmarks')) ??
      BENCHMARK_EDITIONS[0],
  };
}

/** The other period or scope. Without words about it in the address, the days just before. */
function readComparison(
  search: URLSearchParams,
  from: string,
  until: string,
  days: number,
): Pick<
  ViewState,
  'comparison' | 'compareFrom' | 'compareUntil' | 'compareScope'
> {
  const scope = search.get('compareScope');
  if (scope) {
    return { comparison: 'scope', compareScope: scope };
  }
  const [givenFrom, givenUntil] = [
    search.get('compareFrom'),
    search.get('compareUntil'),
  ];
  if (isDate(givenFrom) && isDate(givenUntil) && givenFrom <= givenUntil) {
    return {
      comparison: 'dates',
      compareFrom: givenFrom,
      compareUntil: givenUntil,
    };
  }
  const moved = (date: string, by: object) =>
    DateTime.fromISO(date).minus(by).toISODate()!;
  if (search.get('compare') === 'year') {
    return {
      comparison: 'year',
      compareFrom: moved(from, { years: 1 }),
      compareUntil: moved(until, { years: 1 }),
    };
  }
  return {
    comparison: 'before',
    compareFrom: moved(from, { days }),
    compareUntil: moved(from, { days: 1 }),
  };
}

/** What a reader changed. `undefined` takes it back to its default. */
export type ViewChange = Partial<{
  tab: DeliveryTabId;
  compare: 'year';
  compareFrom: string;
  compareUntil: string;
  compareScope: string;
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
  /** By {@link incidentParameter}. */
  incident: string;
  sort: ServiceOrder;
  order: 'desc';
  search: string;
  benchmarks: BenchmarkEdition;
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
  if ('compare' in change || change.compareFrom || change.compareScope) {
    for (const key of [
      'compare',
      'compareFrom',
      'compareUntil',
      'compareScope',
    ]) {
      if (!(change as Record<string, unknown>)[key]) {
        next.delete(key);
      }
    }
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

/** The other period as the API takes it; nothing for the period just before, which the API takes by itself. */
export function comparisonOf(
  state: Pick<
    ViewState,
    'comparison' | 'compareFrom' | 'compareUntil' | 'compareScope'
  >,
): { compareFrom?: string; compareTo?: string; compareEntityRef?: string } {
  if (state.comparison === 'scope') {
    return { compareEntityRef: state.compareScope };
  }
  if (state.comparison === 'before') {
    return {};
  }
  const { from, to } = windowOf({
    from: state.compareFrom!,
    until: state.compareUntil!,
  });
  return { compareFrom: from, compareTo: to };
}
