import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { resolve } from 'node:path';
import {
  DatabaseFactStore,
  DerivationError,
  DeriveFacts,
} from '../database/DatabaseFactStore';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

const failing: DeriveFacts = {
  history: () => {
    throw new Error('it holds a cycle');
  },
  facts: () => {
    throw new Error('it holds a cycle');
  },
};

describe('a service whose facts cannot be derived', () => {
  let knex: Knex;
  let store: DatabaseFactStore;

  const mark = () => knex('dirty_service').insert({ service_id: 1 });
  const marks = async () => (await knex('dirty_service')).length;
  const fail = () =>
    store.deriveNext(failing, 10).then(
      () => {
        throw new Error('It was derived');
      },
      (error: DerivationError) => error,
    );
  const reason = async () =>
    (await knex('service').where({ id: 1 }).first()).facts_error;

  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    await knex.migrate.latest({
      directory: resolve(__dirname, '../../migrations'),
    });
    await knex('service').insert({ entity_ref: 'component:default/till' });
    store = DatabaseFactStore.create({ knex });
    await mark();
    await mark();
  });

  it('waits no more once it is set aside', async () => {
    const error = await fail();
    expect(error.serviceIds).toEqual([1]);
    expect(await store.setAside(1, error.marks, 'it holds a cycle')).toBe(true);
    expect(await marks()).toBe(0);
    expect(await reason()).toBe('it holds a cycle');
  });

  it('is tried again for the event that came while it was set aside', async () => {
    const error = await fail();
    await mark();
    expect(await store.setAside(1, error.marks, 'it holds a cycle')).toBe(true);
    expect(await marks()).toBe(1);
    expect((await fail()).marks).toHaveLength(1);
  });

  it('is not aside when another backend derived it meanwhile', async () => {
    const error = await fail();
    const other = await knex.transaction();
    await other.raw('SELECT FROM service WHERE id = 1 FOR NO KEY UPDATE');
    await other('dirty_service').delete();
    const aside = store.setAside(1, error.marks, 'it holds a cycle');
    await other.commit();
    expect(await aside).toBe(false);
    expect(await reason()).toBeNull();
  });
});
