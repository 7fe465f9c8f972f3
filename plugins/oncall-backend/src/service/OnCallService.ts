import { stringifyEntityRef } from '@backstage/catalog-model';
import { isError, NotFoundError } from '@backstage/errors';
import {
  ON_CALL_SCHEDULE_KIND,
  onCallAt,
  peopleNamed,
  shiftsBetween,
  type CalendarState,
  type Coverage,
  type CoverageReason,
  type EntityNow,
  type EverybodyNow,
  type OnCallLevel,
  type OnCallNowLevel,
  type ScheduleNow,
  type ScheduleSummary,
  type ServiceCoverage,
  type Shift,
  type ShiftsAnswer,
  type StoredOverride,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import {
  contactFor,
  describeEntity,
  type CatalogSnapshot,
} from '../catalog/CatalogSnapshot';
import type { CachedProvider } from '../providers/CachedProvider';
import type { NameView } from '../privacy/NameView';
import type { NativeOnCallProvider } from '../providers/NativeOnCallProvider';
import type { OnCallStore, OverrideVersion } from '../store/OnCallStore';
import type { ScheduleInForce } from './history';
import { EverybodyText, type Everybody } from './EverybodyText';
import {
  resolveSchedule,
  type Resolution,
  type SearchSpace,
} from './resolution';
import type { InForce, ScheduleStates } from './ScheduleStates';

/** A caller, as far as answers depend on who asks. */
export type Viewer = {
  /** Refs of the user and the groups the user belongs to; empty for a service. */
  ownershipRefs: string[];
  /** Whether they may propose a change of the schedules a group owns; of none when left out. */
  mayPropose?: (groupRef: string) => boolean;
};

/** What the engine makes of a schedule. */
export type Levels = {
  levels: OnCallLevel[];
  /** Why it makes nothing of it. */
  problem?: string;
  /** Schedules it contains that do not exist. */
  missing?: string[];
  /** Names a provider has for people the catalog does not know, by their refs. */
  names?: Record<string, string>;
};

/** How services are covered. */
type ServicesNow = {
  /** How many services each schedule answers for. */
  counts: Map<string, number>;
  services: ServiceCoverage[];
  totals: EverybodyNow['totals'];
};

/** Answers who is on call, from the versions in force and the catalog. */
export class OnCallService {
  /** Who is on call by schedule, each good until its next change, for each state of the schedules in use. */
  readonly #boards = new WeakMap<
    InForce,
    Map<
      string,
      {
        from: number;
        until: number;
        value: Levels;
        /** What was made of it with a view of the catalog. */
        assembled?: { snapshot: CatalogSnapshot; answer: ScheduleNow };
      }
    >
  >();
  /** The services of the last answer, good as long as neither which schedule answers for which nor how it covers them is another. */
  #lastServices:
    | {
        resolutions: Map<string, Resolution>;
        answers: Map<string, ScheduleNow>;
        value: ServicesNow;
      }
    | undefined;
  /** Which schedule answers for which service, good as long as neither catalog nor schedules change. */
  readonly #services = new WeakMap<
    InForce,
    { snapshot: CatalogSnapshot; value: Map<string, Resolution> }
  >();

  readonly #text = new EverybodyText();
  readonly #textsOfViews = new WeakMap<object, EverybodyText>();

  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      store: OnCallStore;
      native: NativeOnCallProvider;
      providers: CachedProvider[];
      clock: () => number;
      /** How well the calendars are known that a schedule follows. */
      calendarsOf?: (scheduleRef: string) => CalendarState[];
    },
  ) {}

  /**
   * Who is on call for an entity at an instant in milliseconds, with the trail by which the answer was found.
   * @throws NotFoundError when the catalog has no such entity.
   */
  async entityNow(
    entityRef: string,
    at: number,
    viewer?: Pick<Viewer, 'mayPropose'>,
  ): Promise<EntityNow> {
    const { directory, states } = this.parts;
    // The view comes before the states: reading it may take new versions up.
    const [given, entity] = await Promise.all([
      directory.snapshot(),
      directory.entity(entityRef),
    ]);
    if (!entity) {
      throw new NotFoundError(`The catalog has no ${entityRef}`);
    }
    let snapshot = given;
    let inForce = await states.at(at);
    const resolve = () =>
      resolveSchedule(entity, this.#searchSpace(snapshot, inForce));
    let resolution = resolve();
    if (
      !resolution.found ||
      resolution.trail.some(step => step.outcome === 'missing')
    ) {
      snapshot = await directory.snapshotAfter(given);
      inForce = await states.at(at);
      resolution = resolve();
    }
    const [answer, present] = await Promise.all([
      this.#follow(resolution, snapshot, inForce, at),
      states.present(),
    ]);
    return {
      entityRef: stringifyEntityRef(entity),
      at: new Date(at).toISOString(),
      coverage: answer.coverage,
      ...(answer.reason ? { reason: answer.reason } : {}),
      ...('schedule' in answer ? { schedule: answer.schedule } : {}),
      levels: answer.levels,
      ...(answer.until ? { until: answer.until } : {}),
      ...(answer.next ? { next: answer.next } : {}),
      // One that is not in force, as it is not valid, wants to be changed most.
      canChange:
        'schedule' in answer
          ? canChange(answer.schedule, viewer, present)
          : entity.kind === ON_CALL_SCHEDULE_KIND &&
            (viewer?.mayPropose?.(describeEntity(entity).ownerRef ?? '') ??
              false),
      trail: resolution.trail,
    };
  }

  /** Everybody on call at an instant in milliseconds, and how many services are covered. */
  async everybodyNow(
    at: number,
    viewer: Viewer,
    withServices: boolean,
  ): Promise<EverybodyNow> {
    const { schedules, totals, services } = await this.#everybody(at, viewer);
    return {
      at: new Date(at).toISOString(),
      schedules: schedules.map(({ answer, ...rest }) => ({
        ...answer,
        ...rest,
      })),
      totals,
      ...(withServices ? { services } : {}),
    };
  }

  /**
   * What `everybodyNow` answers, as JSON in UTF-8, in parts that are kept as long as they stay true, without the names that a view does not
   * show.
   */
  async everybodyNowText(
    at: number,
    viewer: Viewer,
    withServices: boolean,
    view?: Pick<NameView, 'filter'>,
  ): Promise<Buffer[]> {
    let text = this.#text;
    if (view) {
      text =
        this.#textsOfViews.get(view) ??
        new EverybodyText(part => view.filter(part));
      this.#textsOfViews.set(view, text);
    }
    return text.write(await this.#everybody(at, viewer), withServices);
  }

  async #everybody(at: number, viewer: Viewer): Promise<Everybody> {
    const { directory, states } = this.parts;
    const snapshot = await directory.snapshot();
    const inForce = await states.at(at);
    const present = await states.present();
    const resolutions = this.#resolveServices(snapshot, inForce);
    const mine = new Set(viewer.ownershipRefs);
    const answers = new Map<string, ScheduleNow>();
    for (const ref of inForce.keys()) {
      answers.set(ref, this.#native(ref, snapshot, inForce, at));
    }
    const failures = await this.#askProviders(
      [...resolutions.values()],
      snapshot,
      inForce,
      at,
      answers,
    );
    const { counts, services, totals } = this.#servicesNow(
      snapshot,
      resolutions,
      answers,
      failures,
    );
    return {
      at,
      schedules: [...answers]
        .map(([key, answer]) => ({
          answer,
          services: counts.get(key) ?? 0,
          mine:
            mine.has(answer.schedule.ownerRef) ||
            answer.levels.some(l => l.people.some(p => mine.has(p.ref))),
          canChange: canChange(answer.schedule, viewer, present),
        }))
        .sort((a, b) =>
          compareText(a.answer.schedule.title, b.answer.schedule.title),
        ),
      totals,
      services,
    };
  }

  /** How each service is covered by the answers of the schedules. */
  #servicesNow(
    snapshot: CatalogSnapshot,
    resolutions: Map<string, Resolution>,
    answers: Map<string, ScheduleNow>,
    failures: Map<string, CoverageReason>,
  ): ServicesNow {
    const last = this.#lastServices;
    if (
      failures.size === 0 &&
      last?.resolutions === resolutions &&
      last.answers.size === answers.size &&
      [...answers].every(([key, answer]) =>
        coversAlike(last.answers.get(key), answer),
      )
    ) {
      return last.value;
    }
    const counts = new Map<string, number>();
    const services: ServiceCoverage[] = [];
    for (const service of snapshot.services) {
      const resolution = resolutions.get(service.ref)!;
      const key = keyOf(resolution.found);
      const answer = key === undefined ? undefined : answers.get(key);
      if (key !== undefined && answer) {
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const reason = answer
        ? answer.reason
        : resolution.reason ??
          (key === undefined ? undefined : failures.get(key));
      services.push({
        entityRef: service.ref,
        title: service.title,
        ...(service.ownerRef ? { ownerRef: service.ownerRef } : {}),
        coverage: answer?.coverage ?? 'none',
        ...(answer ? { scheduleRef: answer.schedule.ref } : {}),
        ...(reason ? { reason } : {}),
      });
    }
    const has = (wanted: Coverage) =>
      services.filter(s => s.coverage === wanted).length;
    const value = {
      counts,
      services,
      totals: {
        services: services.length,
        full: has('full'),
        gap: has('gap'),
        none: has('none'),
      },
    };
    if (failures.size === 0) {
      this.#lastServices = { resolutions, answers, value };
    }
    return value;
  }

  /**
   * Adds the answers of providers for all that was found with them, asking for each once and all at the same time. Answers with why others
   * have none.
   */
  async #askProviders(
    resolutions: Resolution[],
    snapshot: CatalogSnapshot,
    inForce: InForce,
    at: number,
    answers: Map<string, ScheduleNow>,
  ): Promise<Map<string, CoverageReason>> {
    const wanted = new Map<string, Resolution>();
    for (const resolution of resolutions) {
      const key = keyOf(resolution.found);
      if (key !== undefined && !answers.has(key)) {
        wanted.set(key, resolution);
      }
    }
    const failures = new Map<string, CoverageReason>();
    await Promise.all(
      [...wanted].map(async ([key, resolution]) => {
        const followed = await this.#follow(resolution, snapshot, inForce, at);
        if ('schedule' in followed) {
          answers.set(key, followed);
        } else if (followed.reason) {
          failures.set(key, followed.reason);
        }
      }),
    );
    return failures;
  }

  /** Which schedule of the portal answers for which service, by the catalog as it is now and the schedules given. */
  async answering(inForce: InForce): Promise<Map<string, string>> {
    const snapshot = await this.parts.directory.snapshot();
    const found = new Map<string, string>();
    for (const [service, resolution] of this.#resolveServices(
      snapshot,
      inForce,
    )) {
      if (resolution.found && 'scheduleRef' in resolution.found) {
        found.set(service, resolution.found.scheduleRef);
      }
    }
    return found;
  }

  /** Every schedule in force. */
  async schedules(): Promise<ScheduleSummary[]> {
    const snapshot = await this.parts.directory.snapshot();
    const inForce = await this.parts.states.present();
    return [...inForce.values()]
      .map(state => marked(summaryOf(state), snapshot))
      .sort((a, b) => compareText(a.title, b.title));
  }

  /**
   * The shifts of a schedule in a window in milliseconds, each moment by the versions in force then.
   * @throws NotFoundError when there is no such schedule.
   */
  async shifts(
    scheduleRef: string,
    window: { from: number; to: number },
  ): Promise<ShiftsAnswer> {
    const { directory, native, states } = this.parts;
    const snapshot = await directory.snapshot();
    const text = {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
    };
    const [shifts, inForce] = await Promise.all([
      native.shiftsBetween(scheduleRef, text),
      states.at(window.from),
    ]);
    const state =
      inForce.get(scheduleRef) ?? (await states.present()).get(scheduleRef);
    if (!shifts || !state) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    return {
      schedule: marked(summaryOf(state), snapshot),
      ...text,
      shifts: shifts.map(shift => ({
        ...shift,
        person: contactFor(snapshot, shift.person),
      })),
    };
  }

  /** The shifts of one person on all schedules in a window in milliseconds, by the versions in force now, in order. */
  async shiftsOf(
    person: string,
    window: { from: number; to: number },
  ): Promise<(Shift & { schedule: ScheduleSummary })[]> {
    await this.parts.directory.snapshot();
    const inForce = await this.parts.states.present();
    const text = {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
    };
    const found: (Shift & { schedule: ScheduleSummary })[] = [];
    const lookup = (ref: string) => inForce.get(ref)?.schedule;
    for (const state of inForce.values()) {
      if (!peopleNamed(state.schedule, lookup).has(person)) {
        continue;
      }
      try {
        const shifts = shiftsBetween(state.schedule, text, { lookup });
        found.push(
          ...shifts
            .filter(shift => shift.person === person)
            .map(shift => ({ ...shift, schedule: summaryOf(state) })),
        );
      } catch (error) {
        // A schedule that cannot be worked out has no shifts; coverage reports it.
        if (!isError(error) || error.name !== 'InputError') {
          throw error;
        }
      }
    }
    return found.sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
  }

  /**
   * The schedule in force, to decide who may change it.
   * @throws NotFoundError when there is none of that ref.
   */
  async schedule(scheduleRef: string): Promise<ScheduleInForce> {
    await this.parts.directory.snapshot();
    const state = (await this.parts.states.present()).get(scheduleRef);
    if (!state) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    return state;
  }

  /** The overrides of a schedule that have not ended. */
  async overrides(scheduleRef: string): Promise<StoredOverride[]> {
    await this.schedule(scheduleRef);
    const now = this.parts.clock();
    const { overrides } = await this.parts.store.historyOf([scheduleRef], now);
    const versions = new Map<string, OverrideVersion[]>();
    for (const version of overrides) {
      versions.set(version.id, [...(versions.get(version.id) ?? []), version]);
    }
    return [...versions.values()]
      .filter(list => !list[list.length - 1].removed)
      .map(list => toStored(list[0]))
      .sort((a, b) => compareText(a.from, b.from));
  }

  #searchSpace(snapshot: CatalogSnapshot, inForce: InForce): SearchSpace {
    const byOwner = new Map<string, string[]>();
    for (const [ref, { version }] of inForce) {
      const list = byOwner.get(version.ownerRef) ?? [];
      byOwner.set(version.ownerRef, list);
      list.push(ref);
    }
    return {
      snapshot,
      hasSchedule: ref => inForce.has(ref),
      schedulesOf: group => (byOwner.get(group) ?? []).sort(),
      providers: this.parts.providers.map(({ provider }) => provider),
    };
  }

  #resolveServices(
    snapshot: CatalogSnapshot,
    inForce: InForce,
  ): Map<string, Resolution> {
    const known = this.#services.get(inForce);
    if (known?.snapshot === snapshot) {
      return known.value;
    }
    const space = this.#searchSpace(snapshot, inForce);
    const value = new Map(
      snapshot.services.map(({ ref, entity }) => [
        ref,
        resolveSchedule(entity, space),
      ]),
    );
    this.#services.set(inForce, { snapshot, value });
    return value;
  }

  async #follow(
    { found, reason }: Resolution,
    snapshot: CatalogSnapshot,
    inForce: InForce,
    at: number,
  ): Promise<
    | ScheduleNow
    | {
        coverage: 'none';
        reason?: CoverageReason;
        levels: [];
        until?: undefined;
        next?: undefined;
      }
  > {
    if (!found) {
      return { coverage: 'none', reason, levels: [] };
    }
    if ('scheduleRef' in found) {
      return this.#native(found.scheduleRef, snapshot, inForce, at);
    }
    const cached = this.parts.providers.find(
      p => p.provider.id === found.provider,
    )!;
    const failed = (message: string) => ({
      coverage: 'none' as const,
      reason: {
        code: 'provider-failed' as const,
        message,
        fix: `Look into ${cached.provider.title} itself, or at its settings in this portal`,
      },
      levels: [] as [],
    });
    try {
      const aged = await cached.onCallAt(found.scheduleId, at);
      if (!aged) {
        return failed(
          `${cached.provider.title} has no schedule ${found.scheduleId}`,
        );
      }
      const { answer, ageSeconds, stale } = aged;
      return assemble(
        {
          ref: `${cached.provider.id}:${found.scheduleId}`,
          title: answer.title,
          ownerRef: '',
          timeZone: answer.timeZone,
          provider: cached.provider.id,
          ageSeconds,
          stale,
        },
        { levels: answer.levels, names: answer.names },
        snapshot,
      );
    } catch (error) {
      return failed(
        `${cached.provider.title} cannot be asked: ${messageOf(error)}`,
      );
    }
  }

  #native(
    ref: string,
    snapshot: CatalogSnapshot,
    inForce: InForce,
    at: number,
  ): ScheduleNow {
    let entries = this.#boards.get(inForce);
    if (!entries) {
      entries = new Map();
      this.#boards.set(inForce, entries);
    }
    const state = inForce.get(ref)!;
    let entry = entries.get(ref);
    if (!entry || at < entry.from || at >= entry.until) {
      const value = levelsAt(state, inForce, at);
      const changes = value.levels.flatMap(level =>
        level.until ? [Date.parse(level.until)] : [],
      );
      entry = { from: at, until: Math.min(...changes), value };
      entries.set(ref, entry);
    }
    if (entry.assembled?.snapshot !== snapshot) {
      entry.assembled = {
        snapshot,
        answer: assemble(summaryOf(state), entry.value, snapshot),
      };
    }
    const calendars = this.parts.calendarsOf?.(ref) ?? [];
    const { answer } = entry.assembled;
    return calendars.length === 0
      ? answer
      : { ...answer, schedule: { ...answer.schedule, calendars } };
  }
}

