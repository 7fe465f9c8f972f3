import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  loadOf,
  turnsOf,
  type LoadAnswer,
  type LoadEvent,
  type LoadShift,
  type RecoveryAnswer,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor } from '../catalog/CatalogSnapshot';
import type { PageStore } from '../store/PageStore';
import { answersFor, groupAndAbove } from './groups';
import type { Incident, IncidentReader } from './IncidentReader';
import { containment } from './history';
import type { ScheduleStates } from './ScheduleStates';
import type { ReadShifts, ShiftReader } from './ShiftReader';

/** Fewer recoveries than that say little, as with the medians of the delivery metrics. */
const ENOUGH = 6;

/** Who asks. */
export type LoadCaller = {
  ownershipRefs: string[];
  /** Administrators and services. */
  seesAll: boolean;
};

/** What being on call weighs, and how long recovery takes. */
export class LoadService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      shifts: ShiftReader;
      pages: Pick<PageStore, 'pagesBetween'>;
      incidents: IncidentReader;
      clock: () => number;
    },
  ) {}

  /**
   * What everybody carried on one schedule, or on those of a group and the groups below it, in a window in milliseconds.
   * @throws NotFoundError for a schedule or group that does not exist; NotAllowedError for others than members of the group, of groups below
   * and above it, and administrators; InputError for an unknown zone.
   */
  async load(
    query: {
      from: number;
      to: number;
      scheduleRef?: string;
      groupRef?: string;
      timeZone?: string;
    },
    caller: LoadCaller,
  ): Promise<LoadAnswer> {
    const { clock, directory, incidents, pages, shifts, states } = this.parts;
    const { from, to, scheduleRef, groupRef } = query;
    const snapshot = await directory.snapshot();
    const present = await states.present();
    const state =
      scheduleRef === undefined ? undefined : present.get(scheduleRef);
    if (scheduleRef !== undefined && !state) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    if (groupRef !== undefined && !snapshot.entities.has(groupRef)) {
      throw new NotFoundError(`The catalog has no ${groupRef}`);
    }
    const owner = state?.version.ownerRef ?? groupRef;
    if (owner === undefined) {
      throw new InputError('One of schedule and group is needed');
    }
    if (!caller.seesAll && !answersFor(snapshot, caller.ownershipRefs, owner)) {
      throw new NotAllowedError(
        `What people carry is shown to members of ${owner}, of groups below and above it, and administrators`,
      );
    }
    const scheduleRefs = [...present]
      .filter(([ref, { version }]) =>
        scheduleRef === undefined
          ? groupAndAbove(snapshot, version.ownerRef).includes(owner)
          : ref === scheduleRef,
      )
      .map(([ref]) => ref)
      .sort();
    const timeZone =
      query.timeZone ??
      commonZone(scheduleRefs.map(ref => present.get(ref)!.schedule.timeZone));
    const [read, sent, opened] = await Promise.all([
      shifts.read(scheduleRefs, { from, to }),
      pages.pagesBetween({ scheduleRefs, from, to }),
      incidents.opened({ from, to }),
    ]);
    const own = (opened.known ? opened.incidents : []).filter(
      incident =>
        incident.scheduleRef !== undefined &&
        scheduleRefs.includes(incident.scheduleRef),
    );
    const loads = loadOf({
      from,
      to,
      timeZone,
      shifts: dutiesOnce(read, containment(present)),
      pages: sent.map(page => ({
        at: page.createdAt,
        people: page.people.map(({ person }) => person),
      })),
      incidents: withFirstLevel(own, read),
    });
    const notes: LoadAnswer['notes'] = [];
    if (!opened.known) {
      notes.push({ code: 'incidents-unknown', message: opened.reason });
    } else if (opened.truncated) {
      notes.push({
        code: 'incidents-truncated',
        message:
          'There are more incidents than are counted; take a shorter time',
      });
    }
    notes.push({
      code: 'pages-known',
      message:
        'Pages are those sent from the portal, and those that providers tell of by webhook',
    });
    if ([...read.values()].some(({ knownSince = from }) => from < knownSince)) {
      notes.push({
        code: 'history-assumed',
        message:
          'Before the portal knew a schedule, its first version is assumed',
      });
    }
    if (to > clock()) {
      notes.push({
        code: 'ahead',
        message: 'A part of the time lies ahead, as the schedules are now',
      });
    }
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      timeZone,
      scheduleRefs,
      people: loads.map(({ person, ...load }) => ({
        person: contactFor(snapshot, person),
        ...load,
        seconds: Math.round(load.seconds),
        nightSeconds: Math.round(load.nightSeconds),
        weekendSeconds: Math.round(load.weekendSeconds),
        coveredForOthersSeconds: Math.round(load.coveredForOthersSeconds),
      })),
      totals: {
        // Of what is shown, so that it adds up.
        seconds: loads.reduce(
          (total, load) => total + Math.round(load.seconds),
          0,
        ),
        pages: sent.length,
        incidents: own.length,
      },
      notes,
    };
  }

  /** Incidents opened in a window in milliseconds by the schedule that answered for their service then, most incidents first. */
  async recovery(window: {
    from: number;
    to: number;
  }): Promise<RecoveryAnswer> {
    const { directory, incidents, states } = this.parts;
    await directory.snapshot();
    const present = await states.present();
    const opened = await incidents.opened(window);
    const groups = new Map<string | undefined, Incident[]>();
    for (const incident of opened.known ? opened.incidents : []) {
      const list = groups.get(incident.scheduleRef) ?? [];
      groups.set(incident.scheduleRef, list);
      list.push(incident);
    }
    return {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
      schedules: [...groups]
        .map(([scheduleRef, list]) => ({
          ...(scheduleRef === undefined ? {} : { scheduleRef }),
          title:
            scheduleRef === undefined
              ? 'No schedule of the portal'
              : present.get(scheduleRef)?.version.title ?? scheduleRef,
          ...recoveryOf(list),
        }))
        .sort(
          (a, b) =>
            b.incidents - a.incidents || a.title.localeCompare(b.title, 'en'),
        ),
    };
  }
}

