import { CompiledRotation } from './rotation';
import { HOUR, DAY, readLocal } from './time';
import type { Rotation } from './types';

/** Farthest back the start is moved in search of one that fits, in turns. */
const MOST_TURNS = 20_000;

/**
 * The start that keeps today's person when the participants of a rotation change. Turn k belongs to participant k mod n, so adding or
 * removing somebody would shift everyone; moving the start by whole turns gives the turn that runs to whoever has it now, and leaves the
 * moments of all handoffs where they are. Who has left is followed by the one who would have come next.
 *
 * Pure. `at` is an instant in milliseconds. Answers with the start as it is when the rotation has not begun or nobody of the old order is
 * left, and undefined when no start fits (a rotation from the 29th, 30th or 31st of a month that never meets such a day again).
 */
export function startKeepingPerson(
  rotation: Rotation,
  participants: string[],
  at: number,
): string | undefined {
  const compiled = CompiledRotation.from(rotation);
  const turn = compiled.turnAt(at);
  const old = rotation.participants;
  if (turn < 0 || old.length === 0 || participants.length === 0) {
    return rotation.start;
  }
  // Whoever has the turn, or the first after them who stays.
  const order = old.map((_, i) => old[(turn + i) % old.length]);
  const keeper = order.find(person => participants.includes(person));
  if (keeper === undefined) {
    return rotation.start;
  }
  const follower = order[(order.indexOf(keeper) + 1) % order.length];
  const places = participants.flatMap((person, i) =>
    person === keeper ? [i] : [],
  );
  // Somebody may stand in the list twice: then the place that is followed by the same person as now.
  const place =
    places.find(
      i => participants[(i + 1) % participants.length] === follower,
    ) ?? places[0];

  if (turn % participants.length === place) {
    return rotation.start;
  }
  for (let back = place; back < MOST_TURNS; back += participants.length) {
    const start = shiftStart(rotation, turn - back);
    if (start !== undefined) {
      return start;
    }
  }
  return undefined;
}

/** The start moved by whole turns, or undefined when months have no such day, or the year leaves what schedules may say. */
function shiftStart(rotation: Rotation, turns: number): string | undefined {
  const wall = readLocal(rotation.start) ?? 0;
  const units = turns * rotation.length;
  const from = new Date(wall);
  let moved: Date;
  if (rotation.unit === 'month') {
    moved = new Date(wall);
    moved.setUTCMonth(from.getUTCMonth() + units);
    if (moved.getUTCDate() !== from.getUTCDate()) {
      return undefined;
    }
  } else {
    const length = { hour: HOUR, day: DAY, week: 7 * DAY }[rotation.unit];
    moved = new Date(wall + units * length);
  }
  const year = moved.getUTCFullYear();
  if (!(year >= 1900 && year < 2200)) {
    return undefined;
  }
  const text = moved.toISOString();
  return text.slice(0, text.endsWith(':00.000Z') ? 16 : 19);
}
