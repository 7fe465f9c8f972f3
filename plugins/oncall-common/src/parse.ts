import { assertError, InputError } from '@backstage/errors';

import { overlapsWithin } from './changes';
import { compileSchedule } from './resolve';
import { readInstant, readLocal, readMoment, readTime } from './time';
import type {
  OnCallLayer,
  OnCallLevelSpec,
  OnCallOverride,
  OnCallSchedule,
  Restriction,
} from './types';
import { isTimeZone, Zone } from './zone';

/** What is wrong with a schedule, and where: a path such as `levels[0].layers[1].rotation.start`. */
export type ScheduleProblem = { path: string; message: string };

/** Bounds that keep one schedule from taking a page down. */
export const SCHEDULE_LIMITS = {
  levels: 20,
  layers: 50,
  participants: 500,
  restrictions: 50,
  overrides: 2000,
  textLength: 500,
  urlLength: 2000,
  /** Most units in one turn. */
  rotationLength: 10_000,
};

/** Settings of `parseOnCallSchedule`. */
export type ParseOptions = {
  /** The namespace of people and schedules named without one. Default `default`. */
  defaultNamespace?: string;
};

type Fields = Record<string, unknown>;

class Reader {
  readonly problems: ScheduleProblem[] = [];

  constructor(private readonly namespace: string) {}

