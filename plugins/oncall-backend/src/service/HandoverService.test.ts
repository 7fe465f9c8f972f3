import { mockServices } from '@backstage/backend-test-utils';
import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type {
  OnCallLayer,
  OnCallSchedule,
} from '@pavedroad/plugin-oncall-common';

import { buildSnapshot } from '../catalog/CatalogSnapshot';
import type { Handoff } from '../store/HandoverStore';
import type { OverrideVersion, ScheduleVersion } from '../store/OnCallStore';
import { HandoverService } from './HandoverService';
import { inForceAt } from './history';
import { ShiftReader } from './ShiftReader';

const MINUTE = 60_000;
const PAY = 'oncallschedule:default/pay';
const at = (text: string) => Date.parse(`2026-${text}:00Z`);
const user = (name: string) => `user:default/${name}`;

const turns = (
  names: string[],
  extra: Partial<NonNullable<OnCallLayer['rotation']>> = {},
): OnCallLayer => ({
  rotation: {
    participants: names.map(user),
    start: '2026-05-25T10:00',
    unit: 'week',
    length: 1,
    ...extra,
  },
});
/** Carl, every day at noon of Lisbon for an hour, in turns of a week from Monday at ten. */
const lunch = turns(['carl'], {
  restrictions: [{ from: '12:00', to: '13:00' }],
});
const fixed = (...names: string[]): OnCallLayer => ({
  people: names.map(user),
});
const override = (
  id: string,
  type: OverrideVersion['type'],
  person: string,
  from: string,
  to: string,
  stand?: string,
): OverrideVersion => ({
  id,
  number: 1,
  removed: false,
  author: user('dora'),
  changeId: id,
  takenUpAt: at('01-01T00:00'),
  scheduleRef: PAY,
  type,
  person: user(person),
  ...(stand ? { with: user(stand) } : {}),
  from: at(from),
  to: at(to),
});

/** A back end over notes that all back ends share, with the schedules and overrides given. */
function backEnd(options: {
  layers: OnCallLayer[];
  overrides?: OverrideVersion[];
  told: Set<string>;
  sent: NotificationSendOptions[];
  clock: () => number;
  fails?: boolean;
}) {
  const keyOf = (handoff: Handoff) => JSON.stringify(handoff);
  const unused = async () => {
    throw new Error('Not asked for');
  };
  const schedule: OnCallSchedule = {
    timeZone: 'Europe/Lisbon',
    levels: [{ name: 'Primary', layers: options.layers }],
  };
  const version: ScheduleVersion = {
    scheduleRef: PAY,
    title: 'Pay',
    ownerRef: 'group:default/pay',
    schedule,
    number: 1,
    removed: false,
    takenUpAt: 0,
  };
  const history = {
    schedules: [version],
    overrides: options.overrides ?? [],
  };
  const parts = {
    states: { present: async () => inForceAt(history, Infinity) } as never,
    clock: options.clock,
  };
  return new HandoverService({
    ...parts,
    directory: { snapshot: async () => buildSnapshot([]) } as never,
    shifts: new ShiftReader({
      ...parts,
      store: { historyOf: async () => history },
    }),
    notes: {
      add: unused,
      byId: unused,
      markRead: unused,
      setClosed: unused,
      list: async () => [
        {
          id: '1',
          scheduleRef: PAY,
          text: 'x',
          author: 'a',
          createdAt: 0,
          readBy: [],
        },
      ],
      claim: async handoff => !options.told.has(keyOf(handoff)),
      told: async handoff => {
        options.told.add(keyOf(handoff));
      },
      forgetBefore: async () => {},
    },
    incidents: {} as never,
    pages: { list: unused },
    notifications: {
      send: async notification => {
        if (options.fails) {
          throw new Error('Out of order');
        }
        options.sent.push(notification);
      },
    },
    logger: mockServices.logger.mock(),
  });
}

const NOW = at('06-01T09:00') + 20_000;
const start = () => ({
  layers: [turns(['ann', 'bob'])],
  told: new Set<string>(),
  sent: [] as NotificationSendOptions[],
  clock: () => NOW,
});

it('tells who comes on call until when and of open notes, once over several back ends', async () => {
  const setting = start();
  expect(await backEnd(setting).tellOfHandoffs()).toBe(1);
  expect(await backEnd(setting).tellOfHandoffs()).toBe(0);
  expect(setting.sent).toEqual([
    {
      recipients: { type: 'entity', entityRef: user('bob') },
      payload: expect.objectContaining({
        title: 'You are on call: Pay, Primary',
        description:
          'Until 2026-06-08 10:00 (Europe/Lisbon).\n1 open note from the shifts before.',
      }),
    },
  ]);
});

it('tries again when nobody could be told', async () => {
  const setting = start();
  expect(await backEnd({ ...setting, fails: true }).tellOfHandoffs()).toBe(0);
  expect(await backEnd(setting).tellOfHandoffs()).toBe(1);
});

