import { isError, NotFoundError } from '@backstage/errors';
import {
  formatInZone,
  overlaps,
  type CoverageAnswer,
  type ScheduleSummary,
  type Shift,
  type ShiftsAnswer,
} from '@pavedroad/plugin-oncall-common';
import {
  ProviderActionError,
  type ProviderAnswer,
} from '@pavedroad/plugin-oncall-node';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor, type CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type { CachedProvider } from '../providers/CachedProvider';

type Window = { from: number; to: number };
type Known = {
  schedule: ScheduleSummary;
  answer: ProviderAnswer;
  /** Cut to the window, in order. */
  shifts: Shift[];
  snapshot: CatalogSnapshot;
  named: Named;
};

/** A schedule of a provider in a window. */
export type ExaminedProviderSchedule = {
  /** Whose people are known by their refs of the catalog, where it has them. */
  report: CoverageAnswer['schedules'][number];
  /** Cut to the window, in order, with people like those of the report. Empty when it has a problem. */
  shifts: Shift[];
  /** Tells schedules of one account of a provider from those of others. */
  account: string;
};

/** How a schedule of a provider is asked for, and which entities name it. */
type Named = {
  cached: CachedProvider;
  scheduleId: string;
  entityRefs: string[];
};

/** Shifts and gaps of the schedules of providers, as far as entities of the catalog name them. */
export class ProviderShiftService {
  /** By the view of the catalog they were found in. */
  readonly #schedules = new WeakMap<CatalogSnapshot, Map<string, Named>>();

  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      providers: CachedProvider[];
      clock: () => number;
    },
  ) {}

  /**
   * The shifts of a schedule such as `pagerduty:main/service/PXXXX` in a window in milliseconds, with their age.
   * @throws NotFoundError for a schedule nobody names; an error with status 502 when the provider cannot be asked.
   */
  async shifts(ref: string, window: Window): Promise<ShiftsAnswer> {
    const { schedule, answer, shifts, snapshot } = await this.#read(
      ref,
      window,
    );
    return {
      schedule,
      ...textOf(window),
      shifts: shifts.map(shift => ({
        ...shift,
        person: contactFor(snapshot, shift.person, answer.names),
      })),
    };
  }

  /**
   * The gaps of a schedule, and people who are on several of its levels at once.
   * @throws as `shifts`
   */
  async examine(
    ref: string,
    window: Window,
  ): Promise<ExaminedProviderSchedule> {
    const { answer, named, schedule, shifts, snapshot } = await this.#read(
      ref,
      window,
    );
    const at = (time: number) => formatInZone(time, schedule.timeZone);
    const known = shifts.map(shift => ({
      ...shift,
      person: contactFor(snapshot, shift.person).ref,
    }));
    return {
      account: accountOf(named),
      shifts: known,
      report: {
        scheduleRef: ref,
        title: schedule.title,
        timeZone: schedule.timeZone,
        entityRefs: named.entityRefs,
        gaps: answer.levels
          .flatMap(({ level }) => gapsOf(shifts, level, window))
          .sort((a, b) => a.from - b.from || a.level - b.level)
          .map(gap => ({ ...gap, from: at(gap.from), to: at(gap.to) })),
        doubleBookings: [...new Set(known.map(s => s.person))]
          .flatMap(person =>
            overlaps(
              known
                .filter(shift => shift.person === person)
                .map(shift => ({
                  key: shift.level,
                  from: Date.parse(shift.from),
                  to: Date.parse(shift.to),
                })),
            ).map(({ keys, from, to }) => ({
              person,
              levels: keys,
              from: at(from),
              to: at(to),
            })),
          )
          .sort((a, b) => Date.parse(a.from) - Date.parse(b.from)),
      },
    };
  }

  /**
   * Every schedule of a provider that an entity names. One that cannot be asked, or does not answer within some milliseconds, has a `problem`
   * instead.
   */
  async examineAll(
    window: Window,
    patience: number,
  ): Promise<ExaminedProviderSchedule[]> {
    const snapshot = await this.parts.directory.snapshot();
    return await Promise.all(
      [...this.#named(snapshot)].map(async ([ref, named]) => {
        try {
          return await inTime(this.examine(ref, window), patience);
        } catch (error) {
          return {
            account: accountOf(named),
            shifts: [],
            report: {
              scheduleRef: ref,
              title: ref,
              timeZone: 'Etc/UTC',
              entityRefs: named.entityRefs,
              gaps: [],
              doubleBookings: [],
              problem: isError(error) ? error.message : String(error),
            },
          };
        }
      }),
    );
  }

  /** The schedules of providers that entities of the catalog name, by their refs. */
  #named(snapshot: CatalogSnapshot): Map<string, Named> {
    const known = this.#schedules.get(snapshot);
    if (known) {
      return known;
    }
    const found = new Map<string, Named>();
    for (const { ref: entityRef, entity } of snapshot.entities.values()) {
      for (const cached of this.parts.providers) {
        const match = cached.provider.match(entity);
        if (match) {
          const { scheduleId } = match;
          const ref = `${cached.provider.id}:${scheduleId}`;
          const named = found.get(ref) ?? {
            cached,
            scheduleId,
            entityRefs: [],
          };
          found.set(ref, named);
          named.entityRefs.push(entityRef);
        }
      }
    }
    this.#schedules.set(snapshot, found);
    return found;
  }

  async #read(ref: string, window: Window): Promise<Known> {
    const { clock, directory } = this.parts;
    const snapshot = await directory.snapshot();
    const named = this.#named(snapshot).get(ref);
    if (!named) {
      throw new NotFoundError(`There is no schedule ${ref}`);
    }
    const { cached, scheduleId } = named;
    const { provider } = cached;
    const [present, read] = await Promise.all([
      cached.onCallAt(scheduleId, clock()),
      cached.shiftsBetween(scheduleId, window),
    ]).catch(error => {
      throw new ProviderActionError(
        `${provider.title} cannot be asked: ${
          isError(error) ? error.message : error
        }`,
        502,
        true,
      );
    });
    if (!present || !read) {
      throw new NotFoundError(
        `${provider.title} has no schedule ${scheduleId}`,
      );
    }
    const { answer } = present;
    return {
      snapshot,
      named,
      answer,
      schedule: {
        ref,
        title: answer.title,
        ownerRef: '',
        timeZone: answer.timeZone,
        provider: provider.id,
        ageSeconds: Math.max(present.ageSeconds, read.ageSeconds),
        stale: present.stale || read.stale,
      },
      shifts: read.shifts.flatMap(shift => cut(shift, window, answer.timeZone)),
    };
  }
}

