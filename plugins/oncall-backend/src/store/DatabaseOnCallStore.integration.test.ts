import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';

import { DatabaseChangeStore } from './DatabaseChangeStore';
import { DatabaseOnCallStore } from './DatabaseOnCallStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const DAY = 86_400_000;
const START = Date.parse('2026-06-01T00:00:00Z');
const PAY = 'oncallschedule:default/pay';

describe('DatabaseOnCallStore', () => {
  let knex: Knex;
  let store: DatabaseOnCallStore;
  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    store = await DatabaseOnCallStore.create(mockServices.database({ knex }));
  });

  it('reads of the versions of a schedule those that still tell something', async () => {
    for (let i = 0; i < 5; i++) {
      await store.takeUp([
        {
          scheduleRef: PAY,
          title: `Pay ${i}`,
          ownerRef: 'group:default/pay',
          schedule: { timeZone: 'Etc/UTC', levels: [] },
        },
      ]);
    }
    for (let number = 1; number <= 5; number++) {
      await knex('schedule_versions')
        .where({ number })
        .update({ taken_up_at: new Date(START + number * DAY) });
    }
    const numbers = async (since: number) =>
      (await store.historyOf([PAY], since)).schedules.map(v => v.number);
    expect(await numbers(START)).toEqual([1, 2, 3, 4, 5]);
    expect(await numbers(START + 3.5 * DAY)).toEqual([1, 3, 4, 5]);
    // In force from the instant it was taken up.
    expect(await numbers(START + 4 * DAY)).toEqual([1, 4, 5]);
    expect(await numbers(START + 9 * DAY)).toEqual([1, 5]);
  });

  it('takes overrides back one by one and together at once, without one waiting for the other', async () => {
    const changes = new DatabaseChangeStore(knex);
    const takeBack = ({ id }: { id: string }) =>
      store.removeOverride(id, 'user:default/tomas');
    for (let i = 0; i < 10; i++) {
      const override = (days: number) => ({
        scheduleRef: PAY,
        type: 'add' as const,
        person: 'user:default/ines',
        from: Date.now() + days * DAY,
        to: Date.now() + (days + 1) * DAY,
      });
      const { change: made } = await changes.make(
        {
          kind: 'override',
          author: 'user:default/ines',
          overrides: [override(1), override(3), override(5)],
        },
        { endsAfter: Date.now(), decide: () => {} },
      );
      await Promise.all([
        ...made.overrides.map(takeBack),
        changes.undo(made.id, 'user:default/admin'),
      ]);
      const undone = (await changes.byId(made.id))!;
      expect(undone.overrides.map(o => o.takenBack)).toEqual([
        true,
        true,
        true,
      ]);
      expect(undone.undoneAt).toBeDefined();
    }
    const removals = await knex('override_versions').where({ removed: true });
    expect(removals).toHaveLength(30);
  });
});
