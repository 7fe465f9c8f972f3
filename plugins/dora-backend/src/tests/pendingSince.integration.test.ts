import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { resolve } from 'node:path';
import { ServiceMapping } from '../catalog/serviceMapping';
import { DatabaseDeliveryStore } from '../database/DatabaseDeliveryStore';
import { DatabaseFactStore } from '../database/DatabaseFactStore';
import { DERIVING_LOCK } from '../database/settings';
import { RetentionStore } from '../retention/RetentionStore';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const directory = resolve(__dirname, '../../migrations');
const TILL = 'component:default/till';
const mapping = ServiceMapping.create(
  [{ entityRef: TILL, repository: 'shop/till', sample: false }],
  [],
);

describe('since when the events of a service wait', () => {
  let knex: Knex;
  let delivery: DatabaseDeliveryStore;
  let facts: DatabaseFactStore;
  let id: number;

  const recorded = () => knex('dirty_service').insert({ service_id: id });
  const pending = async () => (await facts.backlog()).pending;

  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    await knex.migrate.latest({ directory });
    delivery = DatabaseDeliveryStore.create({ knex });
    facts = DatabaseFactStore.create({ knex });
    [{ id }] = await knex('service')
      .insert({ entity_ref: TILL })
      .returning('id');
  });

  it('is known of what was just recorded', async () => {
    await recorded();
    expect(await pending()).toEqual([
      {
        serviceRef: TILL,
        since: expect.any(Number),
        waitedSeconds: expect.any(Number),
      },
    ]);
  });

  it('is the moment a component came into the catalog that no event had named, and not known of one that had', async () => {
    await knex('target').insert({
      key: '00000000-0000-0000-0000-000000000001',
      hint: JSON.stringify({ repository: 'shop/scale' }),
      unresolved: 'unknown_service',
    });
    const added = (name: string) => ({
      entityRef: `component:default/${name}`,
      repository: `shop/${name}`,
      sample: false,
    });
    await delivery.applyMapping(
      ServiceMapping.create([added('oven'), added('scale')], []),
    );
    const waits = await pending();
    expect(waits).toHaveLength(2);
    expect(waits).toEqual(
      expect.arrayContaining([
        {
          serviceRef: 'component:default/oven',
          since: expect.any(Number),
          waitedSeconds: expect.any(Number),
        },
        { serviceRef: 'component:default/scale' },
      ]),
    );
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'the catalog gives it a repository with older events',
      () => delivery.applyMapping(mapping),
    ],
    [
      'the catalog knows at last what older events name',
      async () => {
        await delivery.applyMapping(mapping);
        await knex('dirty_service').delete();
        await knex('target').insert({
          key: '00000000-0000-0000-0000-000000000001',
          hint: JSON.stringify({ repository: 'shop/till' }),
          unresolved: 'unknown_service',
        });
        expect(await delivery.resolveUnresolved(mapping)).toBe(true);
      },
    ],
    [
      'settings change',
      async () => {
        await delivery.applySettings('one');
        await knex('dirty_service').delete();
        expect(await delivery.applySettings('another')).toBe(true);
      },
    ],
    [
      'all events were read anew',
      () =>
        delivery.replay(() => {
          throw new Error('There is no event');
        }, mapping),
    ],
    [
      'facts are kept for longer again',
      async () => {
        const retention = RetentionStore.create({ knex });
        await retention.keepFactsFrom(Date.UTC(2026, 0, 1));
        await retention.keepFactsFrom(undefined);
      },
    ],
    [
      'it is tried again after a failure',
      async () => {
        await knex('service').update({ facts_error: 'it holds a cycle' });
        await facts.resume();
      },
    ],
  ])('is not known when %s, whatever comes then', async (_, change) => {
    await change();
    expect(await pending()).toEqual([{ serviceRef: TILL }]);
    await recorded();
    expect(await pending()).toEqual([{ serviceRef: TILL }]);
  });

  it('is not known once it was set aside: marks are gone, and their events are not counted', async () => {
    await recorded();
    const marks = (await knex('dirty_service')).map(row => String(row.id));
    expect(await facts.setAside(id, marks, 'it holds a cycle')).toBe(true);
    await recorded();
    expect(await facts.backlog()).toMatchObject({
      pending: [{ serviceRef: TILL }],
      failed: [TILL],
    });
    expect((await pending())[0]).not.toHaveProperty('since');
  });

  it('is not known of what waits when a portal is updated, and waits for derivations only', async () => {
    let undone: string[];
    do {
      [, undone] = await knex.migrate.down({ directory });
    } while (!undone[0].endsWith('_pending_since.js'));
    expect(await knex.schema.hasColumn('dirty_service', 'marked_at')).toBe(
      false,
    );
    await recorded();

    const derivation = await knex.transaction();
    await derivation.raw('SELECT pg_advisory_xact_lock_shared(?)', [
      DERIVING_LOCK,
    ]);
    await derivation('dirty_service').where({ service_id: 0 }).delete();
    const update = knex.migrate.latest({ directory });
    const waiting = () =>
      knex('pg_locks')
        .where({ locktype: 'advisory', granted: false })
        .whereRaw(
          'database = (SELECT oid FROM pg_database WHERE datname = current_database())',
        );
    for (const until = Date.now() + 20_000; (await waiting()).length === 0; ) {
      expect(Date.now()).toBeLessThan(until);
    }
    // The table is free meanwhile: events are recorded.
    await recorded();
    await derivation.commit();
    await update;

    expect(await pending()).toEqual([{ serviceRef: TILL }]);
    await knex('dirty_service').delete();
    await recorded();
    expect(await pending()).toMatchObject([
      { serviceRef: TILL, since: expect.any(Number) },
    ]);
  });
});