  schedule(value: unknown): OnCallSchedule {
    const spec = this.#fields(value, '', [
      'owner',
      'timeZone',
      'levels',
      'overrides',
    ]);
    let timeZone = 'UTC';
    if (spec.timeZone === undefined) {
      this.#problem('timeZone', 'is required, such as Europe/Lisbon');
    } else {
      timeZone = this.#timeZone(spec.timeZone, 'timeZone') ?? 'UTC';
    }
    const levels = this.#list(
      spec.levels,
      'levels',
      SCHEDULE_LIMITS.levels,
      (level, path) => this.#level(level, path),
    );
    if (Array.isArray(spec.levels) && levels.length === 0) {
      this.#problem('levels', 'needs at least one escalation level');
    }
    const overrides =
      spec.overrides === undefined
        ? undefined
        : this.#list(
            spec.overrides,
            'overrides',
            SCHEDULE_LIMITS.overrides,
            (override, path) =>
              this.#override(override, path, timeZone, levels.length),
          );
    this.#overlaps(overrides ?? [], Zone.of(timeZone));
    return { timeZone, levels, ...(overrides ? { overrides } : {}) };
  }

  /** Of two overrides about one person at one time only one would count, and nobody reading the file could tell that it was meant so. */
  #overlaps(overrides: OnCallOverride[], zone: Zone) {
    const times = overrides.flatMap((override, index) => {
      const from = readMoment(override.from, zone, 'start');
      const to = readMoment(override.to, zone, 'end');
      // What is wrong by itself is told already.
      return override.person === '' ||
        from === undefined ||
        to === undefined ||
        to <= from
        ? []
        : [
            {
              ...override,
              scheduleRef: '',
              index,
              from,
              to,
              createdAt: readInstant(override.createdAt),
            },
          ];
    });
    for (const [first, second] of overlapsWithin(times)) {
      const { index, person, level } = times[first];
      const other = overrides[index];
      this.#problem(
        `overrides[${times[second].index}]`,
        `overlaps overrides[${index}], from ${other.from} to ${
          other.to
        }: both are about ${person}${
          level === undefined ? '' : ` on level ${level}`
        }, and only one of them would count. End one where the other begins, name different levels, or give both a createdAt: the later one counts`,
      );
    }
  }

  #level(value: unknown, path: string): OnCallLevelSpec {
    const fields = this.#fields(value, path, ['name', 'layers']);
    const layers = this.#list(
      fields.layers,
      `${path}.layers`,
      SCHEDULE_LIMITS.layers,
      (layer, layerPath) => this.#layer(layer, layerPath),
    );
    if (Array.isArray(fields.layers) && layers.length === 0) {
      this.#problem(`${path}.layers`, 'needs at least one layer');
    }
    return { ...this.#name(fields, path), layers };
  }

  #layer(value: unknown, path: string): OnCallLayer {
    const fields = this.#fields(value, path, [
      'name',
      'rotation',
      'people',
      'schedule',
      'calendar',
    ]);
    const kinds = ['rotation', 'people', 'schedule', 'calendar'].filter(
      kind => fields[kind] !== undefined,
    );
    const name = this.#name(fields, path);
    if (kinds.length !== 1) {
      this.#problem(
        path,
        `needs exactly one of rotation, people, schedule and calendar; it has ${
          kinds.length === 0 ? 'none' : kinds.join(' and ')
        }`,
      );
      return { ...name, people: [] };
    }
    if (kinds[0] === 'people') {
      return { ...name, people: this.#people(fields.people, `${path}.people`) };
    }
    if (kinds[0] === 'schedule') {
      const schedule = this.#ref(
        fields.schedule,
        `${path}.schedule`,
        'oncallschedule',
      );
      return { ...name, schedule: schedule ?? '' };
    }
    if (kinds[0] === 'calendar') {
      return {
        ...name,
        calendar: this.#calendar(fields.calendar, `${path}.calendar`),
      };
    }
    return {
      ...name,
      rotation: this.#rotation(fields.rotation, `${path}.rotation`),
    };
  }

  #calendar(
    value: unknown,
    path: string,
  ): NonNullable<OnCallLayer['calendar']> {
    const fields = this.#fields(value, path, ['url', 'timeZone']);
    const url =
      typeof fields.url === 'string' &&
      fields.url.length <= SCHEDULE_LIMITS.urlLength &&
      URL.canParse(fields.url)
        ? new URL(fields.url)
        : undefined;
    if (
      !url ||
      !['http:', 'https:'].includes(url.protocol) ||
      url.username ||
      url.password
    ) {
      // The address may be a secret, so it is not repeated.
      this.#problem(
        `${path}.url`,
        'must be the https address of an iCalendar feed, without a user and password in it',
      );
    }
    const timeZone =
      fields.timeZone === undefined
        ? undefined
        : this.#timeZone(fields.timeZone, `${path}.timeZone`);
    return { url: url?.href ?? '', ...(timeZone ? { timeZone } : {}) };
  }

  #rotation(
    value: unknown,
    path: string,
  ): NonNullable<OnCallLayer['rotation']> {
    const fields = this.#fields(value, path, [
      'participants',
      'timeZone',
      'start',
      'unit',
      'length',
      'restrictions',
    ]);
    const participants = this.#people(
      fields.participants,
      `${path}.participants`,
    );
    const timeZone =
      fields.timeZone === undefined
        ? undefined
        : this.#timeZone(fields.timeZone, `${path}.timeZone`);
    const start = readLocal(fields.start);
    if (start === undefined) {
      this.#problem(
        `${path}.start`,
        readInstant(fields.start) === undefined
          ? `must be a local date-time in quotes such as '2026-01-05T09:00'${it(
              fields.start,
            )}`
          : `must be local, without an offset: the rotation's zone says which clock it is on${it(
              fields.start,
            )}`,
      );
    } else if (start < Date.UTC(1900, 0) || start >= Date.UTC(2200, 0)) {
      this.#problem(
        `${path}.start`,
        `must lie between 1900 and 2200${it(fields.start)}`,
      );
    }
    if (!['hour', 'day', 'week', 'month'].includes(String(fields.unit))) {
      this.#problem(
        `${path}.unit`,
        `must be hour, day, week or month${it(fields.unit)}`,
      );
    }
    const { length } = fields;
    if (
      typeof length !== 'number' ||
      !Number.isInteger(length) ||
      length < 1 ||
      length > SCHEDULE_LIMITS.rotationLength
    ) {
      this.#problem(
        `${path}.length`,
        `must be a whole number from 1 to ${SCHEDULE_LIMITS.rotationLength}${it(
          length,
        )}`,
      );
    }
    const restrictions =
      fields.restrictions === undefined
        ? undefined
        : this.#list(
            fields.restrictions,
            `${path}.restrictions`,
            SCHEDULE_LIMITS.restrictions,
            (restriction, restrictionPath) =>
              this.#restriction(restriction, restrictionPath),
          );
    return {
      participants,
      ...(timeZone ? { timeZone } : {}),
      start: String(fields.start),
      unit: fields.unit as 'hour',
      length: Number(length),
      ...(restrictions ? { restrictions } : {}),
    };
  }

  #restriction(value: unknown, path: string): Restriction {
    const fields = this.#fields(value, path, ['weekdays', 'from', 'to']);
    for (const edge of ['from', 'to']) {
      if (readTime(fields[edge]) === undefined) {
        this.#problem(
          `${path}.${edge}`,
          `must be a local time in quotes from '00:00' to '23:59'${it(
            fields[edge],
          )}`,
        );
      }
    }
    let weekdays: number[] | undefined;
    if (fields.weekdays !== undefined) {
      weekdays = this.#list(
        fields.weekdays,
        `${path}.weekdays`,
        7,
        (day, dayPath) => {
          if (!Number.isInteger(day) || Number(day) < 1 || Number(day) > 7) {
            this.#problem(
              dayPath,
              `must be a weekday from 1 (Monday) to 7 (Sunday)${it(day)}`,
            );
          }
          return Number(day);
        },
      );
      if (Array.isArray(fields.weekdays) && weekdays.length === 0) {
        this.#problem(
          `${path}.weekdays`,
          'needs at least one weekday; leave it out for every day',
        );
      }
    }
    return {
      ...(weekdays ? { weekdays } : {}),
      from: String(fields.from),
      to: String(fields.to),
    };
  }

  #override(
    value: unknown,
    path: string,
    timeZone: string,
    levelCount: number,
  ): OnCallOverride {
    const fields = this.#fields(value, path, [
      'id',
      'type',
      'person',
      'with',
      'from',
      'to',
      'level',
      'createdAt',
      'reason',
    ]);
    const { type, level } = fields;
    if (type !== 'replace' && type !== 'add' && type !== 'remove') {
      this.#problem(
        `${path}.type`,
        `must be replace, add or remove${it(type)}`,
      );
    }
    const person = this.#ref(fields.person, `${path}.person`, 'user');
    let stand: string | undefined;
    if (type === 'replace') {
      stand = this.#ref(fields.with, `${path}.with`, 'user');
      if (stand !== undefined && stand === person) {
        this.#problem(`${path}.with`, 'must be somebody else than person');
      }
    } else if (fields.with !== undefined) {
      this.#problem(`${path}.with`, 'is only for type replace');
    }
    const zone = Zone.of(timeZone);
    const edge = (name: 'from' | 'to') => {
      const moment = readMoment(
        String(fields[name]),
        zone,
        name === 'from' ? 'start' : 'end',
      );
      if (moment === undefined) {
        this.#problem(
          `${path}.${name}`,
          `must be a date-time local to the schedule such as '2026-12-24T09:00', or an instant with an offset${it(
            fields[name],
          )}`,
        );
      }
      return moment;
    };
    const from = edge('from');
    const to = edge('to');
    if (from !== undefined && to !== undefined && to <= from) {
      this.#problem(
        `${path}.to`,
        `must come after from, ${String(fields.from)}${it(fields.to)}`,
      );
    }
    if (
      level !== undefined &&
      (!Number.isInteger(level) ||
        Number(level) < 1 ||
        Number(level) > levelCount)
    ) {
      this.#problem(
        `${path}.level`,
        `must be one of the schedule's levels, 1 to ${levelCount}${it(level)}`,
      );
    }
    if (
      fields.createdAt !== undefined &&
      readInstant(fields.createdAt) === undefined
    ) {
      this.#problem(
        `${path}.createdAt`,
        `must be an instant with an offset such as '2026-12-01T10:00:00Z'${it(
          fields.createdAt,
        )}`,
      );
    }
    const id = this.#text(fields, 'id', path);
    const reason = this.#text(fields, 'reason', path);
    return {
      ...(id === undefined ? {} : { id }),
      type: type as 'replace',
      person: person ?? '',
      ...(stand === undefined ? {} : { with: stand }),
      from: String(fields.from),
      to: String(fields.to),
      ...(level === undefined ? {} : { level: Number(level) }),
      ...(fields.createdAt === undefined
        ? {}
        : { createdAt: String(fields.createdAt) }),
      ...(reason === undefined ? {} : { reason }),
    };
  }

  #people(value: unknown, path: string): string[] {
    return this.#list(
      value,
      path,
      SCHEDULE_LIMITS.participants,
      (person, personPath) => this.#ref(person, personPath, 'user') ?? '',
    );
  }

  #ref(
    value: unknown,
    path: string,
    kind: 'user' | 'oncallschedule',
  ): string | undefined {
    const ref = fullRef(value, { kind, namespace: this.namespace });
    const what =
      kind === 'user'
        ? 'a user such as user:default/ines.duarte'
        : 'the name or ref of an OnCallSchedule';
    if (!ref || !ref.startsWith(`${kind}:`)) {
      this.#problem(path, `must be ${what}${it(value)}`);
      return undefined;
    }
    return ref;
  }

  #timeZone(value: unknown, path: string): string | undefined {
    if (isTimeZone(value)) {
      return value;
    }
    this.#problem(
      path,
      `must be an IANA time zone such as Europe/Lisbon${it(value)}`,
    );
    return undefined;
  }

  #name(fields: Fields, path: string): { name?: string } {
    const name = this.#text(fields, 'name', path);
    return name === undefined ? {} : { name };
  }

  #text(fields: Fields, key: string, path: string): string | undefined {
    const value = fields[key];
    if (value === undefined) {
      return undefined;
    }
    if (
      typeof value !== 'string' ||
      value.length > SCHEDULE_LIMITS.textLength ||
      value.trim() === ''
    ) {
      this.#problem(
        `${path}.${key}`,
        `must be a text of at most ${SCHEDULE_LIMITS.textLength} characters`,
      );
      return undefined;
    }
    return value;
  }

  #list<T>(
    value: unknown,
    path: string,
    limit: number,
    read: (item: unknown, path: string) => T,
  ): T[] {
    if (!Array.isArray(value)) {
      this.#problem(
        path,
        value === undefined ? 'is required' : 'must be a list',
      );
      return [];
    }
    if (value.length > limit) {
      this.#problem(
        path,
        `has ${value.length} entries; at most ${limit} are allowed`,
      );
      return [];
    }
    return value.map((item, index) => read(item, `${path}[${index}]`));
  }

  #fields(value: unknown, path: string, known: string[]): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#problem(
        path,
        value === undefined ? 'is required' : 'must be an object',
      );
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) {
        this.#problem(
          path ? `${path}.${key}` : key,
          `is not known here; expected ${known.join(', ')}`,
        );
      }
    }
    return value as Fields;
  }

  #problem(path: string, message: string) {
    this.problems.push({ path, message });
  }
}

