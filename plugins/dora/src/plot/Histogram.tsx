import { useId } from 'react';
import { scaleLinear, scaleLog } from 'd3-scale';
import { LeadTimesResponse } from '@pavedroad/plugin-dora-common';
import {
  formatCount,
  formatDurationSeconds,
  formatPercent,
} from '@pavedroad/portal-ui';
import { PlotFrame, PlotTable } from './PlotFrame';
import styles from './plot.module.css';

const HEIGHT = 260;
const MARGIN = { top: 62, right: 12, bottom: 42, left: 48 };

/** Moments people count in, to stand on a logarithmic axis. */
const TICKS = [
  { seconds: 1, label: '1 s' },
  { seconds: 10, label: '10 s' },
  { seconds: 60, label: '1 min' },
  { seconds: 600, label: '10 min' },
  { seconds: 3_600, label: '1 h' },
  { seconds: 6 * 3_600, label: '6 h' },
  { seconds: 86_400, label: '1 d' },
  { seconds: 7 * 86_400, label: '1 wk' },
  { seconds: 30 * 86_400, label: '30 d' },
  { seconds: 182 * 86_400, label: '6 mo' },
  { seconds: 365 * 86_400, label: '1 yr' },
];

const PERCENTILES = [
  { key: 'p50Seconds', label: 'half' },
  { key: 'p75Seconds', label: 'three quarters' },
  { key: 'p90Seconds', label: 'nine in ten' },
] as const;

type Distribution = Pick<
  LeadTimesResponse,
  'buckets' | 'changes' | 'p50Seconds' | 'p75Seconds' | 'p90Seconds'
>;

/** How many changes took how long, as bars over a logarithmic axis of time, with the percentiles marked. */
export function Histogram({ distribution }: { distribution: Distribution }) {
  return (
    <PlotFrame
      title="Distribution of lead times"
      description={describeDistribution(distribution)}
      height={HEIGHT}
      table={() => histogramTable(distribution)}
    >
      {width => <Bars distribution={distribution} width={width} />}
    </PlotFrame>
  );
}

/** The distribution in a sentence. */
export function describeDistribution(distribution: Distribution): string {
  const { buckets, changes } = distribution;
  if (buckets.length === 0) {
    return 'No changes with a known lead time.';
  }
  const fullest = buckets.reduce((a, b) => (b.changes > a.changes ? b : a));
  const marks = PERCENTILES.flatMap(({ key, label }) => {
    const seconds = distribution[key];
    return seconds === undefined
      ? []
      : [`${label} within ${formatDurationSeconds(seconds)}`];
  });
  return `Lead times of ${formatCount(
    changes,
  )} changes, from ${formatDurationSeconds(
    buckets[0].fromSeconds,
  )} to ${formatDurationSeconds(
    buckets[buckets.length - 1].toSeconds,
  )}: ${marks.join(', ')}; most often between ${formatDurationSeconds(
    fullest.fromSeconds,
  )} and ${formatDurationSeconds(fullest.toSeconds)}.`;
}

function histogramTable({ buckets, changes }: Distribution): PlotTable {
  return {
    columns: ['Lead time', 'Changes', 'Share', 'Share up to here'],
    rows: buckets.map((bucket, i) => {
      const upTo = buckets
        .slice(0, i + 1)
        .reduce((sum, b) => sum + b.changes, 0);
      return [
        `${formatDurationSeconds(
          bucket.fromSeconds,
        )} to ${formatDurationSeconds(bucket.toSeconds)}`,
        formatCount(bucket.changes),
        formatPercent(bucket.changes / changes),
        formatPercent(upTo / changes),
      ];
    }),
    csv: () =>
      buckets.map(({ fromSeconds, toSeconds, changes: count }) => ({
        from_seconds: fromSeconds,
        to_seconds: toSeconds,
        changes: count,
      })),
  };
}