/** How long recovery took: continuous percentiles over those that are over, in whole seconds. Pure. */
export function recoveryOf(
  incidents: Pick<Incident, 'durationSeconds' | 'resolvedAt'>[],
): Pick<
  RecoveryAnswer['schedules'][number],
  'incidents' | 'recovered' | 'p50Seconds' | 'p90Seconds' | 'status'
> {
  const times = incidents
    .filter(incident => incident.resolvedAt !== undefined)
    .flatMap(({ durationSeconds }) =>
      durationSeconds === undefined ? [] : [durationSeconds],
    )
    .sort((a, b) => a - b);
  const percentile = (share: number) => {
    const place = share * (times.length - 1);
    const below = times[Math.floor(place)];
    const above = times[Math.ceil(place)];
    return Math.round(below + (above - below) * (place - Math.floor(place)));
  };
  if (times.length === 0) {
    return { incidents: incidents.length, recovered: 0, status: 'no_data' };
  }
  return {
    incidents: incidents.length,
    recovered: times.length,
    p50Seconds: percentile(0.5),
    p90Seconds: percentile(0.9),
    status: times.length < ENOUGH ? 'insufficient_data' : 'ok',
  };
}

/**
 * The shifts of several schedules, those once that one has because it contains another: somebody who is on call on a schedule is so on all
 * that contain it, and that is one shift.
 */
function dutiesOnce(
  read: Map<string, ReadShifts>,
  contains: (outer: string, inner: string) => boolean,
): LoadShift[] {
  const shifts = new Map(
    [...read].map(([ref, { shifts: all }]) => [
      ref,
      turnsOf(all).flatMap(({ pieces }, index) =>
        pieces.map(shift => ({
          person: shift.person,
          from: Date.parse(shift.from),
          to: Date.parse(shift.to),
          standsIn: shift.replaces !== undefined,
          turn: `${ref} ${index}`,
        })),
      ),
    ]),
  );
  return [...shifts].flatMap(([ref, own]) => {
    const inside = [...shifts].flatMap(([inner, list]) =>
      contains(ref, inner) ? list : [],
    );
    return own.filter(
      shift =>
        !inside.some(
          other =>
            other.person === shift.person &&
            other.from <= shift.from &&
            other.to >= shift.to,
        ),
    );
  });
}

/** Each incident with whoever was on the first level of its schedule when it was opened. */
function withFirstLevel(
  incidents: Incident[],
  read: Map<string, ReadShifts>,
): LoadEvent[] {
  return incidents.map(({ openedAt, scheduleRef }) => ({
    at: openedAt,
    people: (read.get(scheduleRef!)?.shifts ?? [])
      .filter(
        shift =>
          shift.level === 1 &&
          Date.parse(shift.from) <= openedAt &&
          Date.parse(shift.to) > openedAt,
      )
      .map(shift => shift.person),
  }));
}

/** The zone that all share, or UTC. */
function commonZone(zones: string[]): string {
  return new Set(zones).size === 1 ? zones[0] : 'Etc/UTC';
}
