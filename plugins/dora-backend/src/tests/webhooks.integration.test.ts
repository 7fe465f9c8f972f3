import { TestDatabases } from '@backstage/backend-test-utils';
import request from 'supertest';
import {
  deliver,
  payloadOf,
  Provider,
  PROVIDERS,
  receiving,
} from '../__testUtils__/providers';
import {
  cloudEvent,
  component,
  deployed,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const { alertmanager, argocd, opsgenie, pagerduty } = PROVIDERS;

const CHECKOUT = 'component:default/checkout';
const WINDOW = 'from=2026-05-01T00:00:00Z&to=2026-05-08T00:00:00Z';

describe('webhooks of providers', () => {
  let dora: RunningDora;
  afterEach(async () => {
    await dora?.stop();
  });

  const metrics = async (entityRef = CHECKOUT) => {
    await dora.settled();
    const { body } = await dora.get(
      `/metrics?entityRef=${entityRef}&${WINDOW}`,
    );
    return body.metrics;
  };
  /** Two deployments of a service, days apart. */
  const twoDeployments = async (service: string) =>
    dora.send([
      linearCommits(`payments/${service}`, [
        { id: sha('a1'), committedAt: '2026-05-01T08:00:00Z' },
        { id: sha('a2'), committedAt: '2026-05-04T08:00:00Z' },
      ]),
      deployed(
        `component:default/${service}`,
        sha('a1'),
        '2026-05-01T09:00:00Z',
      ),
      deployed(
        `component:default/${service}`,
        sha('a2'),
        '2026-05-04T09:30:00Z',
      ),
    ]);
  const repository = (name: string) => ({
    'pavedroad.dev/repository': `payments/${name}`,
  });

  it('of PagerDuty blame the deployment before an incident until it is resolved for good', async () => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [
        component('checkout', {
          ...repository('checkout'),
          'pagerduty.com/service-id': 'PF9KMXH',
        }),
        component('ledger', repository('ledger')),
      ],
      ...receiving(pagerduty),
    });
    await twoDeployments('checkout');
    await twoDeployments('ledger');
    const ledger = await metrics('component:default/ledger');
    const send = (name: string, change?: (payload: any) => void) =>
      deliver(dora, pagerduty, payloadOf(pagerduty, name, change));

    expect(await send('service.updated')).toEqual(['accepted']);
    expect((await metrics()).changeFailRate).toMatchObject({
      failed: 0,
      deployments: 2,
      rate: 0,
    });

    expect(await send('incident.triggered')).toEqual(['accepted']);
    expect(await send('incident.triggered')).toEqual(['duplicate']);
    expect(await send('incident.annotated')).toEqual(['ignored']);
    expect(await metrics()).toMatchObject({
      changeFailRate: { failed: 1, deployments: 2, rate: 0.5 },
      failedDeploymentRecoveryTime: { recovered: 0, unrecovered: 1 },
    });

    await send('incident.resolved');
    expect((await metrics()).failedDeploymentRecoveryTime).toMatchObject({
      recovered: 1,
      unrecovered: 0,
      p50Seconds: 3_600,
    });

    await send('incident.reopened');
    expect((await metrics()).failedDeploymentRecoveryTime).toMatchObject({
      recovered: 0,
      unrecovered: 1,
    });

    await send('incident.resolved', ({ event }) => {
      event.id = 'another-delivery';
      event.occurred_at = '2026-05-04T11:45:00Z';
    });
    expect(await metrics()).toMatchObject({
      changeFailRate: { failed: 1, deployments: 2 },
      failedDeploymentRecoveryTime: {
        recovered: 1,
        unrecovered: 0,
        p50Seconds: 2 * 3_600 + 900,
      },
      deploymentReworkRate: { rework: 0, deployments: 2 },
    });
    const list = await dora.get(
      `/deployments?entityRef=${CHECKOUT}&outcome=failed&${WINDOW}`,
    );
    expect(list.body.items).toMatchObject([{ revision: sha('a2') }]);
    const detail = await dora.get(`/deployments/${list.body.items[0].id}`);
    expect(JSON.stringify(detail.body)).toContain('time_proximity');
    expect(JSON.stringify(detail.body)).toContain(
      'https://fernhill.pagerduty.com/incidents/PGR0VU2',
    );
    // Nothing of it concerns the other service, which is not connected.
    expect(await metrics('component:default/ledger')).toEqual(ledger);
    expect(ledger.changeFailRate.status).toBe('no_data');
  });

  it('give the same numbers in whatever order they arrive', async () => {
    const deliveries: [Provider, string][] = [
      [pagerduty, 'service.updated'],
      [pagerduty, 'incident.triggered'],
      [pagerduty, 'incident.acknowledged'],
      [pagerduty, 'incident.resolved'],
      [pagerduty, 'incident.reopened'],
      [alertmanager, 'firing'],
      [alertmanager, 'resolved'],
      [alertmanager, 'firing-again'],
      [opsgenie, 'create'],
      [opsgenie, 'close'],
      [opsgenie, 'reopen'],
      [argocd, 'degraded'],
      [argocd, 'deployed'],
      [argocd, 'rolled-back'],
    ];
    const numbers = async (order: [Provider, string][]) => {
      dora = await startDora({
        knex: await databases.init('POSTGRES_18'),
        entities: [
          component('checkout', {
            ...repository('checkout'),
            'pagerduty.com/service-id': 'PF9KMXH',
          }),
        ],
        ...receiving(pagerduty, alertmanager, opsgenie, argocd),
      });
      await twoDeployments('checkout');
      for (const [provider, name] of order) {
        await deliver(dora, provider, payloadOf(provider, name));
      }
      const found = await metrics();
      await dora.stop();
      return found;
    };
    const inOrder = await numbers(deliveries);
    expect(inOrder.changeFailRate.failed).toBeGreaterThan(0);
    expect(await numbers([...deliveries].reverse())).toEqual(inOrder);
  });

  it('of Alertmanager are one incident however often they are repeated', async () => {
    const knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      knex,
      entities: [component('checkout', repository('checkout'))],
      ...receiving(alertmanager),
    });
    await twoDeployments('checkout');
    const send = (name: string, change?: (payload: any) => void) =>
      deliver(dora, alertmanager, payloadOf(alertmanager, name, change));

    expect(await send('firing')).toEqual(['accepted', 'ignored', 'accepted']);
    expect(
      await send('firing', payload => {
        payload.receiver = 'another';
      }),
    ).toEqual(['duplicate', 'duplicate', 'duplicate']);
    expect(await metrics()).toMatchObject({
      changeFailRate: { failed: 1, deployments: 1 },
      failedDeploymentRecoveryTime: { unrecovered: 1 },
    });

    await send('resolved');
    expect((await metrics()).failedDeploymentRecoveryTime).toMatchObject({
      recovered: 1,
      p50Seconds: 3_600.5,
    });

    // It had not ended after all: the same firing ends later.
    await send('resolved', ({ alerts }) => {
      alerts[0].endsAt = '2026-05-04T10:50:00.500Z';
    });
    expect((await metrics()).failedDeploymentRecoveryTime).toMatchObject({
      recovered: 1,
      p50Seconds: 4_800.5,
    });

    // Firing anew is another incident of the same deployment.
    await send('firing-again');
    expect(await metrics()).toMatchObject({
      changeFailRate: { failed: 1, deployments: 1 },
      failedDeploymentRecoveryTime: { recovered: 0, unrecovered: 1 },
    });
    const [{ count }] = await knex('incident').count();
    expect(Number(count)).toBe(2);
    // The alert about a service that the catalog does not know waits.
    const unmapped = await dora.get('/unmapped');
    expect(JSON.stringify(unmapped.body)).toContain('ledger');
  });

  it('of Opsgenie find their service by the tag in its annotation', async () => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [
        component('till', {
          ...repository('till'),
          'opsgenie.com/component-selector': 'tag:"service:checkout"',
        }),
      ],
      ...receiving(opsgenie),
    });
    await twoDeployments('till');
    const send = (name: string) =>
      deliver(dora, opsgenie, payloadOf(opsgenie, name));
    // The alert names the revision, which no deployment has: time decides.
    expect(await send('close-without-details')).toEqual(['accepted']);
    expect(await send('create')).toEqual(['accepted']);
    expect(await metrics('component:default/till')).toMatchObject({
      changeFailRate: { failed: 1, deployments: 1 },
      failedDeploymentRecoveryTime: { recovered: 1, p50Seconds: 3_600 },
    });
    await send('reopen');
    await send('delete');
    expect(await metrics('component:default/till')).toMatchObject({
      failedDeploymentRecoveryTime: { recovered: 1, p50Seconds: 7_200 },
    });
  });

  it('of Argo CD are deployments, and a rollback that blames the one it takes back', async () => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      entities: [component('checkout', { 'argocd/app-name': 'checkout' })],
      ...receiving(argocd),
    });
    const V1 = '5f0c1d6f6a4b8a3b5a6a1d0b2c3d4e5f60718293';
    const V2 = '9d8c7b6a5f4e3d2c1b0a99887766554433221100';
    const send = (name: string, change?: (payload: any) => void) =>
      deliver(dora, argocd, payloadOf(argocd, name, change));

    await dora.send([
      linearCommits('fernhill/checkout', [
        { id: V1, committedAt: '2026-05-01T08:00:00Z' },
        { id: V2, committedAt: '2026-05-04T09:00:00Z' },
      ]),
      cloudEvent('dev.pavedroad.source.declared.0.1.0', {
        entityRef: CHECKOUT,
        provides: 'rollbacks',
        since: '2026-05-01T00:00:00Z',
      }),
    ]);
    await send('deployed', ({ app }) => {
      const state = app.status.operationState;
      state.startedAt = '2026-05-01T08:59:20Z';
      state.finishedAt = '2026-05-01T09:00:00Z';
      state.syncResult.revision = V1;
      state.operation.sync.revision = V1;
      app.status.history.pop();
      app.status.health.lastTransitionTime = '2026-05-01T09:00:00Z';
    });
    // Out of order and unhealthy for a while: success is what counts.
    await send('degraded');
    await send('deployed');
    await send('running');
    expect(await metrics()).toMatchObject({
      deploymentFrequency: { deployments: 2 },
      // From the commit to the moment it was healthy.
      changeLeadTime: { changes: 1, p50Seconds: 3_600 + 120 },
      changeFailRate: { failed: 0, deployments: 2 },
    });

    await send('rolled-back');
    expect(await metrics()).toMatchObject({
      deploymentFrequency: { deployments: 2 },
      changeFailRate: { failed: 1, deployments: 2 },
      failedDeploymentRecoveryTime: { recovered: 1, p50Seconds: 59 * 60 },
      deploymentReworkRate: { rework: 1, deployments: 3 },
    });
    const list = await dora.get(`/deployments?entityRef=${CHECKOUT}&${WINDOW}`);
    expect(list.body.items).toMatchObject([
      { kind: 'rollback', revision: V1 },
      { kind: 'change', revision: V2, outcome: 'failed' },
      { kind: 'change', revision: V1, outcome: 'ok' },
    ]);
  });

  it('are refused without a right signature, and by sources that are not configured', async () => {
    const knex = await databases.init('POSTGRES_18');
    const providers = Object.values(PROVIDERS);
    dora = await startDora({
      knex,
      features: providers.map(({ feature }) => feature),
    });
    for (const provider of providers) {
      const body = Buffer.from('{}');
      const response = await request(dora.server)
        .post(`/api/dora/webhooks/${provider.id}`)
        .set('content-type', 'application/json')
        .set(provider.authentication.headers(body))
        .serialize(raw => raw)
        .send(body);
      expect(response.status).toBe(401);
    }
    const { body } = await dora.get('/sources');
    expect(body.items).toEqual(
      expect.arrayContaining(
        providers.map(({ id }) =>
          expect.objectContaining({ id, configured: false }),
        ),
      ),
    );
    const [{ count }] = await knex('inbox').count();
    expect(Number(count)).toBe(0);
  });
});
