import { InputError } from '@backstage/errors';

import { CompiledRotation, type Interval } from './rotation';
import { parseInstant, readInstant, readMoment } from './time';
import type {
  EngineOptions,
  OnCallLayer,
  OnCallOverride,
  OnCallSchedule,
  OnCallSource,
} from './types';
import { Zone } from './zone';

/**
 * One person on call, with what tells one shift from the next: two intervals that touch are one shift exactly when person and key
 * are the same.
 */
export type Assignment = OnCallSource & { person: string; key: string };

/** An interval with the same people throughout; only intervals with somebody on call are kept. */
export type Slice = Interval & { people: Assignment[] };

type CompiledOverride = Interval & {
  id: string;
  type: OnCallOverride['type'];
  person: string;
  with: string | undefined;
  level: number | undefined;
  created: number;
};

type CompiledLayer =
  | { kind: 'rotation'; number: number; rotation: CompiledRotation }
  | { kind: 'people'; number: number; people: string[] }
  | { kind: 'calendar'; number: number; slices: Slice[] }
  | { kind: 'schedule'; number: number; level: CompiledLevel };

type CompiledLevel = {
  level: number;
  name: string | undefined;
  layers: CompiledLayer[];
  overrides: CompiledOverride[];
};

/** A schedule with its texts read and its nested schedules found, ready to be asked. */
export type CompiledSchedule = { zone: Zone; levels: CompiledLevel[] };

/**
 * Reads a schedule and those nested in it.
 * @throws InputError for a part that cannot be read, and for schedules that contain each other.
 */
export function compileSchedule(
  schedule: OnCallSchedule,
  options: EngineOptions = {},
): CompiledSchedule {
  return compile(
    [{ label: '(this schedule)', schedule }],
    options,
    schedule.levels.length,
  );
}

/** A schedule and those it is nested in, outermost first; the last is the one being read. */
type Path = { label: string; schedule: OnCallSchedule }[];

function compile(
  path: Path,
  options: EngineOptions,
  levelCount: number,
): CompiledSchedule {
  const { schedule } = path[path.length - 1];
  const zone = Zone.of(schedule.timeZone);
  const overrides = compileOverrides(schedule.overrides ?? [], zone);
  return {
    zone,
    levels: schedule.levels.slice(0, levelCount).map((spec, index) => {
      const level = index + 1;
      const layers = spec.layers.flatMap((layer, position) =>
        compileLayer(layer, position + 1, path, options),
      );
      // People who are always on call hide all layers before theirs for all time.
      const hiding = layers.map(isPermanent).lastIndexOf(true);
      return {
        level,
        name: spec.name,
        layers: hiding > 0 ? layers.slice(hiding) : layers,
        overrides: overrides.filter(
          o => o.level === undefined || o.level === level,
        ),
      };
    }),
  };
}

function isPermanent(layer: CompiledLayer): boolean {
  switch (layer.kind) {
    case 'people':
      return layer.people.length > 0;
    case 'schedule':
      return (
        layer.level.overrides.length === 0 &&
        layer.level.layers.some(isPermanent)
      );
    default:
      return false;
  }
}

function compileLayer(
  layer: OnCallLayer,
  number: number,
  path: Path,
  options: EngineOptions,
): CompiledLayer[] {
  if (layer.rotation) {
    const { timeZone } = path[path.length - 1].schedule;
    const rotation = CompiledRotation.from({
      ...layer.rotation,
      timeZone: layer.rotation.timeZone ?? timeZone,
    });
    return [{ kind: 'rotation', number, rotation }];
  }
  if (layer.people) {
    return [{ kind: 'people', number, people: [...new Set(layer.people)] }];
  }
  if (layer.calendar) {
    return [
      {
        kind: 'calendar',
        number,
        slices: calendarSlices(layer.calendar.shifts ?? [], number),
      },
    ];
  }
  if (layer.schedule === undefined) {
    throw new InputError(
      'A layer needs a rotation, people, a schedule or a calendar',
    );
  }
  const named = typeof layer.schedule === 'string' ? layer.schedule : undefined;
  const nested =
    typeof layer.schedule === 'string'
      ? options.lookup?.(layer.schedule)
      : layer.schedule;
  if (!nested) {
    return [];
  }
  const step = { label: named ?? '(nested schedule)', schedule: nested };
  if (
    path.some(
      outer =>
        outer.schedule === nested ||
        (named !== undefined && outer.label === named),
    )
  ) {
    throw new InputError(
      `Schedules contain each other: ${[...path, step]
        .map(s => s.label)
        .join(' → ')}`,
    );
  }
  const { levels } = compile([...path, step], options, 1);
  return levels.map(level => ({ kind: 'schedule', number, level }));
}

