import { TestDatabases } from '@backstage/backend-test-utils';
import {
  mutatedRequests,
  mutateBytes,
  mutateJson,
  seededRandom,
} from '@pavedroad/plugin-dora-node/testUtils';
import { Knex } from 'knex';
import request from 'supertest';
import {
  deliver,
  FORGES,
  payloadsOf,
  Provider,
  PROVIDERS,
  receiving,
} from '../__testUtils__/providers';
import {
  cloudEvent,
  component,
  deployed,
  incident,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(300_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

const WINDOW = 'from=2026-05-01T00:00:00Z&to=2026-05-08T00:00:00Z';
/** What a hostile request may be answered. */
const REFUSALS = [400, 401, 413, 415];
const REQUESTS = 400;
const EVENTS = 2_000;

const ALL: Provider[] = [PROVIDERS, FORGES].flatMap(Object.values);

/** The id of a delivery, for providers that give one. */
const delivery = ({ deliveryHeader }: Provider, id: string) =>
  deliveryHeader ? { [deliveryHeader]: id } : {};

/** Runs jobs, some at a time: senders do not wait for each other. */
async function all<T>(jobs: T[], run: (job: T) => Promise<void>) {
  const queue = [...jobs];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        await run(job);
      }
    }),
  );
}

describe('hostile payloads', () => {
  let knex: Knex;
  let dora: RunningDora;
  let before: Record<string, unknown>[];

  /** Everything that is answered about the service that none of it concerns. */
  const bystander = async () => {
    await dora.settled();
    const answers = await Promise.all(
      ['/metrics?interval=day&', '/deployments?', '/services?'].map(route =>
        dora.get(`${route}entityRef=component:default/bystander&${WINDOW}`),
      ),
    );
    return answers.map(({ status, body }) => ({ status, body }));
  };

  const expectNothingLost = async () => {
    expect(await bystander()).toEqual(before);
    // No service is left behind because its events could not be read.
    expect(await knex('service').whereNotNull('facts_error')).toEqual([]);
  };

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      knex,
      entities: [
        component('bystander', {
          'pavedroad.dev/repository': 'fernhill/bystander',
        }),
        component('checkout', {
          'pavedroad.dev/repository': 'fernhill/checkout',
          'pagerduty.com/service-id': 'PF9KMXH',
          'opsgenie.com/component-selector': 'tag:"service:checkout"',
        }),
      ],
      ...receiving(...ALL),
    });
    const service = 'component:default/bystander';
    await dora.send([
      linearCommits('fernhill/bystander', [
        { id: sha('b1'), committedAt: '2026-05-01T08:00:00Z' },
        { id: sha('b2'), committedAt: '2026-05-04T08:00:00Z' },
      ]),
      deployed(service, sha('b1'), '2026-05-01T09:00:00Z'),
      deployed(service, sha('b2'), '2026-05-04T09:00:00Z'),
      incident('detected', service, 'incident-1', '2026-05-04T09:30:00Z'),
      incident('resolved', service, 'incident-1', '2026-05-04T10:00:00Z'),
    ]);
    before = await bystander();
  });
  afterAll(async () => {
    await dora?.stop();
  });

  it('meet a service that has numbers to lose', () => {
    expect(before.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(before[0]).toMatchObject({
      status: 200,
      body: {
        metrics: {
          changeFailRate: { failed: 1, deployments: 1 },
          failedDeploymentRecoveryTime: { p50Seconds: 3_600 },
          changeLeadTime: { changes: 1 },
        },
      },
    });
  });

  it.each(ALL)(
    'of $id are never answered 500 and change no number of another service',
    async provider => {
      const counts: Record<number, number> = {};
      const requests = mutatedRequests({
        webhooks: payloadsOf(provider),
        authentication: provider.authentication,
        count: REQUESTS,
        seed: 7,
      });
      await all([...requests.entries()], async ([index, sent]) => {
        const { headers, body, signed } = sent;
        const response = await request(dora.server)
          .post(`/api/dora/webhooks/${provider.id}`)
          .set(headers)
          .set(delivery(provider, `hostile-${index}`))
          .serialize(raw => raw)
          .send(body);
        counts[response.status] = (counts[response.status] ?? 0) + 1;
        expect(signed ? [202, ...REFUSALS] : [401, 413]).toContain(
          response.status,
        );
      });
      expect(counts[202]).toBeGreaterThan(REQUESTS / 3);
      expect(counts[400]).toBeGreaterThan(REQUESTS / 50);
      expect(counts[401]).toBeGreaterThan(REQUESTS / 50);
      // What is in order is still taken in.
      const [{ payload, headers }] = payloadsOf(provider);
      const statuses = await deliver(dora, provider, payload, {
        ...headers,
        ...delivery(provider, 'in-order'),
      });
      expect(statuses).not.toContain('rejected');
      await expectNothingLost();
    },
  );

  it('of events are never answered 500 and change no number of another service', async () => {
    const random = seededRandom(11);
    const service = 'component:default/checkout';
    const events = [
      deployed(service, sha('a1'), '2026-05-04T09:00:00Z', {
        customData: { deploymentId: 'd1', jobId: 'eu', labels: ['hotfix'] },
      }),
      deployed('checkout', sha('a0'), '2026-05-04T10:00:00Z', {
        predicate: 'rolledback',
      }),
      incident('detected', service, 'incident-2', '2026-05-04T09:30:00Z', {
        revision: sha('a1'),
      }),
      incident('resolved', service, 'incident-2', '2026-05-04T09:50:00Z'),
      linearCommits('fernhill/checkout', [
        { id: sha('a0'), committedAt: '2026-05-01T08:00:00Z' },
        { id: sha('a1'), committedAt: '2026-05-04T08:00:00Z' },
      ]),
      cloudEvent('dev.cdevents.change.merged.0.3.0', {
        context: { timestamp: '2026-05-04T08:30:00Z' },
        subject: {
          id: 'pr-7',
          content: { repository: { id: 'fernhill/checkout' } },
        },
        customData: {
          mergeCommit: sha('a1'),
          commits: [{ id: sha('a9'), committedAt: '2026-05-03T08:00:00Z' }],
        },
      }),
      cloudEvent('dev.pavedroad.git.release.0.1.0', {
        entityRef: service,
        tag: 'v1.0.0',
        revision: sha('a1'),
        releasedAt: '2026-05-04T09:00:00Z',
      }),
    ];
    const statuses: Record<string, number> = {};
    const batches = Array.from({ length: EVENTS / 50 }, (_, batch) =>
      Array.from({ length: 50 }, (__, index) => ({
        ...(mutateJson(random.pick(events), random) as object),
        ...(random.chance(0.9) && { id: `hostile-${batch}-${index}` }),
      })),
    );
    await all(batches, async batch => {
      const response = await dora.post(batch);
      expect(response.status).toBe(202);
      for (const { status } of response.body.results) {
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    });
    expect(statuses.accepted).toBeGreaterThan(EVENTS / 8);
    expect(statuses.rejected).toBeGreaterThan(EVENTS / 20);
    const broken = Array.from({ length: 200 }, () =>
      mutateBytes(Buffer.from(JSON.stringify(events)), random),
    );
    await all(broken, async body => {
      const { status } = await dora.post(body);
      expect([202, 400, 413]).toContain(status);
    });
    await expectNothingLost();
  });
});
