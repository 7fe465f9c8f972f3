import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { VisuallyHidden } from '@backstage/ui';
import { SampleDataBadge } from '@pavedroad/portal-ui';
import { DateTime } from 'luxon';
import {
  memo,
  useCallback,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
} from 'react';

import { formatInterval, instantWriter } from '../words';
import {
  colourStyle,
  type Piece,
  type TimelineBlock,
  type TimelineRow,
} from './rows';
import {
  endOf,
  hoursOf,
  instantAt,
  positionOf,
  snap,
  startOf,
  stepFrom,
  type Scale,
} from './scale';
import styles from './timeline.module.css';
import { useShownBlocks } from './useShownBlocks';
import type { Span } from './viewState';

/** Heights in pixels, as the styles have them. */
const LINE = 30;
const TITLE = 30;
const ROW_GAP = 4;
const BLOCK_GAP = 10;
/** In less room than this share of the width a name is a stray letter, and its initials say more. */
const ROOM_FOR_NAME = 0.05;
/** "Nobody" has no initials: it stands whole or not at all. */
const ROOM_FOR_NOBODY = 0.07;
/** In less than this initials are small. */
const ROOM_FOR_LARGE_INITIALS = 0.036;
/** In less than this there is not even room for initials; the name stands in what is told on hover and to screen readers. */
const ROOM_FOR_INITIALS = 0.013;

/** An interval of a row that somebody selected. Instants in milliseconds. */
export type Interval = { from: number; to: number };

/** What was opened on the plot: a piece of a row, or an interval of it. */
export type Opened = {
  block: TimelineBlock;
  row: TimelineRow;
  piece?: Piece;
  interval?: Interval;
};

type Cursor = { row: number; piece: number };
type Selection = {
  row: number;
  /** The key of the row: another can have its number by now. */
  key: string;
  anchor: number;
  head: number;
};

const intervalOf = ({ anchor, head }: Selection): Interval => ({
  from: Math.min(anchor, head),
  to: Math.max(anchor, head),
});

const percent = (share: number) => `${share * 100}%`;

const pieceId = (id: string, row: number, piece: number) =>
  `${id}-${row}-${piece}`;

/** The first letters of the first and the last name. */
const initialsOf = (name: string) =>
  name
    .split(/\s+/)
    .filter((_, index, all) => index === 0 || index === all.length - 1)
    .map(part => part.charAt(0))
    .join('');

/** Drawn anew only for what concerns it: there can be hundreds. */
const Block = memo(ScheduleBlock);

/**
 * Schedules against time. The arrow keys move a cursor over the shifts, Enter opens one; Shift with the arrows selects an interval, and
 * Enter then overrides it; dragging does the same.
 */
