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

import { createSplunkProvider } from './SplunkReader';

jest.setTimeout(240_000);

const SECRETS = ['first-webhook-secret', 'second-webhook-secret'];
const STATUS: Record<string, FakePage['status']> = {
  ACKNOWLEDGEMENT: 'acknowledged',
  RECOVERY: 'resolved',
};

/** The REST endpoint integration. */
const splunk =
  (incidents: FakePages): FakeHandler =>
  ({ path, body }) => {
    if (
      path !== '/integrations/generic/20131114/alert/rest-endpoint-key/payments'
    ) {
      return { status: 404, body: { result: 'failure', message: 'not found' } };
    }
    const { entity_id: entity, message_type: type } = JSON.parse(body);
    const { page } = incidents.trigger(entity);
    page.status = STATUS[type] ?? page.status;
    return { body: { result: 'success', entity_id: entity } };
  };

describe('Splunk On-Call', () => {
  const incidents = new FakePages();
  const stage = new ProviderStage({
    id: 'splunk',
    create: createSplunkProvider,
    accountAnnotation: 'splunk.com/on-call-account',
    account: (name, url) => ({
      apiId: 'the-id',
      apiKey: 'reading-key',
      apiBaseUrl: url,
      ...(name === 'main'
        ? {
            alertBaseUrl: url,
            restEndpointKey: 'rest-endpoint-key',
            routingKeys: [{ team: 'team-pay', routingKey: 'payments' }],
            webhookSecrets: SECRETS,
          }
        : {}),
    }),
    serve: () => splunk(incidents),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());

  it.each(
    actingContract(() =>
      stage.acting({
        pageable: { 'splunk.com/on-call-team': 'team-pay' },
        unpageable: { 'splunk.com/on-call-team': 'team-other' },
        // Which team it was sent to is not known.
        unchangeable: [{ account: 'main', externalId: '1042' }],
        secrets: ['reading-key', 'rest-endpoint-key'],
        pages: incidents,
      }),
    ),
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
        {
          payload: payload('ACKED', '1780481460', { by: 'SYSTEM' }),
          expected: { status: 'acknowledged', by: undefined },
        },
        { payload: { event: 'on-call', user: 'ines' }, expected: undefined },
      ],
    })),
  )('webhook: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });
});
