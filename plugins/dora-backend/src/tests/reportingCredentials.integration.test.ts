import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import {
  createServiceFactory,
  coreServices,
} from '@backstage/backend-plugin-api';
import { DomainEvent } from '@pavedroad/plugin-dora-common';
import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import request from 'supertest';
import {
  cloudEvent,
  component,
  deployed,
  RunningDora,
  startDora,
} from '../__testUtils__/startDora';
import { reportingToken } from '../credentials/reportingToken';
import { reportingTokenHandler } from '../credentials/reportingTokenHandler';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const CHECKOUT = 'component:default/checkout';
const ADMIN = 'administrators-token';
const SHA = 'c'.repeat(40);

describe.each([
  [
    'restricted as documented',
    [{ plugin: 'dora', permission: 'dora.events.ingest' }],
  ],
  ['restricted to the plugin alone', [{ plugin: 'dora' }]],
])('reporting credentials, %s', (_configured, accessRestrictions) => {
  let dora: RunningDora;
  let audited: unknown[];

  beforeAll(async () => {
    audited = [];
    const auditor = mockServices.auditor.mock({
      createEvent: async ({ eventId, meta }) => ({
        success: async options => {
          audited.push([eventId, { ...meta, ...options?.meta }]);
        },
        fail: async ({ error }) => {
          audited.push([eventId, error.name]);
        },
      }),
    });
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [component('checkout'), component('ledger')],
      features: [
        reportingTokenHandler,
        authServiceFactory,
        httpAuthServiceFactory,
        auditor.factory,
      ],
      permission: 'service',
      config: {
        permission: { enabled: true },
        backend: {
          baseUrl: 'http://localhost:0',
          auth: {
            externalAccess: [
              { type: 'static', options: { token: ADMIN, subject: 'ops' } },
              {
                type: 'reporting',
                options: {},
                accessRestrictions,
              },
            ],
          },
        },
      },
    });
  });
  afterAll(async () => {
    await dora.stop();
  });

  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const create = (entityRef: string, label = 'GitLab CI') =>
    request(dora.server)
      .post('/api/dora/reporting-credentials')
      .set(as(ADMIN))
      .send({ entityRef, label });
  const list = async (entityRef: string) =>
    (
      await request(dora.server)
        .get('/api/dora/reporting-credentials')
        .query({ entityRef })
        .set(as(ADMIN))
    ).body;
  const report = async (token: string, ...events: object[]) => {
    const response = await dora.post(events, undefined, as(token));
    return response.status === 202
      ? response.body.results.map(
          ({ status, reason }: { status: string; reason?: string }) =>
            reason ? `${status}: ${reason}` : status,
        )
      : response.status;
  };
  const deployment = (service: string) =>
    deployed(service, SHA, '2026-05-01T12:00:00Z');

  it('report deployments of their service, and nothing else', async () => {
    const { body, status, headers } = await create(CHECKOUT);
    expect(status).toBe(201);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      entityRef: CHECKOUT,
      label: 'GitLab CI',
      createdBy: 'ops',
    });
    const only = `rejected: this credential reports deployments of ${CHECKOUT} only`;
    expect(
      await report(
        body.token,
        deployment(CHECKOUT),
        deployment('checkout'),
        deployment('component:default/ledger'),
        deployment('nobody'),
        cloudEvent('dev.pavedroad.git.commits.0.1.0', {
          repository: 'team-a/checkout',
          commits: [
            { id: SHA, parents: [], committedAt: '2026-05-01T10:00:00Z' },
          ],
        }),
        cloudEvent('dev.cdevents.incident.detected.0.3.0', {
          context: {
            version: '0.4.1',
            id: 'i',
            source: '/test',
            type: 'dev.cdevents.incident.detected.0.3.0',
            timestamp: '2026-05-01T12:30:00Z',
          },
          subject: {
            id: 'INC-1',
            type: 'incident',
            content: {
              environment: { id: 'production' },
              service: { id: 'checkout' },
            },
          },
        }),
        cloudEvent('com.example.unknown', {}),
      ),
    ).toEqual([
      'accepted',
      'accepted',
      only,
      only,
      only,
      only,
      expect.stringMatching(
        /^rejected: this credential reports deployments only: no source understands/,
      ),
    ]);
    expect((await list(CHECKOUT)).items[0].lastUsedAt).toMatch(/^20/);
  });

  it('open nothing but the ingestion of events', async () => {
    const { token } = (await create(CHECKOUT)).body;
    const asked = await Promise.all([
      request(dora.server).get('/api/dora/deployments').set(as(token)),
      request(dora.server)
        .get('/api/dora/reporting-credentials')
        .query({ entityRef: CHECKOUT })
        .set(as(token)),
      request(dora.server)
        .post('/api/dora/reporting-credentials')
        .set(as(token))
        .send({ entityRef: CHECKOUT, label: 'another' }),
      request(dora.server).get('/api/dora/imports/formats').set(as(token)),
      request(dora.server)
        .post('/api/dora/imports')
        .query({ kind: 'deployment' })
        .set(as(token))
        .set('content-type', 'text/csv')
        .send(
          `service,environment,finishedAt,revision\ncomponent:default/ledger,production,2026-05-01T12:00:00Z,${SHA}\n`,
        ),
    ]);
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 403));
  });

  it('take the place of nobody’s events', async () => {
    const { token } = (await create(CHECKOUT)).body;
    const name = { source: '/ci/ledger', id: 'run-1' };
    const own = { ...deployment(CHECKOUT), ...name };
    const others = { ...deployment('component:default/ledger'), ...name };
    expect(await report(token, own)).toEqual(['accepted']);
    expect(await report(token, own)).toEqual(['duplicate']);
    expect(await report(ADMIN, others)).toEqual(['accepted']);
    expect(await report(ADMIN, others)).toEqual(['duplicate']);
  });

  it('are refused from the moment they are revoked, and stay on the list', async () => {
    const { token, id } = (await create(CHECKOUT, 'old laptop')).body;
    expect(await report(token, deployment(CHECKOUT))).toEqual(['accepted']);
    const revoke = () =>
      request(dora.server)
        .delete(`/api/dora/reporting-credentials/${id}`)
        .set(as(ADMIN));
    const { body } = await revoke();
    expect(body).toMatchObject({ id, revokedBy: 'ops' });
    expect(await report(token, deployment(CHECKOUT))).toBe(401);
    expect((await revoke()).body).toEqual(body);
    expect((await list(CHECKOUT)).items[0]).toEqual(body);
    expect(audited).toContainEqual([
      'reporting-credential-change',
      expect.objectContaining({ action: 'revoke', id, entityRef: CHECKOUT }),
    ]);
    expect(JSON.stringify(audited)).not.toContain(token);
  });

  it('are nobody’s guess', async () => {
    const { id } = (await create(CHECKOUT)).body;
    for (const token of [
      reportingToken(id, Buffer.alloc(32)),
      reportingToken('00000000-0000-4000-8000-000000000000', Buffer.alloc(32)),
      `pvr_${id}_`,
      'pvr_',
    ]) {
      expect(await report(token, deployment(CHECKOUT))).toBe(401);
    }
  });

  it.each<[string, object, number, RegExp]>([
    [
      'a service that is not there',
      { entityRef: 'component:default/none', label: 'x' },
      404,
      /has no/,
    ],
    [
      'what is not deployed',
      { entityRef: 'group:default/team-a', label: 'x' },
      400,
      /Components are deployed/,
    ],
    ['what is no ref', { entityRef: '::', label: 'x' }, 400, /looks like/],
    ['no label', { entityRef: CHECKOUT, label: ' ' }, 400, /label/],
    [
      'a long label',
      { entityRef: CHECKOUT, label: 'x'.repeat(121) },
      400,
      /120/,
    ],
  ])('are not made for %s', async (_, body, status, message) => {
    const response = await request(dora.server)
      .post('/api/dora/reporting-credentials')
      .set(as(ADMIN))
      .send(body);
    expect([response.status, response.text]).toEqual([
      status,
      expect.stringMatching(message),
    ]);
  });

  it('end with as many as one service can use', async () => {
    const service = 'component:default/ledger';
    // At once: whoever counts must see those that are being made.
    const made = await Promise.all(
      Array.from({ length: 23 }, () => create(service)),
    );
    expect(made.map(({ status }) => status).sort()).toEqual([
      ...Array.from({ length: 20 }, () => 201),
      409,
      409,
      409,
    ]);
    expect((await create(service)).status).toBe(409);
    const [{ id }] = (await list(service)).items;
    await request(dora.server)
      .delete(`/api/dora/reporting-credentials/${id}`)
      .set(as(ADMIN));
    expect((await create(service)).status).toBe(201);
  });
});