function compileOverrides(
  overrides: OnCallOverride[],
  zone: Zone,
): CompiledOverride[] {
  return overrides
    .map((override, index) => {
      const from = readMoment(override.from, zone, 'start');
      const to = readMoment(override.to, zone, 'end');
      const id = override.id ?? `override-${index + 1}`;
      if (from === undefined || to === undefined) {
        throw new InputError(
          `Override ${id} must run between two date-times; it is from ${JSON.stringify(
            override.from,
          )} to ${JSON.stringify(override.to)}`,
        );
      }
      if (override.type === 'replace' && !override.with) {
        throw new InputError(
          `Override ${id} replaces ${override.person} but does not say with whom`,
        );
      }
      const created =
        override.createdAt === undefined
          ? -Infinity
          : readInstant(override.createdAt);
      if (created === undefined) {
        throw new InputError(
          `createdAt of override ${id} must be an ISO 8601 instant; it is ${JSON.stringify(
            override.createdAt,
          )}`,
        );
      }
      return {
        id,
        type: override.type,
        person: override.person,
        with: override.with,
        level: override.level,
        from,
        to,
        created,
      };
    })
    .sort((a, b) => (a.created === b.created ? 0 : a.created - b.created));
}

/** Who is on call on a level in a window: sorted, not overlapping, cut to the window, overrides applied. */
export function levelSlices(
  level: CompiledLevel,
  from: number,
  to: number,
): Slice[] {
  let slices: Slice[] = [];
  for (const layer of level.layers) {
    slices = overlay(slices, layerSlices(layer, from, to));
  }
  // A calendar's gap hides the layers below it, and then is one.
  const manned = level.layers.some(layer => layer.kind === 'calendar')
    ? slices.filter(slice => slice.people.length > 0)
    : slices;
  return applyOverrides(manned, level.overrides, from, to);
}

function layerSlices(layer: CompiledLayer, from: number, to: number): Slice[] {
  if (from >= to) {
    return [];
  }
  const { number } = layer;
  switch (layer.kind) {
    case 'rotation': {
      const { participants } = layer.rotation;
      return layer.rotation.onDuty(from, to).map(turn => ({
        from: turn.from,
        to: turn.to,
        people: [
          {
            person: participants[turn.turn % participants.length],
            layer: number,
            turn: turn.turn,
            key: `${number}.${turn.turn}`,
          },
        ],
      }));
    }
    case 'people':
      return layer.people.length === 0
        ? []
        : [
            {
              from,
              to,
              people: layer.people.map(person => ({
                person,
                layer: number,
                key: `${number}`,
              })),
            },
          ];
    case 'calendar':
      return cutSlices(layer.slices, from, to);
    default:
      return levelSlices(layer.level, from, to).map(slice => ({
        from: slice.from,
        to: slice.to,
        people: slice.people.map(a => ({
          ...a,
          layer: number,
          key: `${number}/${a.key}`,
        })),
      }));
  }
}

/**
 * The times of a calendar one after the other: where several run at once, everybody in them is on call. Those of people nobody knows have
 * nobody, unless others run too.
 */
function calendarSlices(
  shifts: NonNullable<NonNullable<OnCallLayer['calendar']>['shifts']>,
  number: number,
): Slice[] {
  const events = shifts
    .map((shift, index) => ({
      from: parseInstant(shift.from, 'from'),
      to: parseInstant(shift.to, 'to'),
      people: shift.people.map(person => ({
        person,
        layer: number,
        key: `${number}#${index}`,
      })),
    }))
    .filter(event => event.from < event.to)
    .sort((a, b) => a.from - b.from || a.to - b.to);
  const cuts = [...new Set(events.flatMap(e => [e.from, e.to]))].sort(
    (a, b) => a - b,
  );
  const slices: Slice[] = [];
  let running: typeof events = [];
  let next = 0;
  cuts.slice(0, -1).forEach((from, index) => {
    while (next < events.length && events[next].from <= from) {
      running.push(events[next]);
      next += 1;
    }
    running = running.filter(event => event.to > from);
    if (running.length > 0) {
      const people = new Map<string, Assignment>();
      for (const assignment of running.flatMap(event => event.people)) {
        if (!people.has(assignment.person)) {
          people.set(assignment.person, assignment);
        }
      }
      slices.push({
        from,
        to: cuts[index + 1],
        people: [...people.values()],
      });
    }
  });
  return slices;
}