function levelsAt(
  { schedule }: ScheduleInForce,
  inForce: InForce,
  at: number,
): Levels {
  const missing = new Set<string>();
  try {
    const levels = onCallAt(schedule, new Date(at).toISOString(), {
      lookup: ref => {
        const nested = inForce.get(ref);
        if (!nested) {
          missing.add(ref);
        }
        return nested?.schedule;
      },
    });
    return { levels, missing: [...missing] };
  } catch (error) {
    return { levels: [], problem: messageOf(error) };
  }
}

/** Puts names to an answer of the engine, and says in words what is missing. Pure. */
export function assemble(
  schedule: ScheduleSummary,
  { levels, problem, missing = [], names }: Levels,
  snapshot: CatalogSnapshot,
): ScheduleNow {
  const named = levels.map(
    (level): OnCallNowLevel => ({
      level: level.level,
      name: level.name ?? `Level ${level.level}`,
      people: level.people.map(person => ({
        ...contactFor(snapshot, person.person, names),
        ...(person.until ? { until: person.until } : {}),
        ...(person.override ? { override: person.override } : {}),
        ...(person.replaces
          ? {
              replaces: {
                ref: person.replaces,
                displayName: contactFor(snapshot, person.replaces, names)
                  .displayName,
              },
            }
          : {}),
      })),
      ...(level.until ? { until: level.until } : {}),
      ...(level.next
        ? {
            next: {
              from: level.next.from,
              people: level.next.people.map(p =>
                contactFor(snapshot, p, names),
              ),
            },
          }
        : {}),
    }),
  );
  const empty = named.filter(level => level.people.length === 0);
  const changing = named
    .filter(level => level.until)
    .sort((a, b) => Date.parse(a.until!) - Date.parse(b.until!))[0];
  const reason = gapReason(schedule, named, empty, problem, missing);
  return {
    schedule: marked(schedule, snapshot),
    coverage: reason ? 'gap' : 'full',
    ...(reason ? { reason } : {}),
    levels: named,
    ...(changing ? { until: changing.until } : {}),
    ...(changing?.next
      ? { next: { ...changing.next, level: changing.level } }
      : {}),
  };
}

