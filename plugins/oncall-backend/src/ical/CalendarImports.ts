import type { LoggerService } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import type {
  CalendarLayer,
  CalendarState,
  OnCallSchedule,
} from '@pavedroad/plugin-oncall-common';
import { createHash } from 'node:crypto';

import type { CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type {
  CalendarImport,
  CalendarImportStore,
} from '../store/CalendarImportStore';
import type { ScheduleDefinition } from '../store/OnCallStore';
import type { CalendarFetcher } from './CalendarFetcher';
import { namesOf, shiftsOf } from './people';
import { readCalendar } from './readCalendar';

/** A feed that fails is asked again after this factor more each time, up to so many times the usual interval. */
const MOST_PATIENCE = 12;
const KEPT_UNUSED = 30 * 86_400_000;
const MOST_UNKNOWN = 10;
/** Feeds read at once: each is kept in memory whole, and worked out while nothing else is. */
const CONCURRENT = 8;

type Followed = CalendarLayer & { timeZone: string };

/**
 * Reads the calendars that layers follow, and puts what they said last into the schedules. As with every change of a schedule, what a feed
 * says anew is a new version, with the time it was taken up: the past stays as it was.
 */
export class CalendarImports {
  #wanted = new Map<string, Followed>();
  #states = new Map<string, CalendarState[]>();
  #readAt = new Map<string, number>();
  #tried = new Set<string>();
  #changed: () => Promise<unknown> = async () => {};

  constructor(
    private readonly parts: {
      store: Pick<CalendarImportStore, keyof CalendarImportStore>;
      fetcher: Pick<CalendarFetcher, 'fetch'>;
      logger: LoggerService;
      clock: () => number;
      /** Milliseconds between two readings of a feed. */
      interval: number;
      /** Whether names are kept from some: then only how many are unknown is told. */
      hideNames: boolean;
    },
  ) {}

  /** The schedules of a view of the catalog with what their calendars said last. Asks no feed. */
  async resolve(snapshot: CatalogSnapshot): Promise<ScheduleDefinition[]> {
    const followed = new Map<string, Followed>();
    for (const { schedule } of snapshot.schedules) {
      for (const layer of schedule.levels.flatMap(level => level.layers)) {
        if (layer.calendar) {
          const calendar = followedOf(layer.calendar, schedule);
          followed.set(keyOf(calendar), calendar);
        }
      }
    }
    this.#wanted = followed;
    if (followed.size === 0) {
      this.#states = new Map();
      return snapshot.schedules;
    }
    const known = await this.parts.store.get([...followed.keys()]);
    const names = namesOf(snapshot);
    const states = new Map<string, CalendarState[]>();
    const definitions = snapshot.schedules.map(definition => {
      const found: CalendarState[] = [];
      const schedule = withShifts(definition.schedule, (calendar, place) => {
        const entry = known.get(
          keyOf(followedOf(calendar, definition.schedule)),
        );
        const read = entry?.events
          ? shiftsOf(entry.events, snapshot, names)
          : undefined;
        const unknown = read?.unknown ?? [];
        found.push(
          stateOf(
            calendar,
            place,
            entry,
            this.parts.hideNames && unknown.length > 0
              ? [`${unknown.length} that are not shown`]
              : unknown,
          ),
        );
        return read ? { ...calendar, shifts: read.shifts } : calendar;
      });
      if (found.length > 0) {
        states.set(definition.scheduleRef, found);
      }
      return { ...definition, schedule };
    });
    this.#states = states;
    this.#tried = new Set(known.keys());
    this.#readAt = new Map(
      [...known.values()].flatMap(entry =>
        entry.readAt === undefined ? [] : [[entry.key, entry.readAt]],
      ),
    );
    return definitions;
  }

  /** What to do when a calendar may say something else. */
  onChange(changed: () => Promise<unknown>): void {
    this.#changed = changed;
  }

  /** Whether a calendar was never tried, as after a schedule was added. */
  get untried(): boolean {
    return [...this.#wanted.keys()].some(key => !this.#tried.has(key));
  }

  /** How well the calendars of a schedule are known now. */
  statesOf(scheduleRef: string): CalendarState[] {
    const now = this.parts.clock();
    return (this.#states.get(scheduleRef) ?? []).map(state => {
      const { readAt, ...shown } = state as CalendarState & { readAt?: number };
      return {
        ...shown,
        ...(readAt === undefined
          ? {}
          : { ageSeconds: Math.max(0, Math.round((now - readAt) / 1000)) }),
      };
    });
  }

  /**
   * Reads the feeds that are due, each by one of the back ends, and has the catalog looked at again where one may have changed.
   */
  async refresh(): Promise<void> {
    const { clock, interval, store } = this.parts;
    const wanted = this.#wanted;
    const known = await store.get([...wanted.keys()]);
    const changes: boolean[] = [];
    const waiting = [...wanted];
    const work = async () => {
      for (let item = waiting.shift(); item; item = waiting.shift()) {
        const [key, calendar] = item;
        const entry = known.get(key);
        const patience = Math.min(2 ** (entry?.failures ?? 0), MOST_PATIENCE);
        const now = clock();
        changes.push(
          (await store.claim(key, now, now - interval * patience))
            ? await this.#read(key, calendar, entry)
            : // Another back end may have read it since this one looked.
              entry?.readAt !== this.#readAt.get(key),
        );
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, work));
    await store.forgetOthers([...wanted.keys()], clock() - KEPT_UNUSED);
    if (changes.includes(true)) {
      await this.#changed();
    }
  }

  async #read(
    key: string,
    calendar: Followed,
    entry: CalendarImport | undefined,
  ): Promise<boolean> {
    const { clock, fetcher, logger, store } = this.parts;
    // The years around this one, so that what is known changes once a year and not every day.
    const year = new Date(clock()).getUTCFullYear();
    try {
      const fetched = await fetcher.fetch(
        calendar.url,
        entry?.events && entry.year === year
          ? { etag: entry.etag, lastModified: entry.lastModified }
          : {},
      );
      const at = clock();
      if (fetched.unchanged) {
        await store.succeeded(key, { at });
      } else {
        const { etag, lastModified, text } = fetched;
        const events = readCalendar(text, {
          timeZone: calendar.timeZone,
          from: Date.UTC(year - 1, 0),
          to: Date.UTC(year + 2, 0),
        });
        await store.succeeded(key, {
          at,
          content: { events, year, etag, lastModified },
        });
      }
      return true;
    } catch (error) {
      const problem = isError(error) ? error.message : String(error);
      logger.warn(
        `The calendar at ${
          new URL(calendar.url).host
        } cannot be read: ${problem}`,
      );
      await store.failed(key, problem.slice(0, 500));
      return entry?.problem !== problem;
    }
  }
}

