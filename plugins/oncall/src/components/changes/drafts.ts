import type {
  ChangeOverride,
  ChangeRequest,
  OnCallContact,
  ResolvedShift,
} from '@pavedroad/plugin-oncall-common';

/** Somebody's shift as a change starts from it. Instants are ISO 8601 with an offset. */
export type ShiftToChange = {
  scheduleRef: string;
  scheduleTitle: string;
  timeZone: string;
  level: number;
  levelName: string;
  person: Pick<OnCallContact, 'ref' | 'displayName'>;
  /** The person stood in for: overrides do not chain, so that is whom another one is about. */
  standsFor?: string;
  from: string;
  to: string;
};

/** An interval of a schedule for an override; the level, and who it is about, where they are known. */
export type PlaceToOverride = Omit<
  ShiftToChange,
  'person' | 'standsFor' | 'level' | 'levelName'
> & {
  level?: number;
  levelName?: string;
  person?: ShiftToChange['person'];
  type?: ChangeOverride['type'];
};

/** What somebody set out to do. */
export type ChangeDraft =
  | { kind: 'take-shift'; shift: ShiftToChange }
  | { kind: 'give-shift'; shift: ShiftToChange }
  | { kind: 'swap'; shift: ShiftToChange }
  | { kind: 'override'; place: PlaceToOverride }
  | { kind: 'holiday-cover' };

/** The times of an interval. */
type Times = { from: string; to: string };

/** What is still to come of a shift, from the next full minute: what has passed is history. Pure. */
export function remainderOf(shift: Times, now: number): Times {
  const minute = 60_000;
  const next = Math.ceil(now / minute) * minute;
  return Date.parse(shift.from) >= next || Date.parse(shift.to) <= next
    ? { from: shift.from, to: shift.to }
    : { from: new Date(next).toISOString(), to: shift.to };
}

function replacing(
  shift: ShiftToChange,
  stand: string,
  times: Times,
): ChangeOverride {
  return {
    scheduleRef: shift.scheduleRef,
    type: 'replace',
    person: shift.standsFor ?? shift.person.ref,
    with: stand,
    from: times.from,
    to: times.to,
    level: shift.level,
  };
}

/** Somebody else stands in for all or a part of a shift. Pure. */
export function standIn(
  kind: 'take-shift' | 'give-shift',
  shift: ShiftToChange,
  stand: string,
  times: Times,
): ChangeRequest {
  return { kind, overrides: [replacing(shift, stand, times)] };
}

/** Two people change places: each has the other's shift. Pure. */
export function swapOf(
  one: { shift: ShiftToChange; times: Times },
  other: { shift: ShiftToChange; times: Times },
): ChangeRequest {
  return {
    kind: 'swap',
    overrides: [
      replacing(one.shift, other.shift.person.ref, one.times),
      replacing(other.shift, one.shift.person.ref, other.times),
    ],
  };
}

/** Everybody who stands in while somebody is away; shifts that nobody was found for are left as they are. Pure. */
export function coverOf(
  assignments: { shift: ShiftToChange; times: Times; stand?: string }[],
): ChangeRequest {
  return {
    kind: 'holiday-cover',
    overrides: assignments.flatMap(({ shift, times, stand }) =>
      stand ? [replacing(shift, stand, times)] : [],
    ),
  };
}

/** What is in a window of an interval; none when they do not meet. Pure. */
export function clip(interval: Times, window: Times): Times | undefined {
  const from =
    Date.parse(interval.from) >= Date.parse(window.from)
      ? interval.from
      : window.from;
  const to =
    Date.parse(interval.to) <= Date.parse(window.to) ? interval.to : window.to;
  return Date.parse(from) < Date.parse(to) ? { from, to } : undefined;
}

const meets = (a: Times, b: Times) =>
  Date.parse(a.from) < Date.parse(b.to) &&
  Date.parse(b.from) < Date.parse(a.to);

const lengthOf = (times: Times) =>
  Date.parse(times.to) - Date.parse(times.from);

/**
 * Proposes who stands in for each shift: whoever carries least in the weeks around, of those who are not on call at that time, and
 * of all when everybody is. Not who is stood in for on the shift: nobody stands in for themselves. What is proposed counts for the next
 * shift already. Pure.
 *
 * @param duties - Who is on call when in the weeks around, on all the schedules concerned.
 * @param candidates - By schedule; the person who is away may be among them.
 */
