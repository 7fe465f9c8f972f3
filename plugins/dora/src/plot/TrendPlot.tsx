import { PointerEvent, useId, useMemo, useState } from 'react';
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { formatPlural } from '@pavedroad/portal-ui';
import { PlotFrame } from './PlotFrame';
import {
  describeSeries,
  OtherSeries,
  PlotMarks,
  PlotPoint,
  PlotSeries,
  pointsTable,
  positionsIn,
} from './series';
import styles from './plot.module.css';

const HEIGHT = 190;
const MARGIN = { top: 22, right: 10, bottom: 38, left: 44 };
/** Below this width, what the marks mean stands in a row of its own, below the title of the axis. */
const NARROW = 400;
const KEY_ROW = 16;
/** Above this many points the dots would be a second, thicker line. */
const MAXIMUM_DOTS = 60;
/** Of a pixel in the shape of bars: more are not seen, and make long texts. */
const DIGITS = 2;
/** Above this many, a thick line would fill its own valleys. */
const MANY = 200;

/**
 * A metric over time: bars for counts, a line with its interval as a band for the rest. The baseline is zero, what is not
 * known is a gap, and the same numbers stand in a table below.
 */
export function TrendPlot(props: {
  series: PlotSeries;
  /** Another period or scope, drawn on the same axes. */
  other?: OtherSeries;
  /** What happened at moments. */
  marks?: PlotMarks;
}) {
  const { series, other, marks } = props;
  const [active, setActive] = useState<number>();
  const description = useMemo(
    () => describeSeries(series, other, marks),
    [series, other, marks],
  );
  const { points } = series;

  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const inner = box.width - MARGIN.left - MARGIN.right;
    const at = (event.clientX - box.left - MARGIN.left) / inner;
    const index = Math.floor(at * points.length);
    setActive(index >= 0 && index < points.length ? index : undefined);
  };

  return (
    <PlotFrame
      title={series.title}
      description={description}
      height={width =>
        HEIGHT + (width < NARROW && (other || marks) ? KEY_ROW : 0)
      }
      table={() => pointsTable(series, other)}
      svgProps={{
        onPointerMove,
        onPointerLeave: () => setActive(undefined),
      }}
      readout={
        <span className={styles.readout} aria-hidden="true">
          {active === undefined
            ? ''
            : readout(series, points[active], other, marks)}
        </span>
      }
    >
      {width => (
        <>
          <Marks series={series} other={other} marks={marks} width={width} />
          {active === undefined ? undefined : (
            <line
              data-only-screen
              className={styles.marker}
              x1={centre(active, points.length, width)}
              x2={centre(active, points.length, width)}
              y1={MARGIN.top}
              y2={HEIGHT - MARGIN.bottom}
            />
          )}
        </>
      )}
    </PlotFrame>
  );
}

function centre(index: number, count: number, width: number): number {
  const inner = width - MARGIN.left - MARGIN.right;
  return MARGIN.left + ((index + 0.5) * inner) / Math.max(1, count);
}

function readout(
  series: PlotSeries,
  point: PlotPoint,
  other?: OtherSeries,
  marks?: PlotMarks,
): string {
  const { format, label } = series;
  const band =
    point.low !== undefined && point.high !== undefined
      ? ` (${format(point.low)} to ${format(point.high)})`
      : '';
  const index = series.points.indexOf(point);
  const beside = other?.points.find(p => Math.floor(p.position) === index);
  const incidents =
    marks?.incidents.filter(at => at >= point.from && at < point.to).length ??
    0;
  return [
    `${label(point)}: ${
      point.value === undefined ? 'no data' : `${format(point.value)}${band}`
    }`,
    other &&
      beside &&
      `${other.label}: ${
        beside.value === undefined ? 'no data' : format(beside.value)
      }`,
    incidents > 0 && formatPlural(incidents, 'incident'),
  ]
    .filter(Boolean)
    .join('; ');
}

/** The highest value to make room for: a band that is many times higher than every value is cut, not followed. */
function topOf(points: readonly PlotPoint[], other?: OtherSeries): number {
  const value = Math.max(
    0,
    ...points.map(p => p.value ?? 0),
    ...(other?.points.map(p => p.value ?? 0) ?? []),
  );
  const high = Math.max(value, ...points.map(p => p.high ?? 0));
  return Math.min(high, value === 0 ? high : value * 2.5);
}

/**
 * Bars as one shape for those of whole buckets and one for those that the period cuts: an element for each of two years of days takes
 * longer to make than all of them to paint.
 */
