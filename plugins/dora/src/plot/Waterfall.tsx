import { StageSummary } from '@pavedroad/plugin-dora-common';
import { formatDurationSeconds, formatPercent } from '@pavedroad/portal-ui';
import { STAGE_WORDS } from '../words/figures';
import { stageRows } from '../words/stages';
import { PlotFrame } from './PlotFrame';
import styles from './plot.module.css';

const ROW = 34;
const MARGIN = { top: 20, right: 8, bottom: 40 };
const NAME_WIDTH = 128;
/** Widths of letters are not known before drawing; an estimate suffices for so few. */
const LETTER = 6.3;

/** The stages of lead time one after the other, each as long as its share of all the time; the longest stands out. */
export function Waterfall({ stages }: { stages: readonly StageSummary[] }) {
  const height = MARGIN.top + ROW * stages.length + MARGIN.bottom;
  const longest = Math.max(...stages.map(stage => stage.shareOfTotal));
  return (
    <PlotFrame
      title="Where lead time goes"
      description={`Stages of lead time, each with its share: ${stages
        .map(
          stage =>
            `${STAGE_WORDS[stage.name].title} ${
              stage.changes === 0
                ? 'not known'
                : formatPercent(stage.shareOfTotal)
            }`,
        )
        .join(', ')}.`}
      height={height}
      table={() => ({
        columns: ['Stage', 'Share of lead time', 'Median', 'Changes'],
        rows: stages.map(stage => [
          STAGE_WORDS[stage.name].title,
          ...(stage.changes === 0
            ? ['not known; part of the next', '', '']
            : [
                formatPercent(stage.shareOfTotal),
                formatDurationSeconds(stage.p50Seconds ?? 0),
                String(stage.changes),
              ]),
        ]),
        csv: () => stageRows(stages),
      })}
    >
      {width => {
        const left = NAME_WIDTH;
        const inner = Math.max(60, width - left - MARGIN.right);
        let before = 0;
        const bottom = MARGIN.top + ROW * stages.length;
        return (
          <g aria-hidden="true">
            {(inner < 260 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]).map(
              share => (
                <g key={share}>
                  <line
                    className={share === 0 ? styles.baseline : styles.grid}
                    x1={left + share * inner}
                    x2={left + share * inner}
                    y1={MARGIN.top - 6}
                    y2={bottom}
                  />
                  <text
                    className={styles.axis}
                    x={left + share * inner}
                    y={bottom + 16}
                    textAnchor={share === 1 ? 'end' : 'middle'}
                  >
                    {formatPercent(share)}
                  </text>
                </g>
              ),
            )}
            {stages.map((stage, i) => {
              const from = left + before * inner;
              const length = stage.shareOfTotal * inner;
              before += stage.shareOfTotal;
              const y = MARGIN.top + i * ROW;
              const known = stage.changes > 0;
              const text = known
                ? `${formatPercent(
                    stage.shareOfTotal,
                  )}, median ${formatDurationSeconds(stage.p50Seconds ?? 0)}`
                : 'not known; part of the next';
              const right = from + length;
              // Beside the bar where there is room, else before it.
              const fitsRight = right + text.length * LETTER + 8 < width;
              const fitsLeft = from - left > text.length * LETTER + 8;
              const end = fitsLeft ? from - 6 : width - MARGIN.right;
              return (
                <g key={stage.name}>
                  <text className={styles.stageName} x={0} y={y + 15}>
                    {STAGE_WORDS[stage.name].title}
                  </text>
                  <rect
                    className={
                      stage.shareOfTotal === longest
                        ? styles.stageLongest
                        : styles.stage
                    }
                    x={from}
                    y={y + 2}
                    width={Math.max(known ? 1.5 : 0, length)}
                    height={fitsRight || fitsLeft ? 18 : 10}
                  />
                  <text
                    className={styles.axis}
                    y={y + (fitsRight || fitsLeft ? 15 : 24)}
                    x={fitsRight ? right + 6 : end}
                    textAnchor={fitsRight ? 'start' : 'end'}
                  >
                    {text}
                  </text>
                </g>
              );
            })}
            <text
              className={styles.axis}
              x={width - MARGIN.right}
              y={height - 6}
              textAnchor="end"
            >
              Share of all lead time
            </text>
          </g>
        );
      }}
    </PlotFrame>
  );
}
