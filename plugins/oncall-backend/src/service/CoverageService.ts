import { isError, NotFoundError } from '@backstage/errors';
import {
  coverage,
  overlaps,
  peopleNamed,
  type CoverageAnswer,
  type OnCallSchedule,
  type Shift,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import type { History, OnCallStore } from '../store/OnCallStore';
import {
  nestedRefs,
  piecesOf,
  shiftsThroughPieces,
  type Piece,
} from './history';
import type {
  ExaminedProviderSchedule,
  ProviderShiftService,
} from './ProviderShiftService';
import type { InForce, ScheduleStates } from './ScheduleStates';

type Window = { from: number; to: number };
type Report = CoverageAnswer['schedules'][number];
/** One schedule of the portal in a window. */
type Native = {
  report: Report;
  shifts: Shift[];
  /** The schedules that some version of it contains, directly or further down. */
  contains: Set<string>;
};
type Busy = { key: string; from: number; to: number };

const inEnglish = new Intl.Collator('en');

/** How long the answer about one schedule waits for those of providers it is compared with, in milliseconds. */
const PATIENCE_FOR_ONE = 1_000;
/** How long the answer about all schedules waits for that of one provider, in milliseconds. */
const PATIENCE_FOR_ALL = 3_000;

/** Finds gaps, and people who are on call in two places at once, in the portal's own schedules and in those of providers. */
export class CoverageService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      store: Pick<OnCallStore, 'historyOf'>;
      providerShifts: Pick<ProviderShiftService, 'examine' | 'examineAll'>;
      clock: () => number;
    },
  ) {}

  /**
   * Gaps and double bookings in a window in milliseconds, of one schedule or all, each moment by the versions in force then. Double bookings
   * are looked for in all schedules, whichever is asked for.
   * @throws NotFoundError when there is no such schedule; for one of a provider, an error with status 502 when it cannot be asked.
   */
  async coverage(
    window: Window,
    scheduleRef?: string,
  ): Promise<CoverageAnswer> {
    const { directory, providerShifts, states } = this.parts;
    await directory.snapshot();
    const present = await states.present();
    const isNative = scheduleRef?.startsWith('oncallschedule:') ?? false;
    if (scheduleRef !== undefined && isNative && !present.has(scheduleRef)) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    const [own, others] = await Promise.all([
      scheduleRef !== undefined && !isNative
        ? providerShifts.examine(scheduleRef, window)
        : undefined,
      providerShifts.examineAll(
        window,
        scheduleRef === undefined ? PATIENCE_FOR_ALL : PATIENCE_FOR_ONE,
      ),
    ]);
    const ofProviders = own
      ? [
          own,
          ...others.filter(({ report }) => report.scheduleRef !== scheduleRef),
        ]
      : others;
    const natives = await this.#natives(
      window,
      present,
      isNative ? scheduleRef : undefined,
      own && new Set(own.shifts.map(shift => shift.person)),
    );
    const isAsked = ({ report }: { report: Report }) =>
      scheduleRef === undefined
        ? !report.scheduleRef.startsWith('oncallschedule:') ||
          present.has(report.scheduleRef)
        : report.scheduleRef === scheduleRef;
    const byTitle = (a: Report, b: Report) =>
      inEnglish.compare(a.title, b.title);
    const notCompared = ofProviders.flatMap(({ report }) =>
      report.problem === undefined
        ? []
        : [{ scheduleRef: report.scheduleRef, problem: report.problem }],
    );
    return {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
      schedules: [
        ...natives
          .filter(isAsked)
          .map(({ report }) => report)
          .sort(byTitle),
        ...ofProviders
          .filter(isAsked)
          .map(({ report }) => report)
          .sort(byTitle),
      ],
      doubleBookings: doubleBookings(natives, ofProviders).filter(
        ({ schedules }) =>
          scheduleRef === undefined || schedules.includes(scheduleRef),
      ),
      ...(notCompared.length > 0 ? { notCompared } : {}),
    };
  }

  /**
   * The schedules of the portal, also those that are gone by now, as far as they matter: all, or the one asked for and those that name
   * somebody it names, or those that name some people.
   */
  async #natives(
    window: Window,
    present: InForce,
    scheduleRef: string | undefined,
    people: Set<string> | undefined,
  ): Promise<Native[]> {
    const { clock, store } = this.parts;
    const now = clock();
    const ahead = window.from >= now - 1000;
    const history = ahead
      ? historyOf(present)
      : await store.historyOf(undefined, window.from);
    const versions = byRef(history);
    const namedBy = new Map(
      [...versions].map(([ref, part]) => [ref, peopleOf(part)]),
    );
    const containsOf = (ref: string) => closureOf(ref, versions);
    const peopleIn = (ref: string) =>
      [ref, ...containsOf(ref)].flatMap(name => [...(namedBy.get(name) ?? [])]);
    const wanted =
      people ??
      (scheduleRef === undefined ? undefined : new Set(peopleIn(scheduleRef)));
    return [...versions.keys()]
      .filter(
        ref =>
          ref === scheduleRef ||
          wanted === undefined ||
          peopleIn(ref).some(person => wanted.has(person)),
      )
      .flatMap(ref => {
        const contains = containsOf(ref);
        const pieces = ahead
          ? [{ ...window, inForce: present }]
          : // Cut only where this schedule or one in it changed, not where any did.
            piecesOf(only(versions, new Set([ref, ...contains])), window, now);
        const examined = examine(ref, pieces);
        return examined ? [{ ...examined, contains }] : [];
      });
  }
}

