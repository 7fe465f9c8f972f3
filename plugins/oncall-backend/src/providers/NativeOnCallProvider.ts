import type { Entity } from '@backstage/catalog-model';
import {
  fullRef,
  ON_CALL_SCHEDULE_ANNOTATION,
  onCallAt,
  parseInstant,
  parseWindow,
  type Shift,
} from '@pavedroad/plugin-oncall-common';
import type {
  OnCallProvider,
  ProviderAnswer,
  ProviderMatch,
} from '@pavedroad/plugin-oncall-node';

import { nestedRefs, shiftsThroughHistory } from '../service/history';
import type { ScheduleStates } from '../service/ScheduleStates';
import type { History, OnCallStore } from '../store/OnCallStore';

/** The portal's own schedules, by the same interface as any other provider. */
export class NativeOnCallProvider implements OnCallProvider {
  readonly id = 'native';
  readonly title = 'Schedules of the portal';

  constructor(
    private readonly states: ScheduleStates,
    private readonly store: Pick<OnCallStore, 'historyOf'>,
    private readonly clock: () => number,
  ) {}

  match(entity: Entity): ProviderMatch | undefined {
    const scheduleId = fullRef(
      entity.metadata.annotations?.[ON_CALL_SCHEDULE_ANNOTATION],
      {
        kind: 'oncallschedule',
        namespace: entity.metadata.namespace ?? 'default',
      },
    );
    return scheduleId
      ? { scheduleId, annotation: ON_CALL_SCHEDULE_ANNOTATION }
      : undefined;
  }

  async onCallAt(
    scheduleId: string,
    instant: string,
  ): Promise<ProviderAnswer | undefined> {
    const inForce = await this.states.at(parseInstant(instant, 'instant'));
    const state = inForce.get(scheduleId);
    return (
      state && {
        title: state.version.title,
        timeZone: state.schedule.timeZone,
        levels: onCallAt(state.schedule, instant, {
          lookup: ref => inForce.get(ref)?.schedule,
        }),
      }
    );
  }

  async shiftsBetween(
    scheduleId: string,
    window: { from: string; to: string },
  ): Promise<Shift[] | undefined> {
    const { from, to } = parseWindow(window);
    const history = await this.#historyWithNested(scheduleId, from);
    if (history.schedules.length === 0) {
      return undefined;
    }
    return shiftsThroughHistory(
      history,
      scheduleId,
      { from, to },
      this.clock(),
    );
  }

  /** The history of a schedule and of all that any version of it contains. */
  async #historyWithNested(ref: string, endsAfter: number): Promise<History> {
    const history: History = { schedules: [], overrides: [] };
    const seen = new Set<string>();
    let wanted = [ref];
    while (wanted.length > 0) {
      wanted.forEach(name => seen.add(name));
      const part = await this.store.historyOf(wanted, endsAfter);
      history.schedules.push(...part.schedules);
      history.overrides.push(...part.overrides);
      wanted = [
        ...new Set(part.schedules.flatMap(v => nestedRefs(v.schedule))),
      ].filter(name => !seen.has(name));
    }
    return history;
  }
}
