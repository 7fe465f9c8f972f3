import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { deriveFacts, deriveHistory } from '@pavedroad/plugin-dora-common';
import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import { Knex } from 'knex';
import {
  component,
  deployed,
  sha,
  startDora,
} from '../__testUtils__/startDora';
import { CatalogServiceDirectory } from '../catalog/CatalogServiceDirectory';
import { DatabaseDeliveryStore } from '../database/DatabaseDeliveryStore';
import { DatabaseFactStore } from '../database/DatabaseFactStore';
import { RetentionStore } from '../retention/RetentionStore';
import { IngestService } from '../service/IngestService';
import { ReplayService } from '../service/ReplayService';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

const source = (normaliserVersion: number): DeliveryEventSource => ({
  id: 'ci',
  normaliserVersion,
  understands: () => false,
  normalise: () => ({ outcome: 'accepted', events: [] }),
});

/** What a backend with a source of a version does about it. */
function backend(
  store: DatabaseDeliveryStore,
  version: number,
  patienceMilliseconds?: number,
): ReplayService {
  const logger = mockServices.rootLogger();
  const sources = [source(version)];
  const directory = CatalogServiceDirectory.create({
    catalog: catalogServiceMock(),
    auth: mockServices.auth(),
    logger,
    rules: [],
  });
  return ReplayService.create({
    store,
    sources,
    directory,
    ingest: IngestService.create({
      store,
      sources,
      directory,
      logger,
      timeLimits: { earliest: 0, maxFutureMilliseconds: 0 },
      onRecorded: () => {},
    }),
    logger,
    onDone: () => {},
    ...(patienceMilliseconds !== undefined && { patienceMilliseconds }),
  });
}

async function migrated(): Promise<Knex> {
  const knex = await databases.init('POSTGRES_18');
  await (await startDora({ knex })).stop();
  return knex;
}

/** Until no run is under way, at most 10 seconds. */
async function ended(store: DatabaseDeliveryStore): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await store.replaying()) && Date.now() < deadline) {
    await new Promise(done => {
      setTimeout(done, 20);
    });
  }
}

/** Until so many wait for a lock, at most 10 seconds. */
async function waiting(knex: Knex, count: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { rows } = await knex.raw(
      `SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE NOT granted AND datname = current_database()`,
    );
    if (rows.length >= count || Date.now() > deadline) {
      return;
    }
    await new Promise(done => {
      setTimeout(done, 20);
    });
  }
}

describe('the inbox is normalised anew', () => {
  it('when what was being derived is written, for that must not see half of it', async () => {
    const knex = await migrated();
    const ref = 'component:default/checkout';
    const dora = await startDora({ knex, entities: [component('checkout')] });
    await dora.send([deployed(ref, sha('a1'), '2026-05-01T12:00:00Z')]);
    await dora.settled();
    await dora.stop();
    const facts = DatabaseFactStore.create({ knex });
    const store = DatabaseDeliveryStore.create({ knex });
    const order: string[] = [];
    const blocker = await knex.transaction();
    await blocker.raw('LOCK TABLE target IN ACCESS EXCLUSIVE MODE');
    const deriving = facts
      .deriveService(ref, {
        history: (_, input) =>
          deriveHistory({ ...input, serviceRef: ref, config: {} }),
        facts: deriveFacts,
      })
      .then(() => order.push('derived'));
    await waiting(knex, 1);
    const beginning = store
      .beginReplay({ ci: 2 })
      .then(() => order.push('begun'));
    await Promise.race([waiting(knex, 2), beginning]);
    await blocker.rollback();
    await Promise.all([deriving, beginning]);
    expect(order).toEqual(['derived', 'begun']);
  });

  it('knowing which payloads are no longer kept, the first that are dropped among them', async () => {
    const knex = await migrated();
    const dora = await startDora({ knex, entities: [component('checkout')] });
    await dora.send([
      deployed('component:default/checkout', sha('a1'), '2026-05-01T12:00:00Z'),
    ]);
    await dora.settled();
    await dora.stop();
    const store = DatabaseDeliveryStore.create({ knex });
    const blocker = await knex.transaction();
    await blocker.raw('LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE');
    const dropping = RetentionStore.create({ knex }).dropRawPayloads(
      new Date(Date.now() + 60_000),
    );
    await waiting(knex, 1);
    const beginning = store.beginReplay({ ci: 2 });
    await waiting(knex, 2);
    await blocker.rollback();
    await beginning;
    expect(await dropping).toBe(1);
    expect(await store.replaying()).toMatchObject({
      stage: 'kept',
      droppedTo: '1',
    });
  });

  it('by the newest, though an older one decides at the same moment', async () => {
    const knex = await migrated();
    const store = DatabaseDeliveryStore.create({ knex });
    const newer = backend(store, 2);
    const slow = DatabaseDeliveryStore.create({ knex });
    const read = slow.normaliserVersions.bind(slow);
    const between = jest
      .spyOn(slow, 'normaliserVersions')
      .mockImplementationOnce(async () => {
        const versions = await read();
        await newer.start();
        return versions;
      });
    const older = backend(slow, 1);
    await older.start();
    expect(between).toHaveBeenCalledTimes(2);
    await ended(store);
    await Promise.all([newer.stop(), older.stop()]);
    expect((await store.normaliserVersions()).ci).toBe(2);
  });

  it('by the older one, when the newer one that began was taken back', async () => {
    const knex = await migrated();
    const store = DatabaseDeliveryStore.create({ knex });
    const old = backend(store, 1);
    await old.start();
    await ended(store);
    await store.beginReplay({
      ...(await store.normaliserVersions()),
      ci: 2,
    });
    const patient = backend(store, 1);
    const restarted = backend(store, 1, 300);
    await patient.start();
    await restarted.start();
    await ended(store);
    await Promise.all([old.stop(), patient.stop(), restarted.stop()]);
    expect(await store.replaying()).toBe(undefined);
    expect((await store.normaliserVersions()).ci).toBe(1);
  });

  it('by nobody else, as long as somebody goes on with it', async () => {
    const knex = await migrated();
    const store = DatabaseDeliveryStore.create({ knex });
    await store.beginReplay({ ci: 2 });
    const old = backend(store, 1, 1_000);
    await old.start();
    for (let go = 0; go < 15; go++) {
      const state = (await store.replaying())!;
      expect(state.versions).toEqual({ ci: 2 });
      await knex('setting')
        .where({ name: 'replay' })
        .update({ value: JSON.stringify({ ...state, after: String(go) }) });
      await new Promise(done => {
        setTimeout(done, 100);
      });
    }
    await old.stop();
  });
});
