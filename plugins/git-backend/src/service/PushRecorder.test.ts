import { mockServices } from '@backstage/backend-test-utils';
import type { CatalogScmEventsService } from '@backstage/plugin-catalog-node/alpha';
import type { EventsService } from '@backstage/plugin-events-node';
import type { GitStore, PushRow } from '../store/GitStore';
import { PushRecorder } from './PushRecorder';

const push: PushRow = {
  id: '1',
  repositoryId: 'r1',
  event: {
    repository: 'payments/api',
    owner: 'payments',
    name: 'api',
    ref: 'refs/heads/main',
    defaultBranch: 'main',
    pusher: 'user:default/ines.duarte',
    pushedAt: '2026-06-01T00:00:00.000Z',
    commits: [],
    commitsTruncated: false,
  },
  changedPaths: ['catalog-info.yaml'],
};

it('fails to publish a push only when all who are told of it have been', async () => {
  let end = () => {};
  const taking = new Promise<void>(resolve => {
    end = resolve;
  });
  const steps: string[] = [];
  const recorder = new PushRecorder({
    store: {
      publishPending: async publish => {
        await publish(push);
        return 1;
      },
    } as Partial<GitStore> as GitStore,
    events: {
      publish: async () => {
        await taking;
        steps.push('listeners are done');
      },
    } as Partial<EventsService> as EventsService,
    scmEvents: {
      publish: async () => {
        steps.push('the catalog refuses');
        throw new Error('The catalog is away');
      },
    } as Partial<CatalogScmEventsService> as CatalogScmEventsService,
    logger: mockServices.logger.mock(),
    gitBaseUrl: 'http://portal.example/api/git',
    open: () => {
      throw new Error('No repository is read to publish');
    },
  });
  const published = recorder
    .publishPending()
    .catch(error => steps.push(error.message));
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(steps).toEqual(['the catalog refuses']);
  end();
  await published;
  expect(steps).toEqual([
    'the catalog refuses',
    'listeners are done',
    'The catalog is away',
  ]);
});
