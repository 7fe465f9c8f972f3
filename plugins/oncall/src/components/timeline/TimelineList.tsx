import { DateTime } from 'luxon';
import { type CSSProperties } from 'react';

import {
  hueOf,
  type Piece,
  type TimelineBlock,
  type TimelineRow,
} from './rows';
import { endOf, startOf, type Scale } from './scale';
import type { Opened } from './TimelineGrid';
import styles from './timeline.module.css';

/** What begins on a day, or runs when the first day begins. */
export type Entry = { block: TimelineBlock; row: TimelineRow; piece: Piece };

/** Sorts what is on the timeline by day: on the first all that runs then, on the others what begins. Pure. */
export function entriesByDay(
  blocks: TimelineBlock[],
  scaleFor: (block: TimelineBlock) => Scale,
): Entry[][] {
  const days: Entry[][] = [];
  for (const block of blocks) {
    const scale = scaleFor(block);
    for (const row of block.rows) {
      for (const piece of row.pieces) {
        if (piece.to > startOf(scale) && piece.from < endOf(scale)) {
          const later = scale.boundaries.findIndex(
            boundary => boundary > piece.from,
          );
          const day = Math.max(0, later - 1);
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
  onOpen: (opened: Opened) => void;
}) {
  const { blocks, scaleFor, axis, onOpen } = props;
  const days = entriesByDay(blocks, scaleFor);
  return (
    <div className={styles.days}>
      {axis.boundaries.slice(0, -1).map((boundary, day) => {
        const entries = (days[day] ?? []).sort(
          (a, b) =>
            Number(b.piece.kind === 'gap') - Number(a.piece.kind === 'gap') ||
            (day > 0 ? a.piece.from - b.piece.from : 0),
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
              <p>{day === 0 ? 'Nothing to show' : 'No handoff'}</p>
            ) : (
              <ul>
                {entries.map(entry => (
                  <li
                    key={`${entry.row.key} ${entry.piece.from} ${entry.piece.line}`}
                  >
                    <EntryButton
                      entry={entry}
                      zone={scaleFor(entry.block).zone}
                      running={day === 0}
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
  zone: string;
  running: boolean;
  onOpen: (opened: Opened) => void;
}) {
  const { entry, zone, running, onOpen } = props;
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
      style={(piece.ref ? { '--hue': hueOf(piece.ref) } : {}) as CSSProperties}
      onClick={() => onOpen({ block, row, piece })}
    >
      <i
        aria-hidden="true"
        className={piece.kind === 'gap' ? styles.gap : undefined}
      />
      <span>
        <strong>
          {piece.kind === 'gap' ? 'Nobody is on call' : piece.name}
        </strong>
        {piece.replaces ? ` in place of ${piece.replaces}` : ''}
        <small>
          {block.schedule.title}, {row.name}
        </small>
        <small>
          {running ? '' : `From ${clock(piece.from, false)} `}
          until {clock(piece.to, true)}
        </small>
      </span>
    </button>
  );
}
