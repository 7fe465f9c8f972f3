import {
  httpProviderContract,
  ProviderStage,
  type FakeHandler,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createGoAlertProvider } from './GoAlertReader';

const SECRET = { main: 'first-key', other: 'second-key' };
const AT = '2026-06-03T12:00:00.000Z';
const WINDOW = { from: '2026-06-03T12:00:00Z', to: '2026-06-20T00:00:00Z' };
const WEEK = 7 * 86_400_000;
const HANDOFF = Date.parse('2026-06-05T07:00:00Z');

const users = {
  ines: { id: 'u-1', name: 'Inês Duarte', email: 'ines@x.example' },
  tomas: { id: 'u-2', name: 'Tomás Reis', email: 'tomas@x.example' },
  // Not told to those who may not see it.
  marcus: { id: 'u-3', name: 'Marcus Weber', email: '' },
};
const shifts = [
  ['ines', '2026-05-25T08:00:00Z', '2026-06-01T08:00:00Z'],
  ['tomas', '2026-06-01T08:00:00Z', '2026-06-08T08:00:00Z'],
  ['ines', '2026-06-08T08:00:00Z', '2026-06-15T08:00:00Z'],
  ['tomas', '2026-06-15T08:00:00Z', '2026-08-01T08:00:00Z'],
] as const;

const goAlert =
  (key: string): FakeHandler =>
  ({ method, path, headers, body }) => {
    if (headers.authorization !== `Bearer ${key}`) {
      return { status: 401, body: 'unauthorized' };
    }
    if (method !== 'POST' || path !== '/api/graphql') {
      return { status: 404, body: 'not found' };
    }
    const { variables } = JSON.parse(body);
    const { id, start, end } = variables;
    const from = Date.parse(start);
    const to = Date.parse(end);
    const data: Record<string, unknown> = {};
    if (variables.isService) {
      data.service =
        id === 'svc' ? { name: 'Ledger', escalationPolicyID: 'ep' } : null;
    }
    if (variables.isPolicy) {
      const target = (type: string, name: string) => ({ id: name, type, name });
      data.escalationPolicy = {
        name: 'Payments escalation',
        steps: [
          { stepNumber: 2, targets: [target('rotation', 'rot')] },
          { stepNumber: 0, targets: [target('schedule', 'sched')] },
          {
            stepNumber: 1,
            targets: [target('user', 'u-3'), target('slackChannel', 'C0')],
          },
          { stepNumber: 3, targets: [target('slackChannel', 'C0')] },
        ],
      };
    }
    if (variables.isSchedule) {
      data.schedule =
        id === 'sched'
          ? {
              name: 'Payments primary',
              timeZone: 'Europe/Lisbon',
              shifts: shifts
                .filter(
                  ([, a, b]) => Date.parse(a) < to && Date.parse(b) > from,
                )
                .map(([user, a, b]) => ({
                  userID: users[user].id,
                  user: users[user],
                  start: a,
                  end: Date.parse(b) > to ? end : b,
                  truncated: Date.parse(b) > to,
                })),
            }
          : null;
    }
    if (variables.isRotation) {
      data.rotation = {
        name: 'Managers',
        timeZone: 'Europe/Lisbon',
        activeUserIndex: 1,
        users: [users.ines, users.tomas],
        nextHandoffTimes: [0, 1, 2, 3, 4, 5, 6, 7].map(k =>
          new Date(HANDOFF + k * WEEK).toISOString(),
        ),
      };
    }
    if (variables.isUser) {
      data.user = Object.values(users).find(user => user.id === id) ?? null;
    }
    return id === 'broken'
      ? {
          body: {
            data: null,
            errors: [{ message: 'invalid UUID', path: ['schedule'] }],
          },
        }
      : { body: { data } };
  };

describe('GoAlert', () => {
  const stage = new ProviderStage({
    id: 'goalert',
    create: config => createGoAlertProvider(config, () => Date.parse(AT)),
    accountAnnotation: 'goalert.me/account',
    account: (name, url) => ({
      apiKey: SECRET[name],
      baseUrl: url,
    }),
    serve: name => goAlert(SECRET[name]),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());
  const turn = (person: string, until: string, next: string) => ({
    people: [{ person: `mailto:${person}@x.example`, until }],
    until,
    next: { from: until, people: [`mailto:${next}@x.example`] },
  });
  const primary = {
    level: 1,
    ...turn('tomas', '2026-06-08T09:00:00+01:00', 'ines'),
  };

  it.each(
    httpProviderContract(() =>
      stage.reading({
        annotation: 'goalert.me/service-id',
        value: 'svc',
        unknown: 'none',
        secrets: Object.values(SECRET),
        at: AT,
        window: WINDOW,
        expected: {
          title: 'Ledger',
          timeZone: 'Europe/Lisbon',
          levels: [
            primary,
            { level: 2, people: [{ person: 'goalert:u-3' }] },
            { level: 3, ...turn('tomas', '2026-06-05T08:00:00+01:00', 'ines') },
            { level: 4, people: [] },
          ],
          names: { 'goalert:u-3': 'Marcus Weber' },
        },
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  const ask = (name: string, value: string, at = AT) =>
    stage.onCallAt({ [name]: value }, at);

  it.each([
    ['goalert.me/schedule-id', 'sched', 'Payments primary', 1],
    ['goalert.me/escalation-policy-id', 'ep', 'Payments escalation', 4],
  ])('reads what %s names', async (name, value, title, levels) => {
    const answer = await ask(name, value);
    expect(answer?.title).toBe(title);
    expect(answer?.levels[0]).toEqual(primary);
    expect(answer?.levels).toHaveLength(levels);
  });

  it('does not tell the end of a shift that the window cuts', async () => {
    const answer = await ask(
      'goalert.me/schedule-id',
      'sched',
      '2026-06-16T00:00:00Z',
    );
    expect(answer?.levels).toEqual([
      { level: 1, people: [{ person: 'mailto:tomas@x.example' }] },
    ]);
  });

  it('does not guess who had the turn of a rotation', async () => {
    await expect(
      ask('goalert.me/service-id', 'svc', '2026-06-02T00:00:00Z'),
    ).rejects.toThrow('from the present on');
  });

  it('passes on why GoAlert refuses', async () => {
    await expect(ask('goalert.me/schedule-id', 'broken')).rejects.toThrow(
      'invalid UUID',
    );
  });
});
