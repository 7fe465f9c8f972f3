import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import github from '@pavedroad/plugin-dora-backend-module-github';
import gitlab from '@pavedroad/plugin-dora-backend-module-gitlab';
import { DeliverySourceItem } from '@pavedroad/plugin-dora-common';
import request from 'supertest';
import {
  component,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const WINDOW = 'from=2026-05-01T00:00:00Z&to=2026-05-08T00:00:00Z';
const SECRET = 'webhook secret';
const TOKEN = 'webhook token';

describe('webhooks of GitHub and GitLab', () => {
  let dora: RunningDora;
  let deliveries = 0;
  afterEach(async () => {
    await dora?.stop();
  });

  const start = async (permission?: AuthorizeResult.DENY) =>
    startDora({
      knex: await databases.init('POSTGRES_18'),
      features: [github, gitlab],
      entities: [
        component('till', { 'github.com/project-slug': 'Juniper-Pantry/till' }),
        component('van', { 'gitlab.com/project-slug': 'juniper/fleet/van' }),
      ],
      config: {
        dora: {
          github: { webhookSecrets: [SECRET] },
          gitlab: { webhookSecrets: [TOKEN] },
        },
      },
      permission,
    });

  const post = (path: string, body: string, headers: Record<string, string>) =>
    request(dora.server)
      .post(`/api/dora/webhooks/${path}`)
      .set({ 'content-type': 'application/json', ...headers })
      .send(body);
  const status = ({ body }: request.Response) =>
    body.results?.[0]?.status ?? body.error?.name;

  const sendGithub = async (
    event: string,
    payload: object,
    headers: Record<string, string> = {},
  ) => {
    deliveries += 1;
    const body = JSON.stringify({
      repository: {
        full_name: 'Juniper-Pantry/till',
        default_branch: 'main',
        html_url: 'https://github.com/Juniper-Pantry/till',
      },
      ...payload,
    });
    const signature = createHmac('sha256', SECRET).update(body).digest('hex');
    return status(
      await post('github', body, {
        'x-github-event': event,
        'x-github-delivery': `delivery-${deliveries}`,
        'x-hub-signature-256': `sha256=${signature}`,
        ...headers,
      }),
    );
  };
  const sendGitlab = async (
    payload: object,
    headers: Record<string, string> = {},
  ) => {
    deliveries += 1;
    const body = JSON.stringify({
      project: {
        id: 7,
        path_with_namespace: 'juniper/fleet/van',
        default_branch: 'main',
        web_url: 'https://gitlab.com/juniper/fleet/van',
      },
      ...payload,
    });
    return status(
      await post('gitlab', body, {
        'x-gitlab-token': TOKEN,
        'idempotency-key': `delivery-${deliveries}`,
        ...headers,
      }),
    );
  };
  const metrics = async (name: string) => {
    await dora.settled();
    const { body } = await dora.get(
      `/metrics?entityRef=component:default/${name}&${WINDOW}`,
    );
    return body.metrics;
  };
  const sources = async (): Promise<DeliverySourceItem[]> =>
    (await dora.get('/sources').expect(200)).body.items;

  const githubPush = (before: string, id: string, timestamp: string) =>
    sendGithub('push', {
      ref: 'refs/heads/main',
      before: sha(before),
      after: sha(id),
      created: false,
      deleted: false,
      forced: false,
      commits: [
        {
          id: sha(id),
          distinct: true,
          message: `Change ${id}`,
          timestamp,
          author: { name: 'Odile', email: 'odile@example.org' },
          committer: { name: 'Odile', email: 'odile@example.org' },
          added: [],
          removed: [],
          modified: ['src/total.ts'],
        },
      ],
    });
  const githubDeployment = (
    id: number,
    revision: string,
    state: string,
    at: string,
  ) =>
    sendGithub('deployment_status', {
      action: 'created',
      deployment_status: {
        id: id * 10,
        state,
        environment: 'counter-eu',
        created_at: at,
      },
      deployment: {
        id,
        sha: sha(revision),
        task: 'deploy',
        environment: 'counter-eu',
        production_environment: true,
        created_at: at,
      },
    });

  it('lead from pushes, deployments and issues to the numbers', async () => {
    dora = await start();
    expect([
      await githubPush('c0', 'c1', '2026-05-01T08:00:00Z'),
      await githubDeployment(1, 'c1', 'success', '2026-05-01T09:00:00Z'),
      await githubPush('c1', 'c2', '2026-05-04T08:00:00Z'),
      await githubDeployment(2, 'c2', 'in_progress', '2026-05-04T09:20:00Z'),
      await githubDeployment(2, 'c2', 'success', '2026-05-04T09:30:00Z'),
      // GitHub says so of the one before by itself.
      await githubDeployment(1, 'c1', 'inactive', '2026-05-04T09:30:00Z'),
    ]).toEqual(Array(6).fill('accepted'));
    expect(await metrics('till')).toMatchObject({
      deploymentFrequency: { deployments: 2 },
      changeLeadTime: { changes: 1, p50Seconds: 5_400 },
      changeFailRate: { status: 'no_data' },
    });

    const issue = {
      number: 12,
      title: 'One cent too much',
      html_url: 'https://github.com/Juniper-Pantry/till/issues/12',
      labels: [{ name: 'incident' }],
      created_at: '2026-05-04T10:00:00Z',
      updated_at: '2026-05-04T10:00:00Z',
      closed_at: null,
      body: 'Caused by: #2',
    };
    expect(await sendGithub('issues', { action: 'opened', issue })).toBe(
      'accepted',
    );
    expect(
      await sendGithub('issues', {
        action: 'closed',
        issue: { ...issue, closed_at: '2026-05-04T11:30:00Z' },
      }),
    ).toBe('accepted');
    expect(await metrics('till')).toMatchObject({
      changeFailRate: { failed: 1 },
      failedDeploymentRecoveryTime: { recovered: 1, p50Seconds: 7_200 },
    });

    // The other forge, and not a number of the first one moves.
    const before = await metrics('till');
    const push = (earlier: string, id: string, timestamp: string) => ({
      object_kind: 'push',
      ref: 'refs/heads/main',
      before: sha(earlier),
      after: sha(id),
      total_commits_count: 1,
      commits: [
        {
          id: sha(id),
          message: `Change ${id}`,
          timestamp,
          author: { name: 'Odile', email: 'odile@example.org' },
          added: [],
          removed: [],
          modified: ['route.py'],
        },
      ],
    });
    const deployment = (id: number, revision: string, at: string) => ({
      object_kind: 'deployment',
      status: 'success',
      status_changed_at: at,
      deployment_id: id,
      environment: 'roads',
      environment_tier: 'production',
      short_sha: sha(revision).slice(0, 8),
      commit_url: `https://gitlab.com/juniper/fleet/van/-/commit/${sha(
        revision,
      )}`,
    });
    expect([
      await sendGitlab(push('d0', 'd1', '2026-05-01T10:00:00+02:00')),
      await sendGitlab(deployment(1, 'd1', '2026-05-01 11:00:00 +0200')),
      await sendGitlab(push('d1', 'd2', '2026-05-04T10:00:00+02:00')),
      await sendGitlab(deployment(2, 'd2', '2026-05-04 10:10:00 UTC')),
    ]).toEqual(Array(4).fill('accepted'));
    expect(await metrics('van')).toMatchObject({
      deploymentFrequency: { deployments: 2 },
      changeLeadTime: { changes: 1, p50Seconds: 7_800 },
    });
    expect(await metrics('till')).toEqual(before);
  });

  it('are taken once, and refused when they are forged', async () => {
    dora = await start();
    const again = { 'x-github-delivery': 'the-same' };
    expect([
      await sendGithub('ping', { zen: 'x' }, again),
      await sendGithub('ping', { zen: 'x' }, again),
      await sendGithub('push', {}, { 'x-hub-signature-256': 'sha256=00' }),
      await sendGithub('push', { ref: 7 }),
      await sendGitlab({ object_kind: 'note' }),
      await sendGitlab({ object_kind: 'note' }, { 'x-gitlab-token': SECRET }),
    ]).toEqual([
      'ignored',
      'duplicate',
      'AuthenticationError',
      'rejected',
      'ignored',
      'AuthenticationError',
    ]);
    expect(
      (await sources()).filter(({ id }) => id.startsWith('git')),
    ).toMatchObject([
      {
        id: 'github',
        title: 'GitHub',
        configured: true,
        webhookPath: '/api/dora/webhooks/github',
        lastReceivedAt: expect.any(String),
        last7Days: { received: 1, rejected: 1 },
        access: [expect.any(String), expect.any(String)],
      },
      { id: 'gitlab', last7Days: { received: 1, rejected: 0 } },
    ]);
  });

  it('come from sources that say when they are not set up', async () => {
    dora = await startDora({
      knex: await databases.init('POSTGRES_18'),
      features: [github, gitlab],
    });
    expect(await sendGithub('ping', {})).toBe('AuthenticationError');
    expect(await sendGitlab({ object_kind: 'push' })).toBe(
      'AuthenticationError',
    );
    const items = await sources();
    expect(items.find(({ id }) => id === 'gitlab')).toMatchObject({
      configured: false,
      last7Days: { received: 0, rejected: 0 },
    });
    expect(items.find(({ id }) => id === 'cdevents')).toMatchObject({
      configured: true,
    });
  });

  it('come from sources that are shown to readers of metrics only', async () => {
    dora = await start(AuthorizeResult.DENY);
    expect((await dora.get('/sources')).status).toBe(403);
  });

  it('are preceded by what the API tells, also when a run is cut off', async () => {
    const asked: string[] = [];
    let broken = true;
    const commit = (id: string, parent: string, date: string) => ({
      sha: sha(id),
      commit: { author: { date }, committer: { date }, message: id },
      parents: parent ? [{ sha: sha(parent) }] : [],
    });
    const deployment = (id: number, revision: string, at: string) => ({
      id,
      sha: sha(revision),
      task: 'deploy',
      environment: 'counter-eu',
      production_environment: true,
      created_at: at,
    });
    const contents: Record<string, unknown> = {
      '': { default_branch: 'main' },
      '/commits': [
        commit('c2', 'c1', '2026-05-04T08:00:00Z'),
        commit('c1', '', '2026-05-01T08:00:00Z'),
      ],
      '/deployments': [
        deployment(2, 'c2', '2026-05-04T09:20:00Z'),
        deployment(1, 'c1', '2026-05-01T08:50:00Z'),
      ],
      '/deployments/1/statuses': [
        { id: 11, state: 'success', created_at: '2026-05-01T09:00:00Z' },
      ],
      '/deployments/2/statuses': [
        { id: 21, state: 'success', created_at: '2026-05-04T09:30:00Z' },
      ],
    };
    const forge = createServer((req, res) => {
      const path = new URL(req.url ?? '', 'http://x').pathname;
      asked.push(`${path} ${req.headers.authorization}`);
      const content = contents[path.replace('/repos/Juniper-Pantry/till', '')];
      if (broken && path.endsWith('/deployments')) {
        // More patience than a test has: the run ends.
        res
          .writeHead(403, {
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(Math.ceil(Date.now() / 1_000) + 3_600),
          })
          .end();
        return;
      }
      res.end(JSON.stringify(content ?? []));
    });
    await new Promise<void>(resolve => {
      forge.listen(0, '127.0.0.1', () => resolve());
    });
    const knex = await databases.init('POSTGRES_18');
    const { port } = forge.address() as AddressInfo;
    const startBackfill = () =>
      startDora({
        knex,
        features: [
          github,
          mockServices.scheduler.factory({
            includeInitialDelayedTasksOnStartup: true,
          }),
        ],
        entities: [
          component('till', {
            'github.com/project-slug': 'Juniper-Pantry/till',
          }),
          component('other'),
        ],
        config: {
          integrations: {
            github: [
              {
                host: 'forge.example',
                apiBaseUrl: `http://127.0.0.1:${port}`,
                token: 'for-the-forge',
              },
            ],
          },
          dora: {
            github: { backfill: { enabled: true, since: '2026-05-01' } },
          },
        },
      });
    const backfill = async (
      done: (item: DeliverySourceItem['backfill']) => boolean,
    ) => {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const items = await knex('source_state')
          .where({ source: 'github' })
          .whereLike('name', 'backfill %')
          .select('value');
        const [progress] = items.map(({ value }) => JSON.parse(value));
        const item = progress && {
          repositories: 1,
          complete: progress.completedAt ? 1 : 0,
          events: progress.events,
          problems: progress.problem ? [progress] : [],
        };
        if (done(item)) {
          return;
        }
        if (Date.now() > deadline) {
          throw new Error(`The backfill is at ${JSON.stringify(progress)}`);
        }
        await new Promise(resolve => {
          setTimeout(resolve, 50);
        });
      }
    };
    try {
      dora = await startBackfill();
      await backfill(item => item?.problems.length === 1);
      expect((await sources()).find(({ id }) => id === 'github')).toMatchObject(
        {
          backfill: {
            repositories: 1,
            complete: 0,
            problems: [
              {
                repository: 'Juniper-Pantry/till',
                problem: expect.stringContaining('rate limit'),
              },
            ],
          },
        },
      );
      await dora.stop();

      broken = false;
      asked.length = 0;
      dora = await startBackfill();
      await backfill(item => item?.complete === 1);
      expect(asked.join()).not.toContain('/till/commits');
      expect(asked[0]).toBe('/repos/Juniper-Pantry/till Bearer for-the-forge');
      expect(await metrics('till')).toMatchObject({
        deploymentFrequency: { deployments: 2 },
        changeLeadTime: { changes: 1, p50Seconds: 5_400 },
      });
    } finally {
      forge.closeAllConnections();
      forge.close();
    }
  });
});