export function proposeCover<T extends { shift: ShiftToChange; times: Times }>(
  shifts: T[],
  duties: (Times & { person: string })[],
  candidates: Record<string, readonly string[]>,
): (T & { stand?: string })[] {
  const load = new Map<string, number>();
  const busy = [...duties];
  for (const duty of duties) {
    load.set(duty.person, (load.get(duty.person) ?? 0) + lengthOf(duty));
  }
  const away = new Set(shifts.map(({ shift }) => shift.person.ref));
  return [...shifts]
    .sort((a, b) => Date.parse(a.times.from) - Date.parse(b.times.from))
    .map(item => {
      const { shift, times } = item;
      const others = (candidates[shift.scheduleRef] ?? []).filter(
        ref => !away.has(ref) && ref !== shift.standsFor,
      );
      const free = others.filter(
        ref => !busy.some(duty => duty.person === ref && meets(duty, times)),
      );
      const [stand] = (free.length > 0 ? free : others).sort(
        (a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0) || a.localeCompare(b),
      );
      if (stand) {
        load.set(stand, (load.get(stand) ?? 0) + lengthOf(times));
        busy.push({ ...times, person: stand });
      }
      return { ...item, ...(stand ? { stand } : {}) };
    });
}

/** A break shorter than a day does not end what people call a shift: somebody else has the lunch hour, or the nights. */
const BREAK = 24 * 3_600_000;

/**
 * Joins the pieces of one turn: a layer above may cut it, as by a deputy at lunch, and yet it is one shift to whoever has it. What was
 * made by an override stays as it is. Pure.
 */
export function wholeShifts(shifts: readonly ResolvedShift[]): ResolvedShift[] {
  const turns = new Map<string, ResolvedShift>();
  const whole: ResolvedShift[] = [];
  for (const shift of [...shifts].sort(
    (a, b) => Date.parse(a.from) - Date.parse(b.from),
  )) {
    const { level, person, layer, turn, override } = shift;
    const key = `${level} ${person.ref} ${layer} ${turn}`;
    const known = override || turn === undefined ? undefined : turns.get(key);
    if (known) {
      known.to = shift.to;
    } else {
      const copy = { ...shift };
      whole.push(copy);
      if (!override && turn !== undefined) {
        turns.set(key, copy);
      }
    }
  }
  return whole;
}

/** The whole shift that a piece of it belongs to: its times; `undefined` when it is not among the shifts. Pure. */
export function wholeShiftOf(
  shifts: readonly ResolvedShift[],
  piece: Pick<ShiftToChange, 'level' | 'person' | 'from'>,
): Times | undefined {
  const at = Date.parse(piece.from);
  const mine = shifts.filter(
    ({ level, person }) =>
      level === piece.level && person.ref === piece.person.ref,
  );
  const over = (times: Times) =>
    Date.parse(times.from) <= at && Date.parse(times.to) > at;
  const exact = mine.find(over);
  if (!exact) {
    return undefined;
  }
  const whole = exact.override
    ? exact
    : wholeShifts(mine.filter(({ override }) => !override)).find(over);
  return whole && { from: whole.from, to: whole.to };
}

/** Joins intervals with only short breaks between them, as long as they are of the same thing; `seconds` is the time without breaks. Pure. */
export function joinAcrossBreaks<T extends Times>(
  items: readonly T[],
  keyOfItem: (item: T) => string,
): (T & { breaks: number; seconds: number })[] {
  type Joined = T & { breaks: number; seconds: number };
  const last = new Map<string, Joined>();
  const joined: Joined[] = [];
  for (const item of [...items].sort(
    (a, b) => Date.parse(a.from) - Date.parse(b.from),
  )) {
    const key = keyOfItem(item);
    const known = last.get(key);
    const pause = known
      ? Date.parse(item.from) - Date.parse(known.to)
      : Infinity;
    if (known && pause < BREAK) {
      known.to = item.to;
      known.breaks += pause > 0 ? 1 : 0;
      known.seconds += lengthOf(item) / 1000;
    } else {
      const copy = { ...item, breaks: 0, seconds: lengthOf(item) / 1000 };
      last.set(key, copy);
      joined.push(copy);
    }
  }
  return joined;
}