export function TimelineGrid(props: {
  blocks: TimelineBlock[];
  span: Span;
  /** The scale of a zone; all of them show the same local days. */
  scaleFor: (block: TimelineBlock) => Scale;
  /** Whether each schedule says for itself that it is a sample; not where the page says it for all of them. */
  markSamples: boolean;
  /** The scale of the axis. */
  axis: Scale;
  /** Instant in milliseconds. */
  now: number;
  onOpen: (opened: Opened) => void;
}) {
  const { blocks, span, scaleFor, axis, now, markSamples, onOpen } = props;
  const id = useId();
  const gridRef = useRef<HTMLDivElement>(null);
  const bodyRef = useRef<HTMLDivElement>(null);
  /** Whether a pointer was pressed here since the focus was last elsewhere. */
  const pointed = useRef(false);
  const [cursor, setCursor] = useState<Cursor>();
  const [selection, setSelection] = useState<Selection>();

  const writers = useMemo(() => {
    const known = new Map<string, (instant: number) => string>();
    return (zone: string) => {
      const writer = known.get(zone) ?? instantWriter(zone);
      known.set(zone, writer);
      return writer;
    };
  }, []);

  // Every row by its number, with the pieces that are in the window.
  const rows = useMemo(
    () =>
      blocks.flatMap((block, blockIndex) => {
        const scale = scaleFor(block);
        return block.rows.map(row => ({
          block,
          blockIndex,
          row,
          scale,
          pieces: row.pieces.filter(
            piece => piece.to > startOf(scale) && piece.from < endOf(scale),
          ),
        }));
      }),
    [blocks, scaleFor],
  );
  const firstRows = useMemo(() => {
    let next = 0;
    return blocks.map(block => {
      const first = next;
      next += block.rows.length;
      return first;
    });
  }, [blocks]);
  const heights = useMemo(
    () =>
      blocks.map(
        block =>
          TITLE +
          BLOCK_GAP +
          (block.problem ? LINE : 0) +
          block.rows.reduce((sum, row) => sum + row.lines * LINE + ROW_GAP, 0),
      ),
    [blocks],
  );
  const shown = useShownBlocks(bodyRef, heights);

  // What was pointed at is gone when something else is shown.
  const at = cursor && rows[cursor.row]?.pieces[cursor.piece] && cursor;
  const selectedRow = selection && rows[selection.row];
  const selected =
    selectedRow?.row.key === selection?.key &&
    selectedRow &&
    selection &&
    intervalOf(selection).from >= startOf(selectedRow.scale) &&
    intervalOf(selection).to <= endOf(selectedRow.scale)
      ? selection
      : undefined;

  // The row of the cursor is brought to the screen, which also has it drawn.
  const cursorBlock = at && rows[at.row].blockIndex;
  useLayoutEffect(() => {
    if (cursorBlock !== undefined) {
      bodyRef.current?.children[cursorBlock]?.scrollIntoView?.({
        block: 'nearest',
      });
    }
  }, [cursorBlock]);

  const pieceNear = (row: number, instant: number): number => {
    const { pieces } = rows[row];
    const over = pieces.findIndex(
      piece => piece.from <= instant && piece.to > instant,
    );
    return over >= 0
      ? over
      : Math.max(
          0,
          pieces.findIndex(piece => piece.from > instant),
        );
  };

  const open = (row: number, what: { piece?: Piece; interval?: Interval }) =>
    onOpen({ block: rows[row].block, row: rows[row].row, ...what });

  const moveTo = (row: number, instant: number, direction: 1 | -1) => {
    for (let next = row; next >= 0 && next < rows.length; next += direction) {
      if (rows[next].pieces.length > 0) {
        setCursor({ row: next, piece: pieceNear(next, instant) });
        return;
      }
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || rows.length === 0) {
      return;
    }
    const arrows: Record<string, 1 | -1> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: 1,
      ArrowUp: -1,
    };
    const direction = arrows[event.key];
    const sideways = event.key === 'ArrowRight' || event.key === 'ArrowLeft';
    if (direction) {
      event.preventDefault();
      if (!at) {
        moveTo(0, Math.max(now, startOf(rows[0].scale)), 1);
        return;
      }
      const { scale, pieces, block } = rows[at.row];
      const piece = pieces[at.piece];
      const here = Math.max(piece.from, startOf(scale));
      if (event.shiftKey) {
        if (sideways && block.editable) {
          const from = selected?.row === at.row ? selected : undefined;
          const anchor = from?.anchor ?? here;
          setSelection({
            row: at.row,
            key: rows[at.row].row.key,
            anchor,
            head: stepFrom(scale, from?.head ?? anchor, direction, span),
          });
        }
        return;
      }
      setSelection(undefined);
      if (sideways) {
        const next = at.piece + direction;
        if (pieces[next]) {
          setCursor({ row: at.row, piece: next });
        }
      } else {
        moveTo(at.row + direction, here, direction);
      }
    } else if (event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      const row = at?.row ?? 0;
      setSelection(undefined);
      setCursor({
        row,
        piece: event.key === 'Home' ? 0 : rows[row].pieces.length - 1,
      });
    } else if (event.key === 'Escape' && selected) {
      event.preventDefault();
      event.stopPropagation();
      setSelection(undefined);
    } else if ((event.key === 'Enter' || event.key === ' ') && at) {
      event.preventDefault();
      const interval = selected && intervalOf(selected);
      if (selected && interval && interval.from < interval.to) {
        open(selected.row, { interval });
      } else {
        open(at.row, { piece: rows[at.row].pieces[at.piece] });
      }
    }
  };

  // Read through a ref, so that a block is drawn anew only for what concerns it.
  const act = useRef({ rows, open, span });
  act.current = { rows, open, span };
  const onSelect = useCallback((next: Selection | undefined) => {
    setSelection(next);
    if (next) {
      setCursor(known =>
        known?.row === next.row ? known : { row: next.row, piece: 0 },
      );
    }
  }, []);
  const onPiece = useCallback((row: number, piece: number) => {
    gridRef.current?.focus({ preventScroll: true });
    setSelection(undefined);
    setCursor({ row, piece });
    act.current.open(row, { piece: act.current.rows[row].pieces[piece] });
  }, []);
  const onInterval = useCallback((row: number, interval: Interval) => {
    gridRef.current?.focus({ preventScroll: true });
    act.current.open(row, { interval });
  }, []);

  const zone = axis.zone;
  return (
    <>
      <div
        ref={gridRef}
        role="grid"
        aria-label="Who is on call when"
        aria-describedby={`${id}-keys`}
        aria-rowcount={rows.length + blocks.length}
        aria-activedescendant={at && pieceId(id, at.row, at.piece)}
        tabIndex={0}
        className={styles.grid}
        onKeyDown={onKeyDown}
        onPointerDown={() => {
          pointed.current = true;
        }}
        onBlur={() => {
          pointed.current = false;
        }}
        onFocus={event => {
          // Who points at a shift has chosen where to be: bringing another row to the screen would take it from under the pointer.
          if (
            event.target === event.currentTarget &&
            !pointed.current &&
            !at &&
            rows.length > 0
          ) {
            moveTo(0, Math.max(now, startOf(rows[0].scale)), 1);
          }
        }}
      >
        <Axis scale={axis} span={span} now={now} />
        <div ref={bodyRef} role="presentation">
          {blocks.map((block, index) =>
            index >= shown.first && index < shown.last ? (
              <Block
                key={block.schedule.ref}
                id={id}
                block={block}
                rows={rows}
                first={firstRows[index]}
                rowIndex={firstRows[index] + index + 1}
                span={span}
                scale={scaleFor(block)}
                write={writers(scaleFor(block).zone)}
                now={now}
                markSamples={markSamples}
                cursor={cursorBlock === index ? at : undefined}
                selection={
                  selected && rows[selected.row].blockIndex === index
                    ? selected
                    : undefined
                }
                onSelect={onSelect}
                onPiece={onPiece}
                onInterval={onInterval}
              />
            ) : (
              <div
                key={block.schedule.ref}
                role="presentation"
                style={{ height: heights[index] }}
              />
            ),
          )}
        </div>
      </div>
      <VisuallyHidden id={`${id}-keys`}>
        Arrow keys move over shifts and levels. Enter opens a shift. Shift with
        the left and right arrow selects an interval; Enter then changes who is
        on call in it.
      </VisuallyHidden>
      <VisuallyHidden role="status">
        {selected
          ? `Selected: ${formatInterval(
              intervalOf(selected),
              rows[selected.row].scale.zone,
            )}, ${rows[selected.row].scale.zone}`
          : `Times in ${zone}`}
      </VisuallyHidden>
    </>
  );
}

