import { ConfigReader } from '@backstage/config';
import {
  annotatedComponent,
  httpProviderContract,
  ProviderStage,
  type FakeHandler,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createPagerDutyProvider } from './PagerDutyReader';

const SECRET = { main: 'first-token', other: 'second-token' };
const AT = '2026-06-03T12:00:00.000Z';
const WINDOW = { from: '2026-06-01T00:00:00Z', to: '2026-06-20T00:00:00Z' };

const users = {
  ines: {
    id: 'PXPGF42',
    type: 'user',
    summary: 'Inês Duarte',
    self: 'https://api.pagerduty.com/users/PXPGF42',
    html_url: 'https://fernhill.pagerduty.com/users/PXPGF42',
    name: 'Inês Duarte',
    email: 'Ines.Duarte@fernhill.example',
    time_zone: 'Europe/Lisbon',
    color: 'green',
    role: 'user',
    contact_methods: [],
    teams: [],
  },
  tomas: {
    id: 'PAM4FGS',
    type: 'user',
    summary: 'Tomás Reis',
    name: 'Tomás Reis',
    email: 'tomas.reis@fernhill.example',
  },
  // Not to be read by the key: a reference has no address.
  guest: {
    id: 'PGUEST1',
    type: 'user_reference',
    summary: 'Guest Responder',
    self: 'https://api.pagerduty.com/users/PGUEST1',
    html_url: 'https://fernhill.pagerduty.com/users/PGUEST1',
  },
};
const policy = {
  id: 'PT20YPA',
  type: 'escalation_policy',
  summary: 'Payments escalation',
  name: 'Payments escalation',
  num_loops: 1,
  escalation_rules: [
    {
      id: 'PGHDV41',
      escalation_delay_in_minutes: 15,
      targets: [{ id: 'PI7DH85', type: 'schedule_reference' }],
    },
    {
      id: 'PGHDV42',
      escalation_delay_in_minutes: 15,
      targets: [{ id: 'PGUEST1', type: 'user_reference' }],
    },
    {
      id: 'PGHDV43',
      escalation_delay_in_minutes: 30,
      targets: [{ id: 'PEMPTY1', type: 'schedule_reference' }],
    },
  ],
};
const service = {
  id: 'PIJ90N7',
  type: 'service',
  summary: 'Ledger',
  name: 'Ledger',
  status: 'active',
  escalation_policy: policy,
  integrations: [
    {
      id: 'PQ12345',
      type: 'events_api_v2_inbound_integration',
      integration_key: 'the-integration-key',
    },
  ],
};
const schedule = {
  id: 'PI7DH85',
  type: 'schedule',
  summary: 'Payments primary',
  name: 'Payments primary',
  time_zone: 'Europe/Lisbon',
};
const turn = (user: unknown, start: string, end: string) => ({
  escalation_policy: policy,
  escalation_level: 1,
  schedule,
  user,
  start,
  end,
});
const oncalls = [
  turn(users.tomas, '2026-05-25T08:00:00Z', '2026-06-01T08:00:00Z'),
  turn(users.ines, '2026-06-01T08:00:00Z', '2026-06-08T08:00:00Z'),
  turn(users.tomas, '2026-06-08T08:00:00Z', '2026-06-15T08:00:00Z'),
  turn(users.ines, '2026-06-15T08:00:00Z', '2026-06-22T08:00:00Z'),
  {
    escalation_policy: policy,
    escalation_level: 2,
    schedule: null,
    user: users.guest,
    start: null,
    end: null,
  },
];

