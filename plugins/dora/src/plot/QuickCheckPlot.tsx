import { CsvValue } from '@pavedroad/portal-ui';
import { PlotFrame } from './PlotFrame';
import { wrapText } from './wrapText';
import styles from './plot.module.css';

/** One metric on the scale from 0 to 10. */
export interface QuickCheckRow {
  title: string;
  /** The measured value, and the answers it would be; `no data`. */
  measured: string;
  /** Absent: no data. The ends differ where two answers fit. */
  at?: { from: number; to: number };
  average: number;
  standardDeviation: number;
}

const WIDE = 560;
/** Widths of letters are not known before drawing; an estimate suffices. */
const LETTER = 6.2;
const LINE = 16;
const BAR = 14;
const GAP = 18;
/** Room for a dot at either end of a scale. */
const EDGE = 8;
const AXIS = 40;

const KEY = [
  { mark: 'here', text: 'Here' },
  { mark: 'average', text: 'Average of all industries' },
  { mark: 'deviation', text: 'One standard deviation about it' },
] as const;

const digits = (n: number) => n.toFixed(1).replace(/\.0$/, '');

/** `8`, or `8 to 10`. */
export function positionWords({ from, to }: { from: number; to: number }) {
  return from === to ? digits(from) : `${digits(from)} to ${digits(to)}`;
}

function numbers({ at, average, standardDeviation }: QuickCheckRow): string {
  return `${at ? `Here ${positionWords(at)}, ` : ''}average ${average.toFixed(
    1,
  )} ± ${standardDeviation.toFixed(1)}`;
}

/** Where each part stands: the words before the scale where there is room, else above it. */
function layoutOf(rows: readonly QuickCheckRow[], width: number) {
  const wide = width >= WIDE;
  const left = wide ? Math.round(width * 0.45) : 0;
  const letters = Math.floor((wide ? left - 24 : width) / LETTER);
  const scale = { from: left + EDGE, to: width - EDGE };
  const keyLines = width < 480 ? KEY.length : 1;
  let top = keyLines * LINE + 12;
  const placed = rows.map(row => {
    const lines = wrapText(row.measured, letters);
    const words = LINE * (1 + lines.length);
    const bar = wide ? top + 2 : top + words + 2;
    const height =
      (wide ? Math.max(words, BAR + LINE + 4) : words + BAR + LINE + 4) + GAP;
    const at = { row, lines, top, bar };
    top += height;
    return at;
  });
  return { wide, scale, keyLines, placed, height: top + AXIS };
}

/** Each metric on the scale of DORA's Quick Check: its position, the average and how widely answers lie about it. */
export function QuickCheckPlot(props: {
  rows: readonly QuickCheckRow[];
  /** Whose scale it is and of when: part of the picture. */
  source: string;
  csv: () => Record<string, CsvValue>[];
}) {
  const { rows, source, csv } = props;
  return (
    <PlotFrame
      title="Position on the Quick Check"
      description={`Positions from 0 to 10, 10 being best. ${rows
        .map(row => `${row.title}: ${row.at ? '' : 'no data, '}${numbers(row)}`)
        .join('. ')}.`}
      lines={[`Average: ${source}`]}
      height={width => layoutOf(rows, width).height}
      table={() => ({
        columns: [
          'Metric',
          'Here',
          'Position here',
          'Average',
          'Standard deviation',
        ],
        rows: rows.map(row => [
          row.title,
          row.measured,
          row.at ? positionWords(row.at) : '',
          row.average.toFixed(1),
          row.standardDeviation.toFixed(1),
        ]),
        csv,
      })}
    >
      {width => <Scales rows={rows} width={width} />}
    </PlotFrame>
  );
}

function Scales(props: { rows: readonly QuickCheckRow[]; width: number }) {
  const { rows, width } = props;
  const { scale, keyLines, placed, height } = layoutOf(rows, width);
  const x = (position: number) =>
    scale.from +
    (Math.min(10, Math.max(0, position)) / 10) * (scale.to - scale.from);
  let keyLeft = 0;
  return (
    <g aria-hidden="true">
      {KEY.map(({ mark, text }, i) => {
        const left = keyLines > 1 ? 0 : keyLeft;
        const y = keyLines > 1 ? i * LINE : 0;
        keyLeft += text.length * LETTER + 34;
        return (
          <g key={mark} transform={`translate(${left} ${y})`}>
            <KeyMark mark={mark} />
            <text className={styles.axis} x={20} y={11}>
              {text}
            </text>
          </g>
        );
      })}
      {placed.map(({ row, lines, top, bar }) => {
        const { average, standardDeviation, at } = row;
        const [low, high] = [
          x(average - standardDeviation),
          x(average + standardDeviation),
        ];
        return (
          <g key={row.title}>
            <text className={styles.rowTitle} x={0} y={top + 12}>
              {row.title}
            </text>
            {lines.map((line, i) => (
              <text
                key={line}
                className={styles.rowText}
                x={0}
                y={top + 12 + LINE * (i + 1)}
              >
                {line}
              </text>
            ))}
            <rect
              className={styles.scale}
              x={x(0)}
              width={x(10) - x(0)}
              y={bar}
              height={BAR}
            />
            <rect
              className={styles.deviation}
              x={low}
              width={high - low}
              y={bar}
              height={BAR}
            />
            <line
              className={styles.average}
              x1={x(average)}
              x2={x(average)}
              y1={bar - 3}
              y2={bar + BAR + 3}
            />
            {at ? (
              <rect
                className={styles.here}
                x={x(at.from) - 6}
                width={x(at.to) - x(at.from) + 12}
                y={bar + 1}
                height={12}
                rx={6}
              />
            ) : undefined}
            <text className={styles.rowText} x={x(0)} y={bar + BAR + LINE}>
              {numbers(row)}
            </text>
          </g>
        );
      })}
      {[0, 2, 4, 6, 8, 10].map(tick => (
        <g key={tick}>
          <line
            className={styles.baseline}
            x1={x(tick)}
            x2={x(tick)}
            y1={height - AXIS}
            y2={height - AXIS + 4}
          />
          <text
            className={styles.axis}
            x={x(tick)}
            y={height - AXIS + 16}
            textAnchor="middle"
          >
            {tick}
          </text>
        </g>
      ))}
      <line
        className={styles.baseline}
        x1={x(0)}
        x2={x(10)}
        y1={height - AXIS}
        y2={height - AXIS}
      />
      <text className={styles.axis} x={x(10)} y={height - 6} textAnchor="end">
        Position, 10 is best
      </text>
    </g>
  );
}

function KeyMark({ mark }: { mark: (typeof KEY)[number]['mark'] }) {
  switch (mark) {
    case 'here':
      return (
        <rect
          className={styles.here}
          x={1}
          y={1}
          width={12}
          height={12}
          rx={6}
        />
      );
    case 'average':
      return <line className={styles.average} x1={7} x2={7} y1={-1} y2={15} />;
    default:
      return (
        <rect className={styles.deviation} x={0} y={1} width={14} height={12} />
      );
  }
}
