import { createHmac } from 'node:crypto';
import {
  forgeHeaders,
  mutateBytes,
  mutateJson,
  seededRandom,
} from '@pavedroad/plugin-dora-node/testUtils';
import {
  actingContract,
  FakeServer,
  webhookContract,
  type FakeHandler,
  type FakePage,
  FakePages,
  ProviderStage,
} from '@pavedroad/plugin-oncall-node/testUtils';

import { createPagerDutyProvider } from './PagerDutyReader';

jest.setTimeout(120_000);

const SECRETS = ['first-webhook-secret', 'second-webhook-secret'];

const CHANGED: Record<string, FakePage['status']> = {
  acknowledge: 'acknowledged',
  resolve: 'resolved',
};

/** Incidents of the REST API and alerts of the Events API, as far as they are made and changed. */
function pagerDuty(incidents: FakePages): FakeHandler {
  const shown = (incident: FakePage) => ({
    id: incident.id,
    type: 'incident',
    incident_key: incident.dedupKey,
    status: incident.status,
    html_url: `https://fernhill.pagerduty.com/incidents/${incident.id}`,
  });
  return ({ method, path, query, headers, body }) => {
    if (path === '/v2/enqueue') {
      const event = JSON.parse(body);
      if (event.routing_key !== 'the-integration-key') {
        return { status: 400, body: { message: 'Invalid routing key' } };
      }
      const { page: incident } = incidents.trigger(event.dedup_key);
      incident.status =
        CHANGED[event.event_action as string] ?? incident.status;
      return { status: 202, body: { status: 'success', dedup_key: 'x' } };
    }
    if (headers.authorization !== 'Token token=acting-token') {
      return { status: 401, body: { error: { code: 2006 } } };
    }
    if (method === 'GET' && path === '/incidents') {
      return {
        body: {
          incidents: [incidents.byKey(query.get('incident_key'))].flatMap(
            found => (found ? [shown(found)] : []),
          ),
        },
      };
    }
    if (headers.from !== 'portal@fernhill.example') {
      return { status: 400, body: { error: { message: 'Requester missing' } } };
    }
    const { incident } = JSON.parse(body);
    if (method === 'POST' && path === '/incidents') {
      return incidents.byKey(incident.incident_key)
        ? {
            status: 400,
            body: {
              error: {
                message: 'Arguments Caused Error',
                code: 2002,
                errors: ['matching dedup key already exists'],
              },
            },
          }
        : {
            status: 201,
            body: {
              incident: shown(incidents.trigger(incident.incident_key).page),
            },
          };
    }
    const found = incidents.byId(path.split('/').pop());
    if (method === 'PUT' && found) {
      found.status = incident.status;
      return { body: { incident: shown(found) } };
    }
    return { status: 404, body: { error: { message: 'Not Found' } } };
  };
}

