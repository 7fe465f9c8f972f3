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

import { createSplunkProvider } from './SplunkReader';

jest.setTimeout(240_000);

const SECRETS = ['first-webhook-secret', 'second-webhook-secret'];
type Incident = { entity: string; status: string; calls: number };
const STATUS: Record<string, string> = {
  ACKNOWLEDGEMENT: 'acknowledged',
  RECOVERY: 'resolved',
};

/** The REST endpoint integration. */
const splunk =
  (incidents: Map<string, Incident>): FakeHandler =>
  ({ path, body }) => {
    if (
      path !== '/integrations/generic/20131114/alert/rest-endpoint-key/payments'
    ) {
      return { status: 404, body: { result: 'failure', message: 'not found' } };
    }
    const { entity_id: entity, message_type: type } = JSON.parse(body);
    const incident = incidents.get(entity) ?? {
      entity,
      status: 'triggered',
      calls: 1,
    };
    incident.status = STATUS[type] ?? incident.status;
    incidents.set(entity, incident);
    return { body: { result: 'success', entity_id: entity } };
  };

describe('Splunk On-Call', () => {
  const incidents = new Map<string, Incident>();
  let server: FakeServer;
  beforeAll(async () => {
    server = await FakeServer.start(splunk(incidents));
  });
  afterAll(async () => {
    await server.stop();
  });
  const create = (url = 'https://alert.example') =>
    createSplunkProvider(
      new ConfigReader({
        oncall: {
          splunk: {
            timeout: { milliseconds: 500 },
            accounts: [
              {
                id: 'main',
                default: true,
                apiId: 'the-id',
                apiKey: 'reading-key',
                apiBaseUrl: url,
                alertBaseUrl: url,
                restEndpointKey: 'rest-endpoint-key',
                routingKeys: [{ team: 'team-pay', routingKey: 'payments' }],
                webhookSecrets: SECRETS,
              },
              { id: 'silent', apiId: 'the-id', apiKey: 'k', apiBaseUrl: url },
            ],
          },
        },
      }),
    )!;
  const matched = (team: string, account = 'main') =>
    create().match(
      annotatedComponent({
        'splunk.com/on-call-team': team,
        'splunk.com/on-call-account': account,
      }),
    )!.scheduleId;

  it.each(
    actingContract(() => ({
      create: () => create(server.url),
      server,
      scheduleId: matched('team-pay'),
      otherScheduleId: matched('team-pay', 'silent'),
      unpageable: matched('team-other'),
      secrets: ['reading-key', 'rest-endpoint-key'],
      pages: () =>
        [...incidents.values()].map(({ entity, status, calls }) => ({
          dedupKey: entity,
          status,
          calls,
        })),
    })),
  )('$name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  const random = seededRandom(17);
  const payload = (phase: string, at: string, changes: object = {}) => ({
    event: 'incident',
    incident: '1042',
    phase,
    entityId: 'checkout/errors',
    title: 'Checkout answers with errors',
    team: 'team-pay',
    at,
    ...changes,
  });
  it.each(
    webhookContract(() => ({
      webhook: create().webhook!,
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
          payload: payload('UNACKED', '1780480800000'),
          expected: {
            externalId: '1042',
            dedupKey: 'checkout/errors',
            status: 'triggered',
            title: 'Checkout answers with errors',
            scheduleIds: ['main/team/team-pay'],
          },
        },
        {
          payload: payload('ACKED', '1780480860', { by: 'ines' }),
          expected: {
            status: 'acknowledged',
            by: 'splunk:ines',
            names: { 'splunk:ines': 'ines' },
          },
        },
        {
          payload: payload('RESOLVED', '2026-06-03T10:09:00Z'),
          expected: { status: 'resolved', by: undefined },
        },
        { payload: { event: 'on-call', user: 'ines' }, expected: undefined },
      ],
    })),
  )('webhook: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });
});