/** The days, or the hours of one. */
function Axis(props: { scale: Scale; span: Span; now: number }) {
  const { scale, span, now } = props;
  const days = scale.boundaries.length - 1;
  const today = DateTime.fromMillis(now, { zone: scale.zone }).toISODate();
  const ticks =
    span === 'day'
      ? hoursOf(scale).map(({ at, label }, i, all) => ({
          at,
          width: (all[i + 1]?.at ?? 1) - at,
          label,
          isToday: false,
        }))
      : scale.boundaries.slice(0, -1).map((instant, day) => {
          const date = DateTime.fromMillis(instant, { zone: scale.zone });
          return {
            at: day / days,
            width: 1 / days,
            label: date.toLocaleString(
              span === 'week'
                ? { weekday: 'short', day: 'numeric', month: 'short' }
                : { day: 'numeric' },
            ),
            isToday: date.toISODate() === today,
          };
        });
  const isNow = now >= startOf(scale) && now < endOf(scale);
  return (
    <div className={styles.axis} aria-hidden="true">
      <span />
      <div className={styles.ticks}>
        {ticks.map(({ at, width, label, isToday }) => (
          <span
            key={at}
            className={`${styles.tick} ${isToday ? styles.today : ''}`}
            style={{ left: percent(at), width: percent(width) }}
          >
            {label}
          </span>
        ))}
        {isNow ? (
          <span
            className={styles.nowLabel}
            style={{ left: percent(positionOf(scale, now)) }}
          >
            {DateTime.fromMillis(now, { zone: scale.zone }).toFormat('HH:mm')}
          </span>
        ) : undefined}
      </div>
    </div>
  );
}