function barPaths(
  points: readonly PlotPoint[],
  x: (index: number) => number,
  at: (value: number) => number,
  baseline: number,
  width: number,
): { whole: string; partial: string } {
  const slot =
    (width - MARGIN.left - MARGIN.right) / Math.max(1, points.length);
  const barWidth = Math.max(1, slot * 0.7);
  const round = (pixels: number) => Number(pixels.toFixed(DIGITS));
  const paths = { whole: '', partial: '' };
  points.forEach(({ value, partial }, index) => {
    if (value !== undefined && value !== 0) {
      const left = round(x(index) - barWidth / 2);
      const right = round(x(index) + barWidth / 2);
      paths[partial ? 'partial' : 'whole'] += `M${left},${baseline}V${round(
        at(value),
      )}H${right}V${baseline}Z`;
    }
  });
  return paths;
}

function Marks(props: {
  series: PlotSeries;
  other?: OtherSeries;
  marks?: PlotMarks;
  width: number;
}) {
  const { series, other, marks, width } = props;
  const { points, unit } = series;
  const clip = useId();
  const drawn = useMemo(() => {
    const top = topOf(points, other) / unit;
    const whole = series.kind === 'bars';
    const y = scaleLinear()
      .domain([0, top > 0 ? top : 1])
      .nice(4)
      .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
    const ticks = y.ticks(4).filter(t => !whole || Number.isInteger(t));
    // A count is a whole number, also where the steps between the ticks were not.
    const tickText = whole ? y.tickFormat(4, 'd') : y.tickFormat(4);
    const x = (index: number) => centre(index, points.length, width);
    const at = (value: number) => y(value / unit);
    const otherPath = other
      ? line<OtherSeries['points'][number]>()
          .defined(p => p.value !== undefined)
          .x(p => x(p.position - 0.5))
          .y(p => at(p.value!))(other.points)
      : undefined;
    const scales = { y, ticks, tickText, x, at, otherPath };
    if (whole) {
      return {
        ...scales,
        bars: barPaths(points, x, at, y(0), width),
        lines: undefined,
      };
    }
    const path = line<PlotPoint>()
      .defined(p => p.value !== undefined)
      .x((_, index) => x(index))
      .y(p => at(p.value!))(points);
    const band = area<PlotPoint>()
      .defined(p => p.low !== undefined && p.high !== undefined)
      .x((_, index) => x(index))
      .y0(p => at(p.low!))
      .y1(p => at(p.high!))(points);
    const known = points.flatMap((point, index) =>
      point.value === undefined ? [] : [{ ...point, index }],
    );
    // Between gaps there is nothing to draw a line to.
    const alone = known.filter(
      ({ index }) =>
        points[index - 1]?.value === undefined &&
        points[index + 1]?.value === undefined,
    );
    const dots = points.length <= MAXIMUM_DOTS ? known : alone;
    return { ...scales, bars: undefined, lines: { path, band, alone, dots } };
  }, [points, other, unit, series.kind, width]);
  const { y, ticks, tickText, x, at, otherPath, bars, lines } = drawn;

  return (
    <g aria-hidden="true">
      <clipPath id={clip}>
        <rect
          x={MARGIN.left}
          y={MARGIN.top}
          width={Math.max(0, width - MARGIN.left - MARGIN.right)}
          height={HEIGHT - MARGIN.top - MARGIN.bottom}
        />
      </clipPath>
      <text className={styles.axis} x={0} y={10}>
        {series.yTitle}
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
            {tickText(tick)}
          </text>
        </g>
      ))}
      {bars ? (
        <>
          {bars.whole ? (
            <path className={styles.bar} d={bars.whole} />
          ) : undefined}
          {bars.partial ? (
            <path className={styles.partialBar} d={bars.partial} />
          ) : undefined}
        </>
      ) : undefined}
      {lines ? (
        <>
          <g clipPath={`url(#${clip})`}>
            {lines.band ? (
              <path className={styles.band} d={lines.band} />
            ) : undefined}
            {lines.alone.map(p =>
              // A band of one point has no width: its interval is drawn as a bar.
              p.low !== undefined && p.high !== undefined ? (
                <rect
                  key={p.from}
                  className={styles.band}
                  x={x(p.index) - 3}
                  width={6}
                  y={at(p.high)}
                  height={Math.max(0, at(p.low) - at(p.high))}
                />
              ) : undefined,
            )}
          </g>
          {lines.path ? (
            <path
              className={
                points.length > MANY
                  ? `${styles.line} ${styles.fine}`
                  : styles.line
              }
              d={lines.path}
            />
          ) : undefined}
          {lines.dots.map(p => (
            <circle
              key={p.from}
              className={styles.point}
              cx={x(p.index)}
              cy={at(p.value!)}
              r={points.length > MANY ? 1.5 : 3}
            />
          ))}
        </>
      ) : undefined}
      {otherPath ? <path className={styles.other} d={otherPath} /> : undefined}
      <Moments
        points={points}
        marks={marks}
        x={position => x(position - 0.5)}
      />
      <Key
        entries={[
          other && ('other' as const),
          marks && marks.incidents.length > 0 && ('incident' as const),
          marks && marks.releases.length > 0 && ('release' as const),
        ]}
        otherLabel={other?.label ?? ''}
        y={HEIGHT - 6 + (width < NARROW ? KEY_ROW : 0)}
      />
      {labelled(points.length, width).map(index => (
        <text
          key={index}
          className={styles.axis}
          x={Math.min(Math.max(x(index), MARGIN.left + 20), width - 34)}
          y={HEIGHT - MARGIN.bottom + 15}
          textAnchor="middle"
        >
          {series.tick(points[index])}
        </text>
      ))}
      <text
        className={styles.axis}
        x={width - MARGIN.right}
        y={HEIGHT - 6}
        textAnchor="end"
      >
        {series.xTitle}
      </text>
    </g>
  );
}

