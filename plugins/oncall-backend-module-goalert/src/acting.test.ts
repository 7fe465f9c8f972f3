import { ConfigReader } from '@backstage/config';
import {
  forgeHeaders,
  mutateBytes,
  mutateJson,
  seededRandom,
} from '@pavedroad/plugin-dora-node/testUtils';
import {
  actingContract,
  annotatedComponent,
  FakeServer,
  webhookContract,
  type FakeHandler,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createGoAlertProvider } from './GoAlertReader';

jest.setTimeout(240_000);

const SECRETS = ['first-webhook-secret', 'second-webhook-secret'];
type Alert = { id: number; dedup: string; status: string; calls: number };

/** The generic integration, and GraphQL as far as alerts are changed. */
const goAlert =
  (alerts: Map<string, Alert>): FakeHandler =>
  ({ path, headers, body }) => {
    if (path === '/api/v2/generic/incoming') {
      if (headers.authorization !== 'Bearer integration-key') {
        return { status: 401, body: 'unauthorized' };
      }
      const { dedup, action } = JSON.parse(body);
      const known = alerts.get(dedup);
      const alert = known ?? {
        id: alerts.size + 1,
        dedup,
        status: 'triggered',
        calls: 1,
      };
      if (action === 'close') {
        alert.status = 'resolved';
      }
      alerts.set(dedup, alert);
      return { body: { AlertID: alert.id, ServiceID: 'svc', IsNew: !known } };
    }
    if (headers.authorization !== 'Bearer acting-key') {
      return { status: 401, body: 'unauthorized' };
    }
    const { input } = JSON.parse(body).variables;
    const alert = [...alerts.values()].find(a => a.id === input.alertIDs[0]);
    if (!alert) {
      return { body: { data: null, errors: [{ message: 'no such alert' }] } };
    }
    alert.status = 'acknowledged';
    return { body: { data: { updateAlerts: [{ id: String(alert.id) }] } } };
  };

describe('GoAlert', () => {
  const alerts = new Map<string, Alert>();
  let server: FakeServer;
  beforeAll(async () => {
    server = await FakeServer.start(goAlert(alerts));
  });
  afterAll(async () => {
    await server.stop();
  });
  const create = (url = 'https://goalert.example') =>
    createGoAlertProvider(
      new ConfigReader({
        oncall: {
          goalert: {
            timeout: { milliseconds: 500 },
            accounts: [
              {
                id: 'main',
                default: true,
                apiKey: 'reading-key',
                actionKey: 'acting-key',
                integrationKeys: [{ service: 'svc', key: 'integration-key' }],
                baseUrl: url,
                webhookSecrets: SECRETS,
              },
              { id: 'silent', apiKey: 'other-key', baseUrl: url },
            ],
          },
        },
      }),
    )!;
  const matched = (service: string, account = 'main') =>
    create().match(
      annotatedComponent({
        'goalert.me/service-id': service,
        'goalert.me/account': account,
      }),
    )!.scheduleId;

  it.each(
    actingContract(() => ({
      create: () => create(server.url),
      server,
      scheduleId: matched('svc'),
      otherScheduleId: matched('svc', 'silent'),
      unpageable: matched('other'),
      secrets: ['acting-key', 'reading-key', 'integration-key'],
      pages: () =>
        [...alerts.values()].map(({ dedup, status, calls }) => ({
          dedupKey: dedup,
          status,
          calls,
        })),
    })),
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
      webhook: create().webhook!,
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
