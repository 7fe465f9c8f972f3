import { Text } from '@backstage/ui';
import type {
  ResolvedShift,
  ScheduleCheck,
} from '@pavedroad/plugin-oncall-common';
import { formatPlural } from '@pavedroad/portal-ui';

import { colourStyle } from '../timeline/rows';
import { formatInterval, namesOrNobody } from '../words';
import { changedStretches, type Stretch } from './previewChanges';
import styles from './schedules.module.css';

/** Most changes told one by one. */
const MOST_TOLD = 12;

const WEEK = 7 * 86_400_000;

/** The next eight weeks by a schedule, beside how they are now, with what changes marked. */
export function SchedulePreview(props: {
  preview: NonNullable<ScheduleCheck['preview']>;
  levelNames: string[];
}) {
  const { preview, levelNames } = props;
  const from = Date.parse(preview.from);
  const to = Date.parse(preview.to);
  const { before } = preview;
  const changes = before
    ? changedStretches(before, preview.shifts, { from, to })
    : [];
  const levels = [
    ...new Set([
      ...levelNames.map((_, index) => index + 1),
      ...[...preview.shifts, ...(before ?? [])].map(shift => shift.level),
    ]),
  ].sort((a, b) => a - b);
  const nameOf = (level: number) => levelNames[level - 1] || `Level ${level}`;
  const place = (interval: { from: number; to: number }) => {
    const start = Math.max(from, interval.from);
    const end = Math.min(to, interval.to);
    return {
      left: `${((start - from) / (to - from)) * 100}%`,
      width: `${(Math.max(0, end - start) / (to - from)) * 100}%`,
    };
  };
  return (
    <div className={styles.stack}>
      <Text as="div" variant="body-medium" weight="bold">
        {headline(Boolean(before), changes, preview.gaps.length)}
      </Text>
      {levels.map(level => {
        const marks = changes.filter(change => change.level === level);
        const gaps = preview.gaps.filter(gap => gap.level === level);
        return (
          <div key={level} className={styles.level}>
            <Text as="div" variant="body-small" color="secondary">
              {nameOf(level)}
            </Text>
            {before ? (
              <Lane
                label="As it is"
                shifts={before}
                level={level}
                place={place}
              />
            ) : undefined}
            <Lane
              label={before ? 'As proposed' : 'Who is on call'}
              shifts={preview.shifts}
              level={level}
              place={place}
            >
              {gaps.map(gap => (
                <span
                  key={gap.from}
                  className={styles.gap}
                  title="Nobody"
                  style={place({
                    from: Date.parse(gap.from),
                    to: Date.parse(gap.to),
                  })}
                />
              ))}
              {marks.map(mark => (
                <span
                  key={mark.from}
                  className={styles.mark}
                  style={place(mark)}
                />
              ))}
            </Lane>
          </div>
        );
      })}
      <div className={styles.weeks} aria-hidden="true">
        {Array.from({ length: 8 }, (_, week) => (
          <span key={week} style={{ left: `${week * 12.5}%` }}>
            {new Intl.DateTimeFormat(undefined, {
              day: 'numeric',
              month: 'short',
              timeZone: preview.timeZone,
            }).format(from + week * WEEK)}
          </span>
        ))}
      </div>
      {changes.length > 0 ? (
        <ul className={styles.changes} aria-label="What changes">
          {changes.slice(0, MOST_TOLD).map(change => (
            <li key={`${change.level} ${change.from}`}>
              {formatInterval(change, preview.timeZone)}, {nameOf(change.level)}
              : <strong>{namesOrNobody(change.after)}</strong> instead of{' '}
              {namesOrNobody(change.before)}
            </li>
          ))}
          {changes.length > MOST_TOLD ? (
            <li>
              and {formatPlural(changes.length - MOST_TOLD, 'more change')}
            </li>
          ) : undefined}
        </ul>
      ) : undefined}
    </div>
  );
}

function headline(existing: boolean, changes: Stretch[], gaps: number): string {
  const missing =
    gaps > 0 ? ` ${formatPlural(gaps, 'gap')} with nobody on call.` : '';
  if (!existing) {
    return `The next eight weeks by this schedule.${missing}`;
  }
  return changes.length === 0
    ? `Nothing changes for anybody in the next eight weeks.${missing}`
    : `${formatPlural(
        changes.length,
        'change',
      )} of who is on call in the next eight weeks, outlined below.${missing}`;
}

function Lane(props: {
  label: string;
  shifts: ResolvedShift[];
  level: number;
  place: (interval: { from: number; to: number }) => {
    left: string;
    width: string;
  };
  children?: React.ReactNode;
}) {
  const { label, level, place, children } = props;
  const shifts = props.shifts.filter(shift => shift.level === level);
  const names = [...new Set(shifts.map(shift => shift.person.displayName))];
  // A name in less room than this share of the width is a stray letter.
  const hasRoom = (shift: ResolvedShift) =>
    parseFloat(
      place({ from: Date.parse(shift.from), to: Date.parse(shift.to) }).width,
    ) > 8;
  const turns = turnsIn(shifts).filter(
    turn =>
      parseFloat(place(turn).width) > 8 &&
      !shifts.some(
        shift =>
          hasRoom(shift) &&
          Date.parse(shift.from) < turn.to &&
          Date.parse(shift.to) > turn.from,
      ),
  );
  return (
    <div
      className={styles.lane}
      role="img"
      aria-label={`${label}: ${
        shifts.length === 0
          ? 'nobody'
          : `${formatPlural(shifts.length, 'shift')} of ${namesOrNobody(
              names.map(displayName => ({ displayName })),
            )}`
      }`}
    >
      <span className={styles.laneLabel}>{label}</span>
      <div className={styles.track}>
        {shifts.map(shift => (
          <span
            key={`${shift.person.ref} ${shift.from}`}
            className={styles.piece}
            title={`${shift.person.displayName}, ${shift.from} to ${shift.to}`}
            style={{
              ...colourStyle(shift.person.ref),
              ...place({
                from: Date.parse(shift.from),
                to: Date.parse(shift.to),
              }),
            }}
          >
            {hasRoom(shift) ? shift.person.displayName : undefined}
          </span>
        ))}
        {turns.map(turn => (
          <span
            key={`turn ${turn.from}`}
            className={styles.turnName}
            aria-hidden="true"
            style={place(turn)}
          >
            {turn.name}
          </span>
        ))}
        {children}
      </div>
    </div>
  );
}

/**
 * The turns of the lowest layer that has any, from first to last, in milliseconds: where somebody else has an hour of each day, no piece of a turn
 * has room for a name, but the turn has. Pure.
 */
function turnsIn(
  shifts: ResolvedShift[],
): { from: number; to: number; name: string }[] {
  const layer = Math.min(
    ...shifts.flatMap(shift =>
      shift.turn === undefined ? [] : [shift.layer ?? 0],
    ),
  );
  const turns = new Map<string, { from: number; to: number; name: string }>();
  for (const { turn, person, from, to } of shifts.filter(
    shift => shift.turn !== undefined && (shift.layer ?? 0) === layer,
  )) {
    const key = `${turn} ${person.ref}`;
    const known = turns.get(key);
    turns.set(key, {
      name: person.displayName,
      from: Math.min(known?.from ?? Infinity, Date.parse(from)),
      to: Math.max(known?.to ?? -Infinity, Date.parse(to)),
    });
  }
  return [...turns.values()];
}
