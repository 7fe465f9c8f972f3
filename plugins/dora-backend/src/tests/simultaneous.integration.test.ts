import { TestDatabases } from '@backstage/backend-test-utils';
import {
  deriveFacts,
  deriveHistory,
  DomainEvent,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { resolve } from 'node:path';
import { sha } from '../__testUtils__/startDora';
import { ServiceMapping } from '../catalog/serviceMapping';
import { DatabaseDeliveryStore } from '../database/DatabaseDeliveryStore';
import { DatabaseFactStore, DeriveFacts } from '../database/DatabaseFactStore';
import { InboxEntry } from '../database/DeliveryStore';
import { DOMAIN_EVENT_KIND } from '../database/domainEventKinds';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
/** Transactions that wrote the kind of event that is held up wait for it when they commit. */
const GATE = 4_711;
const TILL = 'component:default/till';
const REPOSITORY = 'shop/till';
const ARTIFACT = 'pkg:oci/till@sha256%3A1';

const derive: DeriveFacts = {
  history: ({ entityRef, sourcePath }, { events, graph }) =>
    deriveHistory({
      serviceRef: entityRef,
      events,
      graph,
      config: { sourcePath },
    }),
  facts: deriveFacts,
};

const mapping = ServiceMapping.create([{ entityRef: TILL, sample: false }], []);

function entry(id: string, event: DomainEvent): InboxEntry {
  return {
    event: {
      id,
      source: '/test',
      type: 'test',
      data: {},
      extensions: {},
      sample: false,
      receivedAt: '2026-05-01T12:00:00Z',
    },
    status: 'accepted',
    normaliser: 'test',
    normaliserVersion: 1,
    domainEvents: [event],
  };
}

const deployment = (
  id: string,
  at: string,
  more: { revision?: string; artifact?: string; repository?: string },
): DomainEvent => {
  const { repository, ...rest } = more;
  return {
    type: 'deployment',
    service: { entityRef: TILL, ...(repository && { repository }) },
    deploymentId: id,
    status: 'succeeded',
    at,
    environment: 'production',
    ...rest,
  };
};

const commitsOf = (...ids: string[]): DomainEvent => ({
  type: 'commits',
  repository: REPOSITORY,
  commits: ids.map((id, index) => ({
    id: sha(id),
    parents: index === 0 ? [] : [sha(ids[index - 1])],
    committedAt: `2026-05-01T0${index}:00:00Z`,
  })),
});

describe('events of one service that are recorded at the same moment', () => {
  let knex: Knex;
  let delivery: DatabaseDeliveryStore;
  let facts: DatabaseFactStore;

  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    await knex.migrate.latest({
      directory: resolve(__dirname, '../../migrations'),
    });
    delivery = DatabaseDeliveryStore.create({ knex });
    facts = DatabaseFactStore.create({ knex });
    await delivery.applyMapping(mapping);
  });

  const settle = async () => {
    while ((await facts.deriveNext(derive, 10)) > 0) {
      // Until nothing waits.
    }
  };

  /** Waits until so many wait for a lock, or the work is done. */
  async function untilBlocked(count: number, work: Promise<unknown>) {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    while (!done) {
      const { rows } = await knex.raw(
        `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
         WHERE NOT granted AND datname = current_database()`,
      );
      if (rows.length >= count) {
        return;
      }
      await new Promise(wait => {
        setTimeout(wait, 10);
      });
    }
  }

  it.each<[string, DomainEvent[], DomainEvent, DomainEvent]>([
    [
      'a build and the deployment of its artifact',
      [commitsOf('a', 'b')],
      {
        type: 'build',
        artifact: ARTIFACT,
        revision: sha('b'),
        finishedAt: '2026-05-01T03:00:00Z',
      },
      deployment('2', '2026-05-01T05:00:00Z', {
        artifact: ARTIFACT,
        repository: REPOSITORY,
      }),
    ],
    [
      'commits and the first deployment that names their repository',
      [commitsOf('a')],
      commitsOf('a', 'b'),
      deployment('2', '2026-05-01T05:00:00Z', {
        revision: sha('b'),
        repository: REPOSITORY,
      }),
    ],
  ])(
    'find each other, whoever comes first: %s',
    async (_, before, said, other) => {
      await delivery.record(
        [
          entry(
            '0',
            deployment('1', '2026-05-01T01:30:00Z', { revision: sha('a') }),
          ),
          ...before.map((event, index) => entry(`before ${index}`, event)),
        ],
        mapping,
      );
      await settle();
      await knex.raw(`
        CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN PERFORM pg_advisory_xact_lock_shared(${GATE}); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON domain_event
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
          WHEN (NEW.kind = ${DOMAIN_EVENT_KIND[said.type]})
          EXECUTE FUNCTION wait_at_gate()`);
      const gate = await knex.transaction();
      await gate.raw('SELECT pg_advisory_xact_lock(?)', [GATE]);

      const first = delivery.record([entry('1', said)], mapping);
      await untilBlocked(1, first);
      const second = delivery.record([entry('2', other)], mapping);
      await untilBlocked(2, second);
      // The worker is quick: it derives what is there.
      await settle();
      await gate.commit();
      await Promise.all([first, second]);
      await settle();

      const row = await knex('deployment')
        .orderBy('finished_at', 'desc')
        .first();
      expect(row.fact.revision).toBe(sha('b'));
      const changes = await knex('change').where({ deployment_id: row.id });
      expect(changes.map(({ commit }) => commit)).toEqual([sha('b')]);
    },
  );
});