/** Which buckets have room for their name: first, last, and some between. */
function labelled(count: number, width: number): number[] {
  const room = Math.max(2, Math.floor((width - MARGIN.left) / 80));
  if (count <= room) {
    return Array.from({ length: count }, (_, i) => i);
  }
  return Array.from({ length: room }, (_, i) =>
    Math.round((i * (count - 1)) / (room - 1)),
  );
}

/** Points down, its tip a little below the middle. */
const triangle = (x: number, y: number) => `M${x - 4},${y - 4}h8l-4,7z`;

/** Incidents as triangles above, deployments as ticks below the baseline; each at its moment. */
function Moments(props: {
  points: readonly PlotPoint[];
  marks?: PlotMarks;
  x: (position: number) => number;
}) {
  const { points, marks, x } = props;
  const positions = useMemo(
    () => ({
      incidents: positionsOf(points, marks?.incidents),
      releases: positionsOf(points, marks?.releases),
    }),
    [points, marks],
  );
  const bottom = HEIGHT - MARGIN.bottom;
  return (
    <>
      {positions.incidents.map((position, i) => (
        <g key={i}>
          <line
            className={styles.incidentLine}
            x1={x(position)}
            x2={x(position)}
            y1={MARGIN.top}
            y2={bottom}
          />
          <path className={styles.incident} d={triangle(x(position), 18)} />
        </g>
      ))}
      {positions.releases.length > 0 ? (
        <path
          className={styles.release}
          d={positions.releases
            .map(position => `M${x(position)},${bottom + 1}v4`)
            .join('')}
        />
      ) : undefined}
    </>
  );
}

function positionsOf(
  points: readonly PlotPoint[],
  moments: readonly string[] = [],
): number[] {
  const positionOf = positionsIn(points);
  return moments
    .map(at => positionOf(Date.parse(at)))
    .filter((position): position is number => position !== undefined);
}

/** What the marks mean, beside the title of the axis; told apart by form. */
function Key(props: {
  entries: (false | undefined | 'other' | 'incident' | 'release')[];
  otherLabel: string;
  y: number;
}) {
  const words = {
    other: props.otherLabel,
    incident: 'Incident',
    release: 'Deployment',
  };
  // Widths of letters are not known before drawing; an estimate suffices for so few.
  const LETTER = 5.9;
  const { y } = props;
  let left = 0;
  return (
    <>
      {props.entries
        .filter((entry): entry is keyof typeof words => Boolean(entry))
        .map(entry => {
          const mark = left;
          const text = mark + (entry === 'other' ? 24 : 13);
          left = text + words[entry].length * LETTER + 12;
          return (
            <g key={entry}>
              {entry === 'other' ? (
                <path className={styles.other} d={`M${mark},${y - 4}h19`} />
              ) : undefined}
              {entry === 'incident' ? (
                <path
                  className={styles.incident}
                  d={triangle(mark + 4, y - 3)}
                />
              ) : undefined}
              {entry === 'release' ? (
                <path
                  className={styles.release}
                  d={`M${mark + 5},${y - 8}v8`}
                />
              ) : undefined}
              <text className={styles.axis} x={text} y={y}>
                {words[entry]}
              </text>
            </g>
          );
        })}
    </>
  );
}
