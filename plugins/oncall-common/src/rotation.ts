import { InputError } from '@backstage/errors';

import { DAY, HOUR, parseWindow, readLocal, readTime } from './time';
import type { InstantWindow, Restriction, Rotation } from './types';
import { utc, Zone } from './zone';

/** A half-open interval in milliseconds. */
export type Interval = { from: number; to: number };

/** One turn of a rotation, cut to a window. */
export type Turn = Interval & { turn: number };

const UNIT_LENGTH = { hour: HOUR, day: DAY, week: 7 * DAY };

type CompiledRestriction = {
  weekdays: Set<number>;
  from: number;
  to: number;
};

/** A rotation with its texts read, ready to be asked. */
export class CompiledRotation {
  private constructor(
    readonly participants: string[],
    readonly zone: Zone,
    private readonly start: number,
    private readonly unit: Rotation['unit'],
    private readonly length: number,
    private readonly restrictions: CompiledRestriction[],
  ) {}

  /** @throws InputError when a part of the rotation cannot be read. */
  static from(rotation: Rotation): CompiledRotation {
    const zone = Zone.of(rotation.timeZone);
    const start = readLocal(rotation.start);
    if (start === undefined) {
      throw new InputError(
        `The start of a rotation must be a local date-time such as 2026-01-05T09:00; it is ${JSON.stringify(
          rotation.start,
        )}`,
      );
    }
    if (!['hour', 'day', 'week', 'month'].includes(rotation.unit)) {
      throw new InputError(
        `The unit of a rotation must be hour, day, week or month; it is ${JSON.stringify(
          rotation.unit,
        )}`,
      );
    }
    if (!Number.isSafeInteger(rotation.length) || rotation.length < 1) {
      throw new InputError(
        `The length of a rotation must be a positive whole number; it is ${JSON.stringify(
          rotation.length,
        )}`,
      );
    }
    return new CompiledRotation(
      rotation.participants,
      zone,
      start,
      rotation.unit,
      rotation.length,
      (rotation.restrictions ?? []).map(compileRestriction),
    );
  }

  /** The last turn whose handoff is at or before the instant; negative before the start. */
  turnAt(instant: number): number {
    const wall = this.zone.furthestWall(instant);
    if (this.unit !== 'month') {
      return Math.floor(
        (wall - this.start) / (UNIT_LENGTH[this.unit] * this.length),
      );
    }
    const start = new Date(this.start);
    const now = new Date(wall);
    const months =
      (now.getUTCFullYear() - start.getUTCFullYear()) * 12 +
      now.getUTCMonth() -
      start.getUTCMonth();
    const turn = Math.floor(months / this.length);
    return this.#wallOf(turn) <= wall ? turn : turn - 1;
  }