/** The people who are on call in several schedules at once. Pure. */
export function doubleBookings(
  natives: Native[],
  ofProviders: Pick<
    ExaminedProviderSchedule,
    'report' | 'shifts' | 'account'
  >[],
): CoverageAnswer['doubleBookings'] {
  const busy = new Map<string, Busy[]>();
  const add = (key: string, { person, from, to }: Shift) => {
    const list = busy.get(person) ?? [];
    busy.set(person, list);
    list.push({ key, from: Date.parse(from), to: Date.parse(to) });
  };
  const contains = new Map<string, Set<string>>();
  for (const { report, shifts, contains: inner } of natives) {
    contains.set(report.scheduleRef, inner);
    shifts.forEach(shift => add(report.scheduleRef, shift));
  }
  // Several services of one escalation policy are several schedules to the portal, and one duty.
  const known = new Map<string, string>();
  for (const { account, report, shifts } of ofProviders) {
    for (const level of new Set(shifts.map(shift => shift.level))) {
      const own = shifts.filter(shift => shift.level === level);
      const duty = JSON.stringify([
        account,
        own.map(({ person, from, to }) => [
          person,
          Date.parse(from),
          Date.parse(to),
        ]),
      ]);
      const key = known.get(duty) ?? report.scheduleRef;
      known.set(duty, key);
      own.forEach(shift => add(key, shift));
    }
  }
  const found: CoverageAnswer['doubleBookings'] = [];
  for (const [person, intervals] of busy) {
    for (const overlap of overlaps(intervals)) {
      // Somebody on call in a schedule is also on call in those that contain it; that is one duty.
      const apart = overlap.keys.filter(
        ref => !overlap.keys.some(outer => contains.get(outer)?.has(ref)),
      );
      if (apart.length > 1) {
        found.push({
          person,
          schedules: apart,
          from: new Date(overlap.from).toISOString(),
          to: new Date(overlap.to).toISOString(),
        });
      }
    }
  }
  return found.sort(
    (a, b) =>
      inEnglish.compare(a.from, b.from) ||
      inEnglish.compare(a.person, b.person),
  );
}

