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

/** How long an answer about all schedules waits for that of one provider, in milliseconds. */
const PATIENCE = 3_000;

type Window = { from: number; to: number };
type Known = {
  schedule: ScheduleSummary;
  answer: ProviderAnswer;
  /** Cut to the window, in order. */
  shifts: Shift[];
  snapshot: CatalogSnapshot;
};

/** Shifts and gaps of the schedules of providers, as far as entities of the catalog name them. */
export class ProviderShiftService {
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
  async coverage(ref: string, window: Window): Promise<CoverageAnswer> {
    const { schedule, answer, shifts } = await this.#read(ref, window);
    const at = (time: number) => formatInZone(time, schedule.timeZone);
    return {
      ...textOf(window),
      schedules: [
        {
          scheduleRef: ref,
          title: schedule.title,
          timeZone: schedule.timeZone,
          gaps: answer.levels
            .flatMap(({ level }) => gapsOf(shifts, level, window))
            .sort((a, b) => a.from - b.from || a.level - b.level)
            .map(gap => ({ ...gap, from: at(gap.from), to: at(gap.to) })),
          doubleBookings: [...new Set(shifts.map(s => s.person))]
            .flatMap(person =>
              overlaps(
                shifts
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
      ],
      doubleBookings: [],
    };
  }

  /**
   * The gaps of every schedule of a provider that an entity names. One that cannot be asked, or takes long to answer, has a `problem` instead.
   */
  async coverageOfAll(window: Window): Promise<CoverageAnswer['schedules']> {
    const { directory, providers } = this.parts;
    const snapshot = await directory.snapshot();
    const refs = new Set<string>();
    for (const { entity } of snapshot.entities.values()) {
      for (const { provider } of providers) {
        const match = provider.match(entity);
        if (match) {
          refs.add(`${provider.id}:${match.scheduleId}`);
        }
      }
    }
    const found = await Promise.all(
      [...refs].map(async ref => {
        try {
          return (await inTime(this.coverage(ref, window))).schedules;
        } catch (error) {
          return [
            {
              scheduleRef: ref,
              title: ref,
              timeZone: 'Etc/UTC',
              gaps: [],
              doubleBookings: [],
              problem: isError(error) ? error.message : String(error),
            },
          ];
        }
      }),
    );
    return found.flat();
  }

  async #read(ref: string, window: Window): Promise<Known> {
    const { clock, directory, providers } = this.parts;
    const snapshot = await directory.snapshot();
    const cached = providers.find(p => ref.startsWith(`${p.provider.id}:`));
    const scheduleId = cached && ref.slice(cached.provider.id.length + 1);
    const named =
      cached &&
      [...snapshot.entities.values()].some(
        ({ entity }) =>
          cached.provider.match(entity)?.scheduleId === scheduleId,
      );
    if (!cached || scheduleId === undefined || !named) {
      throw new NotFoundError(`There is no schedule ${ref}`);
    }
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

/** What is not there in time is kept when it comes, and there for the next who asks. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new ProviderActionError(
            `The provider did not answer within ${PATIENCE / 1000} seconds`,
            504,
            false,
          ),
        ),
      PATIENCE,
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