  /** The instant of handoff `turn`. */
  handoff(turn: number): number {
    return this.zone.firstInstant(this.#wallOf(turn));
  }

  /** The distinct instants in a half-open window at which the rotation turns. */
  handoffs(from: number, to: number): number[] {
    const found: number[] = [];
    let turn = Math.max(0, this.turnAt(from));
    let at = this.handoff(turn);
    if (at < from) {
      turn += 1;
      at = this.handoff(turn);
    }
    while (at < to) {
      found.push(at);
      // Turns that fall on one instant are one handoff, to the last of them.
      turn = this.turnAt(at) + 1;
      at = this.handoff(turn);
    }
    return found;
  }

  /** The turns in a window, cut to it, without the restrictions. */
  turns(from: number, to: number): Turn[] {
    const found: Turn[] = [];
    if (from >= to) {
      return found;
    }
    let turn = this.turnAt(from);
    let at = from;
    if (turn < 0) {
      at = this.handoff(0);
      turn = at < to ? this.turnAt(at) : 0;
    }
    while (at < to) {
      const next = this.handoff(turn + 1);
      found.push({ from: at, to: Math.min(next, to), turn });
      at = next;
      turn = at < to ? this.turnAt(at) : turn;
    }
    return found;
  }

  /** The turns in a window, cut to it and masked by the restrictions; none without participants. */
  onDuty(from: number, to: number): Turn[] {
    if (this.participants.length === 0) {
      return [];
    }
    const turns = this.turns(from, to);
    if (this.restrictions.length === 0 || turns.length === 0) {
      return turns;
    }
    const masks = this.#masks(turns[0].from, to);
    const found: Turn[] = [];
    let first = 0;
    for (const turn of turns) {
      while (first < masks.length && masks[first].to <= turn.from) {
        first += 1;
      }
      for (let i = first; i < masks.length && masks[i].from < turn.to; i++) {
        found.push({
          from: Math.max(masks[i].from, turn.from),
          to: Math.min(masks[i].to, turn.to),
          turn: turn.turn,
        });
      }
    }
    return found;
  }

  /** The union of the restrictions in a window: sorted, apart from one another, cut to the window. */
  #masks(from: number, to: number): Interval[] {
    const found: Interval[] = [];
    const lastDay = dayOf(this.zone.wallAt(to)) + DAY;
    // An interval that began two local days ago can still run: it may end "the next day" across a skipped or repeated day.
    for (
      let day = dayOf(this.zone.wallAt(from)) - 2 * DAY;
      day <= lastDay;
      day += DAY
    ) {
      const weekday = new Date(day).getUTCDay() || 7;
      for (const restriction of this.restrictions) {
        if (restriction.weekdays.has(weekday)) {
          const start = this.zone.firstInstant(day + restriction.from);
          const end = this.zone.lastInstant(
            day +
              restriction.to +
              (restriction.to <= restriction.from ? DAY : 0),
          );
          if (start < end && end > from && start < to) {
            found.push({ from: Math.max(start, from), to: Math.min(end, to) });
          }
        }
      }
    }
    return union(found);
  }

  #wallOf(turn: number): number {
    if (this.unit !== 'month') {
      return this.start + turn * this.length * UNIT_LENGTH[this.unit];
    }
    const start = new Date(this.start);
    const year = start.getUTCFullYear();
    const month = start.getUTCMonth() + turn * this.length;
    const daysInMonth = new Date(utc(year, month + 1, 0)).getUTCDate();
    const day = Math.min(start.getUTCDate(), daysInMonth);
    return utc(year, month, day) + (this.start - dayOf(this.start));
  }
}

/** The sorted union of intervals that may overlap or touch. */
export function union(intervals: Interval[]): Interval[] {
  const sorted = [...intervals].sort((a, b) => a.from - b.from || a.to - b.to);
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const last = merged[merged.length - 1];
    if (last && interval.from <= last.to) {
      last.to = Math.max(last.to, interval.to);
    } else {
      merged.push({ ...interval });
    }
  }
  return merged;
}

/**
 * The instants, ISO 8601 with the offset of the rotation's zone, at which a rotation turns in a half-open window. Handoff 0 is the
 * start. Turns that fall on one instant make one handoff. Restrictions mask turns and do not move them, so they do not matter here.
 * @throws InputError for a rotation or window that cannot be read.
 */
export function handoffs(rotation: Rotation, window: InstantWindow): string[] {
  const { from, to } = parseWindow(window);
  const compiled = CompiledRotation.from(rotation);
  return compiled.handoffs(from, to).map(at => compiled.zone.format(at));
}

function compileRestriction(restriction: Restriction): CompiledRestriction {
  const from = readTime(restriction.from);
  const to = readTime(restriction.to);
  if (from === undefined || to === undefined) {
    throw new InputError(
      `A restriction runs between two local times HH:MM; this one is from ${JSON.stringify(
        restriction.from,
      )} to ${JSON.stringify(restriction.to)}`,
    );
  }
  const weekdays = restriction.weekdays ?? [1, 2, 3, 4, 5, 6, 7];
  for (const weekday of weekdays) {
    if (!Number.isInteger(weekday) || weekday < 1 || weekday > 7) {
      throw new InputError(
        `A weekday is a number from 1 (Monday) to 7 (Sunday); this one is ${JSON.stringify(
          weekday,
        )}`,
      );
    }
  }
  return { weekdays: new Set(weekdays), from, to };
}

function dayOf(wall: number): number {
  return Math.floor(wall / DAY) * DAY;
}