function Bars(props: { distribution: Distribution; width: number }) {
  const { distribution, width } = props;
  const { buckets } = distribution;
  const clip = useId();
  if (buckets.length === 0) {
    return null;
  }
  // A logarithm has no zero: what took less than a second begins there.
  const low = Math.max(1, buckets[0].fromSeconds);
  const high = Math.max(low * 2, buckets[buckets.length - 1].toSeconds);
  const x = scaleLog()
    .domain([low, high])
    .range([MARGIN.left, width - MARGIN.right])
    .clamp(true);
  const bottom = HEIGHT - MARGIN.bottom;
  const y = scaleLinear()
    .domain([0, Math.max(1, ...buckets.map(b => b.changes))])
    .nice(4)
    .range([bottom, MARGIN.top]);
  const toLeft = x(Math.max(1, distribution.p50Seconds ?? 1)) > width / 3;
  const ticks = y.ticks(4).filter(Number.isInteger);
  const times = spread(
    TICKS.filter(({ seconds }) => seconds >= low && seconds <= high),
    ({ seconds }) => x(seconds),
    46,
  );
  return (
    <g aria-hidden="true">
      <clipPath id={clip}>
        <rect x={0} y={0} width={width} height={HEIGHT} />
      </clipPath>
      <text className={styles.axis} x={0} y={10}>
        Changes
      </text>
      {ticks.map(tick => (
        <g key={tick}>
          <line
            className={tick === 0 ? styles.baseline : styles.grid}
            x1={MARGIN.left}
            x2={width - MARGIN.right}
            y1={y(tick)}
            y2={y(tick)}
          />
          <text
            className={styles.axis}
            x={MARGIN.left - 6}
            y={y(tick) + 4}
            textAnchor="end"
          >
            {formatCount(tick)}
          </text>
        </g>
      ))}
      {buckets.map(bucket => {
        const from = x(Math.max(1, bucket.fromSeconds));
        const to = x(Math.max(1, bucket.toSeconds));
        return bucket.changes === 0 ? undefined : (
          <rect
            key={bucket.fromSeconds}
            className={styles.bar}
            x={from + 0.5}
            width={Math.max(1, to - from - 1)}
            y={y(bucket.changes)}
            height={bottom - y(bucket.changes)}
          />
        );
      })}
      {PERCENTILES.map(({ key, label }, i) => {
        const seconds = distribution[key];
        if (seconds === undefined) {
          return undefined;
        }
        const at = x(Math.max(1, seconds));
        // No line may cross the words of another: read leftwards, the first stands lowest; rightwards, highest.
        const top = 26 + (toLeft ? PERCENTILES.length - 1 - i : i) * 14;
        return (
          <g key={key}>
            <line
              className={styles.percentile}
              x1={at}
              x2={at}
              y1={top - 10}
              y2={bottom}
            />
            <text
              className={styles.percentileText}
              x={toLeft ? at - 5 : at + 5}
              y={top}
              textAnchor={toLeft ? 'end' : 'start'}
            >
              {`${label}: ${formatDurationSeconds(seconds)}`}
            </text>
          </g>
        );
      })}
      {times.map(({ seconds, label }) => (
        <g key={seconds}>
          <line
            className={styles.baseline}
            x1={x(seconds)}
            x2={x(seconds)}
            y1={bottom}
            y2={bottom + 4}
          />
          <text
            className={styles.axis}
            x={Math.min(x(seconds), width - 14)}
            y={bottom + 16}
            textAnchor="middle"
          >
            {label}
          </text>
        </g>
      ))}
      <text
        className={styles.axis}
        x={width - MARGIN.right}
        y={HEIGHT - 6}
        textAnchor="end"
      >
        Lead time, logarithmic
      </text>
    </g>
  );
}

/** Those of the marks that stand at least so far from the one before. */
function spread<T>(
  items: readonly T[],
  at: (item: T) => number,
  distance: number,
): T[] {
  let last = -Infinity;
  return items.filter(item => {
    const free = at(item) - last >= distance;
    last = free ? at(item) : last;
    return free;
  });
}
