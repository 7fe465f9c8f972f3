import { Ref } from 'react';
import { DeploymentChange } from '@pavedroad/plugin-dora-common';
import { formatDurationSeconds } from '@pavedroad/portal-ui';
import { shortRevision } from '../words/deployment';
import { STAGE_WORDS } from '../words/figures';
import { knownStages } from '../words/stages';
import { shortened } from './wrapText';
import delivery from '../components/delivery.module.css';
import styles from './plot.module.css';

/** More rows than that are no picture to look at. */
export const PICTURED_CHANGES = 100;

const WIDTH = 960;
const NAME_WIDTH = 380;
const TIME_WIDTH = 110;
const ROW = 22;
const LETTER = 6.4;

/** Those of the changes that a picture has room for: the ones that took longest, in the order they are in. */
export function picturedChanges(
  changes: readonly DeploymentChange[],
): DeploymentChange[] {
  const longest = new Set(
    [...changes]
      .sort((a, b) => b.leadSeconds - a.leadSeconds)
      .slice(0, PICTURED_CHANGES),
  );
  return changes.filter(change => longest.has(change));
}

/** How long each change took, stage by stage, drawn to be saved: the page has the same bars in a table. */
export function ChangesPicture(props: {
  changes: readonly DeploymentChange[];
  svgRef: Ref<SVGSVGElement>;
}) {
  const { changes, svgRef } = props;
  const stages = new Map(
    changes
      .map(knownStages)
      .filter(known => known.length > 1)
      .flat()
      .map(({ name, position }) => [position, name]),
  );
  const legend = [...stages].sort(([a], [b]) => a - b);
  const top = legend.length > 0 ? 28 : 4;
  const height = top + changes.length * ROW + 24;
  const longest = Math.max(...changes.map(change => change.leadSeconds), 1);
  const room = WIDTH - NAME_WIDTH - TIME_WIDTH;
  let legendLeft = 0;
  return (
    <svg
      ref={svgRef}
      className={styles.unseen}
      width={WIDTH}
      height={height}
      viewBox={`0 0 ${WIDTH} ${height}`}
      aria-hidden="true"
    >
      {legend.map(([position, name]) => {
        const left = legendLeft;
        const { title } = STAGE_WORDS[name];
        legendLeft += title.length * LETTER + 34;
        return (
          <g key={name}>
            <rect
              className={`${delivery[`stage${position}`]} ${styles.staged}`}
              x={left}
              y={2}
              width={10}
              height={10}
            />
            <text className={styles.rowText} x={left + 16} y={11}>
              {title}
            </text>
          </g>
        );
      })}
      {changes.map((change, i) => {
        const y = top + i * ROW;
        const width = Math.max((change.leadSeconds / longest) * room, 2);
        const known = knownStages(change);
        const sum = known.reduce((all, { seconds }) => all + seconds, 0);
        let left = NAME_WIDTH;
        return (
          <g key={change.commit}>
            <text className={styles.stageName} x={0} y={y + 13}>
              {shortened(
                [shortRevision(change.commit), change.subject]
                  .filter(Boolean)
                  .join(' '),
                Math.floor((NAME_WIDTH - 12) / LETTER),
              )}
            </text>
            {known.length > 1 && sum > 0 ? (
              known.map(({ name, position, seconds }) => {
                const from = left;
                const part = (seconds / sum) * width;
                left += part;
                return (
                  <rect
                    key={name}
                    className={`${delivery[`stage${position}`]} ${
                      styles.staged
                    }`}
                    x={from}
                    width={part}
                    y={y + 3}
                    height={12}
                  />
                );
              })
            ) : (
              <rect
                className={styles.whole}
                x={NAME_WIDTH}
                width={width}
                y={y + 3}
                height={12}
              />
            )}
            <text
              className={styles.rowText}
              x={NAME_WIDTH + width + 8}
              y={y + 13}
            >
              {formatDurationSeconds(change.leadSeconds)}
            </text>
          </g>
        );
      })}
      <text className={styles.axis} x={NAME_WIDTH} y={height - 6}>
        Lead time, from commit to deployment
      </text>
    </svg>
  );
}
