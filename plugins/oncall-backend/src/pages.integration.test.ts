import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  ProviderActionError,
  webhookOf,
  type OnCallProvider,
} from '@pavedroad/plugin-oncall-node';
import { ConfigReader } from '@backstage/config';
import type { Entity } from '@backstage/catalog-model';
import type { Knex } from 'knex';
import request from 'supertest';

import {
  entities,
  entity,
  schedule,
  startOnCall,
} from './__testUtils__/startOnCall';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const SECRET = 'a-secret-of-the-pager';
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

const catalog = [
  ...entities,
  entity(
    'Component',
    'shipping',
    { type: 'service', owner: 'idle' },
    {
      annotations: { 'pavedroad.dev/on-call-schedule': 'ladder' },
    },
  ),
  schedule('ladder', {
    owner: 'group:default/elsewhere',
    levels: [
      { layers: [{ people: ['ines'] }] },
      { layers: [{ people: ['ghost'] }] },
      { layers: [{ people: ['tomas', 'aiko'] }] },
    ],
  }),
];

/** A provider with an account that keeps what it is asked to do, and fails as it is told to. */
function pager() {
  const state = {
    calls: [] as string[],
    keys: new Set<string>(),
    fails: undefined as Error | undefined,
    asked: 0,
  };
  const act = async (what: string, key: string) => {
    state.calls.push(`${what} ${key}`);
    if (state.fails) {
      throw state.fails;
    }
  };
  const provider: OnCallProvider = {
    id: 'pager',
    title: 'Pager',
    match: ({ metadata: { annotations } }) =>
      annotations?.['pager.com/id']
        ? {
            scheduleId: `main/service/${annotations['pager.com/id']}`,
            annotation: 'pager.com/id',
          }
        : undefined,
    onCallAt: async () => {
      state.asked += 1;
      return {
        title: 'Rota',
        timeZone: 'Etc/UTC',
        levels: [{ level: 1, people: [{ person: 'mailto:ines@example.com' }] }],
      };
    },
    shiftsBetween: async () => [],
    accountOf: id => id.split('/')[0],
    pageProblem: () => undefined,
    page: async ({ dedupKey, sender, title }) => {
      await act(`page by ${sender}: ${title}`, dedupKey);
      state.keys.add(dedupKey);
      return {
        externalId: `X${state.keys.size}`,
        url: 'https://pager.example/X',
      };
    },
    acknowledge: async ({ externalId }) =>
      act('acknowledge', externalId ?? '-'),
    resolve: async ({ externalId }) => act('resolve', externalId ?? '-'),
    webhook: webhookOf(
      [
        {
          id: 'main',
          isDefault: true,
          timeout: 1,
          config: new ConfigReader({ webhookSecrets: [SECRET] }),
        },
      ],
      {
        verify: (secrets, { headers }) =>
          headers['x-webhook-secret'] === secrets[0],
        read: ({ body }, scheduleId) => {
          const { id, at, ...page } = JSON.parse(body.toString());
          return [
            {
              id,
              type: 'x',
              at,
              page: {
                people: [],
                names: {},
                scheduleIds: [scheduleId('service', 'P1')],
                ...page,
              },
            },
          ];
        },
      },
    ),
  };
  return { provider, state };
}

const page = (changes: object = {}) => ({
  entityRef: 'component:default/shipping',
  title: 'Parcels are stuck',
  details: 'Since ten past',
  urgency: 'high',
  idempotencyKey: '6f2b4a2c-0001',
  ...changes,
});
const PAGED = { entityRef: 'component:default/paged' };

