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
  type FakePage,
  FakePages,
  ProviderStage,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createOpsgenieProvider } from './OpsgenieReader';

jest.setTimeout(240_000);

const SECRETS = ['first-webhook-secret', 'second-webhook-secret'];
const SCHEDULE = '00000000-0000-4000-8000-000000000001';

/** The alert API of Opsgenie, or of JSM Operations, in which requests are accepted first and done later. */
function alertApi(
  alerts: FakePages,
  options: { root: string; authorization: string; jsm: boolean },
): FakeHandler {
  const requests = new Map<string, string>();
  const accepted = (alert: FakePage | undefined) => {
    const requestId = `r-${requests.size}`;
    requests.set(requestId, alert?.id ?? '');
    return {
      status: 202,
      body: { result: 'Request will be processed', requestId },
    };
  };
  return ({ method, path, query, headers, body }) => {
    if (headers.authorization !== options.authorization) {
      return { status: 403, body: { message: 'Forbidden' } };
    }
    const [, first, action] = path
      .replace(`${options.root}/alerts`, '')
      .split('/');
    if (method === 'POST' && first === undefined) {
      const { alias, responders, message } = JSON.parse(body);
      if (responders[0]?.id !== SCHEDULE || message.length > 130) {
        return { status: 422, body: { message: 'Responders are not valid' } };
      }
      return accepted(alerts.trigger(alias).page);
    }
    if (first === 'requests') {
      const data = {
        isSuccess: Boolean(requests.get(action)),
        alertId: requests.get(action),
        status: 'Created alert',
      };
      return { body: options.jsm ? data : { data } };
    }
    if (first === 'alias') {
      return { body: { id: alerts.byKey(query.get('alias'))?.id } };
    }
    const alert =
      alerts.byId(first) ?? (options.jsm ? undefined : alerts.byKey(first));
    if (method === 'POST' && alert) {
      alert.status = action === 'close' ? 'resolved' : 'acknowledged';
      return accepted(alert);
    }
    return { status: 404, body: { message: 'not found' } };
  };
}

describe.each([
  [
    'Opsgenie',
    {},
    { root: '/v2', authorization: 'GenieKey acting-token', jsm: false },
  ],
  [
    'JSM Operations',
    { product: 'jsm', username: 'portal@x.example', cloudId: 'cloud' },
    {
      root: '/jsm/ops/api/cloud/v1',
      authorization: `Basic ${Buffer.from(
        'portal@x.example:acting-token',
      ).toString('base64')}`,
      jsm: true,
    },
  ],
])('%s', (name, settings, options) => {
  const alerts = new FakePages('alert-');
  const stage = new ProviderStage({
    id: 'opsgenie',
    create: createOpsgenieProvider,
    accountAnnotation: 'opsgenie.com/account',
    account: (account, url) => ({
      apiToken: 'reading-token',
      apiBaseUrl: url,
      ...settings,
      ...(account === 'main'
        ? { actionToken: 'acting-token', webhookSecrets: SECRETS }
        : {}),
    }),
    serve: () => {
      const api = alertApi(alerts, options);
      return request =>
        request.path.endsWith(`/schedules/${SCHEDULE}`)
          ? { body: { id: SCHEDULE, name: 'Payments' } }
          : api(request);
    },
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());

  it.each(
    actingContract(() =>
      stage.acting({
        pageable: { 'opsgenie.com/schedule': SCHEDULE },
        secrets: ['acting-token', 'reading-token'],
        pages: alerts,
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  const random = seededRandom(name.length);
  const payload = (
    action: string,
    updatedAt: number,
    changes: object = {},
  ) => ({
    action,
    source: { name: '', type: 'web' },
    integrationId: '37c8f316-17c6-49d7-899b-9c7e540c048d',
    alert: {
      alertId: '052652ac-5d1c-464a-812a-7dd18bbfba8c-1777888800000',
      alias: 'checkout-errors',
      message: 'Checkout answers with errors',
      createdAt: 1777888800000,
      updatedAt,
      username: 'System',
      priority: 'P4',
      responders: [
        { id: 'd1', name: 'Ines.Duarte@x.example', type: 'user' },
        { id: 's1', name: 'Payments', type: 'schedule' },
        { id: 't1', type: 'team' },
      ],
      ...changes,
    },
  });
  it.each(
    webhookContract(() => ({
      webhook: stage.create().webhook!,
      coversBody: false,
      mutations: options.jsm ? 2_000 : 10_000,
      headers: (_, secret = 0) => ({
        authorization: `Bearer ${SECRETS[secret]}`,
      }),
      mutate: {
        json: value => mutateJson(value, random),
        bytes: body => mutateBytes(body, random),
        headers: headers => forgeHeaders(headers, ['authorization'], random),
        pick: random.below,
      },
      payloads: [
        {
          payload: payload('Create', 1777888800000),
          expected: {
            externalId: '052652ac-5d1c-464a-812a-7dd18bbfba8c-1777888800000',
            dedupKey: 'checkout-errors',
            status: 'triggered',
            title: 'Checkout answers with errors',
            urgency: 'low',
            createdAt: '2026-05-04T10:00:00.000Z',
            people: ['mailto:ines.duarte@x.example'],
            scheduleIds: [
              'main/schedule/Payments',
              'main/schedule/s1',
              'main/team/t1',
            ],
            by: undefined,
          },
        },
        {
          payload: payload('Acknowledge', 1777889100000002246, {
            username: 'Priya@x.example',
          }),
          expected: { status: 'acknowledged', by: 'mailto:priya@x.example' },
        },
        { payload: payload('AddNote', 1777889150000), expected: undefined },
        {
          payload: payload('Close', 1777889220000),
          expected: { status: 'resolved', by: undefined },
        },
      ],
    })),
  )('webhook: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });
});