/** PagerDuty's REST API as far as it is asked, with pages of two. */
const pagerDuty =
  (token: string): FakeHandler =>
  ({ path, query, headers }) => {
    if (headers.authorization !== `Token token=${token}`) {
      return { status: 401, body: { error: { code: 2006 } } };
    }
    switch (path) {
      case '/services/PIJ90N7':
        return { body: { service } };
      case '/services':
        // A search, which finds more than what was meant.
        return {
          body: {
            services: query.get('query')?.startsWith('the-')
              ? [{ ...service, id: 'POTHER', integrations: [] }, service]
              : [],
            limit: 25,
            offset: 0,
            total: null,
            more: false,
          },
        };
      case '/escalation_policies/PT20YPA':
        return { body: { escalation_policy: policy } };
      case '/schedules/PI7DH85':
        return { body: { schedule } };
      case '/oncalls': {
        const since = Date.parse(query.get('since')!);
        const until = Date.parse(query.get('until')!);
        if (until - since > 92 * 86_400_000 || until <= since) {
          return { status: 400, body: { error: { code: 2001 } } };
        }
        const found = oncalls.filter(
          entry =>
            (!entry.start || Date.parse(entry.start) < until) &&
            (!entry.end || Date.parse(entry.end) > since) &&
            (!query.has('schedule_ids[]') ||
              query.get('schedule_ids[]') === entry.schedule?.id) &&
            (!query.has('escalation_policy_ids[]') ||
              query.get('escalation_policy_ids[]') === policy.id),
        );
        // The real page is as long as `limit`; a shorter one makes for more pages.
        const offset = Number(query.get('offset')) / 50;
        return {
          body: {
            oncalls: found.slice(offset, offset + 2),
            limit: 100,
            offset: Number(query.get('offset')),
            total: null,
            more: offset + 2 < found.length,
          },
        };
      }
      default:
        return { status: 404, body: { error: { message: 'Not Found' } } };
    }
  };

describe('PagerDuty', () => {
  const stage = new ProviderStage({
    id: 'pagerduty',
    create: createPagerDutyProvider,
    accountAnnotation: 'pagerduty.com/account',
    account: (name, url) => ({
      apiToken: SECRET[name],
      apiBaseUrl: url,
    }),
    serve: name => pagerDuty(SECRET[name]),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());
  const primary = {
    level: 1,
    people: [
      {
        person: 'mailto:ines.duarte@fernhill.example',
        until: '2026-06-08T09:00:00+01:00',
      },
    ],
    until: '2026-06-08T09:00:00+01:00',
    next: {
      from: '2026-06-08T09:00:00+01:00',
      people: ['mailto:tomas.reis@fernhill.example'],
    },
  };

  it.each(
    httpProviderContract(() =>
      stage.reading({
        annotation: 'pagerduty.com/service-id',
        value: 'PIJ90N7',
        unknown: 'PNONE',
        secrets: Object.values(SECRET),
        at: AT,
        window: WINDOW,
        expected: {
          title: 'Ledger',
          timeZone: 'Europe/Lisbon',
          levels: [
            primary,
            { level: 2, people: [{ person: 'pagerduty:PGUEST1' }] },
            { level: 3, people: [] },
          ],
          names: { 'pagerduty:PGUEST1': 'Guest Responder' },
        },
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  it.each([
    ['pagerduty.com/schedule-id', 'PI7DH85', 'Payments primary', 1],
    ['pagerduty.com/escalation-policy-id', 'PT20YPA', 'Payments escalation', 3],
    ['pagerduty.com/integration-key', 'the-integration-key', 'Ledger', 3],
  ])('reads what %s names', async (annotation, value, title, levels) => {
    const provider = stage.create();
    const { scheduleId } = provider.match(
      annotatedComponent({ [annotation]: value }),
    )!;
    expect(scheduleId).not.toContain('the-integration-key');
    const answer = await provider.onCallAt(scheduleId, AT);
    expect(answer?.title).toBe(title);
    expect(answer?.levels[0]).toEqual(primary);
    expect(answer?.levels).toHaveLength(levels);
  });

  it('knows no service by a key that only resembles one', async () => {
    const provider = stage.create();
    const { scheduleId } = provider.match(
      annotatedComponent({ 'pagerduty.com/integration-key': 'the-other' }),
    )!;
    expect(await provider.onCallAt(scheduleId, AT)).toBeUndefined();
  });

  it('is not there without accounts', () => {
    expect(createPagerDutyProvider(new ConfigReader({}))).toBeUndefined();
  });

  it.each([
    [
      'two defaults',
      [
        { id: 'a', default: true },
        { id: 'b', default: true },
      ],
    ],
    ['an id twice', [{ id: 'a' }, { id: 'a' }]],
    ['an address without TLS', [{ apiBaseUrl: 'http://pagerduty.example' }]],
  ])('refuses %s', (_, accounts) => {
    expect(() =>
      createPagerDutyProvider(
        new ConfigReader({
          oncall: {
            pagerduty: {
              accounts: accounts.map(a => ({ apiToken: 'x', ...a })),
            },
          },
        }),
      ),
    ).toThrow(/default|unique|https/);
  });
});