function withShifts(
  schedule: OnCallSchedule,
  resolve: (
    calendar: CalendarLayer,
    place: { level: number; layer: number },
  ) => CalendarLayer,
): OnCallSchedule {
  return {
    ...schedule,
    levels: schedule.levels.map((level, l) => ({
      ...level,
      layers: level.layers.map((layer, i) =>
        layer.calendar
          ? {
              ...layer,
              calendar: resolve(layer.calendar, { level: l + 1, layer: i + 1 }),
            }
          : layer,
      ),
    })),
  };
}

function followedOf(
  calendar: CalendarLayer,
  schedule: OnCallSchedule,
): Followed {
  return {
    url: calendar.url,
    timeZone: calendar.timeZone ?? schedule.timeZone,
  };
}

function keyOf(calendar: Followed): string {
  return createHash('sha256')
    .update(JSON.stringify([calendar.url, calendar.timeZone]))
    .digest('hex');
}

function stateOf(
  calendar: CalendarLayer,
  place: { level: number; layer: number },
  entry: CalendarImport | undefined,
  unknown: string[],
): CalendarState & { readAt?: number } {
  return {
    ...place,
    host: new URL(calendar.url).host,
    stale: entry?.problem !== undefined && entry.events !== undefined,
    ...(entry?.readAt === undefined ? {} : { readAt: entry.readAt }),
    ...(entry?.problem ? { problem: entry.problem } : {}),
    ...(!entry?.events && !entry?.problem
      ? { problem: 'It has not been read yet' }
      : {}),
    unknown: unknown.slice(0, MOST_UNKNOWN),
  };
}
