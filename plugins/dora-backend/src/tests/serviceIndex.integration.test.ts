import { TestDatabases } from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { ServiceIndex } from '../database/ServiceIndex';

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
/** More than there are parts, so that parts have several. */
const SERVICES = 200;
/** The one that is of the samples, and one in the same part. */
const SAMPLE = 71;
const BESIDE_SAMPLE = 7;

describe('the services in memory', () => {
  let knex: Knex;
  let index: ServiceIndex;
  let statements: { sql: string; rows: number }[];

  const ref = (number: number) => `component:default/s${number}`;
  const summary = (connectedSince: number) =>
    JSON.stringify({ connectedSince, environments: [] });

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@pavedroad/plugin-dora-backend',
        'migrations',
      ),
    });
    knex.on('query-response', (response, { sql }) =>
      statements.push({ sql, rows: response.rowCount }),
    );
  });

  beforeEach(async () => {
    statements = [];
    await knex.raw('TRUNCATE service CASCADE');
    await knex('service').insert(
      Array.from({ length: SERVICES }, (_, number) => ({
        entity_ref: ref(number),
        facts: summary(number),
        facts_version: 1,
        sample: number === SAMPLE,
      })),
    );
    index = ServiceIndex.create({ knex });
  });

  /** What is in memory has to be what is stored, whatever happened before. */
  const expectWhole = async () => {
    const { byRef } = await index.current();
    const stored = await knex('service').select(
      'id',
      'entity_ref',
      'sample',
      'facts',
      'facts_version',
    );
    expect([...byRef.values()].sort((a, b) => a.id - b.id)).toEqual(
      stored.sort((a, b) => a.id - b.id),
    );
  };

  it.each<[string, () => Promise<unknown>]>([
    ['nothing', async () => undefined],
    [
      'the facts of one',
      () =>
        knex('service')
          .where({ entity_ref: ref(7) })
          .update({ facts: summary(700), facts_version: 2 }),
    ],
    [
      'that one is of the samples',
      () =>
        knex('service')
          .where({ entity_ref: ref(7) })
          .update({ sample: true }),
    ],
    [
      'that another one of its part is of the samples instead',
      async () => {
        await knex('service')
          .whereIn('entity_ref', [ref(SAMPLE), ref(BESIDE_SAMPLE)])
          .update({ sample: knex.raw('NOT sample') });
      },
    ],
    [
      'one more',
      () => knex('service').insert({ entity_ref: ref(SERVICES), facts: null }),
    ],
    [
      'one less',
      () =>
        knex('service')
          .where({ entity_ref: ref(7) })
          .delete(),
    ],
    [
      'one in the place of another',
      async () => {
        await knex('service')
          .where({ entity_ref: ref(7) })
          .delete();
        await knex('service').insert({
          entity_ref: ref(7),
          facts: summary(9),
          facts_version: 1,
        });
      },
    ],
    ['all gone', () => knex('service').delete()],
  ])('follow what changed: %s', async (_, change) => {
    await expectWhole();
    const before = await index.current();
    await change();
    await expectWhole();
    // Who looked before keeps what was seen.
    expect(before.byRef.size).toBe(SERVICES);
  });

  it('are read again only near what changed', async () => {
    await index.current();
    statements = [];
    await index.current();
    expect(statements).toHaveLength(1);
    await knex('service')
      .where({ entity_ref: ref(7) })
      .increment('facts_version');
    statements = [];
    await index.current();
    const [, , rows, facts] = statements;
    expect(rows.rows).toBeLessThan(SERVICES / 20);
    expect(facts.rows).toBe(1);
  });
});
