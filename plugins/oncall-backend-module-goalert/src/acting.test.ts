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

import { createGoAlertProvider } from './GoAlertReader';

jest.setTimeout(240_000);

const SECRETS = ['first-webhook-secret', 'second-webhook-secret'];

/** The generic integration, and GraphQL as far as alerts are changed. */
const goAlert =
  (alerts: FakePages): FakeHandler =>
  ({ path, headers, body }) => {
    if (path === '/api/v2/generic/incoming') {
      if (headers.authorization !== 'Bearer integration-key') {
        return { status: 401, body: 'unauthorized' };
      }
      const { dedup, action } = JSON.parse(body);
      const { page, fresh } = alerts.trigger(dedup);
      if (action === 'close') {
        page.status = 'resolved';
      }
      return { body: { AlertID: page.id, ServiceID: 'svc', IsNew: fresh } };
    }
    if (headers.authorization !== 'Bearer acting-key') {
      return { status: 401, body: 'unauthorized' };
    }
    const { input } = JSON.parse(body).variables;
    const alert = alerts.byId(String(input.alertIDs[0]));
    if (!alert) {
      return { body: { data: null, errors: [{ message: 'no such alert' }] } };
    }
    alert.status = 'acknowledged';
    return { body: { data: { updateAlerts: [{ id: alert.id }] } } };
  };

describe('GoAlert', () => {
  const alerts = new FakePages('');
  const stage = new ProviderStage({
    id: 'goalert',
    create: createGoAlertProvider,
    accountAnnotation: 'goalert.me/account',
    account: (name, url) => ({
      apiKey: 'reading-key',
      baseUrl: url,
      ...(name === 'main'
        ? {
            actionKey: 'acting-key',
            integrationKeys: [{ service: 'svc', key: 'integration-key' }],
            webhookSecrets: SECRETS,
          }
        : {}),
    }),
    serve: () => goAlert(alerts),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());

  it.each(
    actingContract(() =>
      stage.acting({
        pageable: { 'goalert.me/service-id': 'svc' },
        unpageable: { 'goalert.me/service-id': 'other' },
        // Told of by a webhook, and its number is not one.
        unchangeable: [{ account: 'main', externalId: 'abc' }],
        secrets: ['acting-key', 'reading-key', 'integration-key'],
        pages: alerts,
      }),
    ),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  const random = seededRandom(11);
  const alert = {
    AppName: 'GoAlert',
    AlertID: 73,
    Summary: 'Checkout answers with errors',
    Details: 'Since ten past',
    ServiceID: '0b1c',
    ServiceName: 'Checkout',
    Meta: { region: 'eu' },
    GoAlertURL: 'https://goalert.example/alerts/73',
  };
  it.each(
    webhookContract(() => ({
      webhook: stage.create().webhook!,
      coversBody: false,
      headers: (_, secret = 0) => ({
        authorization: `Basic ${Buffer.from(
          `goalert:${SECRETS[secret]}`,
        ).toString('base64')}`,
      }),
      mutate: {
        json: value => mutateJson(value, random),
        bytes: body => mutateBytes(body, random),
        headers: headers => {
          const forged = forgeHeaders(headers, ['authorization'], random);
          // Changes of the encoding that leave the user's name or nothing different prove the same.
          const text = String(forged.authorization ?? '');
          const decoded = Buffer.from(text.slice(6), 'base64').toString();
          return SECRETS.includes(decoded.slice(decoded.indexOf(':') + 1))
            ? {}
            : forged;
        },
        pick: random.below,
      },
      payloads: [
        {
          payload: { ...alert, Type: 'Alert' },
          expected: {
            externalId: '73',
            status: 'triggered',
            title: 'Checkout answers with errors',
            url: 'https://goalert.example/alerts/73',
            scheduleIds: ['main/service/0b1c'],
          },
        },
        {
          payload: {
            ...alert,
            Type: 'AlertStatus',
            LogEntry: 'Acknowledged by Inês Duarte via SMS',
          },
          expected: {
            status: 'acknowledged',
            by: 'goalert:In%C3%AAs%20Duarte',
            names: { 'goalert:In%C3%AAs%20Duarte': 'Inês Duarte' },
          },
        },
        {
          payload: { ...alert, Type: 'AlertStatus', LogEntry: 'Closed' },
          expected: { status: 'resolved', by: undefined },
        },
        {
          payload: {
            AppName: 'GoAlert',
            Type: 'ScheduleOnCallUsers',
            Users: [{ ID: 'u-1', Name: 'Inês', URL: 'https://x' }],
            ScheduleID: 's-1',
          },
          expected: undefined,
        },
        { payload: { AppName: 'GoAlert', Type: 'Test' }, expected: undefined },
      ],
    })),
  )('webhook: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });
});