function gapReason(
  schedule: ScheduleSummary,
  levels: OnCallNowLevel[],
  empty: OnCallNowLevel[],
  problem: string | undefined,
  missing: string[],
): CoverageReason | undefined {
  if (problem !== undefined) {
    return {
      code: 'schedule-invalid',
      message: `The schedule ${schedule.title} cannot be worked out: ${problem}`,
      fix: `Correct the schedule ${schedule.title} where it is kept`,
    };
  }
  if (empty.length === 0 && levels.length > 0) {
    return undefined;
  }
  const nobody = empty.length === levels.length;
  const names = empty.map(level => level.name).join(', ');
  if (missing.length > 0) {
    return {
      code: nobody ? 'nobody' : 'level-empty',
      message: `The schedule ${
        schedule.title
      } has nobody on call on ${names}: it contains ${missing.join(
        ' and ',
      )}, which does not exist`,
      fix: `Correct the name in the schedule ${schedule.title}, or add who it names`,
    };
  }
  return {
    code: nobody ? 'nobody' : 'level-empty',
    message: nobody
      ? `The schedule ${schedule.title} has nobody on call at this time`
      : `The schedule ${schedule.title} has nobody on call on ${names} at this time`,
    fix: 'Add somebody by an override, or close the gap in the schedule: a restriction, a removal or an empty rotation leaves it',
  };
}