function accountOf({ cached: { provider }, scheduleId }: Named): string {
  return `${provider.id} ${provider.accountOf?.(scheduleId) ?? ''}`;
}

/** What is not there in time is kept when it comes, and there for the next who asks. */
async function inTime<T>(work: Promise<T>, patience: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new ProviderActionError(
            `The provider did not answer within ${patience / 1000} seconds`,
            504,
            false,
          ),
        ),
      patience,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function cut(shift: Shift, window: Window, timeZone: string): Shift[] {
  const from = Math.max(Date.parse(shift.from), window.from);
  const to = Math.min(Date.parse(shift.to), window.to);
  return from < to
    ? [
        {
          ...shift,
          from: formatInZone(from, timeZone),
          to: formatInZone(to, timeZone),
        },
      ]
    : [];
}

function gapsOf(shifts: Shift[], level: number, window: Window) {
  const gaps: { level: number; from: number; to: number }[] = [];
  let at = window.from;
  const busy = shifts
    .filter(shift => shift.level === level)
    .map(shift => ({ from: Date.parse(shift.from), to: Date.parse(shift.to) }))
    .sort((a, b) => a.from - b.from);
  for (const { from, to } of [...busy, { from: window.to, to: window.to }]) {
    if (at < from) {
      gaps.push({ level, from: at, to: from });
    }
    at = Math.max(at, to);
  }
  return gaps;
}

function textOf(window: Window) {
  return {
    from: new Date(window.from).toISOString(),
    to: new Date(window.to).toISOString(),
  };
}
