import {
  PointerEvent,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { formatCount } from '@pavedroad/portal-ui';
import { ScrollRegion } from '../components/ScrollRegion';
import { describeSeries, PlotPoint, PlotSeries } from './series';
import styles from './TrendPlot.module.css';

const HEIGHT = 190;
const MARGIN = { top: 22, right: 10, bottom: 38, left: 44 };
/** Above this many points the dots would be a second, thicker line. */
const MAXIMUM_DOTS = 60;

/** Width of an element in pixels, followed as it changes. */
function useWidth(initial: number) {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    const element = ref.current;
    if (!element || typeof ResizeObserver === 'undefined') {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => {
      if (entry.contentRect.width > 0) {
        setWidth(Math.round(entry.contentRect.width));
      }
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}

/**
 * A metric over time: bars for counts, a line with its interval as a band for the rest. The baseline is zero, what is not
 * known is a gap, and the same numbers stand in a table below.
 */
export function TrendPlot({ series }: { series: PlotSeries }) {
  const { ref, width } = useWidth(480);
  const [active, setActive] = useState<number>();
  const description = useMemo(() => describeSeries(series), [series]);
  const { points } = series;

  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const inner = box.width - MARGIN.left - MARGIN.right;
    const at = (event.clientX - box.left - MARGIN.left) / inner;
    const index = Math.floor(at * points.length);
    setActive(index >= 0 && index < points.length ? index : undefined);
  };

  return (
    <figure className={styles.figure}>
      <div ref={ref}>
        <svg
          className={styles.svg}
          viewBox={`0 0 ${width} ${HEIGHT}`}
          height={HEIGHT}
          role="img"
          aria-label={description}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setActive(undefined)}
        >
          <Marks series={series} width={width} />
          {active === undefined ? undefined : (
            <line
              className={styles.marker}
              x1={centre(active, points.length, width)}
              x2={centre(active, points.length, width)}
              y1={MARGIN.top}
              y2={HEIGHT - MARGIN.bottom}
            />
          )}
        </svg>
      </div>
      <span className={styles.readout} aria-hidden="true">
        {active === undefined ? '' : readout(series, points[active])}
      </span>
      <PointsTable series={series} />
    </figure>
  );
}

function centre(index: number, count: number, width: number): number {
  const inner = width - MARGIN.left - MARGIN.right;
  return MARGIN.left + ((index + 0.5) * inner) / Math.max(1, count);
}

function readout(series: PlotSeries, point: PlotPoint): string {
  const { format, label } = series;
  if (point.value === undefined) {
    return `${label(point)}: no data`;
  }
  const band =
    point.low !== undefined && point.high !== undefined
      ? ` (${format(point.low)} to ${format(point.high)})`
      : '';
  return `${label(point)}: ${format(point.value)}${band}`;
}

/** The highest value to make room for: a band that is many times higher than every value is cut, not followed. */
function topOf(points: readonly PlotPoint[]): number {
  const value = Math.max(0, ...points.map(p => p.value ?? 0));
  const high = Math.max(value, ...points.map(p => p.high ?? 0));
  return Math.min(high, value === 0 ? high : value * 2.5);
}

function Marks({ series, width }: { series: PlotSeries; width: number }) {
  const { points, unit } = series;
  const clip = useId();
  const marks = useMemo(() => {
    const top = topOf(points) / unit;
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
    const indexed = points.map((point, index) => ({ ...point, index }));
    const path = line<(typeof indexed)[number]>()
      .defined(p => p.value !== undefined)
      .x(p => x(p.index))
      .y(p => at(p.value!))(indexed);
    const band = area<(typeof indexed)[number]>()
      .defined(p => p.low !== undefined && p.high !== undefined)
      .x(p => x(p.index))
      .y0(p => at(p.low!))
      .y1(p => at(p.high!))(indexed);
    return { y, ticks, tickText, x, at, indexed, path, band };
  }, [points, unit, series.kind, width]);
  const { y, ticks, tickText, x, at, indexed, path, band } = marks;
  const slot =
    (width - MARGIN.left - MARGIN.right) / Math.max(1, points.length);
  const barWidth = Math.max(1, slot * 0.7);
  const isAlone = (index: number) =>
    points[index - 1]?.value === undefined &&
    points[index + 1]?.value === undefined;

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
      {series.kind === 'bars' ? (
        indexed.map(p =>
          p.value === undefined || p.value === 0 ? undefined : (
            <rect
              key={p.from}
              className={p.partial ? styles.partialBar : styles.bar}
              x={x(p.index) - barWidth / 2}
              width={barWidth}
              y={at(p.value)}
              height={y(0) - at(p.value)}
            />
          ),
        )
      ) : (
        <>
          <g clipPath={`url(#${clip})`}>
            {band ? <path className={styles.band} d={band} /> : undefined}
            {indexed.map(p =>
              // A band of one point has no width: its interval is drawn as a bar.
              isAlone(p.index) &&
              p.low !== undefined &&
              p.high !== undefined ? (
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
          {path ? <path className={styles.line} d={path} /> : undefined}
          {indexed.map(p =>
            p.value !== undefined &&
            (points.length <= MAXIMUM_DOTS || isAlone(p.index)) ? (
              <circle
                key={p.from}
                className={styles.point}
                cx={x(p.index)}
                cy={at(p.value)}
                r={3}
              />
            ) : undefined,
          )}
        </>
      )}
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

function PointsTable({ series }: { series: PlotSeries }) {
  const [open, setOpen] = useState(false);
  const { points, format, label } = series;
  const hasBand = points.some(p => p.low !== undefined);
  return (
    <details
      className={styles.details}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>Show as a table</summary>
      {open ? (
        <ScrollRegion className={styles.scroll} label={`${series.what}, table`}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">{series.xTitle}</th>
                <th scope="col">{series.what}</th>
                {hasBand ? <th scope="col">95 % interval</th> : undefined}
                {series.kind === 'line' ? (
                  <th scope="col">{series.sampleTitle}</th>
                ) : undefined}
              </tr>
            </thead>
            <tbody>
              {points.map(point => (
                <tr key={point.from}>
                  <th scope="row">{label(point)}</th>
                  <td>
                    {point.value === undefined
                      ? 'no data'
                      : format(point.value)}
                  </td>
                  {hasBand ? (
                    <td>
                      {point.low === undefined || point.high === undefined
                        ? ''
                        : `${format(point.low)} to ${format(point.high)}`}
                    </td>
                  ) : undefined}
                  {series.kind === 'line' ? (
                    <td>
                      {point.sample === undefined
                        ? ''
                        : formatCount(point.sample)}
                    </td>
                  ) : undefined}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      ) : undefined}
    </details>
  );
}
