import {
  annotatedComponent,
  httpProviderContract,
  ProviderStage,
  type FakeHandler,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createSplunkProvider } from './SplunkReader';

const SECRET = { main: 'first-key', other: 'second-key' };
const AT = '2026-06-03T12:00:00.000Z';
const WINDOW = { from: '2026-06-03T12:00:00Z', to: '2026-06-20T00:00:00Z' };

const roll = (username: string, start: string, end: string) => ({
  start,
  end,
  onCallUser: { username },
  isRoll: true,
});
const policy = { name: 'Payments', slug: 'pol-x' };

const splunk =
  (key: string): FakeHandler =>
  ({ path, query, headers }) => {
    if (
      headers['x-vo-api-id'] !== 'the-id' ||
      headers['x-vo-api-key'] !== key
    ) {
      return { status: 403, body: 'Authentication failed' };
    }
    switch (path.replace('/api-public', '')) {
      case '/v1/team':
        return {
          body: [
            { name: 'Payments', slug: 'team-pay', memberCount: 3, version: 2 },
            { name: 'Empty', slug: 'team-empty', memberCount: 0, version: 1 },
          ],
        };
      case '/v2/user':
        return {
          body: {
            users: ['ines', 'tomas', 'marcus'].map(username => ({
              username,
              firstName: 'The',
              lastName: username,
              displayName: '',
              email: username === 'marcus' ? '' : `${username}@x.example`,
              createdAt: '2026-01-01T00:00:00Z',
              verified: true,
            })),
          },
        };
      case '/v1/policies/pol-x':
        return {
          body: {
            ...policy,
            steps: [
              {
                timeout: 0,
                entries: [
                  {
                    executionType: 'rotation_group',
                    rotationGroup: { slug: 'rtg-1', label: 'Primary' },
                  },
                ],
              },
              {
                timeout: 15,
                entries: [
                  { executionType: 'user', user: { username: 'marcus' } },
                ],
              },
            ],
          },
        };
      case '/v2/team/team-pay/oncall/schedule':
        return {
          body: {
            team: { name: 'Payments', slug: 'team-pay' },
            schedules:
              Number(query.get('daysForward')) <= 123 &&
              query.get('step') === '0'
                ? [
                    {
                      policy,
                      schedule: [
                        {
                          onCallUser: { username: 'tomas' },
                          onCallType: 'rotation_group',
                          rotationName: 'Primary',
                          shiftName: 'Weekly',
                          shiftRoll: '2026-06-08T08:00:00Z',
                          rolls: [
                            roll(
                              'tomas',
                              '2026-06-01T08:00:00Z',
                              '2026-06-08T08:00:00Z',
                            ),
                            roll(
                              'ines',
                              '2026-06-08T08:00:00Z',
                              '2026-06-15T08:00:00Z',
                            ),
                            roll(
                              'tomas',
                              '2026-06-15T08:00:00Z',
                              '2026-06-22T08:00:00Z',
                            ),
                          ],
                        },
                      ],
                      overrides: [
                        {
                          origOnCallUser: { username: 'tomas' },
                          overrideOnCallUser: { username: 'ines' },
                          start: '2026-06-04T08:00:00Z',
                          end: '2026-06-05T08:00:00Z',
                          policy,
                        },
                        {
                          // Nobody has taken it yet.
                          origOnCallUser: { username: 'tomas' },
                          start: '2026-06-16T08:00:00Z',
                          end: '2026-06-17T08:00:00Z',
                          policy,
                        },
                      ],
                    },
                  ]
                : [],
          },
        };
      case '/v2/team/team-empty/oncall/schedule':
        return {
          body: {
            team: { name: 'Empty', slug: 'team-empty' },
            schedules: [
              { policy, schedule: [], overrides: [] },
              { policy, schedule: [], overrides: [] },
            ],
          },
        };
      default:
        return { status: 404, body: { error: 'Not found' } };
    }
  };

describe('Splunk On-Call', () => {
  const stage = new ProviderStage({
    id: 'splunk',
    create: config => createSplunkProvider(config, () => Date.parse(AT)),
    accountAnnotation: 'splunk.com/on-call-account',
    account: (name, url) => ({
      apiId: 'the-id',
      apiKey: SECRET[name],
      apiBaseUrl: url,
    }),
    serve: name => splunk(SECRET[name]),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());
  const team = { 'splunk.com/on-call-team': 'team-pay' };

  it.each(
    httpProviderContract(() =>
      stage.reading({
        annotation: 'splunk.com/on-call-team',
        value: 'team-pay',
        unknown: 'none',
        secrets: Object.values(SECRET),
        at: AT,
        window: WINDOW,
        expected: {
          title: 'Payments',
          timeZone: 'Etc/UTC',
          levels: [
            {
              level: 1,
              people: [
                {
                  person: 'mailto:tomas@x.example',
                  until: '2026-06-04T08:00:00+00:00',
                },
              ],
              until: '2026-06-04T08:00:00+00:00',
              next: {
                from: '2026-06-04T08:00:00+00:00',
                people: ['mailto:ines@x.example'],
              },
            },
            { level: 2, people: [{ person: 'splunk:marcus' }] },
          ],
          names: { 'splunk:marcus': 'The marcus' },
        },
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  it.each([
    ['the past', 'team-pay', '2026-06-02T00:00:00Z', 'from the present on'],
    ['two policies', 'Empty', AT, 'has 2 escalation policies'],
  ])('does not guess with %s', async (_, value, at, message) => {
    const provider = stage.create();
    const match = provider.match(
      annotatedComponent({ 'splunk.com/on-call-team': value }),
    )!;
    await expect(provider.onCallAt(match.scheduleId, at)).rejects.toThrow(
      message,
    );
  });

  it('asks for teams, users and policies once an hour', async () => {
    const provider = stage.create();
    const match = provider.match(annotatedComponent(team))!;
    await provider.onCallAt(match.scheduleId, AT);
    const before = stage.server().requests.length;
    await provider.onCallAt(match.scheduleId, AT);
    expect(stage.server().requests).toHaveLength(before + 1);
  });
});
