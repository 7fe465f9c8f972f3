import { InputError, NotFoundError } from '@backstage/errors';
import {
  formatInZone,
  type MyShiftsAnswer,
  type OnCallContact,
  type TimelineAnswer,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor, type CatalogSnapshot } from '../catalog/CatalogSnapshot';
import { groupAndAbove } from './groups';
import type { ScheduleInForce } from './history';
import { marked, summaryOf } from './OnCallService';
import type { ScheduleStates } from './ScheduleStates';
import type { ReadShifts, ShiftReader } from './ShiftReader';
import { inOrder, uncovered, withNeighbours } from './timeline';

const DAY = 86_400_000;
/** How far around the window of a list of own shifts the neighbours are looked for, and shifts are shown whole. */
const AROUND = 45 * DAY;
const COLLATOR = new Intl.Collator('en');

/** Which schedules a timeline shows, and for when, in milliseconds. */
export type TimelineQuery = {
  from: number;
  to: number;
  /** Only these schedules. */
  scheduleRefs?: string[];
  /** Only schedules owned by this group or a group below it. */
  groupRef?: string;
  limit: number;
  cursor?: string;
};

/** Whether the caller may change who is on call on a schedule owned by this group. */
export type MayChange = (ownerRef: string) => boolean;

/** Lays the shifts of many schedules, or of one person, side by side. */
export class TimelineService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      shifts: ShiftReader;
    },
  ) {}

  /**
   * The shifts and gaps of many schedules, a page at a time, ordered by title.
   * @throws NotFoundError for a schedule or group that does not exist; InputError for a cursor that is none.
   */
  async timeline(
    query: TimelineQuery,
    mayChange: MayChange,
  ): Promise<TimelineAnswer> {
    const { directory, shifts, states } = this.parts;
    const snapshot = await directory.snapshot();
    const present = await states.present();
    const chosen = choose(present, snapshot, query);
    const page = chosen.slice(0, query.limit);
    const read = await shifts.read(
      page.map(state => state.version.scheduleRef),
      query,
    );
    const people = new Map<string, OnCallContact>();
    const schedules = [...read.values()].map(found => {
      for (const { person, replaces } of found.shifts) {
        for (const ref of replaces === undefined
          ? [person]
          : [person, replaces]) {
          if (!people.has(ref)) {
            people.set(ref, contactFor(snapshot, ref));
          }
        }
      }
      return layOut(found, query, snapshot, mayChange);
    });
    const last = page[page.length - 1];
    return {
      from: new Date(query.from).toISOString(),
      to: new Date(query.to).toISOString(),
      schedules,
      people: Object.fromEntries(people),
      ...(chosen.length > page.length && last
        ? { nextCursor: cursorAfter(last) }
        : {}),
    };
  }

  /**
   * The shifts of one person on every schedule of the portal that touch a window in milliseconds, whole, with who comes before and after.
   */
  async shiftsOf(
    person: string,
    window: { from: number; to: number },
    mayChange: MayChange,
  ): Promise<MyShiftsAnswer> {
    const { directory, shifts, states } = this.parts;
    const snapshot = await directory.snapshot();
    const present = await states.present();
    const read = await shifts.read(
      [...present.keys()],
      { from: window.from - AROUND, to: window.to + AROUND },
      person,
    );
    const found: MyShiftsAnswer['shifts'] = [];
    for (const { state, shifts: all } of read.values()) {
      const { scheduleRef, title, ownerRef } = state.version;
      const { timeZone, levels } = state.schedule;
      const touching = withNeighbours(all, person).filter(
        ({ shift }) =>
          Date.parse(shift.from) < window.to &&
          Date.parse(shift.to) > window.from,
      );
      for (const { shift, previous, next } of touching) {
        found.push({
          scheduleRef,
          title,
          timeZone,
          editable: mayChange(ownerRef),
          level: shift.level,
          levelName: levels[shift.level - 1]?.name ?? `Level ${shift.level}`,
          from: shift.from,
          to: shift.to,
          ...(shift.layer === undefined ? {} : { layer: shift.layer }),
          ...(shift.turn === undefined ? {} : { turn: shift.turn }),
          ...(shift.override ? { override: shift.override } : {}),
          ...(shift.replaces
            ? { replaces: contactFor(snapshot, shift.replaces) }
            : {}),
          previous: previous.map(ref => contactFor(snapshot, ref)),
          next: next.map(ref => contactFor(snapshot, ref)),
        });
      }
    }
    return {
      person: contactFor(snapshot, person),
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
      shifts: inOrder(found),
    };
  }
}

