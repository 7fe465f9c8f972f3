import {
  annotatedComponent,
  httpProviderContract,
  ProviderStage,
  type FakeHandler,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createGrafanaProvider } from './GrafanaReader';

const SECRET = { main: 'first-token', other: 'second-token' };
const AT = '2026-06-03T12:00:00.000Z';
const WINDOW = { from: '2026-06-01T00:00:00Z', to: '2026-06-20T00:00:00Z' };

const shift = (user: string, start: string, end: string) => ({
  user_pk: `U-${user}`,
  user_email: user === 'guest' ? '' : `${user}@x.example`,
  user_username: user,
  shift_start: start,
  shift_end: end,
});
const shifts = [
  shift('ines', '2026-05-25T08:00:00Z', '2026-06-01T08:00:00Z'),
  shift('tomas', '2026-06-01T08:00:00Z', '2026-06-05T08:00:00Z'),
  // A gap until the next, whose address is not told.
  shift('guest', '2026-06-08T08:00:00Z', '2026-06-15T08:00:00Z'),
  shift('ines', '2026-06-15T08:00:00Z', '2026-06-22T08:00:00Z'),
];
const policy = (position: number, type: string, more: object) => ({
  id: `E${position}`,
  escalation_chain_id: 'CHAIN',
  position,
  type,
  ...more,
});
const policies = [
  policy(3, 'wait', { duration: 300 }),
  policy(0, 'notify_on_call_from_schedule', {
    notify_on_call_from_schedule: 'SBM7',
    important: false,
  }),
  policy(1, 'trigger_webhook', { action_to_trigger: 'W1' }),
  policy(2, 'notify_persons', { persons_to_notify: ['U-marcus'] }),
  policy(4, 'notify_persons', { persons_to_notify: ['U-marcus'] }),
];

/** Grafana's API as far as it is asked, with pages of two. */
const grafana =
  (token: string): FakeHandler =>
  ({ path, query, headers }) => {
    if (headers.authorization !== token) {
      return { status: 403, body: { detail: 'Invalid token.' } };
    }
    const paged = (items: unknown[]) => {
      const page = Number(query.get('page') ?? 1);
      const more = items.length > page * 2;
      return {
        body: {
          count: items.length,
          next: more ? `https://elsewhere.example${path}?page=2` : null,
          previous: null,
          results: items.slice(page * 2 - 2, page * 2),
          current_page_number: page,
          page_size: 2,
          total_pages: Math.ceil(items.length / 2),
        },
      };
    };
    switch (path) {
      case '/api/v1/schedules/SBM7':
        return {
          body: {
            id: 'SBM7',
            name: 'Payments primary',
            type: 'web',
            team_id: null,
            time_zone: 'Europe/Lisbon',
            on_call_now: ['U-tomas'],
            slack: null,
          },
        };
      case '/api/v1/schedules/SBM7/final_shifts': {
        const start = Date.parse(query.get('start_date')!);
        const end = Date.parse(query.get('end_date')!) + 86_400_000;
        return paged(
          shifts.filter(
            s =>
              Date.parse(s.shift_start) < end &&
              Date.parse(s.shift_end) > start,
          ),
        );
      }
      case '/api/v1/escalation_chains/CHAIN':
        return { body: { id: 'CHAIN', name: 'payments', team_id: null } };
      case '/api/v1/escalation_policies':
        return paged(
          query.get('escalation_chain_id') === 'CHAIN' ? policies : [],
        );
      case '/api/v1/users/U-marcus':
        return {
          body: {
            id: 'U-marcus',
            email: 'Marcus@x.example',
            username: 'marcus',
            role: 'admin',
            timezone: 'Europe/Lisbon',
          },
        };
      default:
        return { status: 404, body: { detail: 'Not found.' } };
    }
  };

describe('Grafana IRM', () => {
  const stage = new ProviderStage({
    id: 'grafana',
    create: createGrafanaProvider,
    accountAnnotation: 'grafana.com/on-call-account',
    account: (name, url) => ({
      apiToken: SECRET[name],
      apiBaseUrl: url,
      grafanaUrl: 'https://fernhill.grafana.example',
    }),
    serve: name => grafana(SECRET[name]),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());
  const schedule = { 'grafana.com/on-call-schedule': 'SBM7' };
  const primary = {
    level: 1,
    people: [
      { person: 'mailto:tomas@x.example', until: '2026-06-05T09:00:00+01:00' },
    ],
    until: '2026-06-05T09:00:00+01:00',
    next: { from: '2026-06-08T09:00:00+01:00', people: ['grafana:U-guest'] },
  };

  it.each(
    httpProviderContract(() =>
      stage.reading({
        annotation: 'grafana.com/on-call-schedule',
        value: 'SBM7',
        unknown: 'NONE',
        secrets: Object.values(SECRET),
        at: AT,
        window: WINDOW,
        expected: {
          title: 'Payments primary',
          timeZone: 'Europe/Lisbon',
          levels: [primary],
          names: { 'grafana:U-guest': 'guest' },
        },
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  it('reads the levels of an escalation chain, parted by its waits', async () => {
    const provider = stage.create();
    const { scheduleId } = provider.match(
      annotatedComponent({ 'grafana.com/on-call-escalation-chain': 'CHAIN' }),
    )!;
    const marcus = { person: 'mailto:marcus@x.example' };
    expect(await provider.onCallAt(scheduleId, AT)).toMatchObject({
      title: 'payments',
      timeZone: 'Europe/Lisbon',
      levels: [
        {
          level: 1,
          people: [marcus, primary.people[0]],
          until: primary.until,
          next: { from: primary.until, people: [marcus.person] },
        },
        { level: 2, people: [marcus] },
      ],
    });
  });

  it('says which Grafana a token belongs to', async () => {
    const provider = stage.create();
    const match = provider.match(annotatedComponent(schedule))!;
    await provider.onCallAt(match.scheduleId, AT);
    expect(stage.server().requests.at(-1)?.headers['x-grafana-url']).toBe(
      'https://fernhill.grafana.example',
    );
  });
});