describe('PagerDuty', () => {
  const incidents = new FakePages('Q');
  const stage = new ProviderStage({
    id: 'pagerduty',
    create: createPagerDutyProvider,
    accountAnnotation: 'pagerduty.com/account',
    account: (name, url) => ({
      apiToken: 'reading-token',
      apiBaseUrl: url,
      ...(name === 'main'
        ? {
            actionToken: 'acting-token',
            from: 'portal@fernhill.example',
            eventsBaseUrl: url,
            webhookSecrets: SECRETS,
          }
        : {}),
    }),
    serve: () => pagerDuty(incidents),
  });
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());
  const paging = {
    unpageable: { 'pagerduty.com/schedule-id': 'PI7DH85' },
    secrets: ['acting-token', 'reading-token', 'the-integration-key'],
    pages: incidents,
  };

  it.each(
    actingContract(() =>
      stage.acting({
        ...paging,
        pageable: { 'pagerduty.com/service-id': 'PIJ90N7' },
        unchangeable: [
          // Of an integration whose key no entity names any more.
          { account: 'main', scheduleId: 'main/integration/0011223344556677' },
        ],
      }),
    ),
  )('paging a service: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  const integration = {
    'pagerduty.com/integration-key': 'the-integration-key',
  };
  it.each(
    actingContract(() => {
      const subject = stage.acting({ ...paging, pageable: integration });
      // Whoever knows its key may send alerts to an integration, whatever the account.
      const elsewhere = stage.scheduleId(integration, 'other');
      return {
        ...subject,
        unpageable: subject.unpageable.filter(id => id !== elsewhere),
        unchangeable: subject.unchangeable.filter(
          ({ scheduleId }) => scheduleId !== elsewhere,
        ),
      };
    }),
  )('paging an integration: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });

  it('finds out the addresses of those a webhook names, and asks once', async () => {
    const users = await FakeServer.start(({ path, headers }) =>
      path === '/users/PINES' &&
      headers.authorization === 'Token token=reading-token'
        ? { body: { user: { id: 'PINES', email: 'Ines@x.example' } } }
        : { status: path === '/users/PBAD' ? 500 : 404 },
    );
    try {
      const { webhook } = stage.create(users.url);
      const people = ['pagerduty:PINES', 'pagerduty:PGONE', 'pagerduty:PBAD'];
      const expected = new Map([['pagerduty:PINES', 'mailto:ines@x.example']]);
      expect(await webhook!.identify!('main', people)).toEqual(expected);
      expect(await webhook!.identify!('main', people)).toEqual(expected);
      expect(users.requests.map(r => r.path).sort()).toEqual([
        '/users/PBAD',
        '/users/PBAD',
        '/users/PGONE',
        '/users/PINES',
      ]);
    } finally {
      await users.stop();
    }
  });

  it('keeps a webhook waiting for addresses no longer than a moment, however many people it names', async () => {
    const users = await FakeServer.start(({ path }) =>
      path === '/users/P0'
        ? { body: { user: { id: 'P0', email: 'ines@x.example' } } }
        : undefined,
    );
    try {
      const { webhook } = stage.create(users.url);
      const people = Array.from({ length: 45 }, (_, i) => `pagerduty:P${i}`);
      const begun = Date.now();
      expect(await webhook!.identify!('main', people)).toEqual(
        new Map([['pagerduty:P0', 'mailto:ines@x.example']]),
      );
      // Half a second for each four of them would be more than five.
      expect(Date.now() - begun).toBeLessThan(2_500);
    } finally {
      await users.stop();
    }
  });

  const random = seededRandom(7);
  const user = (id: string, summary: string) => ({
    id,
    summary,
    type: 'user_reference',
    html_url: `https://fernhill.pagerduty.com/users/${id}`,
  });
  const payload = (
    type: string,
    occurredAt: string,
    changes: { agent?: object; data?: object } = {},
  ) => ({
    event: {
      id: `01EFZ${type.length}${occurredAt.slice(14, 16)}`,
      event_type: type,
      resource_type: 'incident',
      occurred_at: occurredAt,
      agent: changes.agent ?? null,
      client: { name: 'PagerDuty' },
      data: {
        id: 'PGR0VU2',
        type: 'incident',
        html_url: 'https://fernhill.pagerduty.com/incidents/PGR0VU2',
        number: 2,
        incident_key: 'd3640fbd41094207a1c11e58e46b1662',
        created_at: '2026-06-03T10:00:00Z',
        title: 'Checkout answers with errors',
        service: { id: 'PF9KMXH', type: 'service_reference' },
        escalation_policy: { id: 'PUS0KTE' },
        assignees: [user('PTUXL6G', 'Priya Raman')],
        urgency: 'low',
        ...changes.data,
      },
    },
  });
  it.each(
    webhookContract(() => ({
      webhook: stage.create().webhook!,
      coversBody: true,
      headers: (body, secret = 0) => ({
        'x-pagerduty-signature': [SECRETS[secret], 'another']
          .map(
            key => `v1=${createHmac('sha256', key).update(body).digest('hex')}`,
          )
          .join(','),
      }),
      mutate: {
        json: value => mutateJson(value, random),
        bytes: body => mutateBytes(body, random),
        headers: headers =>
          forgeHeaders(
            {
              'x-pagerduty-signature':
                headers['x-pagerduty-signature'].split(',')[0],
            },
            ['x-pagerduty-signature'],
            random,
          ),
        pick: random.below,
      },
      payloads: [
        {
          payload: payload('incident.triggered', '2026-06-03T10:00:01.000Z'),
          expected: {
            externalId: 'PGR0VU2',
            dedupKey: 'd3640fbd41094207a1c11e58e46b1662',
            status: 'triggered',
            title: 'Checkout answers with errors',
            urgency: 'low',
            createdAt: '2026-06-03T10:00:00.000Z',
            url: 'https://fernhill.pagerduty.com/incidents/PGR0VU2',
            scheduleIds: ['main/service/PF9KMXH', 'main/policy/PUS0KTE'],
            people: ['pagerduty:PTUXL6G'],
            names: { 'pagerduty:PTUXL6G': 'Priya Raman' },
          },
        },
        {
          payload: payload('incident.escalated', '2026-06-03T10:02:00Z', {
            data: { assignees: [user('PB', 'Tomás Reis')] },
          }),
          expected: { status: undefined, people: ['pagerduty:PB'] },
        },
        {
          payload: payload('incident.acknowledged', '2026-06-03T10:05:00Z', {
            agent: user('PLH1HKV', 'Ines Duarte'),
          }),
          expected: { status: 'acknowledged', by: 'pagerduty:PLH1HKV' },
        },
        {
          payload: payload('incident.priority_updated', '2026-06-03T10:06:00Z'),
          expected: undefined,
        },
        {
          payload: payload('incident.resolved', '2026-06-03T10:09:00Z', {
            agent: { id: 'PS', type: 'service_reference', summary: 'x' },
          }),
          expected: { status: 'resolved', by: undefined },
        },
      ],
    })),
  )('webhook: $name', async ({ check }) => {
    await expect(check()).resolves.toBeUndefined();
  });
});
