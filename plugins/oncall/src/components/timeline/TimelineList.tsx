import { Button } from '@backstage/ui';
import { formatPlural } from '@pavedroad/portal-ui';
import { DateTime } from 'luxon';
import { useState } from 'react';

import { keepingPlace } from '../placeOfFocus';
import {
  clipPiece,
  colourStyle,
  type Piece,
  type TimelineBlock,
  type TimelineRow,
} from './rows';
import { endOf, startOf, type Scale } from './scale';
import type { Opened } from './TimelineGrid';
import styles from './timeline.module.css';

/** What begins on a day, or runs when the list begins. */
export type Entry = { block: TimelineBlock; row: TimelineRow; piece: Piece };

/**
 * Sorts what is on the timeline by day: on the first all that runs then, and on every day what begins. Pure.
 *
 * @param since - What has ended by then is left out, and the first day is the one it lies on. Milliseconds.
 */
export function entriesByDay(
  blocks: TimelineBlock[],
  scaleFor: (block: TimelineBlock) => Scale,
  since: number,
): Entry[][] {
  const days: Entry[][] = [];
  for (const block of blocks) {
    const scale = scaleFor(block);
    for (const row of block.rows) {
      for (const whole of row.pieces) {
        const first = Math.max(since, startOf(scale));
        // A day of another zone begins and ends at other instants than the reader's.
        const piece = clipPiece(whole, startOf(scale), endOf(scale));
        if (piece && piece.to > first) {
          const begins = Math.max(piece.from, first);
          const day =
            scale.boundaries.findIndex(boundary => boundary > begins) - 1;
          (days[day] ??= []).push({ block, row, piece });
        }
      }
    }
  }
  return days;
}

/** The timeline on a telephone: day by day, who takes over, and what nobody covers. */
export function TimelineList(props: {
  blocks: TimelineBlock[];
  scaleFor: (block: TimelineBlock) => Scale;
  axis: Scale;
  /** Instant in milliseconds. */
  now: number;
  onOpen: (opened: Opened) => void;
}) {
  const { blocks, scaleFor, axis, now, onOpen } = props;
  const [earlier, setEarlier] = useState(false);
  // What is over is seldom what somebody with a telephone looks for.
  const isNow = now >= startOf(axis) && now < endOf(axis);
  const since = isNow && !earlier ? now : startOf(axis);
  const days = entriesByDay(blocks, scaleFor, since);
  const first = axis.boundaries.findIndex(boundary => boundary > since) - 1;
  return (
    <div className={styles.days}>
      {first > 0 ? (
        <Button
          variant="secondary"
          onPress={() => keepingPlace(() => setEarlier(true))}
        >
          {`Show ${formatPlural(first, 'earlier day')}`}
        </Button>
      ) : undefined}
      {axis.boundaries.slice(0, -1).map((boundary, day) => {
        if (day < first) {
          return undefined;
        }
        const entries = (days[day] ?? []).sort(
          (a, b) =>
            Number(b.piece.kind === 'gap') - Number(a.piece.kind === 'gap') ||
            Math.max(a.piece.from, since) - Math.max(b.piece.from, since),
        );
        const heading = DateTime.fromMillis(boundary, { zone: axis.zone });
        return (
          <section
            key={boundary}
            className={styles.day}
            aria-label={heading.toLocaleString(DateTime.DATE_HUGE)}
          >
            <h3>
              {heading.toLocaleString({
                weekday: 'long',
                day: 'numeric',
                month: 'long',
              })}
            </h3>
            {entries.length === 0 ? (
              <p>{day === first ? 'Nothing to show' : 'No handoff'}</p>
            ) : (
              <ul>
                {entries.map(entry => (
                  <li
                    key={`${entry.row.key} ${entry.piece.from} ${entry.piece.line}`}
                  >
                    <EntryButton
                      entry={entry}
                      scale={scaleFor(entry.block)}
                      viewerZone={axis.zone}
                      running={
                        entry.piece.from <=
                        Math.max(since, startOf(scaleFor(entry.block)))
                      }
                      onOpen={onOpen}
                    />
                  </li>
                ))}
              </ul>
            )}
          </section>
        );
      })}
    </div>
  );
}

function EntryButton(props: {
  entry: Entry;
  scale: Scale;
  viewerZone: string;
  running: boolean;
  onOpen: (opened: Opened) => void;
}) {
  const { entry, scale, viewerZone, running, onOpen } = props;
  const { zone } = scale;
  const { block, row, piece } = entry;
  const clock = (instant: number, day: boolean) =>
    DateTime.fromMillis(instant, { zone }).toLocaleString({
      ...(day && { weekday: 'short', day: 'numeric', month: 'short' }),
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  return (
    <button
      type="button"
      className={styles.entry}
      style={colourStyle(piece.ref)}
      onClick={() => onOpen({ block, row, piece })}
    >
      <i
        aria-hidden="true"
        className={piece.kind === 'gap' ? styles.gap : undefined}
      />
      <span>
        <strong className={piece.kind === 'gap' ? styles.nobody : undefined}>
          {piece.kind === 'gap' ? 'Nobody is on call' : piece.name}
        </strong>
        {piece.replaces ? ` in place of ${piece.replaces}` : ''}
        <small>
          {block.schedule.title}, {row.name}
        </small>
        <small>
          {running ? '' : `From ${clock(piece.from, false)} `}
          until {clock(piece.to, true)}
          {piece.cut && piece.to >= endOf(scale) ? ' or later' : ''}
          {zone === viewerZone ? '' : `, ${zone}`}
        </small>
      </span>
    </button>
  );
}
