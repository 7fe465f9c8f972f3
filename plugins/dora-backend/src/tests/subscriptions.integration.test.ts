import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import request from 'supertest';
import {
  component,
  group,
  RunningDora,
  startDora,
  user,
} from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const CHECKOUT = 'component:default/checkout';
const INES = 'user:default/ines.duarte';
const TEAM = 'group:default/team-a';

/** Inês is in team-a, Priya administers the portal, Marcus is in neither. */
const claims: Record<string, string[]> = {
  [INES]: [INES, TEAM],
  'user:default/priya.raman': [
    'user:default/priya.raman',
    'group:default/platform',
  ],
  'user:default/marcus.weber': ['user:default/marcus.weber'],
};
const userInfo = mockServices.userInfo.mock({
  getUserInfo: async credentials => {
    const { userEntityRef } = credentials.principal as {
      userEntityRef: string;
    };
    return { userEntityRef, ownershipEntityRefs: claims[userEntityRef] };
  },
});

const entities = [
  component('checkout'),
  group('team-a', 'Payments'),
  group('platform', 'Platform'),
  user('ines.duarte', 'Inês Duarte'),
  user('priya.raman', 'Priya Raman', ['group:default/platform']),
  user('marcus.weber', 'Marcus Weber', []),
];

describe('subscriptions', () => {
  let dora: RunningDora;
  const audited: string[] = [];
  beforeAll(async () => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities,
      config: { portal: { administrators: ['group:default/platform'] } },
      features: [
        userInfo.factory,
        mockServices.auditor.mock({
          createEvent: async ({ eventId }) => ({
            success: async () => {
              audited.push(`${eventId} succeeded`);
            },
            fail: async ({ error }) => {
              audited.push(`${eventId} ${error.name}`);
            },
          }),
        }).factory,
      ],
    });
  });
  afterAll(async () => {
    await dora.stop();
  });
  beforeEach(() => {
    audited.length = 0;
  });

  const ask = (
    method: 'get' | 'put' | 'delete',
    query = '',
    who = 'ines.duarte',
  ) =>
    request(dora.server)
      [method](`/api/dora/subscriptions${query}`)
      .set('authorization', mockCredentials.user.header(`user:default/${who}`));

  it('are one’s own unless a group is named, and are what was put last', async () => {
    const set = (kinds: string[], timeZone = 'Europe/Lisbon') =>
      ask('put').send({ entityRef: CHECKOUT, kinds, timeZone });
    const first = await set(['weekly_digest', 'failed_deployment']);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      changed: true,
      items: [
        {
          subscriber: INES,
          entityRef: CHECKOUT,
          kind: 'failed_deployment',
          timeZone: 'Europe/Lisbon',
          createdBy: INES,
        },
        { kind: 'weekly_digest' },
      ],
    });
    const again = await set(['failed_deployment', 'weekly_digest']);
    expect(again.body).toEqual({ changed: false, items: first.body.items });

    const fewer = await set(['weekly_digest']);
    expect(fewer.body.items).toHaveLength(1);
    expect(fewer.body.items[0].createdAt).toBe(first.body.items[1].createdAt);
    const list = await ask('get', `?entityRef=${CHECKOUT}`);
    expect(list.body).toEqual({
      items: fewer.body.items,
      subscribers: [
        { ref: INES, displayName: 'Inês Duarte', kind: 'user' },
        { ref: TEAM, displayName: 'Payments', kind: 'group' },
      ],
    });
    expect(audited).toEqual(Array(3).fill('subscription-change succeeded'));

    const ended = await ask('delete', `?entityRef=${CHECKOUT}`);
    expect(ended.body).toEqual({ changed: true, items: [] });
    const endedAgain = await ask('delete', `?entityRef=${CHECKOUT}`);
    expect(endedAgain.body).toEqual({ changed: false, items: [] });
  });

  it('can be about everything, and end one by one', async () => {
    await ask('put').send({
      kinds: ['weekly_digest', 'change_beyond_chance'],
    });
    const { body } = await ask('delete', '?kind=weekly_digest');
    expect(body.items).toMatchObject([
      { kind: 'change_beyond_chance', timeZone: 'UTC' },
    ]);
    expect(body.items[0].entityRef).toBeUndefined();
    await ask('delete');
  });

  const put = (who: string, subscriber: string) =>
    ask('put', '', who).send({
      subscriber,
      entityRef: CHECKOUT,
      kinds: ['weekly_digest'],
    });

  it.each([
    ['a member sets those of the group', 'ines.duarte', TEAM, 200],
    ['an administrator sets those of any group', 'priya.raman', TEAM, 200],
    ['a group must exist', 'priya.raman', 'group:default/none', 404],
  ])('%s', async (_, who, subscriber, status) => {
    expect((await put(who, subscriber)).status).toBe(status);
  });

  it.each([
    ['a stranger does not set those of a group', 'marcus.weber', TEAM, 403],
    ['nobody sets those of another person', 'marcus.weber', INES, 403],
    ['nor does an administrator', 'priya.raman', INES, 403],
    ['a component is told nothing', 'ines.duarte', CHECKOUT, 400],
    ['a broken ref is none', 'ines.duarte', 'a:b:c', 400],
  ])('%s, nor sees or ends them', async (_, who, subscriber, status) => {
    const query = `?subscriber=${encodeURIComponent(subscriber)}`;
    const statuses = [
      (await put(who, subscriber)).status,
      (await ask('get', query, who)).status,
      (await ask('delete', query, who)).status,
    ];
    expect(statuses).toEqual([status, status, status]);
    const error = status === 403 ? 'NotAllowedError' : 'InputError';
    expect(audited).toEqual(Array(2).fill(`subscription-change ${error}`));
  });

  it('show an administrator those of the group that is looked at', async () => {
    const { body } = await ask('get', `?entityRef=${TEAM}`, 'priya.raman');
    expect(body.subscribers.map(({ ref }: { ref: string }) => ref)).toEqual([
      'user:default/priya.raman',
      TEAM,
      'group:default/platform',
    ]);
  });

  it.each([
    [{ kinds: ['everything'] }, 400],
    [{}, 400],
    [{ kinds: [], timeZone: 'Lisbon' }, 400],
    [{ kinds: [], entityRef: 'user:default/ines.duarte' }, 400],
    [{ kinds: [], entityRef: 'component:default/none' }, 404],
  ])('refuse %j with %i', async (body, status) => {
    const answer = await ask('put').send(body);
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).toEqual(expect.any(String));
  });

  it.each([
    ['{', 'application/json', 400],
    ['"weekly_digest"', 'application/json', 400],
    [
      JSON.stringify({ kinds: [], subscriber: 'group:default/a\u0000b' }),
      'application/json',
      400,
    ],
    ['kinds=weekly_digest', 'application/x-www-form-urlencoded', 400],
  ])('refuse the body %s as %s with %i', async (body, type, status) => {
    const answer = await ask('put').set('content-type', type).send(body);
    expect(answer.status).toBe(status);
  });

  it('are not endless', async () => {
    const closed = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [
        ...entities,
        ...Array.from({ length: 34 }, (_, i) => component(`c${i}`)),
      ],
      features: [userInfo.factory],
    });
    try {
      const statuses: number[] = [];
      for (let i = 0; i < 34; i++) {
        const { status } = await request(closed.server)
          .put('/api/dora/subscriptions')
          .set('authorization', mockCredentials.user.header(INES))
          .send({
            entityRef: `component:default/c${i}`,
            kinds: [
              'weekly_digest',
              'change_beyond_chance',
              'failed_deployment',
            ],
          });
        statuses.push(status);
      }
      expect(statuses).toEqual([...Array(33).fill(200), 400]);
    } finally {
      await closed.stop();
    }
  });

  it('need permission', async () => {
    const closed = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities,
      permission: AuthorizeResult.DENY,
    });
    try {
      expect((await closed.get('/subscriptions')).status).toBe(403);
      const refused = await request(closed.server)
        .put('/api/dora/subscriptions')
        .send({ kinds: ['weekly_digest'] });
      expect(refused.status).toBe(403);
    } finally {
      await closed.stop();
    }
  });
});