/** What an answer says of the schedule it comes from. Pure. */
export function summaryOf({
  version,
  assumed,
}: ScheduleInForce): ScheduleSummary {
  return {
    ref: version.scheduleRef,
    title: version.title,
    ownerRef: version.ownerRef,
    timeZone: version.schedule.timeZone,
    provider: 'native',
    version: {
      number: version.number,
      takenUpAt: new Date(version.takenUpAt).toISOString(),
      assumed,
    },
  };
}

/** Marks a schedule of the sample organisation as such. Pure. */
export function marked(
  schedule: ScheduleSummary,
  snapshot: CatalogSnapshot,
): ScheduleSummary {
  return snapshot.sampleSchedules.has(schedule.ref)
    ? { ...schedule, sampleData: true }
    : schedule;
}

/**
 * Whether somebody may propose a change of a schedule here: those of providers are changed there. Who owns it now decides, whenever the answer is
 * of. Pure.
 */
function canChange(
  schedule: ScheduleSummary,
  viewer: Pick<Viewer, 'mayPropose'> | undefined,
  present: InForce,
): boolean {
  const ownerRef = present.get(schedule.ref)?.version.ownerRef;
  return (
    schedule.provider === 'native' &&
    ownerRef !== undefined &&
    (viewer?.mayPropose?.(ownerRef) ?? false)
  );
}