/** The slices of a window, found by halving, and cut to it. */
function cutSlices(slices: Slice[], from: number, to: number): Slice[] {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (slices[middle].to <= from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const found: Slice[] = [];
  for (let i = low; i < slices.length && slices[i].from < to; i++) {
    found.push({
      from: Math.max(slices[i].from, from),
      to: Math.min(slices[i].to, to),
      people: slices[i].people,
    });
  }
  return found;
}

/** The upper slices, and the lower ones where they show between them. */
function overlay(lower: Slice[], upper: Slice[]): Slice[] {
  if (lower.length === 0) {
    return upper;
  }
  const result: Slice[] = [];
  let next = 0;
  for (const slice of lower) {
    let at = slice.from;
    while (next < upper.length && upper[next].to <= at) {
      result.push(upper[next]);
      next += 1;
    }
    let covering = next;
    while (at < slice.to) {
      const cover = upper[covering];
      if (!cover || cover.from >= slice.to) {
        result.push({ from: at, to: slice.to, people: slice.people });
        break;
      }
      if (cover.from > at) {
        result.push({ from: at, to: cover.from, people: slice.people });
      }
      at = cover.to;
      if (cover.to <= slice.to) {
        result.push(cover);
        covering += 1;
      }
    }
    next = covering;
  }
  result.push(...upper.slice(next));
  return result.sort((a, b) => a.from - b.from);
}

function applyOverrides(
  slices: Slice[],
  overrides: CompiledOverride[],
  from: number,
  to: number,
): Slice[] {
  const relevant = overrides.filter(
    o => o.from < o.to && o.from < to && o.to > from,
  );
  if (relevant.length === 0) {
    return slices;
  }
  const points = new Set([from, to]);
  for (const override of relevant) {
    points.add(Math.max(override.from, from));
    points.add(Math.min(override.to, to));
  }
  const cuts = [...points].sort((a, b) => a - b);
  const rank = new Map(relevant.map((o, index) => [o, index]));
  const starting = groupBy(relevant, o => Math.max(o.from, from));
  let active: CompiledOverride[] = [];
  let index = 0;
  const result: Slice[] = [];
  const settleBetween = (
    a: number,
    b: number,
    people: Assignment[],
    inForce: CompiledOverride[],
  ) => {
    const settled = inForce.length === 0 ? people : settle(people, inForce);
    if (a < b && settled.length > 0) {
      result.push({ from: a, to: b, people: settled });
    }
  };
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [start, end] = [cuts[i], cuts[i + 1]];
    active = active.filter(o => o.to > start);
    const begun = starting.get(start);
    if (begun) {
      active = [...active, ...begun].sort(
        (a, b) => rank.get(a)! - rank.get(b)!,
      );
    }
    let at = start;
    while (index < slices.length && slices[index].to <= start) {
      index += 1;
    }
    for (let j = index; j < slices.length && slices[j].from < end; j++) {
      const slice = slices[j];
      const sliceFrom = Math.max(slice.from, start);
      if (at < sliceFrom) {
        settleBetween(at, sliceFrom, [], active);
      }
      at = Math.min(slice.to, end);
      settleBetween(sliceFrom, at, slice.people, active);
    }
    if (at < end) {
      settleBetween(at, end, [], active);
    }
  }
  return result;
}

/**
 * Applies the overrides in force, oldest first, to the people the layers put on call. Each person has one override that decides, the
 * last one about them; what it yields is not looked at by another, so overrides do not chain.
 */
function settle(
  people: Assignment[],
  active: CompiledOverride[],
): Assignment[] {
  const deciding = new Map<string, CompiledOverride>();
  for (const override of active) {
    deciding.set(override.person, override);
  }
  const settled = new Map<string, Assignment>();
  const put = (assignment: Assignment) => {
    if (!settled.has(assignment.person)) {
      settled.set(assignment.person, assignment);
    }
  };
  const standsIn = (o: CompiledOverride, base?: Assignment) =>
    put({
      person: o.with!,
      layer: base?.layer,
      turn: base?.turn,
      override: o.id,
      replaces: o.person,
      key: `${base?.key ?? ''}>${o.id}`,
    });
  for (const assignment of people) {
    const type = deciding.get(assignment.person)?.type;
    if (type === undefined || type === 'add') {
      put(assignment);
    }
  }
  for (const assignment of people) {
    const override = deciding.get(assignment.person);
    if (override?.type === 'replace') {
      standsIn(override, assignment);
    }
  }
  const present = new Set(people.map(a => a.person));
  for (const { type, person } of active) {
    const override = deciding.get(person)!;
    if (type !== 'add' || present.has(person)) {
      continue;
    }
    if (override.type === 'add') {
      put({ person, override: override.id, key: `+${override.id}` });
    } else if (override.type === 'replace') {
      // Made after the person was added: it decides in place of the addition.
      standsIn(override);
    }
  }
  return [...settled.values()];
}

function groupBy<T>(items: T[], key: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) {
      group.push(item);
    } else {
      groups.set(key(item), [item]);
    }
  }
  return groups;
}

/** One person's unbroken time on a level, in milliseconds. */
export type Stint = Interval & { assignment: Assignment };

/** Joins the slices of a level into shifts: the same person under the same key, without a break. */
export function stints(slices: Slice[]): Stint[] {
  const open = new Map<string, Stint>();
  const found: Stint[] = [];
  for (const slice of slices) {
    for (const assignment of slice.people) {
      const last = open.get(assignment.person);
      if (
        last &&
        last.to === slice.from &&
        last.assignment.key === assignment.key
      ) {
        last.to = slice.to;
      } else {
        const stint = { from: slice.from, to: slice.to, assignment };
        open.set(assignment.person, stint);
        found.push(stint);
      }
    }
  }
  return found;
}
