import { isError } from '@backstage/errors';
import {
  peopleNamed,
  shiftsBetween,
  type Shift,
} from '@pavedroad/plugin-oncall-common';

import type { History, OnCallStore } from '../store/OnCallStore';
import {
  nestedRefs,
  shiftsThroughHistory,
  type ScheduleInForce,
} from './history';
import type { InForce, ScheduleStates } from './ScheduleStates';

/** The shifts of one schedule, or why they cannot be worked out. */
export type ReadShifts = {
  state: ScheduleInForce;
  shifts: Shift[];
  problem?: string;
  /** When the portal took up its first version, in milliseconds: shifts before are assumed. Undefined for a window that lies ahead. */
  knownSince?: number;
};

/** Works out the shifts of many schedules at once, each moment by the versions in force then. */
export class ShiftReader {
  constructor(
    private readonly parts: {
      states: ScheduleStates;
      store: Pick<OnCallStore, 'historyOf'>;
      clock: () => number;
    },
  ) {}

  /**
   * The shifts of some schedules in a window in milliseconds, cut to it, by the refs of the schedules, in the order asked for. Schedules that
   * are not in force now are left out, and for the shifts of one person also those that name the person in no version that counts.
   */
  async read(
    scheduleRefs: string[],
    window: { from: number; to: number },
    person?: string,
  ): Promise<Map<string, ReadShifts>> {
    const { clock, states } = this.parts;
    const present = await states.present();
    let wanted = scheduleRefs.filter(ref => present.has(ref));
    const now = clock();
    const text = {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
    };
    const knownSince = new Map<string, number>();
    let shiftsOf = (ref: string) =>
      shiftsBetween(present.get(ref)!.schedule, text, {
        lookup: name => present.get(name)?.schedule,
      });
    if (window.from >= now - 1000) {
      wanted = wanted.filter(
        ref =>
          person === undefined ||
          peopleNamed(
            present.get(ref)!.schedule,
            name => present.get(name)?.schedule,
          ).has(person),
      );
    } else if (wanted.length > 0) {
      const { history, closureOf } = await this.#historyOf(
        wanted,
        present,
        window.from,
      );
      if (person !== undefined) {
        const naming = schedulesNaming(person, history);
        wanted = wanted.filter(ref =>
          [...closureOf(ref)].some(name => naming.has(name)),
        );
      }
      for (const { scheduleRef, takenUpAt } of history.schedules) {
        knownSince.set(
          scheduleRef,
          Math.min(knownSince.get(scheduleRef) ?? Infinity, takenUpAt),
        );
      }
      shiftsOf = ref => {
        const names = closureOf(ref);
        return shiftsThroughHistory(
          {
            schedules: history.schedules.filter(v => names.has(v.scheduleRef)),
            overrides: history.overrides.filter(v => names.has(v.scheduleRef)),
          },
          ref,
          window,
          now,
        );
      };
    }
    return new Map(
      wanted.map(ref => {
        const state = present.get(ref)!;
        const since = knownSince.get(ref);
        const known = since === undefined ? {} : { knownSince: since };
        try {
          return [ref, { state, shifts: shiftsOf(ref), ...known }];
        } catch (error) {
          if (isError(error) && error.name === 'InputError') {
            return [
              ref,
              { state, shifts: [], problem: error.message, ...known },
            ];
          }
          throw error;
        }
      }),
    );
  }

  /** The history of some schedules and of all that any version of them contains. */
  async #historyOf(
    scheduleRefs: string[],
    present: InForce,
    endsAfter: number,
  ): Promise<{
    history: History;
    closureOf: (ref: string) => Set<string>;
  }> {
    const history: History = { schedules: [], overrides: [] };
    const inside = new Map<string, Set<string>>();
    for (const [ref, { schedule }] of present) {
      inside.set(ref, new Set(nestedRefs(schedule)));
    }
    const closureOf = (...refs: string[]) => {
      const seen = new Set(refs);
      // A set hands out what is added while it is walked.
      for (const ref of seen) {
        inside.get(ref)?.forEach(name => seen.add(name));
      }
      return seen;
    };
    // What the versions of now contain is known before asking, so that one question is enough unless older ones contained others.
    const asked = new Set<string>();
    for (;;) {
      const names = [...closureOf(...scheduleRefs)].filter(
        name => !asked.has(name),
      );
      if (names.length === 0) {
        return { history, closureOf };
      }
      names.forEach(name => asked.add(name));
      const part = await this.parts.store.historyOf(names, endsAfter);
      history.schedules.push(...part.schedules);
      history.overrides.push(...part.overrides);
      for (const { scheduleRef, schedule } of part.schedules) {
        const set = inside.get(scheduleRef) ?? new Set();
        inside.set(scheduleRef, set);
        nestedRefs(schedule).forEach(name => set.add(name));
      }
    }
  }
}

/** The schedules of which a version, or an override of them, names a person; what they contain aside. */
function schedulesNaming(person: string, history: History): Set<string> {
  return new Set([
    ...history.schedules
      .filter(({ schedule }) =>
        peopleNamed(schedule, () => undefined).has(person),
      )
      .map(version => version.scheduleRef),
    ...history.overrides
      .filter(override => [override.person, override.with].includes(person))
      .map(override => override.scheduleRef),
  ]);
}
