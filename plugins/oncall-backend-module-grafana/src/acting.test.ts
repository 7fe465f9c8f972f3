import {
  forgeHeaders,
  mutateBytes,
  mutateJson,
  seededRandom,
} from '@pavedroad/plugin-dora-node/testUtils';
import {
  actingContract,
  webhookContract,
  type FakeHandler,
  FakePages,
  ProviderStage,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createGrafanaProvider } from './GrafanaReader';

jest.setTimeout(240_000);

const SECRETS = ['first-webhook-secret', 'second-webhook-secret'];

/** A formatted webhook integration, and the alert groups it makes. */
const grafana =
  (groups: FakePages): FakeHandler =>
  ({ path, query, headers, body }) => {
    if (path === '/integrations/v1/formatted_webhook/integration-secret/') {
      groups.trigger(JSON.parse(body).alert_uid);
      return { body: 'Ok.' };
    }
    if (headers.authorization !== 'acting-token') {
      return { status: 403, body: { detail: 'Invalid token.' } };
    }
    if (path === '/api/v1/alert_groups') {
      // Two on a page, the newest first.
      const page = Number(query.get('page'));
      const all = groups.newest();
      return {
        body: {
          next: all.length > page * 2 ? 'https://next.example' : null,
          results: all.slice(page * 2 - 2, page * 2).map(group => ({
            id: group.id,
            permalinks: { web: `https://grafana.example/${group.id}` },
            last_alert: { payload: { alert_uid: group.dedupKey } },
          })),
        },
      };
    }
    const [id, action] = path.split('/').slice(-2);
    const group = groups.byId(id);
    if (!group) {
      return { status: 404, body: { detail: 'Not found.' } };
    }
    group.status = action === 'resolve' ? 'resolved' : 'acknowledged';
    return { body: {} };
  };

describe('Grafana IRM', () => {
  const groups = new FakePages('I');
  const stage = new ProviderStage({
    id: 'grafana',
    create: createGrafanaProvider,
    accountAnnotation: 'grafana.com/on-call-account',
    account: (name, url) => ({
      apiToken: 'reading-token',
      apiBaseUrl: url,
      ...(name === 'main'
        ? {
            actionToken: 'acting-token',
            pageIntegrations: [
              {
                for: 'SBM7',
                id: 'CFRPV',
                url: `${url}/integrations/v1/formatted_webhook/integration-secret/`,
              },
            ],
            webhookSecrets: SECRETS,
          }
        : {}),
    }),
    serve: () => grafana(groups),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());

  it.each(
    actingContract(() =>
      stage.acting({
        pageable: { 'grafana.com/on-call-schedule': 'SBM7' },
        unpageable: { 'grafana.com/on-call-schedule': 'OTHER' },
        // Neither its group nor where it was sent is known.
        unchangeable: [{ account: 'main' }],
        secrets: ['acting-token', 'reading-token', 'integration-secret'],
        pages: groups,
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  const random = seededRandom(13);
  const user = { id: 'UVMX', username: 'ines', email: 'Ines@x.example' };
  const payload = (type: string, time: string, changes: object = {}) => ({
    event: { type, time },
    user: null,
    alert_group_id: 'I6HN',
    alert_group: {
      id: 'I6HN',
      integration_id: 'CZ7U',
      state: 'firing',
      created_at: '2026-06-03T10:00:00.148231Z',
      title: 'Checkout answers with errors',
      permalinks: { slack: null, web: 'https://grafana.example/I6HN' },
    },
    alert_payload: { alert_uid: 'u-1' },
    notified_users: [],
    users_to_be_notified: [],
    ...changes,
  });
  it.each(
    webhookContract(() => ({
      webhook: stage.create().webhook!,
      coversBody: false,
      headers: (_, secret = 0) => ({ 'x-webhook-secret': SECRETS[secret] }),
      mutate: {
        json: value => mutateJson(value, random),
        bytes: body => mutateBytes(body, random),
        headers: headers => forgeHeaders(headers, ['x-webhook-secret'], random),
        pick: random.below,
      },
      payloads: [
        {
          payload: payload('alert group created', '2026-06-03T10:00:01Z', {
            users_to_be_notified: [
              user,
              { id: 'U2', username: 'tomas', email: null },
            ],
          }),
          expected: {
            externalId: 'I6HN',
            dedupKey: 'u-1',
            status: 'triggered',
            title: 'Checkout answers with errors',
            createdAt: '2026-06-03T10:00:00.148Z',
            url: 'https://grafana.example/I6HN',
            people: ['mailto:ines@x.example', 'grafana:U2'],
            names: { 'grafana:U2': 'tomas' },
            by: undefined,
          },
        },
        {
          payload: payload('acknowledge', '2026-06-03T10:05:00+00:00', {
            user,
          }),
          expected: { status: 'acknowledged', by: 'mailto:ines@x.example' },
        },
        {
          payload: payload('silence', '2026-06-03T10:06:00+00:00'),
          expected: undefined,
        },
        {
          payload: payload('resolve', '2026-06-03T10:07:00+00:00'),
          expected: { status: 'resolved', by: undefined },
        },
      ],
    })),
  )('webhook: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });
});
