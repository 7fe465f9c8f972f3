import type { Entity } from '@backstage/catalog-model';
import { parseOnCallSchedule } from '@pavedroad/plugin-oncall-common';
import {
  annotatedComponent,
  providerContract,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { ScheduleStates } from '../service/ScheduleStates';
import type { History } from '../store/OnCallStore';
import { NativeOnCallProvider } from './NativeOnCallProvider';

const AT = '2026-06-03T12:00:00.000Z';
const INES = 'user:default/ines.duarte';
const TOMAS = 'user:default/tomas.reis';
const annotation = 'pavedroad.dev/on-call-schedule';
const named = (name: string): Entity =>
  annotatedComponent({ [annotation]: name });

const history: History = {
  schedules: [
    {
      scheduleRef: 'oncallschedule:default/payments',
      title: 'Payments on call',
      ownerRef: 'group:default/payments',
      number: 1,
      removed: false,
      takenUpAt: Date.parse('2026-01-01T00:00:00Z'),
      schedule: parseOnCallSchedule({
        timeZone: 'Europe/Lisbon',
        levels: [
          {
            name: 'Primary',
            layers: [
              {
                rotation: {
                  participants: [INES, TOMAS],
                  start: '2026-06-01T09:00',
                  unit: 'week',
                  length: 1,
                },
              },
            ],
          },
          { layers: [{ people: ['user:default/marcus.weber'] }] },
          { layers: [{ people: [] }] },
        ],
      }),
    },
  ],
  overrides: [],
};

/** The same whatever the moment: this schedule has one version. */
const store = {
  revision: async () => '1',
  current: async () => history,
  inForceAt: async () => history,
  historyOf: async (refs: string[] | undefined) => ({
    schedules: history.schedules.filter(
      version => !refs || refs.includes(version.scheduleRef),
    ),
    overrides: [],
  }),
};

describe('schedules of the portal as a provider', () => {
  const clock = () => Date.parse(AT);
  const provider = new NativeOnCallProvider(
    new ScheduleStates(store, clock),
    store,
    clock,
  );

  it.each(
    providerContract(() => ({
      provider,
      entity: named('payments'),
      annotation,
      unknown: named('none'),
      at: AT,
      window: { from: '2026-06-01T08:00:00Z', to: '2026-06-20T00:00:00Z' },
      expected: {
        title: 'Payments on call',
        timeZone: 'Europe/Lisbon',
        levels: [
          {
            level: 1,
            name: 'Primary',
            people: [
              {
                person: INES,
                layer: 1,
                turn: 0,
                until: '2026-06-08T09:00:00+01:00',
              },
            ],
            until: '2026-06-08T09:00:00+01:00',
            next: { from: '2026-06-08T09:00:00+01:00', people: [TOMAS] },
          },
          {
            level: 2,
            people: [{ person: 'user:default/marcus.weber', layer: 1 }],
          },
          { level: 3, people: [] },
        ],
      },
    })),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });
});
