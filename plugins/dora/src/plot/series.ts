import {
  MetricName,
  Metrics,
  MetricsResponse,
} from '@pavedroad/plugin-dora-common';
import {
  formatCount,
  formatDate,
  formatDurationSeconds,
  formatPercent,
} from '@pavedroad/portal-ui';

/** One bucket of a plot. No value: nothing is known of it. */
export interface PlotPoint {
  /** ISO instants, half-open. */
  from: string;
  to: string;
  value?: number;
  low?: number;
  high?: number;
  /** How many values stand behind it. */
  sample?: number;
  /** Cut by the window: it covers less time than the others. */
  partial?: boolean;
}

/** What a plot shows and how it speaks. */
export interface PlotSeries {
  kind: 'bars' | 'line';
  points: PlotPoint[];
  /** Title of the vertical axis, with its unit. */
  yTitle: string;
  xTitle: string;
  /** What one point is: `Median lead time`. */
  what: string;
  sampleTitle: string;
  /** Values in the unit of the axis are the value divided by this. */
  unit: number;
  format: (value: number) => string;
  label: (point: PlotPoint) => string;
  /** The label without what the others on the axis say too. */
  tick: (point: PlotPoint) => string;
}

type Reader = (m: Metrics) => Omit<PlotPoint, 'from' | 'to'>;

const READERS: Record<MetricName, Reader> = {
  changeLeadTime: ({ changeLeadTime: m }) => ({
    value: m.p50Seconds,
    low: m.p50ConfidenceInterval?.[0],
    high: m.p50ConfidenceInterval?.[1],
    sample: m.changes,
  }),
  deploymentFrequency: ({ deploymentFrequency: m }) => ({
    value: m.deployments,
    sample: m.deployments,
  }),
  changeFailRate: ({ changeFailRate: m }) => ({
    value: m.rate,
    low: m.confidenceInterval?.[0],
    high: m.confidenceInterval?.[1],
    sample: m.deployments,
  }),
  failedDeploymentRecoveryTime: ({ failedDeploymentRecoveryTime: m }) => ({
    value: m.p50Seconds,
    low: m.p50ConfidenceInterval?.[0],
    high: m.p50ConfidenceInterval?.[1],
    sample: m.recovered,
  }),
  deploymentReworkRate: ({ deploymentReworkRate: m }) => ({
    value: m.rate,
    low: m.confidenceInterval?.[0],
    high: m.confidenceInterval?.[1],
    sample: m.deployments,
  }),
};

const WORDS: Record<MetricName, { what: string; sampleTitle: string }> = {
  changeLeadTime: { what: 'Median lead time', sampleTitle: 'Changes' },
  deploymentFrequency: { what: 'Deployments', sampleTitle: 'Deployments' },
  changeFailRate: { what: 'Change fail rate', sampleTitle: 'Deployments' },
  failedDeploymentRecoveryTime: {
    what: 'Median recovery time',
    sampleTitle: 'Recovered deployments',
  },
  deploymentReworkRate: { what: 'Rework rate', sampleTitle: 'Deployments' },
};

/** Less time than the shortest whole bucket lasts, clock changes included. */
const WHOLE_HOURS = { day: 23, week: 7 * 24 - 1, month: 28 * 24 - 1 };

const DURATION_UNITS = [
  { seconds: 86_400, title: 'days' },
  { seconds: 3_600, title: 'hours' },
  { seconds: 60, title: 'minutes' },
  { seconds: 1, title: 'seconds' },
];

/** The series of one metric, ready to be drawn and spoken. */
export function plotSeries(
  name: MetricName,
  { series, window: { interval, timeZone } }: MetricsResponse,
): PlotSeries {
  const points = series.map(({ from, to, metrics }) => ({
    from,
    to,
    ...READERS[name](metrics),
    partial:
      Date.parse(to) - Date.parse(from) < WHOLE_HOURS[interval] * 3_600_000,
  }));
  const short = new Intl.DateTimeFormat(undefined, {
    month: 'short',
    ...(interval === 'month' ? { year: '2-digit' } : { day: 'numeric' }),
    timeZone,
  });
  const label = (point: PlotPoint) =>
    interval === 'month'
      ? new Intl.DateTimeFormat(undefined, {
          month: 'short',
          year: 'numeric',
          timeZone,
        }).format(new Date(point.from))
      : formatDate(point.from, timeZone);
  const common = {
    points,
    label: (point: PlotPoint) =>
      `${label(point)}${point.partial ? ' (in part)' : ''}`,
    tick: (point: PlotPoint) => short.format(new Date(point.from)),
    ...WORDS[name],
    xTitle: { day: 'Day', week: 'Week from', month: 'Month' }[interval],
  };
  if (name === 'deploymentFrequency') {
    return {
      ...common,
      kind: 'bars',
      yTitle: `Deployments per ${interval}`,
      unit: 1,
      format: formatCount,
    };
  }
  if (name === 'changeFailRate' || name === 'deploymentReworkRate') {
    return {
      ...common,
      kind: 'line',
      yTitle: 'Share of deployments, %',
      unit: 0.01,
      format: value => formatPercent(value),
    };
  }
  const top = Math.max(0, ...points.map(p => p.value ?? 0));
  const unit =
    DURATION_UNITS.find(u => top >= 2 * u.seconds) ??
    DURATION_UNITS[DURATION_UNITS.length - 1];
  return {
    ...common,
    kind: 'line',
    yTitle: `${common.what}, ${unit.title}`,
    unit: unit.seconds,
    format: formatDurationSeconds,
  };
}

/** The plot in a sentence, for those who do not see it. */
export function describeSeries(series: PlotSeries): string {
  const { points, format, what, label } = series;
  const known = points.filter(p => p.value !== undefined);
  if (known.length === 0) {
    return `${what}: nothing is known in ${points.length} intervals.`;
  }
  const values = known.map(p => p.value!);
  const last = known[known.length - 1];
  const gaps = points.length - known.length;
  return `${what} over ${points.length} intervals: between ${format(
    Math.min(...values),
  )} and ${format(Math.max(...values))}, last ${format(last.value!)} (${label(
    last,
  )})${gaps > 0 ? `; ${gaps} without data` : ''}.`;
}