/** All that is told from the end of May until the middle of June: when (UTC), whom, and until when (Lisbon). */
async function toldOf(
  layers: OnCallLayer[],
  overrides: OverrideVersion[] = [],
): Promise<string[]> {
  let now = at('05-31T00:00');
  const sent: NotificationSendOptions[] = [];
  const portal = backEnd({
    layers,
    overrides,
    told: new Set(),
    sent,
    clock: () => now,
  });
  const found: string[] = [];
  for (; now < at('06-17T00:00'); now += 10 * MINUTE) {
    await portal.tellOfHandoffs();
    for (const { recipients, payload } of sent.splice(0)) {
      const person =
        recipients.type === 'entity' ? String(recipients.entityRef) : '';
      found.push(
        [
          new Date(now).toISOString().slice(5, 16),
          person.slice(user('').length),
          payload.description
            ?.split('\n')[0]
            .replaceAll('2026-', '')
            .replace(' (Europe/Lisbon)', ''),
        ].join(' '),
      );
    }
  }
  return found;
}

it.each<[string, OnCallLayer[], OverrideVersion[], string[]]>([
  [
    'each turn once, although somebody has its lunches',
    [turns(['ann', 'bob']), lunch],
    [],
    [
      '06-01T09:00 bob Until 06-01 12:00; after breaks the shift goes on until 06-08 10:00.',
      '06-01T11:00 carl Until 06-01 13:00; after breaks the shift goes on until 06-07 13:00.',
      '06-08T09:00 ann Until 06-08 12:00; after breaks the shift goes on until 06-15 10:00.',
      '06-08T11:00 carl Until 06-08 13:00; after breaks the shift goes on until 06-14 13:00.',
      '06-15T09:00 bob Until 06-15 12:00; after breaks the shift goes on until 06-22 10:00.',
      '06-15T11:00 carl Until 06-15 13:00; after breaks the shift goes on until 06-21 13:00.',
    ],
  ],
  [
    'each turn once, although it is one of office hours',
    [
      turns(['ann', 'bob'], {
        restrictions: [
          { weekdays: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' },
        ],
      }),
    ],
    [],
    [
      '06-01T09:00 bob Until 06-01 17:00; after breaks the shift goes on until 06-08 10:00.',
      '06-08T09:00 ann Until 06-08 17:00; after breaks the shift goes on until 06-15 10:00.',
      '06-15T09:00 bob Until 06-15 17:00; after breaks the shift goes on until 06-22 10:00.',
    ],
  ],
  [
    'a deputy, and nobody when the deputy goes',
    [turns(['ann', 'bob'])],
    [
      override('1', 'replace', 'bob', '06-03T11:00', '06-03T12:00', 'carl'),
      override('2', 'replace', 'bob', '06-04T11:00', '06-04T12:00', 'carl'),
      override('3', 'remove', 'bob', '06-05T11:00', '06-05T12:00'),
    ],
    [
      '06-01T09:00 bob Until 06-03 12:00; after breaks the shift goes on until 06-08 10:00.',
      '06-03T11:00 carl Until 06-03 13:00.',
      '06-04T11:00 carl Until 06-04 13:00.',
      '06-08T09:00 ann Until 06-15 10:00.',
      '06-15T09:00 bob Until 06-22 10:00.',
    ],
  ],
  [
    'whom a shift begins later for, then',
    [turns(['ann', 'bob'])],
    [override('1', 'replace', 'bob', '06-01T08:00', '06-01T12:00', 'carl')],
    [
      '06-01T09:00 carl Until 06-01 13:00.',
      '06-01T12:00 bob Until 06-08 10:00.',
      '06-08T09:00 ann Until 06-15 10:00.',
      '06-15T09:00 bob Until 06-22 10:00.',
    ],
  ],
  [
    'the true end of a turn of two months',
    [
      turns(['ann', 'bob'], {
        start: '2026-04-01T10:00',
        unit: 'month',
        length: 2,
      }),
    ],
    [],
    ['06-01T09:00 bob Until 08-01 10:00.'],
  ],
  [
    'somebody who always has the next turn, too, that there is no end',
    [turns(['ann'], { start: '2026-06-02T10:00' }), lunch],
    [],
    [
      '06-01T11:00 carl Until 06-01 13:00; after breaks the shift goes on until 06-07 13:00.',
      '06-02T09:00 ann Until 06-02 12:00; after breaks the shift goes on, with no end in sight.',
      '06-08T11:00 carl Until 06-08 13:00; after breaks the shift goes on until 06-14 13:00.',
      '06-15T11:00 carl Until 06-15 13:00; after breaks the shift goes on until 06-21 13:00.',
    ],
  ],
  [
    'people who are always on call only when they come back after a week',
    [fixed('ann', 'bob')],
    [
      override('1', 'replace', 'ann', '06-01T11:00', '06-01T12:00', 'carl'),
      override('2', 'remove', 'ann', '06-02T11:00', '06-02T12:00'),
      override('3', 'remove', 'bob', '06-02T09:00', '06-11T09:00'),
    ],
    [
      '06-01T11:00 carl Until 06-01 13:00.',
      '06-11T09:00 bob No end is in sight.',
    ],
  ],
  [
    'each event of a calendar',
    [
      {
        calendar: {
          url: 'https://calendar.example.com/1',
          shifts: [3, 4].map(day => ({
            from: `2026-06-0${day}T09:00:00Z`,
            to: `2026-06-0${day}T17:00:00Z`,
            people: [user('ann')],
          })),
        },
      },
    ],
    [],
    [
      '06-03T09:00 ann Until 06-03 18:00.',
      '06-04T09:00 ann Until 06-04 18:00.',
    ],
  ],
])('tells of %s', async (_, layers, overrides, expected) => {
  expect(await toldOf(layers, overrides)).toEqual(expected);
});
