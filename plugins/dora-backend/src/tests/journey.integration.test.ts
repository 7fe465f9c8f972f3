import { TestDatabases } from '@backstage/backend-test-utils';
import {
  component,
  deployed,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

describe('from events to metrics', () => {
  let running: RunningDora | undefined;
  afterEach(async () => {
    await running?.stop();
  });

  it('counts the first deployment without changes and the second with exactly the pushed commits', async () => {
    const knex = await databases.init('POSTGRES_18');
    running = await startDora({
      knex,
      entities: [
        component('checkout', {
          'pavedroad.dev/repository': 'payments/checkout',
        }),
        component('ledger'),
      ],
    });
    const statuses = await running.send([
      linearCommits('payments/checkout', [
        { id: sha('a1'), committedAt: '2026-05-01T08:00:00Z' },
      ]),
      deployed('component:default/checkout', sha('a1'), '2026-05-01T09:00:00Z'),
      linearCommits(
        'payments/checkout',
        [
          { id: sha('a2'), committedAt: '2026-05-02T08:00:00Z' },
          { id: sha('a3'), committedAt: '2026-05-02T09:30:00Z' },
        ],
        sha('a1'),
      ),
      deployed('component:default/checkout', sha('a3'), '2026-05-02T10:00:00Z'),
    ]);
    expect(statuses).toEqual(Array(4).fill('accepted'));
    await running.settled();

    const response = await running.get(
      '/metrics?entityRef=component:default/checkout&from=2026-04-27T00:00:00Z&to=2026-05-11T00:00:00Z',
    );
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({
      scope: { entityRef: 'component:default/checkout', services: 1 },
      definition: { version: 1, environment: 'production' },
      sampleData: false,
      metrics: {
        deploymentFrequency: { deployments: 2, status: 'ok' },
        changeLeadTime: {
          changes: 2,
          p50Seconds: (7200 + 1800) / 2,
          status: 'insufficient_data',
        },
        changeFailRate: { status: 'no_data' },
      },
      excluded: expect.arrayContaining([
        {
          reason: 'first_deployment',
          changes: 1,
          deployments: 1,
          incidents: 0,
        },
      ]),
    });
    expect(response.body.metrics.changeFailRate.rate).toBeUndefined();

    const list = await running.get(
      '/deployments?from=2026-04-27T00:00:00Z&to=2026-05-11T00:00:00Z',
    );
    expect(list.status).toBe(200);
    expect(list.body).toMatchObject({
      totalItems: 2,
      items: [
        { kind: 'change', changes: 2, outcome: 'ok', revision: sha('a3') },
        { kind: 'change', changes: 1, revision: sha('a1') },
      ],
    });
    const detail = await running.get(`/deployments/${list.body.items[0].id}`);
    expect(detail.status).toBe(200);
    expect(detail.body.changeRows).toMatchObject([
      { commit: sha('a2'), leadSeconds: 7200 },
      { commit: sha('a3'), leadSeconds: 1800 },
    ]);
  });
});
