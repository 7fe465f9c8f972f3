import { TestDatabases } from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';

import { DatabasePageStore } from './DatabasePageStore';
import type { NewPage, PageNews } from './PageStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const directory = resolvePackagePath(
  '@pavedroad/plugin-oncall-backend',
  'migrations',
);
const START = Date.parse('2026-06-01T12:00:00Z');
const MINUTE = 60_000;

const page = (changes: Partial<NewPage> = {}): NewPage => ({
  provider: 'native',
  account: '',
  scheduleRef: 'oncallschedule:default/pay',
  title: 'Ledger is down',
  urgency: 'high',
  createdAt: START,
  createdBy: 'user:default/ines',
  idempotencyKey: 'k1',
  requestDigest: 'd1',
  ...changes,
});
const news = (changes: Partial<PageNews> = {}): PageNews => ({
  externalId: 'Q1',
  status: 'triggered',
  at: START,
  createdAt: START,
  title: 'Disk full',
  urgency: 'low',
  url: 'https://pager.example/Q1',
  scheduleRef: 'pager:main/service/P1',
  people: ['mailto:ines@example.com'],
  names: {},
  ...changes,
});

describe('DatabasePageStore', () => {
  let knex: Knex;
  let store: DatabasePageStore;
  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    await knex.migrate.latest({ directory });
    store = new DatabasePageStore(knex);
  });
  afterEach(async () => {
    await knex('webhook_deliveries').delete();
    await knex('pages').delete();
  });
  const deliver = (id: string, content: PageNews | undefined) =>
    store.takeIn(
      { provider: 'pager', account: 'main', id, type: 'x' },
      content,
    );
  const only = async () => (await store.list({ limit: 5 }))[0];

  it('records a page once for a user and key, however many back ends try', async () => {
    const begun = await Promise.all(
      [1, 2, 3, 4].map(() => store.begin(page())),
    );
    expect(begun.filter(b => b.fresh)).toHaveLength(1);
    expect(new Set(begun.map(b => b.page.id)).size).toBe(1);
    expect(begun[0].page).toMatchObject({
      outcome: 'pending',
      status: 'triggered',
      dedupKey: begun[0].page.id,
    });
    expect((await store.begin(page({ requestDigest: 'd2' }))).sameRequest).toBe(
      false,
    );
    expect(
      (await store.begin(page({ createdBy: 'user:default/tomas' }))).fresh,
    ).toBe(true);
  });

  it('lets one sender retry what failed at once, and what has no known end after a while', async () => {
    const { page: begun } = await store.begin(page());
    const again = (now: number) =>
      store.claimAgain(begun.id, { now, pendingFor: MINUTE });
    expect(await again(START + MINUTE)).toBe(false);
    expect(await again(START + 2 * MINUTE)).toBe(true);
    expect(await again(START + 2 * MINUTE)).toBe(false);
    await store.finish(begun.id, { outcome: 'failed', message: 'no' });
    const claims = await Promise.all([0, 0].map(() => again(START + MINUTE)));
    expect(claims.sort()).toEqual([false, true]);
    await store.finish(begun.id, { outcome: 'sent' });
    expect(await again(START + 9 * MINUTE)).toBe(false);
  });

  it('moves forwards only, and remembers who acknowledged and resolved', async () => {
    const { page: begun } = await store.begin(page());
    const change = (status: 'acknowledged' | 'resolved', by: string, at = 0) =>
      store.changeStatus(begun.id, { status, by, at: START + at });
    await change('acknowledged', 'user:default/tomas', 1);
    expect(await change('acknowledged', 'user:default/ines', 2)).toMatchObject({
      acknowledgedBy: 'user:default/tomas',
      acknowledgedAt: START + 1,
    });
    await change('resolved', 'user:default/ines', 3);
    expect(await change('acknowledged', 'user:default/aiko', 4)).toMatchObject({
      status: 'resolved',
      acknowledgedBy: 'user:default/tomas',
      resolvedBy: 'user:default/ines',
      resolvedAt: START + 3,
    });
  });

  it('gives each due page to one back end, and never one that is acknowledged', async () => {
    for (const key of ['a', 'b', 'c']) {
      const { page: begun } = await store.begin(page({ idempotencyKey: key }));
      await store.finish(begun.id, {
        outcome: 'sent',
        escalateAt: START + MINUTE,
        people: [{ person: 'user:default/ines', level: 1, calledAt: START }],
      });
      if (key === 'c') {
        await store.changeStatus(begun.id, {
          status: 'acknowledged',
          by: 'user:default/ines',
          at: START + 1,
        });
      }
    }
    const claim = (now: number) =>
      store.claimDue({ now, retryAt: now + MINUTE, limit: 10 });
    expect(await claim(START)).toEqual([]);
    const claims = await Promise.all(
      [1, 2, 3].map(() => claim(START + MINUTE)),
    );
    const claimed = claims.flat();
    expect(claimed.map(p => p.id).sort()).toEqual(
      [...new Set(claimed.map(p => p.id))].sort(),
    );
    expect(claimed).toHaveLength(2);
    await store.escalated(claimed[0].id, {
      level: 2,
      people: [
        { person: 'user:default/tomas', level: 2, calledAt: START + MINUTE },
      ],
    });
    // The other one's back end crashed: it comes again.
    expect((await claim(START + 2 * MINUTE)).map(p => p.id)).toEqual([
      claimed[1].id,
    ]);
    expect(await store.page(claimed[0].id)).toMatchObject({
      level: 2,
      people: [
        { person: 'user:default/ines', level: 1 },
        { person: 'user:default/tomas', level: 2 },
      ],
    });
  });

  it('takes each delivery in once, also when several come at the same time', async () => {
    const taken = await Promise.all(
      ['e1', 'e1', 'e2', 'e3'].map((id, index) =>
        deliver(id, news({ at: START + index })),
      ),
    );
    expect(taken.filter(Boolean)).toHaveLength(3);
    expect(await store.list({ limit: 5 })).toHaveLength(1);
    expect(await deliver('e4', undefined)).toBe(true);
    expect(await deliver('e4', news({ externalId: 'Q2' }))).toBe(false);
    expect(await store.forgetDeliveries(Date.now() + MINUTE)).toBe(4);
  });

  const events = {
    triggered: news(),
    acknowledged: news({
      status: 'acknowledged',
      at: START + MINUTE,
      by: 'mailto:ines@example.com',
      people: [],
    }),
    resolved: news({
      status: 'resolved',
      at: START + 2 * MINUTE,
      by: 'mailto:tomas@example.com',
      people: [],
    }),
  };
  it.each([
    [['triggered', 'acknowledged', 'resolved']],
    [['acknowledged', 'triggered', 'resolved']],
    [['triggered', 'resolved', 'acknowledged']],
    [['resolved', 'acknowledged', 'triggered']],
  ] as const)('ends resolved when news come as %p', async order => {
    for (const name of order) {
      await deliver(name, events[name]);
    }
    expect(await only()).toMatchObject({
      status: 'resolved',
      resolvedBy: 'mailto:tomas@example.com',
      resolvedAt: START + 2 * MINUTE,
      createdAt: START,
      title: 'Disk full',
      url: 'https://pager.example/Q1',
      people: [{ person: 'mailto:ines@example.com' }],
    });
  });

  it('stays acknowledged when the news of its beginning, of the same second, come later', async () => {
    await deliver('1', { ...events.acknowledged, at: START });
    await deliver('2', events.triggered);
    expect(await only()).toMatchObject({
      status: 'acknowledged',
      acknowledgedBy: 'mailto:ines@example.com',
    });
  });

  it('opens a page again when the provider does', async () => {
    await deliver('1', events.resolved);
    await deliver('2', news({ at: START + 3 * MINUTE }));
    expect(await only()).toMatchObject({
      status: 'triggered',
      resolvedAt: undefined,
    });
  });

  it('knows its own page by the key it gave, and that it was sent after all', async () => {
    const { page: begun } = await store.begin(
      page({ provider: 'pager', account: 'main' }),
    );
    await deliver('1', news({ dedupKey: begun.dedupKey }));
    expect(await store.list({ limit: 5 })).toHaveLength(1);
    expect(await only()).toMatchObject({
      id: begun.id,
      outcome: 'sent',
      externalId: 'Q1',
      title: 'Ledger is down',
      createdBy: 'user:default/ines',
      scheduleRef: 'oncallschedule:default/pay',
    });
    await deliver('2', { ...events.resolved });
    expect(await only()).toMatchObject({ id: begun.id, status: 'resolved' });
  });

  it('keeps a page apart from a later one to which its monitor gave the same key', async () => {
    await deliver('1', news({ dedupKey: 'disk' }));
    await deliver('2', { ...events.resolved, dedupKey: 'disk' });
    const again = { dedupKey: 'disk', at: START + 3 * MINUTE };
    await Promise.all([
      deliver('3', news({ ...again, externalId: 'Q2', createdAt: again.at })),
      deliver('4', news({ ...again, externalId: 'Q3', createdAt: START - 1 })),
    ]);
    expect(await store.list({ limit: 5 })).toMatchObject([
      { externalId: 'Q2', status: 'triggered', createdAt: again.at },
      { externalId: 'Q1', status: 'resolved', createdAt: START },
      { externalId: 'Q3', status: 'triggered', createdAt: START - 1 },
    ]);
  });

  it('calls nobody further about a page that is acknowledged while it is sent', async () => {
    const { page: begun } = await store.begin(
      page({ escalateAt: START + MINUTE }),
    );
    expect(begun.escalateAt).toBe(START + MINUTE);
    await store.changeStatus(begun.id, {
      status: 'acknowledged',
      by: 'user:default/ines',
      at: START + 1,
    });
    const escalateAt = START + 2 * MINUTE;
    await store.finish(begun.id, { outcome: 'sent', escalateAt });
    expect((await only()).escalateAt).toBeUndefined();
    await store.escalated(begun.id, { level: 2, people: [], escalateAt });
    expect((await only()).escalateAt).toBeUndefined();
  });

  it('lists pages newest first, page by page, and those of a window', async () => {
    for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) {
      const { page: begun } = await store.begin(
        page({
          idempotencyKey: key,
          title: key,
          createdAt: START + Math.min(index, 2) * MINUTE,
          scheduleRef: key === 'a' ? 'oncallschedule:default/x' : undefined,
        }),
      );
      await store.finish(begun.id, {
        outcome: key === 'b' ? 'failed' : 'sent',
      });
    }
    const first = await store.list({ limit: 2 });
    const last = first[1];
    const rest = await store.list({
      limit: 5,
      before: { createdAt: last.createdAt, id: last.id },
    });
    expect([...first, ...rest].map(p => p.createdAt)).toEqual(
      [2, 2, 1, 0].map(m => START + m * MINUTE),
    );
    expect(new Set([...first, ...rest].map(p => p.id)).size).toBe(4);
    const window = { from: START, to: START + 2 * MINUTE };
    expect((await store.pagesBetween(window)).map(p => p.title)).toEqual(['a']);
    expect(
      await store.pagesBetween({ ...window, scheduleRefs: ['y'] }),
    ).toEqual([]);
  });

  it('goes back to where it was', async () => {
    const other = await databases.init('POSTGRES_18');
    await other.migrate.latest({ directory });
    for (;;) {
      const [, down] = await other.migrate.down({ directory });
      if (down.length === 0 || /_pages\.js$/.test(down[0])) {
        break;
      }
    }
    expect(await other.schema.hasTable('pages')).toBe(false);
    await other.migrate.latest({ directory });
    expect(await other.schema.hasTable('page_people')).toBe(true);
  });
});
