import {
  MetricName,
  Metrics,
  MetricsResponse,
  spanIndex,
} from '@pavedroad/plugin-dora-common';
import {
  formatCount,
  formatDurationSeconds,
  formatPercent,
  formatPlural,
} from '@pavedroad/portal-ui';
import type { PlotTable } from './PlotFrame';

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

/** Another period or scope on the axes of a series. */
export interface OtherSeries {
  /** Short: it stands beside its line. */
  label: string;
  /** In order. The position is in intervals of the series it stands beside: 0.5 is the middle of the first. */
  points: { position: number; value?: number }[];
}

/** ISO instants of what happened. */
export interface PlotMarks {
  incidents: string[];
  releases: string[];
}

/** What a plot shows and how it speaks. */
export interface PlotSeries {
  /** Names the plot where it stands alone. */
  title: string;
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

const TITLES: Record<MetricName, string> = {
  changeLeadTime: 'Change lead time',
  deploymentFrequency: 'Deployment frequency',
  changeFailRate: 'Change fail rate',
  failedDeploymentRecoveryTime: 'Failed deployment recovery time',
  deploymentReworkRate: 'Deployment rework rate',
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
  {
    series,
    window: { from: start, to: end, interval, timeZone },
  }: MetricsResponse,
): PlotSeries {
  const points = series.map(({ from, to, metrics }) => ({
    from,
    to,
    ...READERS[name](metrics),
    partial:
      Date.parse(to) - Date.parse(from) < WHOLE_HOURS[interval] * 3_600_000,
  }));
  // A day and month come again after a year.
  const isLong = Date.parse(end) - Date.parse(start) > 330 * 86_400_000;
  const short = new Intl.DateTimeFormat(undefined, {
    month: 'short',
    ...(interval === 'month' || isLong
      ? { year: '2-digit' }
      : { day: 'numeric' }),
    timeZone,
  });
  const long = new Intl.DateTimeFormat(
    undefined,
    interval === 'month'
      ? { month: 'short', year: 'numeric', timeZone }
      : { dateStyle: 'medium', timeZone },
  );
  const label = (point: PlotPoint) => long.format(new Date(point.from));
  const common = {
    title: TITLES[name],
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

/**
 * Where moments stand among the intervals of a series: 0 at the start of the first, 1 at its end. Undefined outside.
 *
 * @returns takes epoch milliseconds
 */
export function positionsIn(
  points: readonly { from: string; to: string }[],
): (at: number) => number | undefined {
  const spans = points.map(({ from, to }) => ({
    from: Date.parse(from),
    to: Date.parse(to),
  }));
  return at => {
    const index = spanIndex(spans, at);
    if (index < 0) {
      return undefined;
    }
    const { from, to } = spans[index];
    return index + (at - from) / (to - from);
  };
}

/**
 * The series of another period or scope, laid on this one so that both begin at the same place; what lies beyond the end of
 * this one is cut. Undefined where nothing is known of it.
 */
export function otherSeries(
  name: MetricName,
  response: MetricsResponse,
  other: MetricsResponse,
  label: string,
): OtherSeries | undefined {
  const shift =
    Date.parse(response.window.from) - Date.parse(other.window.from);
  const positionOf = positionsIn(response.series);
  const points = other.series.flatMap(({ from, to, metrics }) => {
    const middle = (Date.parse(from) + Date.parse(to)) / 2;
    const position = positionOf(middle + shift);
    return position === undefined
      ? []
      : [{ position, value: READERS[name](metrics).value }];
  });
  return points.some(({ value }) => value !== undefined)
    ? { label, points }
    : undefined;
}

/** The numbers of a series as a table and as rows of a file. */
export function pointsTable(
  series: PlotSeries,
  other?: OtherSeries,
): PlotTable {
  const { points, format, label, kind } = series;
  const hasBand = points.some(p => p.low !== undefined);
  const besides = new Map(
    other?.points.map(p => [Math.floor(p.position), p.value]),
  );
  const beside = (index: number) => besides.get(index);
  const text = (value: number | undefined) =>
    value === undefined ? 'no data' : format(value);
  return {
    columns: [
      series.xTitle,
      series.what,
      ...(hasBand ? ['95 % interval'] : []),
      ...(kind === 'line' ? [series.sampleTitle] : []),
      ...(other ? [other.label] : []),
    ],
    rows: points.map((point, i) => [
      label(point),
      text(point.value),
      ...(hasBand
        ? [
            point.low === undefined || point.high === undefined
              ? ''
              : `${format(point.low)} to ${format(point.high)}`,
          ]
        : []),
      ...(kind === 'line'
        ? [point.sample === undefined ? '' : formatCount(point.sample)]
        : []),
      ...(other ? [text(beside(i))] : []),
    ]),
    csv: () =>
      points.map((point, i) => ({
        from: point.from,
        to: point.to,
        value: point.value,
        interval_low: point.low,
        interval_high: point.high,
        sample: point.sample,
        ...(other && { other: beside(i) }),
      })),
  };
}

/** The plot in a sentence, for those who do not see it. */
export function describeSeries(
  series: PlotSeries,
  other?: OtherSeries,
  marks?: PlotMarks,
): string {
  const { points, format, what, label } = series;
  const known = points.filter(p => p.value !== undefined);
  if (known.length === 0) {
    return `${what}: nothing is known in ${points.length} intervals.`;
  }
  const range = (values: number[]) =>
    `between ${format(Math.min(...values))} and ${format(Math.max(...values))}`;
  const last = known[known.length - 1];
  const gaps = points.length - known.length;
  const otherValues =
    other?.points.flatMap(p => (p.value === undefined ? [] : [p.value])) ?? [];
  return `${what} over ${points.length} intervals: ${range(
    known.map(p => p.value!),
  )}, last ${format(last.value!)} (${label(last)})${
    gaps > 0 ? `; ${gaps} without data` : ''
  }${
    otherValues.length > 0
      ? `; ${other!.label.toLowerCase()}: ${range(otherValues)}`
      : ''
  }${
    marks && marks.incidents.length > 0
      ? `; ${formatPlural(marks.incidents.length, 'incident')} marked`
      : ''
  }.`;
}
