import { DAY } from './time';
import type { Shift } from './types';

/**
 * A break as long as this, in milliseconds, begins something new: turns are numbered anew when a schedule is edited, and a number may come
 * again.
 */
export const LONG_BREAK = 7 * DAY;

/** A turn of a rotation as its person has it, in milliseconds: from its first piece to its last. */
export type Turn = { from: number; to: number; pieces: Shift[] };

/**
 * The turns that the shifts of one schedule are pieces of, in order. A layer above or an override may interrupt a turn, as a deputy at lunch
 * does, and restrictions leave the nights out; to whoever has it, it is one shift. Time as somebody's stand-in is a turn of its own, and what is
 * of no rotation stays as it is, unless `isPiece` says otherwise. Pure.
 */
export function turnsOf(
  shifts: readonly Shift[],
  isPiece: (shift: Shift) => boolean = ({ turn }) => turn !== undefined,
): Turn[] {
  const open = new Map<string, Turn>();
  const turns: Turn[] = [];
  const pieces = shifts
    .map(shift => ({
      shift,
      from: Date.parse(shift.from),
      to: Date.parse(shift.to),
    }))
    .sort((a, b) => a.from - b.from);
  for (const { shift, from, to } of pieces) {
    const { level, person, layer, turn, override, replaces } = shift;
    const key = JSON.stringify([
      level,
      person,
      layer,
      turn,
      override,
      replaces,
    ]);
    const known = isPiece(shift) ? open.get(key) : undefined;
    if (known && from - known.to < LONG_BREAK) {
      known.to = Math.max(known.to, to);
      known.pieces.push(shift);
    } else {
      const begun = { from, to, pieces: [shift] };
      turns.push(begun);
      open.set(key, begun);
    }
  }
  return turns;
}