function keyOf(found: Resolution['found']): string | undefined {
  if (!found) {
    return undefined;
  }
  return 'scheduleRef' in found
    ? found.scheduleRef
    : `${found.provider}:${found.scheduleId}`;
}

/** An override as the API tells it. Pure. */
export function toStored(version: OverrideVersion): StoredOverride {
  return {
    id: version.id,
    scheduleRef: version.scheduleRef,
    type: version.type,
    person: version.person,
    ...(version.with ? { with: version.with } : {}),
    from: new Date(version.from).toISOString(),
    to: new Date(version.to).toISOString(),
    ...(version.level ? { level: version.level } : {}),
    ...(version.reason ? { reason: version.reason } : {}),
    createdAt: new Date(version.takenUpAt).toISOString(),
    createdBy: version.author,
    changeId: version.changeId,
  };
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

const inEnglish = new Intl.Collator('en');

function compareText(a: string, b: string): number {
  return inEnglish.compare(a, b);
}

/** Whether two answers of a schedule say the same of the services it answers for; a provider's is another one each time. */
function coversAlike(a: ScheduleNow | undefined, b: ScheduleNow): boolean {
  return (
    a === b ||
    (a !== undefined &&
      a.coverage === b.coverage &&
      a.reason?.code === b.reason?.code &&
      a.reason?.message === b.reason?.message)
  );
}
