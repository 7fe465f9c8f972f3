import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  EventsService,
  eventsServiceFactory,
  eventsServiceRef,
} from '@backstage/plugin-events-node';
import doraModuleGit from '@pavedroad/plugin-dora-backend-module-git';
import express from 'express';
import {
  component,
  deployed,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const REPOSITORY = 'payments/checkout';

interface PushedCommit {
  id: string;
  parents: string[];
  committedAt: string;
}

/** A stand-in for the git host: publishes pushes, answers one merged pull request. */
function gitHost() {
  let events: EventsService | undefined;
  const plugin = createBackendPlugin({
    pluginId: 'git',
    register(env) {
      env.registerInit({
        deps: {
          events: eventsServiceRef,
          httpRouter: coreServices.httpRouter,
        },
        async init(deps) {
          events = deps.events;
          const router = express.Router();
          router.get('/v1/repositories/payments/checkout/pulls', (_, res) => {
            res.json({
              items: [
                {
                  number: 3,
                  repository: REPOSITORY,
                  title: 'Faster',
                  createdAt: '2026-05-02T08:30:00Z',
                  updatedAt: '2026-05-02T09:30:00Z',
                  mergedAt: '2026-05-02T09:30:00Z',
                  mergeCommit: sha('a3'),
                  webUrl: 'http://localhost/git/payments/checkout/pulls/3',
                },
              ],
            });
          });
          deps.httpRouter.use(router);
        },
      });
    },
  });
  return {
    plugin,
    push: (commits: PushedCommit[], pushedAt: string) =>
      events!.publish({
        topic: 'git.push',
        eventPayload: {
          repository: REPOSITORY,
          owner: 'payments',
          name: 'checkout',
          ref: 'refs/heads/main',
          defaultBranch: 'main',
          after: commits[0].id,
          pusher: 'user:default/ines.duarte',
          pushedAt,
          commits: commits.map(commit => ({
            ...commit,
            authoredAt: commit.committedAt,
            authorName: 'Ines',
            authorEmail: 'ines@example.org',
            subject: 'Change',
          })),
          commitsTruncated: false,
        },
      }),
  };
}

describe('pushes to the git host', () => {
  let dora: RunningDora | undefined;
  afterEach(async () => {
    await dora?.stop();
  });

  it('give the second deployment the lead time of exactly the pushed commits', async () => {
    const knex = await databases.init('POSTGRES_18');
    const host = gitHost();
    dora = await startDora({
      knex,
      entities: [
        component('checkout', { 'pavedroad.dev/repository': REPOSITORY }),
      ],
      features: [doraModuleGit, host.plugin, eventsServiceFactory],
      config: { events: { useEventBus: 'never' } },
    });
    await host.push(
      [{ id: sha('a1'), parents: [], committedAt: '2026-05-01T08:00:00Z' }],
      '2026-05-01T08:01:00Z',
    );
    await dora.send([
      deployed('component:default/checkout', sha('a1'), '2026-05-01T09:00:00Z'),
    ]);
    await host.push(
      [
        {
          id: sha('a3'),
          parents: [sha('a2')],
          committedAt: '2026-05-02T09:00:00Z',
        },
        {
          id: sha('a2'),
          parents: [sha('a1')],
          committedAt: '2026-05-02T08:00:00Z',
        },
      ],
      '2026-05-02T09:31:00Z',
    );
    await dora.send([
      deployed('component:default/checkout', sha('a3'), '2026-05-02T10:00:00Z'),
    ]);
    await dora.settled();

    const { body } = await dora.get(
      '/metrics?entityRef=component:default/checkout&from=2026-05-01&to=2026-05-03',
    );
    expect(body.metrics).toMatchObject({
      deploymentFrequency: { deployments: 2 },
      changeLeadTime: { changes: 2, p50Seconds: 5_400 },
    });
    const list = await dora.get('/deployments?from=2026-05-02&to=2026-05-03');
    const detail = await dora.get(`/deployments/${list.body.items[0].id}`);
    expect(detail.body.changeRows).toMatchObject([
      { commit: sha('a2'), leadSeconds: 7_200, authorName: 'Ines' },
      { commit: sha('a3'), leadSeconds: 3_600 },
    ]);
    const [{ count }] = await knex('domain_event').where({ kind: 3 }).count();
    expect(Number(count)).toBe(1);
  });
});