/** The present as if it were all there ever was. */
function historyOf(present: InForce): History {
  return {
    schedules: [...present.values()].map(({ schedule, version }) => ({
      ...version,
      schedule,
    })),
    overrides: [],
  };
}

function byRef(history: History): Map<string, History> {
  const found = new Map<string, History>();
  const of = (ref: string) => {
    const part = found.get(ref) ?? { schedules: [], overrides: [] };
    found.set(ref, part);
    return part;
  };
  history.schedules.forEach(v => of(v.scheduleRef).schedules.push(v));
  history.overrides.forEach(v => of(v.scheduleRef).overrides.push(v));
  return found;
}

function only(versions: Map<string, History>, refs: Set<string>): History {
  const parts = [...refs].flatMap(ref => versions.get(ref) ?? []);
  return {
    schedules: parts.flatMap(part => part.schedules),
    overrides: parts.flatMap(part => part.overrides),
  };
}

/** The people whom versions of one schedule, or overrides of it, name. */
function peopleOf({ schedules, overrides }: History): Set<string> {
  return new Set([
    ...schedules.flatMap(({ schedule }) => [
      ...peopleNamed(schedule, () => undefined),
    ]),
    ...overrides.flatMap(({ person, with: stand }) =>
      stand === undefined ? [person] : [person, stand],
    ),
  ]);
}

/** What any version of a schedule contains, directly or further down, without itself. */
function closureOf(ref: string, versions: Map<string, History>): Set<string> {
  const seen = new Set([ref]);
  // A set hands out what is added while it is walked.
  for (const name of seen) {
    for (const { schedule } of versions.get(name)?.schedules ?? []) {
      nestedRefs(schedule).forEach(nested => seen.add(nested));
    }
  }
  seen.delete(ref);
  return seen;
}

/** The shifts of a schedule, and what is missing and doubled in it; undefined when it was not in force in any piece. */
function examine(
  ref: string,
  pieces: Piece[],
): Pick<Native, 'report' | 'shifts'> | undefined {
  const last = [...pieces].reverse().find(({ inForce }) => inForce.has(ref));
  const state = last?.inForce.get(ref);
  if (!state) {
    return undefined;
  }
  const report: Report = {
    scheduleRef: ref,
    title: state.version.title,
    timeZone: state.schedule.timeZone,
    gaps: [],
    doubleBookings: [],
  };
  const readable = pieces.filter(({ from, to, inForce }) => {
    const schedule = inForce.get(ref)?.schedule;
    try {
      const part = schedule && coverageOf(schedule, { from, to }, inForce);
      report.gaps = joined(report.gaps, part?.gaps ?? [], gap =>
        String(gap.level),
      );
      report.doubleBookings = joined(
        report.doubleBookings,
        part?.doubleBookings ?? [],
        booking => `${booking.person} ${booking.levels}`,
      );
      return true;
    } catch (error) {
      if (!isError(error) || error.name !== 'InputError') {
        throw error;
      }
      // What was wrong in one version says nothing of the others.
      report.problem = error.message;
      return false;
    }
  });
  return { report, shifts: shiftsThroughPieces(readable, ref) };
}

function coverageOf(
  schedule: OnCallSchedule,
  { from, to }: Window,
  inForce: Piece['inForce'],
) {
  return coverage(
    schedule,
    { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    { lookup: name => inForce.get(name)?.schedule },
  );
}

/** Two lists of intervals, the second after the first, with those of one key that touch made one. */
function joined<T extends { from: string; to: string }>(
  before: T[],
  after: T[],
  identify: (item: T) => string,
): T[] {
  const open = new Map(
    before.map((item, index) => [
      `${identify(item)} ${Date.parse(item.to)}`,
      index,
    ]),
  );
  const result = [...before];
  for (const item of after) {
    const index = open.get(`${identify(item)} ${Date.parse(item.from)}`);
    if (index === undefined) {
      result.push(item);
    } else {
      result[index] = { ...result[index], to: item.to };
    }
  }
  return result;
}
