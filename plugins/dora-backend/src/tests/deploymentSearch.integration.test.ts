import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import {
  component,
  deployed,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';
import { parseSearch } from '../database/deploymentSearch';
import { QueryStore } from '../database/QueryStore';

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const WINDOW = 'from=2026-05-01T00:00:00Z&to=2026-06-01T00:00:00Z';

describe('finding deployments', () => {
  let running: RunningDora;
  let knex: Knex;

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    running = await startDora({
      knex,
      entities: [
        component('checkout', {
          'pavedroad.dev/repository': 'payments/checkout',
        }),
        component('ledger', { 'pavedroad.dev/repository': 'payments/ledger' }),
      ],
    });
    const days = ['02', '03', '04'];
    await running.send([
      ...days.flatMap((day, i) => [
        linearCommits(
          'payments/checkout',
          [{ id: sha(`c${i}`), committedAt: `2026-05-${day}T08:00:00Z` }],
          i === 0 ? undefined : sha(`c${i - 1}`),
        ),
        deployed(
          'component:default/checkout',
          sha(`c${i}`),
          `2026-05-${day}T09:00:00Z`,
        ),
      ]),
      linearCommits('payments/ledger', [
        { id: sha('d0'), committedAt: '2026-05-02T08:00:00Z' },
      ]),
      deployed('component:default/ledger', sha('d0'), '2026-05-02T10:00:00Z'),
    ]);
    await running.settled();
  });

  afterAll(async () => {
    await running.stop();
  });

  const revisions = async (query: string) => {
    const { status, body } = await running.get(
      `/deployments?${WINDOW}&${query}`,
    );
    expect(status).toBe(200);
    return body.items.map(({ revision }: { revision: string }) => revision);
  };

  it.each([
    ['find=', 400],
    [`find=${'x'.repeat(201)}`, 400],
    ['service=', 400],
  ])('refuses %.20s', async (query, expected) => {
    const { status } = await running.get(`/deployments?${WINDOW}&${query}`);
    expect(status).toBe(expected);
  });

  it('keeps to one service of the scope', async () => {
    expect(await revisions('service=component:default/ledger')).toEqual([
      sha('d0'),
    ]);
    expect(
      await revisions(
        'entityRef=component:default/checkout&service=component:default/ledger',
      ),
    ).toEqual([]);
  });

  it('finds by the beginning of a revision, whatever its case', async () => {
    const begins = sha('c1').slice(0, 12);
    expect(await revisions(`find=${begins.toUpperCase()}`)).toEqual([
      sha('c1'),
    ]);
    expect(await revisions('find=%25')).toEqual([]);
    expect(await revisions('find=%2399')).toEqual([]);
  });

  it('names the deployments before and after, of the same service alone', async () => {
    const { body: list } = await running.get(
      `/deployments?${WINDOW}&service=component:default/checkout`,
    );
    const [newest, middle, oldest] = list.items;
    const detail = async (id: string) =>
      (await running.get(`/deployments/${id}`)).body;
    expect(await detail(middle.id)).toMatchObject({
      previous: { id: oldest.id, finishedAt: oldest.finishedAt },
      next: { id: newest.id, finishedAt: newest.finishedAt },
    });
    expect((await detail(oldest.id)).previous).toBeUndefined();
    expect((await detail(newest.id)).next).toBeUndefined();
  });

  it('goes through the pages of a search, and through all of them as CSV', async () => {
    // What the artifact ends in is found too.
    const expected = [sha('c2'), sha('c1'), sha('d0'), sha('c0')];
    const found: string[] = [];
    let cursor = '';
    do {
      const { body } = await running.get(
        `/deployments?${WINDOW}&find=00000000&limit=1${
          cursor && `&cursor=${cursor}`
        }`,
      );
      expect(body.totalItems).toBeUndefined();
      found.push(
        ...body.items.map(({ revision }: { revision: string }) => revision),
      );
      cursor = body.nextCursor ?? '';
    } while (cursor);
    expect(found).toEqual(expected);
    const { text } = await running.get(
      `/deployments?${WINDOW}&find=00000000&format=csv`,
    );
    expect(
      text
        .trim()
        .split('\r\n')
        .slice(1)
        .map(line => expected.find(revision => line.includes(revision))),
    ).toEqual(expected);
  });

  it('stops where its budget ends, and goes on exactly there', async () => {
    const store = QueryStore.create({ knex });
    const scope = await store.resolveScope(
      ['component:default/checkout', 'component:default/ledger'],
      'production',
    );
    const filter = {
      window: { from: Date.UTC(2026, 4, 1), to: Date.UTC(2026, 5, 1) },
      failureData: false,
      rework: false,
      attempts: true,
      search: parseSearch('d0'),
    };
    const first = await store.searchHorizon(scope, filter, { budget: 2 });
    expect(first?.finishedAt).toBe(Date.UTC(2026, 4, 3, 9));
    await expect(
      store.list(scope, filter, { limit: 10, downTo: first }),
    ).resolves.toEqual([]);
    await expect(
      store.searchHorizon(scope, filter, { budget: 3, after: first }),
    ).resolves.toBeUndefined();
    await expect(
      store.list(scope, filter, { limit: 10, after: first }),
    ).resolves.toMatchObject([{ serviceRef: 'component:default/ledger' }]);
  });
});
