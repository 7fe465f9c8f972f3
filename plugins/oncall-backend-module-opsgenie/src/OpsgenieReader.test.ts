import {
  httpProviderContract,
  ProviderStage,
  type FakeHandler,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createOpsgenieProvider } from './OpsgenieReader';

const SECRET = { main: 'first-token', other: 'second-token' };
const AT = '2026-06-03T12:00:00.000Z';
const WINDOW = { from: '2026-06-01T00:00:00Z', to: '2026-06-20T00:00:00Z' };
const ID = 'd875e654-9b4e-4219-a803-0c26936d18de';
const TEAM = '90098alp-9f0a'; // not a UUID: looked up by name
const CLOUD = 'c0ffee00-0000-4000-8000-000000000001';

type Turn = [user: string, start: string, end: string, type?: string];
const turns: Turn[] = [
  ['ines.duarte', '2026-05-25T08:00:00Z', '2026-06-01T08:00:00Z'],
  ['tomas.reis', '2026-06-01T08:00:00Z', '2026-06-08T08:00:00Z'],
  ['', '2026-06-08T08:00:00Z', '2026-06-09T08:00:00Z', 'none'],
  ['ines.duarte', '2026-06-09T08:00:00Z', '2026-06-15T08:00:00Z'],
  ['tomas.reis', '2026-06-15T08:00:00Z', '2026-06-22T08:00:00Z'],
];

/** The periods in a span, cut to it as both products do. */
function periodsIn(query: URLSearchParams) {
  const from = Date.parse(query.get('date')!);
  const to = from + Number(query.get('interval')) * 86_400_000;
  return turns
    .filter(
      ([, start, end]) => Date.parse(end) > from && Date.parse(start) < to,
    )
    .map(([user, start, end, type = 'user']) => ({
      user,
      type,
      startDate: new Date(Math.max(Date.parse(start), from)).toISOString(),
      endDate: new Date(Math.min(Date.parse(end), to)).toISOString(),
    }));
}

const schedule = {
  id: ID,
  name: 'payments_schedule',
  description: '',
  timezone: 'Europe/Lisbon',
  enabled: true,
  ownerTeam: { id: TEAM, name: 'payments' },
  rotations: [],
};
const escalation = {
  id: '8418d193-2dab-4490-b331-8c02cdd196b7',
  name: 'payments_escalation',
  description: '',
  ownerTeam: { id: TEAM, name: 'payments' },
  rules: [
    {
      condition: 'if-not-acked',
      notifyType: 'default',
      delay: { timeUnit: 'minutes', timeAmount: 5 },
      recipient: {
        type: 'user',
        id: 'u-9',
        username: 'marcus.weber@x.example',
      },
    },
    {
      condition: 'if-not-acked',
      notifyType: 'default',
      delay: { timeUnit: 'minutes', timeAmount: 0 },
      recipient: { type: 'schedule', id: ID, name: 'payments_schedule' },
    },
    {
      condition: 'if-not-closed',
      notifyType: 'all',
      delay: { timeUnit: 'hours', timeAmount: 1 },
      recipient: { type: 'team', id: TEAM, name: 'payments' },
    },
  ],
};
const missing = { status: 404, body: { message: 'No schedule exists' } };