type BlockProps = {
  id: string;
  block: TimelineBlock;
  rows: { row: TimelineRow; pieces: Piece[] }[];
  /** The number of its first row among all. */
  first: number;
  /** The place of its title among all rows, counted from 1. */
  rowIndex: number;
  span: Span;
  scale: Scale;
  /** Writes an instant in the zone of the scale. */
  write: (instant: number) => string;
  now: number;
  markSamples: boolean;
  cursor: Cursor | undefined;
  selection: Selection | undefined;
  onSelect: (selection: Selection | undefined) => void;
  onPiece: (row: number, piece: number) => void;
  onInterval: (row: number, interval: Interval) => void;
};

/** One schedule: its title, and a row for each level. */
function ScheduleBlock(props: BlockProps) {
  const { block, first, rowIndex, scale } = props;
  const { schedule } = block;
  return (
    <div role="rowgroup" aria-label={schedule.title} className={styles.block}>
      <div role="row" aria-rowindex={rowIndex} className={styles.blockTitle}>
        <span role="rowheader">
          {schedule.provider === 'native' ? (
            <EntityRefLink
              entityRef={schedule.ref}
              defaultKind="oncallschedule"
              title={schedule.title}
              hideIcon
              disableTooltip
            />
          ) : (
            <strong>{schedule.title}</strong>
          )}
        </span>
        <small role="gridcell">
          {schedule.timeZone}
          {block.editable ? '' : ', read only for you'}
        </small>
        {schedule.sampleData && props.markSamples ? (
          <span role="gridcell">
            <SampleDataBadge />
          </span>
        ) : undefined}
      </div>
      {block.problem ? (
        <div role="row" className={styles.problem}>
          <span role="gridcell">{block.problem}</span>
        </div>
      ) : undefined}
      {block.rows.map((row, index) => (
        <Row
          key={row.key}
          {...props}
          row={row}
          number={first + index}
          pieces={props.rows[first + index].pieces}
          ariaIndex={rowIndex + 1 + index}
          scale={scale}
        />
      ))}
    </div>
  );
}

