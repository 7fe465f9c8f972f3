import { mockServices } from '@backstage/backend-test-utils';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import { GitPushSource } from './GitPushSource';
import { historyEvents, pullEvent, pushEvents } from './push';

jest.setTimeout(120_000);

const T = '2026-05-01T12:00:00.000Z';
const SHA = 'ab12'.repeat(10);
const OTHER = 'cd34'.repeat(10);
const commit = {
  id: SHA,
  parents: [OTHER],
  authoredAt: '2026-05-01T12:00:00+02:00',
  committedAt: '2026-05-01T13:00:00+02:00',
  authorName: 'Ines Duarte',
  authorEmail: 'ines@example.org',
  subject: 'Change',
  paths: ['src/a.ts', ''],
};

describe('hostile events of git', () => {
  it('never make the source throw or answer what cannot be kept', async () => {
    const source = GitPushSource.create({
      events: mockServices.events.mock(),
      host: {
        repositories: async () => [],
        head: async () => undefined,
        commits: async () => [],
        mergedPulls: async () => [],
      },
      logger: mockServices.logger.mock(),
    });
    const report = await fuzzSource({
      source,
      events: [
        ...pushEvents(
          {
            repository: 'payments/checkout',
            owner: 'payments',
            name: 'checkout',
            ref: 'refs/heads/main',
            defaultBranch: 'main',
            before: OTHER,
            after: SHA,
            pusher: 'user:default/ines.duarte',
            pushedAt: T,
            commits: [commit],
            commitsTruncated: false,
          },
          T,
        ),
        ...historyEvents(
          'payments/checkout',
          'main',
          [commit, { id: OTHER, parents: [], committedAt: T }],
          T,
        ),
        pullEvent(
          {
            repository: 'payments/checkout',
            number: 3,
            updatedAt: T,
            title: 'Faster',
            webUrl: 'https://portal.example/git/payments/checkout/pulls/3',
            createdAt: T,
            mergedAt: T,
            mergeCommit: SHA,
          } as Parameters<typeof pullEvent>[0],
          T,
        ),
      ],
    });
    expect(report.cases).toBe(10_000);
    expect(report.accepted).toBeGreaterThan(1_000);
    expect(report.rejected).toBeGreaterThan(1_000);
  });
});