/**
 * Reads the spec of an `OnCallSchedule`, with people and nested schedules as full entity refs.
 * @throws InputError that lists every problem with its path.
 */
export function parseOnCallSchedule(
  spec: unknown,
  options?: ParseOptions,
): OnCallSchedule {
  const { schedule, problems } = checkOnCallSchedule(spec, options);
  if (!schedule) {
    throw new InputError(
      problems.map(p => `${p.path || 'spec'}: ${p.message}`).join('; '),
    );
  }
  return schedule;
}

/** As `parseOnCallSchedule`, but answers with the problems instead of throwing. */
export function checkOnCallSchedule(
  spec: unknown,
  options: ParseOptions = {},
):
  | { schedule: OnCallSchedule; problems: [] }
  | { schedule?: undefined; problems: ScheduleProblem[] } {
  const reader = new Reader(options.defaultNamespace ?? 'default');
  const schedule = reader.schedule(spec);
  if (reader.problems.length > 0) {
    return { problems: reader.problems };
  }
  try {
    // Reads every text once more the way the engine will, so that nothing accepted here fails there.
    compileSchedule(schedule);
  } catch (error) {
    assertError(error);
    return { problems: [{ path: '', message: error.message }] };
  }
  return { schedule, problems: [] };
}

/**
 * The full form of an entity ref, lower case: `kind:namespace/name`. Undefined when it is not one.
 */
export function fullRef(
  text: unknown,
  defaults: { kind: string; namespace: string },
): string | undefined {
  const match =
    typeof text === 'string'
      ? /^(?:([A-Za-z][A-Za-z0-9]*):)?(?:([a-z0-9-]+)\/)?([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)$/i.exec(
          text,
        )
      : undefined;
  if (!match || match[3].length > 63 || (match[2]?.length ?? 0) > 63) {
    return undefined;
  }
  const [, kind = defaults.kind, namespace = defaults.namespace, name] = match;
  return `${kind}:${namespace}/${name}`.toLocaleLowerCase('en-US');
}

function it(value: unknown): string {
  if (value === undefined) {
    return '; it is missing';
  }
  const text = JSON.stringify(value) ?? String(value);
  return `; it is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}