/**
 * What somebody has to be covered for: the pieces of one turn are one thing to hand over, however often a layer above cuts it, because
 * whoever replaces somebody does so only while that one is on call. What lies within another stretch of the same level goes with it, and
 * a time that somebody stands in for already is left between two stretches. Pure.
 *
 * @param pieces - Of one person; `layer` and `turn` as the engine tells them, `override` where it is one.
 * @param replaced - When others stand in for the person, by schedule and level.
 */
export function stretchesToCover<
  T extends Times & {
    shift: ShiftToChange;
    layer?: number;
    turn?: number;
    override?: string;
  },
>(
  pieces: readonly T[],
  replaced: readonly (Pick<ShiftToChange, 'scheduleRef' | 'level'> & Times)[],
): (T & { seconds: number })[] {
  const placeOf = ({ shift, override }: T) =>
    `${shift.scheduleRef} ${shift.level} ${override ?? ''}`;
  const joined = joinAcrossBreaks(pieces, piece => {
    const before = replaced.filter(
      ({ scheduleRef, level, from }) =>
        scheduleRef === piece.shift.scheduleRef &&
        level === piece.shift.level &&
        Date.parse(from) < Date.parse(piece.from),
    ).length;
    return `${placeOf(piece)} ${piece.layer} ${piece.turn} ${before}`;
  });
  const last = new Map<string, T & { seconds: number }>();
  return joined
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from))
    .filter(stretch => {
      const known = last.get(placeOf(stretch));
      if (known && meets(known, stretch)) {
        known.to =
          Date.parse(known.to) > Date.parse(stretch.to) ? known.to : stretch.to;
        known.seconds += stretch.seconds;
        return false;
      }
      last.set(placeOf(stretch), stretch);
      return true;
    });
}

/** A time in which a change makes a difference: who has a level before, and who after. */
export type Difference = Times & {
  level: number;
  before: OnCallContact[];
  after: OnCallContact[];
  /** How often it is interrupted for a while. */
  breaks: number;
  /** Its length without the breaks. */
  seconds: number;
};

/** Where two sets of shifts differ, level by level, in the order of time. Pure. */
export function differencesOf(
  before: readonly ResolvedShift[],
  after: readonly ResolvedShift[],
): Difference[] {
  const all = [...before, ...after];
  const differences: Omit<Difference, 'breaks' | 'seconds'>[] = [];
  for (const level of [...new Set(all.map(shift => shift.level))].sort(
    (a, b) => a - b,
  )) {
    const here = all.filter(shift => shift.level === level);
    const edges = [
      ...new Map(
        here
          .flatMap(({ from, to }) => [from, to])
          .map(edge => [Date.parse(edge), edge]),
      ).entries(),
    ].sort(([a], [b]) => a - b);
    for (let i = 0; i + 1 < edges.length; i++) {
      const [instant, from] = edges[i];
      const to = edges[i + 1][1];
      const peopleOf = (shifts: readonly ResolvedShift[]) =>
        shifts
          .filter(
            shift =>
              shift.level === level &&
              Date.parse(shift.from) <= instant &&
              Date.parse(shift.to) > instant,
          )
          .map(shift => shift.person)
          .sort((a, b) => a.ref.localeCompare(b.ref));
      const [was, is] = [peopleOf(before), peopleOf(after)];
      if (keyOf(was) === keyOf(is)) {
        continue;
      }
      const last = differences[differences.length - 1];
      if (
        last?.level === level &&
        Date.parse(last.to) === instant &&
        keyOf(last.before) === keyOf(was) &&
        keyOf(last.after) === keyOf(is)
      ) {
        last.to = to;
      } else {
        differences.push({ level, from, to, before: was, after: is });
      }
    }
  }
  return joinAcrossBreaks(
    differences,
    ({ level, before: was, after: is }) =>
      `${level} ${keyOf(was)} > ${keyOf(is)}`,
  );
}

function keyOf(people: OnCallContact[]): string {
  return people.map(person => person.ref).join(' ');
}