describe('pages', () => {
  let knex: Knex;
  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
  });
  const start = async (
    config = {},
    deny: string[] = [],
    known: Entity[] = catalog,
    can: Partial<OnCallProvider> = {},
  ) => {
    const { provider: able, state } = pager();
    const provider = { ...able, ...can };
    const scheduler = mockServices.scheduler();
    return {
      state,
      escalate: () => scheduler.triggerTask('escalate-pages'),
      ...(await startOnCall({
        knex,
        entities: known,
        provider,
        deny,
        config,
        features: [
          createServiceFactory({
            service: coreServices.scheduler,
            deps: {},
            factory: () => scheduler,
          }),
        ],
      })),
    };
  };

  it('calls everybody on level 1 of a native schedule once, however often it is asked', async () => {
    const { send, get, notified, audited } = await start();
    const answers = await Promise.all(
      [1, 2, 3].map(() => send('post', '/pages', 'tomas', page())),
    );
    expect(answers.map(a => a.status).sort()).toEqual([200, 200, 201]);
    const [{ body: made }] = answers.filter(a => a.status === 201);
    expect(made).toMatchObject({
      provider: 'native',
      scheduleRef: 'oncallschedule:default/ladder',
      entityRef: 'component:default/shipping',
      status: 'triggered',
      outcome: 'sent',
      level: 1,
      people: [{ ref: 'user:default/ines', displayName: 'Inês' }],
      createdBy: { ref: 'user:default/tomas' },
      canAcknowledge: true,
    });
    expect(notified).toEqual([
      {
        recipients: { type: 'entity', entityRef: ['user:default/ines'] },
        payload: expect.objectContaining({
          title: 'Page: Parcels are stuck',
          severity: 'critical',
          link: `/on-call?page=${made.id}`,
          scope: `oncall.page.${made.id}`,
        }),
      },
    ]);
    expect(audited).toContain('page-send succeeded');
    const other = await send(
      'post',
      '/pages',
      'tomas',
      page({ title: 'Else' }),
    );
    expect(other.status).toBe(409);
    expect(audited).toContain('page-send failed');
    const { body } = await get('/pages?entityRef=component:default/shipping');
    expect(body.pages.map((p: { id: string }) => p.id)).toEqual([made.id]);
  });

  it('answers what became of a page also when nobody can be called any more', async () => {
    const { send } = await start();
    const native = await send('post', '/pages', 'tomas', page());
    expect(native.status).toBe(201);
    const paged = page({ ...PAGED, idempotencyKey: 'for-the-pager' });
    expect((await send('post', '/pages', 'tomas', paged)).status).toBe(201);

    const later = await start(
      {},
      [],
      catalog.filter(
        ({ metadata: { name } }) => name !== 'ladder' && name !== 'paged',
      ),
    );
    const again = await later.send('post', '/pages', 'tomas', page());
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: native.body.id, outcome: 'sent' });
    expect((await later.send('post', '/pages', 'tomas', paged)).status).toBe(
      200,
    );
    expect(later.notified).toEqual([]);
    expect(later.state.calls).toEqual([]);
    // A new page calls nobody, and says so.
    const fresh = page({ idempotencyKey: '6f2b4a2c-0002' });
    expect((await later.send('post', '/pages', 'tomas', fresh)).status).toBe(
      409,
    );
  });

  it('goes up the levels, over those that nobody can be called on, until somebody acknowledges', async () => {
    const { send, get, notified, escalate } = await start({
      native: { escalateAfter: { milliseconds: 200 } },
    });
    const { body: made } = await send('post', '/pages', 'ines', page());
    await escalate();
    expect(notified).toHaveLength(1);
    await wait(250);
    await Promise.all([escalate(), escalate()]);
    expect(notified).toHaveLength(2);
    expect(notified[1]).toMatchObject({
      recipients: {
        entityRef: ['user:default/tomas', 'user:default/aiko'],
      },
      payload: { title: 'Page: Parcels are stuck' },
    });
    const { body } = await send(
      'post',
      `/pages/${made.id}/acknowledge`,
      'aiko',
    );
    expect(body).toMatchObject({
      status: 'acknowledged',
      acknowledgedBy: { ref: 'user:default/aiko' },
      level: 3,
    });
    expect(body.escalatesAt).toBeUndefined();
    expect(notified[2]).toMatchObject({
      recipients: { entityRef: ['user:default/ines'] },
      payload: { title: 'Acknowledged: Parcels are stuck' },
    });
    await wait(250);
    await escalate();
    expect(notified).toHaveLength(3);
    const again = await send('post', `/pages/${made.id}/acknowledge`, 'ines');
    expect(again.body.acknowledgedBy.ref).toBe('user:default/aiko');
    await send('post', `/pages/${made.id}/resolve`, 'tomas');
    const listed = await get('/pages?status=resolved');
    expect(listed.body.pages).toHaveLength(1);
  });

  it('tells the sender when nobody on any level acknowledges', async () => {
    const { send, notified, escalate } = await start({
      native: { escalateAfter: { milliseconds: 1 } },
    });
    await send('post', '/pages', 'tomas', page());
    for (let count = 0; count < 4; count++) {
      await wait(20);
      await escalate();
    }
    expect(notified.map(n => n.payload.title)).toEqual([
      'Page: Parcels are stuck',
      'Page: Parcels are stuck',
      'Nobody acknowledged: Parcels are stuck',
    ]);
  });

  it('calls whoever a crash or a failing notification kept from being called', async () => {
    const { send, get, notified, escalate } = await start();
    const push = notified.push.bind(notified);
    notified.push = () => {
      throw new Error('it is down');
    };
    const failed = await send('post', '/pages', 'tomas', page());
    expect(failed.status).toBe(502);
    notified.push = push;
    await escalate();
    expect(notified).toHaveLength(0);
    await knex('pages').update({
      escalate_at: knex.raw("escalate_at - interval '61 seconds'"),
    });
    await escalate();
    expect([...notified]).toMatchObject([
      { recipients: { entityRef: ['user:default/ines'] } },
    ]);
    const { body } = await get('/pages');
    expect(body.pages[0]).toMatchObject({
      outcome: 'sent',
      level: 1,
      people: [{ ref: 'user:default/ines' }],
    });
    expect(body.pages[0].problem).toBeUndefined();
  });

  it.each([
    [false, 'By Inês.'],
    [true, 'By Somebody on The ladder schedule.'],
  ])(
    'tells a sender from elsewhere who acknowledged, names hidden: %s',
    async (hideNamesFromNonMembers, description) => {
      const { send, notified } = await start({
        privacy: { hideNamesFromNonMembers },
      });
      const { body } = await send('post', '/pages', 'stranger', page());
      await send('post', `/pages/${body.id}/acknowledge`, 'ines');
      expect(notified[1]).toMatchObject({
        recipients: { entityRef: ['user:default/stranger'] },
        payload: { description },
      });
    },
  );

  it('pages through a provider, and acknowledges and resolves there', async () => {
    const { send, state, audited } = await start();
    const sent = await send('post', '/pages', 'tomas', page(PAGED));
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({
      provider: 'pager',
      scheduleRef: 'pager:main/service/P1',
      outcome: 'sent',
      url: 'https://pager.example/X',
    });
    await send('post', `/pages/${sent.body.id}/acknowledge`, 'tomas');
    await send('post', `/pages/${sent.body.id}/acknowledge`, 'tomas');
    const { body } = await send(
      'post',
      `/pages/${sent.body.id}/resolve`,
      'ines',
    );
    expect(body).toMatchObject({
      status: 'resolved',
      acknowledgedBy: { ref: 'user:default/tomas' },
    });
    expect(state.calls).toEqual([
      `page by Tomás: Parcels are stuck ${sent.body.id}`,
      'acknowledge X1',
      'resolve X1',
    ]);
    expect(audited).toEqual(
      expect.arrayContaining([
        'page-acknowledge succeeded',
        'page-resolve succeeded',
      ]),
    );
  });

  it.each([
    [
      'has no way to acknowledge',
      { acknowledge: undefined },
      [false, true],
      /Pager is not connected for this/,
    ],
    [
      'says that it cannot close this page',
      {
        changeProblem: ({ account, externalId }, change) =>
          account === 'main' && externalId === 'X1' && change === 'resolve'
            ? 'its key is gone'
            : undefined,
      },
      [true, false],
      /Pager cannot do it from here: its key is gone/,
    ],
    [
      'only reads',
      {
        acknowledge: undefined,
        resolve: undefined,
        changeProblem: () => 'it only reads',
      },
      [false, false],
      /Pager/,
    ],
  ] satisfies [string, Partial<OnCallProvider>, boolean[], RegExp][])(
    'offers nothing about a page that cannot be done, with a provider that %s',
    async (_, can, [canAcknowledge, canResolve], reason) => {
      const { get, send, state } = await start({}, [], catalog, can);
      const { body: sent } = await send('post', '/pages', 'tomas', page(PAGED));
      const able = { canAcknowledge, canResolve };
      expect(sent).toMatchObject(able);
      expect((await get('/pages')).body.pages[0]).toMatchObject(able);
      for (const [change, possible] of [
        ['acknowledge', canAcknowledge],
        ['resolve', canResolve],
      ] as const) {
        const path = `/pages/${sent.id}/${change}`;
        const answer = await send('post', path, 'tomas');
        expect(answer.status).toBe(possible ? 200 : 409);
        expect(answer.body.error?.message ?? '').toMatch(
          possible ? /^$/ : reason,
        );
        expect(state.calls.includes(`${change} X1`)).toBe(possible);
      }
    },
  );

  it('closes a page that called nobody without asking its provider, and sends it no more', async () => {
    const { get, send, state } = await start();
    state.fails = new ProviderActionError('it says no', 409, true);
    await send('post', '/pages', 'tomas', page(PAGED));
    state.fails = undefined;
    const [failed] = (await get('/pages', 'tomas')).body.pages;
    expect(failed).toMatchObject({
      outcome: 'failed',
      canAcknowledge: false,
      canResolve: true,
    });
    const path = `/pages/${failed.id}`;
    const acknowledged = await send('post', `${path}/acknowledge`, 'tomas');
    expect(acknowledged.status).toBe(409);
    expect(acknowledged.body.error.message).toMatch(/Nobody was called/);
    expect((await send('post', `${path}/resolve`, 'tomas')).body).toMatchObject(
      { status: 'resolved', canResolve: false },
    );
    const again = await send('post', '/pages', 'tomas', page(PAGED));
    expect(again.body).toMatchObject({ id: failed.id, status: 'resolved' });
    expect(state.calls).toHaveLength(1);
  });

  it.each([
    [403, true, 'failed', 'nobody was called'],
    [409, true, 'failed', 'nobody was called'],
    [502, false, 'unknown', 'is not known'],
    [504, false, 'unknown', 'is not known'],
  ] as const)(
    'tells a refusal with %s in words, keeps it, and sends again with the same key',
    async (status, certain, outcome, words) => {
      const { send, get, state } = await start();
      state.fails = new ProviderActionError('it says no', status, certain);
      const refused = await send('post', '/pages', 'tomas', page(PAGED));
      expect(refused.status).toBe(status);
      expect(refused.body.error.message).toContain(
        'Pager did not take the page: it says no',
      );
      expect(refused.body.error.message).toContain(words);
      const { body } = await get('/pages');
      expect(body.pages[0]).toMatchObject({
        outcome,
        problem: 'Pager did not take the page: it says no',
      });
      state.fails = undefined;
      // What is not known is not repeated at once: it may still be on its way.
      const early = await send('post', '/pages', 'tomas', page(PAGED));
      expect(early.body.outcome).toBe(certain ? 'sent' : 'unknown');
      await knex('pages').update({ status_at: new Date(Date.now() - 120_000) });
      const again = await send('post', '/pages', 'tomas', page(PAGED));
      expect(again.body).toMatchObject({
        outcome: 'sent',
        id: body.pages[0].id,
      });
      expect(again.body.problem).toBeUndefined();
      expect(new Set(state.calls).size).toBe(1);
    },
  );

  it('shows a page whose back end crashed while it sent it as unknown', async () => {
    const { send, get } = await start();
    const { body: made } = await send('post', '/pages', 'tomas', page(PAGED));
    await knex('pages').update({
      outcome: 'pending',
      external_id: null,
      status_at: new Date(Date.now() - 61_000),
    });
    const { body } = await get('/pages');
    expect(body.pages[0]).toMatchObject({ id: made.id, outcome: 'unknown' });
  });

  it.each([
    ['no target', { entityRef: undefined }, 400, 'One of entityRef'],
    ['two targets', { scheduleRef: 'pay' }, 400, 'One of entityRef'],
    ['an empty title', { title: ' ' }, 400, 'title'],
    ['a long title', { title: 'x'.repeat(201) }, 400, 'title'],
    ['lines in the title', { title: 'a\nb' }, 400, 'title'],
    ['a title that cannot be kept', { title: 'a\u0000b' }, 400, 'title'],
    ['no urgency', { urgency: 'now' }, 400, 'urgency'],
    ['a short key', { idempotencyKey: 'x' }, 400, 'idempotencyKey'],
    ['something else', { to: 'me' }, 400, 'to is not known'],
    [
      'an entity that is not there',
      { entityRef: 'component:default/no' },
      404,
      'no',
    ],
    [
      'a schedule that is not there',
      { entityRef: undefined, scheduleRef: 'no' },
      404,
      'no',
    ],
    [
      'a schedule of a provider that no entity names',
      { entityRef: undefined, scheduleRef: 'pager:main/service/P9' },
      404,
      'P9',
    ],
    [
      'a service with nobody',
      { entityRef: 'component:default/night' },
      409,
      'Nobody',
    ],
    [
      'a service without schedule',
      { entityRef: 'component:default/orphan' },
      409,
      'Nobody',
    ],
  ])('refuses %s', async (_, changes, status, message) => {
    const { send } = await start();
    const answer = await send('post', '/pages', 'ines', page(changes));
    expect(answer.body.error.message).toContain(message);
    expect(answer.status).toBe(status);
    expect(await knex('pages')).toEqual([]);
  });

  it('asks for permission, and lets only those act whom it concerns', async () => {
    const denied = await start({}, ['oncall.page.create']);
    expect((await denied.send('post', '/pages', 'ines', page())).status).toBe(
      403,
    );
    const { body: made } = await denied.send('post', '/pages', 'ines', page());
    expect(made.error.name).toBe('NotAllowedError');
    expect(denied.audited).toContain('page-send failed');
  });

  it('lets nobody act on a page that does not concern them', async () => {
    const { send, get } = await start();
    const { body: made } = await send('post', '/pages', 'tomas', page());
    const stranger = await send('post', `/pages/${made.id}/resolve`, 'zoe');
    expect(stranger.status).toBe(403);
    const { body } = await get('/pages', 'zoe');
    expect(body.pages[0].canAcknowledge).toBe(false);
    for (const user of ['admin', 'ines']) {
      expect((await get('/pages', user)).body.pages[0].canAcknowledge).toBe(
        true,
      );
    }
  });

  describe('webhooks', () => {
    const news = {
      id: 'e1',
      at: '2026-06-01T12:00:00.000Z',
      externalId: 'Q1',
      status: 'triggered',
      title: 'Disk full',
      urgency: 'low',
      people: ['mailto:ines@example.com'],
    };
    const post = (
      server: Parameters<typeof request>[0],
      body: object | string,
      secret = SECRET,
      path = 'pager',
    ) =>
      request(server)
        .post(`/api/oncall/webhooks/${path}`)
        .set('x-webhook-secret', secret)
        .set('content-type', 'application/json')
        .send(body);

    it('follow a page from the monitor to its end, each delivery once', async () => {
      const { server, get, audited, state } = await start();
      const other = await start();
      await get('/now?entityRef=component:default/paged');
      await get('/now?entityRef=component:default/paged');
      expect(state.asked).toBe(1);
      await other.get('/now?entityRef=component:default/paged');
      expect(other.state.asked).toBe(1);
      const first = await post(server, news);
      expect(first.status).toBe(202);
      expect(first.body.results).toEqual([{ id: 'e1', outcome: 'accepted' }]);
      // What was known of who is on call may be over, on every back end.
      await get('/now?entityRef=component:default/paged');
      expect(state.asked).toBe(2);
      await other.get('/now?entityRef=component:default/paged');
      await other.get('/now?entityRef=component:default/paged');
      expect(other.state.asked).toBe(2);
      expect((await post(server, news)).body.results[0].outcome).toBe(
        'duplicate',
      );
      await post(
        server,
        {
          ...news,
          id: 'e2',
          at: '2026-06-01T12:05:00.000Z',
          status: 'acknowledged',
          by: 'mailto:ines@example.com',
        },
        SECRET,
        'pager/main',
      );
      const { body } = await get('/pages?schedule=pager:main/service/P1');
      expect(body.pages).toEqual([
        expect.objectContaining({
          provider: 'pager',
          entityRef: 'component:default/paged',
          title: 'Disk full',
          status: 'acknowledged',
          createdAt: '2026-06-01T12:00:00.000Z',
          acknowledgedAt: '2026-06-01T12:05:00.000Z',
          acknowledgedBy: expect.objectContaining({ ref: 'user:default/ines' }),
          people: [expect.objectContaining({ ref: 'user:default/ines' })],
        }),
      ]);
      expect(audited).toContain('webhook-receive succeeded');
    });

    it('that are forged record nothing but that', async () => {
      const { server, audited } = await start();
      expect((await post(server, news, 'forged')).status).toBe(401);
      expect(await knex('pages')).toEqual([]);
      expect(await knex('webhook_deliveries')).toEqual([]);
      expect(audited).toEqual(['webhook-receive failed']);
    });

    it('go nowhere without a provider, an account or a readable body', async () => {
      const { server } = await start();
      for (const path of ['none', 'pager/other', 'pager/__proto__', 'native']) {
        expect((await post(server, news, SECRET, path)).status).toBe(404);
      }
      const large = await post(server, 'x'.repeat(1_100_000));
      expect(large.status).toBe(413);
    });
  });
});
