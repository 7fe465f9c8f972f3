import {
  shiftsBetween,
  type OnCallOverride,
  type OnCallSchedule,
  type Shift,
} from '@pavedroad/plugin-oncall-common';

import type {
  History,
  OverrideVersion,
  ScheduleVersion,
} from '../store/OnCallStore';

/*
 * What was in force when. The past is computed from the version the portal had taken up by then; before the first version it knows, from
 * that one, and the answer says that it is assumed.
 */

/** A schedule with the overrides in force. */
export type ScheduleInForce = {
  version: ScheduleVersion;
  /** The version was taken up only after the instant asked for. */
  assumed: boolean;
  schedule: OnCallSchedule;
};

/** The schedules in force at an instant in milliseconds, by their refs. Pure. */
export function inForceAt(
  history: History,
  instant: number,
): Map<string, ScheduleInForce> {
  const versions = new Map<string, ScheduleVersion>();
  for (const version of history.schedules) {
    const chosen = versions.get(version.scheduleRef);
    const better =
      !chosen ||
      (version.takenUpAt <= instant
        ? chosen.takenUpAt > instant || version.number > chosen.number
        : chosen.takenUpAt > instant && version.number < chosen.number);
    if (better) {
      versions.set(version.scheduleRef, version);
    }
  }
  const overrides = overridesInForce(history.overrides, instant);
  const result = new Map<string, ScheduleInForce>();
  for (const version of versions.values()) {
    if (version.removed) {
      continue;
    }
    const own = version.schedule.overrides ?? [];
    const made = overrides.get(version.scheduleRef) ?? [];
    result.set(version.scheduleRef, {
      version,
      assumed: version.takenUpAt > instant,
      schedule: { ...version.schedule, overrides: [...own, ...made] },
    });
  }
  return result;
}

function overridesInForce(
  versions: OverrideVersion[],
  instant: number,
): Map<string, OnCallOverride[]> {
  const created = new Map<string, number>();
  const latest = new Map<string, OverrideVersion>();
  for (const version of versions) {
    if (version.takenUpAt > instant) {
      continue;
    }
    created.set(
      version.id,
      Math.min(created.get(version.id) ?? Infinity, version.takenUpAt),
    );
    const known = latest.get(version.id);
    if (!known || version.number > known.number) {
      latest.set(version.id, version);
    }
  }
  const result = new Map<string, OnCallOverride[]>();
  for (const version of latest.values()) {
    if (!version.removed) {
      const list = result.get(version.scheduleRef) ?? [];
      result.set(version.scheduleRef, list);
      list.push(toEngine(version, created.get(version.id)!));
    }
  }
  return result;
}

function toEngine(version: OverrideVersion, created: number): OnCallOverride {
  return {
    id: version.id,
    type: version.type,
    person: version.person,
    ...(version.with === undefined ? {} : { with: version.with }),
    from: new Date(version.from).toISOString(),
    to: new Date(version.to).toISOString(),
    ...(version.level === undefined ? {} : { level: version.level }),
    createdAt: new Date(created).toISOString(),
    ...(version.reason === undefined ? {} : { reason: version.reason }),
  };
}

/** The refs of the schedules a schedule contains directly. Pure. */
export function nestedRefs(schedule: OnCallSchedule): string[] {
  return schedule.levels.flatMap(level =>
    level.layers.flatMap(layer =>
      typeof layer.schedule === 'string' ? [layer.schedule] : [],
    ),
  );
}

/**
 * Whether a layer follows a calendar, itself or by a schedule that it contains. `level` and `layer` count from 1, as those of shifts do. Pure.
 */
export function followsCalendar(
  schedule: OnCallSchedule,
  level: number,
  layer: number,
  lookup: (ref: string) => OnCallSchedule | undefined,
): boolean {
  const wanted = [schedule.levels[level - 1]?.layers[layer - 1]];
  const seen = new Set<OnCallSchedule>();
  for (const one of wanted) {
    if (one?.calendar) {
      return true;
    }
    const nested =
      typeof one?.schedule === 'string' ? lookup(one.schedule) : one?.schedule;
    if (nested && !seen.has(nested)) {
      seen.add(nested);
      wanted.push(...(nested.levels[0]?.layers ?? []));
    }
  }
  return false;
}

/** Whether one schedule contains another, directly or further down. Pure. */
export function containment(
  inForce: ReadonlyMap<string, ScheduleInForce>,
): (outer: string, inner: string) => boolean {
  const inside = new Map<string, Set<string>>();
  for (const ref of inForce.keys()) {
    const seen = new Set<string>();
    const wanted = [ref];
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      const state = inForce.get(name);
      for (const nested of state ? nestedRefs(state.schedule) : []) {
        if (!seen.has(nested)) {
          seen.add(nested);
          wanted.push(nested);
        }
      }
    }
    inside.set(ref, seen);
  }
  return (outer, inner) =>
    outer !== inner && (inside.get(outer)?.has(inner) ?? false);
}

/**
 * The shifts of one schedule in a window (milliseconds), each moment by the versions in force then. `now` ends the past: after it the
 * newest versions hold. Pure.
 */
export function shiftsThroughHistory(
  history: History,
  scheduleRef: string,
  window: { from: number; to: number },
  now: number,
): Shift[] {
  return shiftsThroughPieces(piecesOf(history, window, now), scheduleRef);
}

/** A part of a window in milliseconds in which the same versions are in force. */
export type Piece = {
  from: number;
  to: number;
  inForce: ReadonlyMap<string, ScheduleInForce>;
};

/** The shifts of one schedule in pieces of a window that follow each other. Pure. */
export function shiftsThroughPieces(
  parts: Piece[],
  scheduleRef: string,
): Shift[] {
  const pieces: Shift[] = [];
  const cuts = new Set<number>();
  for (const { from, to, inForce } of parts) {
    cuts.add(from);
    const schedule = inForce.get(scheduleRef)?.schedule;
    if (schedule) {
      pieces.push(
        ...shiftsBetween(
          schedule,
          {
            from: new Date(from).toISOString(),
            to: new Date(to).toISOString(),
          },
          { lookup: ref => inForce.get(ref)?.schedule },
        ),
      );
    }
  }
  return rejoin(pieces, cuts);
}

/**
 * A window (milliseconds) cut where a version was taken up, each piece with what was in force in it; `now` ends the past. Pure.
 */
export function piecesOf(
  history: History,
  window: { from: number; to: number },
  now: number,
): Piece[] {
  const changes = [...history.schedules, ...history.overrides]
    .map(version => version.takenUpAt)
    .filter(at => at > window.from && at < Math.min(window.to, now));
  const cuts = [
    ...new Set([
      window.from,
      ...changes,
      ...(now > window.from && now < window.to ? [now] : []),
      window.to,
    ]),
  ].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, index) => ({
    from,
    to: cuts[index + 1],
    inForce: inForceAt(history, from >= now ? Infinity : from),
  }));
}

/** Joins the pieces of shifts that only a cut between versions parted. */
function rejoin(pieces: Shift[], cuts: Set<number>): Shift[] {
  const open = new Map<string, Shift>();
  const result: Shift[] = [];
  for (const piece of pieces) {
    const { from, to, ...same } = piece;
    const key = JSON.stringify(same);
    const last = open.get(key);
    if (
      last &&
      Date.parse(last.to) === Date.parse(from) &&
      cuts.has(Date.parse(from))
    ) {
      last.to = to;
    } else {
      const shift = { ...piece };
      open.set(key, shift);
      result.push(shift);
    }
  }
  return result;
}