const opsgenie =
  (token: string): FakeHandler =>
  ({ path, query, headers }) => {
    if (headers.authorization !== `GenieKey ${token}`) {
      return { status: 401, body: { message: 'Could not authenticate' } };
    }
    const envelope = (data: unknown) => ({
      body: { data, took: 0.04, requestId: '9ae63dd7' },
    });
    switch (path) {
      case `/v2/schedules/${ID}`:
        return query.get('identifierType') === 'id'
          ? envelope(schedule)
          : missing;
      case '/v2/schedules/payments_schedule':
        return query.get('identifierType') === 'name'
          ? envelope(schedule)
          : missing;
      case '/v2/schedules/holidays':
        return envelope({ ...schedule, name: 'holidays', enabled: false });
      case '/v2/schedules/guarded':
        return envelope({ ...schedule, id: 'guarded-id', name: 'guarded' });
      case '/v2/schedules/guarded-id/timeline':
        return envelope({
          finalTimeline: {
            rotations: [
              {
                id: 'r',
                name: 'Rot1',
                order: 1,
                periods: [
                  {
                    startDate: '2026-06-01T08:00:00Z',
                    endDate: '2026-06-08T08:00:00Z',
                    type: 'default',
                    recipient: { id: TEAM, type: 'team', name: 'payments' },
                  },
                ],
              },
            ],
          },
        });
      case '/v2/schedules/guarded-id/on-calls':
        return envelope({
          _parent: { id: 'guarded-id', name: 'guarded', enabled: true },
          onCallRecipients:
            query.get('flat') === 'true' && query.get('date') === AT
              ? ['ines.duarte@x.example']
              : [],
        });
      case `/v2/schedules/${ID}/timeline`:
        return envelope({
          _parent: { id: ID, name: 'payments_schedule', enabled: true },
          startDate: query.get('date'),
          finalTimeline: {
            rotations: [
              {
                id: 'r',
                name: 'Rot1',
                order: 1,
                periods: periodsIn(query).map(({ user, type, ...period }) => ({
                  ...period,
                  type: 'default',
                  recipient:
                    type === 'none'
                      ? { type }
                      : { id: `id-${user}`, type, name: `${user}@x.example` },
                })),
              },
            ],
          },
        });
      case '/v2/teams/payments':
        return envelope({ id: TEAM, name: 'payments', members: [] });
      case '/v2/escalations':
        return envelope([
          { ...escalation, name: 'other', ownerTeam: { id: 'x', name: 'x' } },
          escalation,
        ]);
      default:
        return missing;
    }
  };

const jsm =
  (token: string): FakeHandler =>
  ({ path, query, headers }) => {
    const basic = Buffer.from(`bot@x.example:${token}`).toString('base64');
    if (headers.authorization !== `Basic ${basic}`) {
      return { status: 401, body: { message: 'Unauthorized' } };
    }
    if (path === `/ex/jira/${CLOUD}/rest/api/3/user`) {
      const id = query.get('accountId')!;
      return {
        body: {
          accountId: id,
          accountType: 'atlassian',
          // One hides the address.
          emailAddress: id === 'tomas.reis' ? 'Tomas.Reis@x.example' : '',
          displayName: `Account of ${id}`,
          active: true,
        },
      };
    }
    const offset = Number(query.get('offset'));
    switch (path.replace(`/jsm/ops/api/${CLOUD}`, '')) {
      case `/v1/schedules/${ID}`:
        return { body: { ...schedule, teamId: TEAM } };
      case '/v1/teams':
        // The one as the reference says, the other as sites do.
        return {
          body:
            token === SECRET.main
              ? { platformTeams: [{ teamId: TEAM, teamName: 'payments' }] }
              : [{ teamId: TEAM, teamName: 'payments' }],
        };
      case `/v1/teams/${TEAM}/escalations`:
        return {
          body: {
            values:
              offset === 0
                ? [
                    {
                      ...escalation,
                      rules: [
                        {
                          condition: 'if-not-acked',
                          notifyType: 'default',
                          delay: 0,
                          recipient: { id: ID, type: 'schedule' },
                        },
                        {
                          condition: 'if-not-acked',
                          notifyType: 'default',
                          delay: 10,
                          recipient: { id: 'tomas.reis', type: 'user' },
                        },
                      ],
                    },
                  ]
                : [],
            links: {},
          },
        };
      case '/v1/schedules':
        return {
          body:
            offset === 0
              ? {
                  values: [{ ...schedule, id: 'z', name: 'z' }],
                  links: { next: `https://api.atlassian.com/next` },
                }
              : { values: [schedule], links: {} },
        };
      case `/v1/schedules/${ID}/timeline`:
        return {
          body: {
            startDate: query.get('date'),
            finalTimeline: {
              rotations: [
                { id: 'gone', name: 'gone', deleted: true, periods: [{}] },
                {
                  id: 'r',
                  name: 'Rot1',
                  periods: periodsIn(query).map(
                    ({ user, type, ...period }) => ({
                      ...period,
                      type: 'base',
                      responder: { id: user, type },
                      flattenedResponders:
                        type === 'none' ? [] : [{ id: user, type }],
                    }),
                  ),
                },
              ],
            },
          },
        };
      default:
        return missing;
    }
  };

