import { mockServices } from '@backstage/backend-test-utils';
import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type { Shift } from '@pavedroad/plugin-oncall-common';

import { buildSnapshot } from '../catalog/CatalogSnapshot';
import type { Handoff } from '../store/HandoverStore';
import { HandoverService } from './HandoverService';
import type { ScheduleInForce } from './history';

const NOW = Date.parse('2026-06-01T09:00:20Z');
const PAY = 'oncallschedule:default/pay';
const shift = (person: string, from: string, to: string): Shift => ({
  person: `user:default/${person}`,
  level: 1,
  from,
  to,
});
const state: ScheduleInForce = {
  assumed: false,
  version: {
    scheduleRef: PAY,
    title: 'Pay',
    ownerRef: 'group:default/pay',
    schedule: {
      timeZone: 'Europe/Lisbon',
      levels: [{ name: 'Primary', layers: [] }],
    },
    number: 1,
    removed: false,
    takenUpAt: 0,
  },
  schedule: {
    timeZone: 'Europe/Lisbon',
    levels: [{ name: 'Primary', layers: [] }],
  },
};

/** A back end over notes that all back ends share. */
function backEnd(options: {
  told: Set<string>;
  sent: NotificationSendOptions[];
  fails?: boolean;
}) {
  const keyOf = (handoff: Handoff) => JSON.stringify(handoff);
  const unused = async () => {
    throw new Error('Not asked for');
  };
  const present = new Map([[PAY, state]]);
  return new HandoverService({
    directory: { snapshot: async () => buildSnapshot([]) } as never,
    states: { present: async () => present } as never,
    shifts: {
      read: async () =>
        new Map([
          [
            PAY,
            {
              state,
              shifts: [
                shift('ann', '2026-05-25T09:00:00Z', '2026-06-01T09:00:00Z'),
                shift('bob', '2026-06-01T09:00:00Z', '2026-06-08T09:00:00Z'),
                shift('ann', '2026-06-08T09:00:00Z', '2026-06-15T09:00:00Z'),
              ],
            },
          ],
        ]),
    } as never,
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
    clock: () => NOW,
  });
}

it('tells who comes on call until when and of open notes, once over several back ends', async () => {
  const told = new Set<string>();
  const sent: NotificationSendOptions[] = [];
  expect(await backEnd({ told, sent }).tellOfHandoffs()).toBe(1);
  expect(await backEnd({ told, sent }).tellOfHandoffs()).toBe(0);
  expect(sent).toEqual([
    {
      recipients: { type: 'entity', entityRef: 'user:default/bob' },
      payload: expect.objectContaining({
        title: 'You are on call: Pay, Primary',
        description:
          'Until 2026-06-08 10:00 (Europe/Lisbon).\n1 open note from the shifts before.',
      }),
    },
  ]);
});

it('tries again when nobody could be told', async () => {
  const told = new Set<string>();
  const sent: NotificationSendOptions[] = [];
  expect(await backEnd({ told, sent, fails: true }).tellOfHandoffs()).toBe(0);
  expect(await backEnd({ told, sent }).tellOfHandoffs()).toBe(1);
});