function choose(
  present: ReadonlyMap<string, ScheduleInForce>,
  snapshot: CatalogSnapshot,
  { scheduleRefs, groupRef, cursor }: TimelineQuery,
): ScheduleInForce[] {
  const unknown = scheduleRefs?.find(ref => !present.has(ref));
  if (unknown !== undefined) {
    throw new NotFoundError(`There is no schedule ${unknown}`);
  }
  if (groupRef !== undefined && !snapshot.entities.has(groupRef)) {
    throw new NotFoundError(`The catalog has no ${groupRef}`);
  }
  const after = cursor === undefined ? undefined : readCursor(cursor);
  return [...present.values()]
    .filter(
      ({ version }) =>
        (scheduleRefs === undefined ||
          scheduleRefs.includes(version.scheduleRef)) &&
        (groupRef === undefined ||
          groupAndAbove(snapshot, version.ownerRef).includes(groupRef)),
    )
    .map(state => ({ state, key: keyOf(state) }))
    .filter(({ key }) => after === undefined || compareKeys(key, after) > 0)
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ state }) => state);
}

type Key = [title: string, ref: string];

function keyOf({ version }: ScheduleInForce): Key {
  return [version.title, version.scheduleRef];
}

function compareKeys(a: Key, b: Key): number {
  return COLLATOR.compare(a[0], b[0]) || COLLATOR.compare(a[1], b[1]);
}

function cursorAfter(state: ScheduleInForce): string {
  return Buffer.from(JSON.stringify(keyOf(state))).toString('base64url');
}

function readCursor(cursor: string): Key {
  try {
    const [title, ref] = JSON.parse(
      Buffer.from(cursor, 'base64url').toString('utf8'),
    );
    if (typeof title === 'string' && typeof ref === 'string') {
      return [title, ref];
    }
  } catch {
    // Said below.
  }
  throw new InputError('cursor must be the nextCursor of the page before');
}

function layOut(
  { state, shifts, problem, knownSince }: ReadShifts,
  window: { from: number; to: number },
  snapshot: CatalogSnapshot,
  mayChange: MayChange,
): TimelineAnswer['schedules'][number] {
  const { version, schedule } = state;
  // A version of the past may have had more levels than there are now.
  const count = shifts.reduce(
    (most, shift) => Math.max(most, shift.level),
    schedule.levels.length,
  );
  const byLevel = Array.from({ length: count }, () => [] as typeof shifts);
  for (const shift of shifts) {
    byLevel[shift.level - 1].push(shift);
  }
  const text = (instant: number) => formatInZone(instant, schedule.timeZone);
  // What lies before the first version is worked out with it.
  const assumed = knownSince !== undefined && window.from < knownSince;
  return {
    schedule: marked(
      summaryOf({ ...state, assumed: state.assumed || assumed }),
      snapshot,
    ),
    editable: mayChange(version.ownerRef),
    levels:
      problem === undefined
        ? byLevel.map((list, index) => ({
            level: index + 1,
            name: schedule.levels[index]?.name ?? `Level ${index + 1}`,
            shifts: list.map(
              ({ person, from, to, layer, override, replaces }) => ({
                person,
                from,
                to,
                ...(layer === undefined ? {} : { layer }),
                ...(override === undefined ? {} : { override }),
                ...(replaces === undefined ? {} : { replaces }),
              }),
            ),
            gaps: uncovered(list, window).map(gap => ({
              from: text(gap.from),
              to: text(gap.to),
            })),
          }))
        : [],
    ...(problem === undefined ? {} : { problem }),
  };
}