describe('what was reported with a credential', () => {
  /** A source that learns to read more out of the same event. */
  const ci = (normaliserVersion: number): DeliveryEventSource => ({
    id: 'ci',
    normaliserVersion,
    description: { title: 'CI', provides: ['deployments'], access: [] },
    understands: type => type === 'com.example.ci',
    normalise(event) {
      const deployments = [{ name: 'till' }, { name: 'ledger' }].map(
        (service, index): DomainEvent => ({
          type: 'deployment',
          service,
          deploymentId: `${event.id}-${index}`,
          status: 'succeeded',
          at: event.receivedAt,
          environment: 'production',
        }),
      );
      const incident: DomainEvent = {
        type: 'incident',
        service: { name: 'ledger' },
        incidentId: event.id,
        action: 'opened',
        at: event.receivedAt,
      };
      return {
        outcome: 'accepted',
        events:
          normaliserVersion === 1
            ? deployments.slice(0, 1)
            : [...deployments, incident],
      };
    },
  });

  it('stays with its service, whatever the catalog and its source say later', async () => {
    const knex = await databases.init('POSTGRES_18');
    const tokens = {
      features: [
        reportingTokenHandler,
        authServiceFactory,
        httpAuthServiceFactory,
      ],
      config: {
        backend: {
          baseUrl: 'http://localhost:0',
          auth: {
            externalAccess: [
              { type: 'static', options: { token: ADMIN, subject: 'ops' } },
              { type: 'reporting', options: {} },
            ],
          },
        },
      },
    };
    const named = (name: string, id: string) =>
      component(name, { 'backstage.io/kubernetes-id': id });
    const before = await startDora({
      knex,
      entities: [component('till'), component('ledger')],
      sources: [ci(1)],
      ...tokens,
    });
    const { body } = await request(before.server)
      .post('/api/dora/reporting-credentials')
      .set({ authorization: `Bearer ${ADMIN}` })
      .send({ entityRef: 'component:default/till', label: 'CI' });
    const answer = await before.post(
      [cloudEvent('com.example.ci', {})],
      undefined,
      { authorization: `Bearer ${body.token}` },
    );
    expect(answer.body.results).toMatchObject([{ status: 'accepted' }]);
    await before.stop();

    const after = await startDora({
      knex,
      entities: [named('till', 'x'), named('ledger', 'till')],
      sources: [ci(2)],
      ...tokens,
    });
    await after.settled();
    const { rows } = await knex.raw(
      `SELECT service.entity_ref, body->>'type' AS type FROM domain_event
       JOIN target ON target.id = target_id
       JOIN service ON service.id = service_id`,
    );
    await after.stop();
    expect(rows).toEqual(
      [1, 2].map(() => ({
        entity_ref: 'component:default/till',
        type: 'deployment',
      })),
    );
  });
});