function Row(
  props: BlockProps & {
    row: TimelineRow;
    number: number;
    pieces: Piece[];
    ariaIndex: number;
  },
) {
  const { id, block, row, number, pieces, scale, now, span } = props;
  const { write, cursor, selection, onSelect, onPiece, onInterval } = props;
  const trackRef = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; touch: boolean; selection?: Selection }>();
  const instantOf = (x: number) => {
    const box = trackRef.current?.getBoundingClientRect();
    return snap(
      scale,
      instantAt(scale, box && box.width > 0 ? (x - box.left) / box.width : 0),
      span,
    );
  };
  const mine = selection?.row === number ? intervalOf(selection) : undefined;
  const columns = span === 'day' ? 24 : scale.boundaries.length - 1;
  return (
    <div role="row" aria-rowindex={props.ariaIndex} className={styles.row}>
      <div role="rowheader" className={styles.rowName} title={row.name}>
        {row.name}
      </div>
      <div
        ref={trackRef}
        role="presentation"
        className={`${styles.track} ${block.editable ? styles.editable : ''}`}
        style={
          {
            height: row.lines * LINE,
            '--column': percent(1 / columns),
          } as CSSProperties
        }
        onPointerDown={event => {
          if (event.button === 0) {
            drag.current = {
              x: event.clientX,
              touch: event.pointerType === 'touch',
            };
          }
        }}
        onPointerMove={event => {
          const { current } = drag;
          // A finger that moves scrolls the page.
          if (!current || current.touch || !block.editable) {
            return;
          }
          if (!current.selection) {
            if (Math.abs(event.clientX - current.x) < 5) {
              return;
            }
            event.currentTarget.setPointerCapture?.(event.pointerId);
            const anchor = instantOf(current.x);
            current.selection = {
              row: number,
              key: row.key,
              anchor,
              head: anchor,
            };
          }
          current.selection = {
            ...current.selection,
            head: instantOf(event.clientX),
          };
          onSelect(current.selection);
        }}
        onPointerUp={event => {
          const { current } = drag;
          drag.current = undefined;
          if (current?.selection) {
            const interval = intervalOf(current.selection);
            if (interval.from < interval.to) {
              onInterval(number, interval);
            } else {
              onSelect(undefined);
            }
            return;
          }
          const piece = (event.target as HTMLElement).closest<HTMLElement>(
            '[data-piece]',
          )?.dataset.piece;
          if (current && piece !== undefined) {
            onPiece(number, Number(piece));
          }
        }}
        onPointerCancel={() => {
          drag.current = undefined;
          onSelect(undefined);
        }}
      >
        {pieces.map((piece, index) => {
          const left = positionOf(scale, piece.from);
          const width = positionOf(scale, piece.to) - left;
          const words = `${piece.name}${
            piece.replaces ? ` in place of ${piece.replaces}` : ''
          }, ${write(piece.from)} – ${write(piece.to)}${
            piece.cut ? ' and beyond' : ''
          }`;
          return (
            <div
              key={`${piece.from} ${piece.line}`}
              id={pieceId(id, number, index)}
              data-piece={index}
              role="gridcell"
              aria-label={words}
              aria-selected={cursor?.row === number && cursor.piece === index}
              title={words}
              className={[
                styles.piece,
                piece.kind === 'gap' ? styles.gap : styles.shift,
                piece.override ? styles.override : '',
                width > ROOM_FOR_LARGE_INITIALS ? '' : styles.narrow,
                cursor?.row === number && cursor.piece === index
                  ? styles.cursor
                  : '',
              ].join(' ')}
              style={{
                left: percent(left),
                width: percent(width),
                top: piece.line * LINE + 2,
                ...colourStyle(piece.ref),
              }}
            >
              {width >
              (piece.kind === 'gap' ? ROOM_FOR_NOBODY : ROOM_FOR_NAME) ? (
                <span>
                  {piece.override ? '⇄ ' : ''}
                  {piece.name}
                </span>
              ) : undefined}
              {width <= ROOM_FOR_NAME &&
              width > ROOM_FOR_INITIALS &&
              piece.kind === 'shift' &&
              !piece.hidden
                ? initialsOf(piece.name)
                : undefined}
            </div>
          );
        })}
        {now >= startOf(scale) && now < endOf(scale) ? (
          <div
            className={styles.now}
            style={{ left: percent(positionOf(scale, now)) }}
          />
        ) : undefined}
        {mine ? (
          <div
            className={styles.selection}
            style={{
              left: percent(positionOf(scale, mine.from)),
              width: percent(
                positionOf(scale, mine.to) - positionOf(scale, mine.from),
              ),
            }}
          />
        ) : undefined}
      </div>
    </div>
  );
}