const span = {
  timeZone: 'Europe/Lisbon',
  until: '2026-06-08T09:00:00+01:00',
  from: '2026-06-09T09:00:00+01:00',
};
const named = { 'opsgenie:ines.duarte': 'Account of ines.duarte' };

describe.each([
  {
    product: 'opsgenie',
    handler: opsgenie,
    secretOf: (token: string) => token,
    ines: 'mailto:ines.duarte@x.example',
    names: {},
  },
  {
    product: 'jsm',
    handler: jsm,
    secretOf: (token: string) =>
      Buffer.from(`bot@x.example:${token}`).toString('base64'),
    ines: 'opsgenie:ines.duarte',
    names: { names: named },
  },
])('$product', ({ product, handler, secretOf, ines, names }) => {
  const stage = new ProviderStage({
    id: 'opsgenie',
    create: createOpsgenieProvider,
    accountAnnotation: 'opsgenie.com/account',
    account: (name, url) => ({
      product,
      username: 'bot@x.example',
      cloudId: CLOUD,
      apiToken: SECRET[name],
      apiBaseUrl: url,
    }),
    serve: name => handler(SECRET[name]),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());
  const annotation = 'opsgenie.com/schedule';
  const primary = {
    level: 1,
    people: [{ person: 'mailto:tomas.reis@x.example', until: span.until }],
    until: span.until,
    next: { from: span.from, people: [ines] },
  };

  it.each(
    httpProviderContract(() =>
      stage.reading({
        annotation,
        value: ID,
        unknown: ID.replace('d875', '0000'),
        secrets: [secretOf('first-token'), secretOf('second-token')],
        at: AT,
        window: WINDOW,
        expected: {
          title: 'payments_schedule',
          timeZone: span.timeZone,
          levels: [primary],
          ...names,
        },
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  const ask = (annotations: Record<string, string>) =>
    stage.onCallAt(annotations, AT);

  it('finds a schedule by its name', async () => {
    const answer = await ask({ [annotation]: 'payments_schedule' });
    expect(answer?.levels).toEqual([primary]);
  });

  it('knows no team that is not there', async () => {
    expect(await ask({ 'opsgenie.com/team': 'nobody' })).toBeUndefined();
  });

  if (product === 'jsm') {
    it.each(['main', 'other'])(
      'reads the levels of a team from its escalation, however the site of account %s lists teams',
      async account => {
        expect(
          await ask({
            'opsgenie.com/team': 'payments',
            'opsgenie.com/account': account,
          }),
        ).toMatchObject({
          title: 'payments',
          levels: [
            primary,
            { level: 2, people: [{ person: 'mailto:tomas.reis@x.example' }] },
          ],
        });
      },
    );

    it('does not take a list of something else for one without the team', async () => {
      stage.server().misbehave(() => ({ body: [{ id: TEAM, name: 'x' }] }));
      await expect(ask({ 'opsgenie.com/team': 'payments' })).rejects.toThrow(
        'the name of a team is missing',
      );
      stage.server().misbehave();
    });
  }

  if (product === 'opsgenie') {
    it('reads the levels of a team from its escalation, by delay', async () => {
      expect(await ask({ 'opsgenie.com/team': 'payments' })).toEqual({
        title: 'payments',
        timeZone: span.timeZone,
        levels: [
          primary,
          { level: 2, people: [{ person: 'mailto:marcus.weber@x.example' }] },
        ],
      });
    });

    it('has nobody on call on a schedule that is switched off', async () => {
      expect((await ask({ [annotation]: 'holidays' }))?.levels).toEqual([
        { level: 1, people: [] },
      ]);
    });

    it('asks who is on call for a team that is on call', async () => {
      expect((await ask({ [annotation]: 'guarded' }))?.levels).toMatchObject([
        { people: [{ person: 'mailto:ines.duarte@x.example' }] },
      ]);
    });
  }
});