describe('who manages reporting credentials', () => {
  it('owners and administrators do', async () => {
    const people: Record<string, string[]> = {
      'user:default/owner': ['group:default/team-a'],
      'user:default/admin': ['group:default/platform'],
      'user:default/other': ['group:default/team-b'],
    };
    const dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [component('checkout')],
      config: { portal: { administrators: ['group:default/platform'] } },
      features: [
        createServiceFactory({
          service: coreServices.userInfo,
          deps: {},
          factory: () => ({
            getUserInfo: async credentials => {
              const { userEntityRef } = (
                credentials as ReturnType<typeof mockCredentials.user>
              ).principal;
              return {
                userEntityRef,
                ownershipEntityRefs: people[userEntityRef],
              };
            },
          }),
        }),
      ],
    });
    try {
      const asked = Object.keys(people).map(async ref => {
        const headers = { authorization: mockCredentials.user.header(ref) };
        const created = await request(dora.server)
          .post('/api/dora/reporting-credentials')
          .set(headers)
          .send({ entityRef: CHECKOUT, label: 'CI' });
        const { body } = await request(dora.server)
          .get('/api/dora/reporting-credentials')
          .query({ entityRef: CHECKOUT })
          .set(headers);
        return [created.status, body.mayManage, body.items.length > 0];
      });
      expect(await Promise.all(asked)).toEqual([
        [201, true, true],
        [201, true, true],
        [403, false, false],
      ]);
    } finally {
      await dora.stop();
    }
  });
});
