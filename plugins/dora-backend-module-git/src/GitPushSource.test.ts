import { mockServices } from '@backstage/backend-test-utils';
import { CommitRecord } from '@pavedroad/plugin-dora-common';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import { GitPushEvent, PullRequest } from '@pavedroad/plugin-git-common';
import { GitHost } from './GitHost';
import { GitPushSource } from './GitPushSource';

function commit(
  id: string,
  parents: string[],
): CommitRecord & {
  authoredAt: string;
  authorName: string;
  authorEmail: string;
  subject: string;
} {
  return {
    id: id.repeat(40),
    parents: parents.map(parent => parent.repeat(40)),
    authoredAt: '2026-05-01T10:00:00+02:00',
    committedAt: '2026-05-01T10:00:00+02:00',
    authorName: 'Ines',
    authorEmail: 'ines@example.org',
    subject: 'Change',
  };
}

const push: GitPushEvent = {
  repository: 'payments/checkout',
  owner: 'payments',
  name: 'checkout',
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  before: 'a'.repeat(40),
  after: 'c'.repeat(40),
  pusher: 'user:default/ines',
  pushedAt: '2026-05-01T10:05:00.000Z',
  commits: [commit('c', ['b'])],
  commitsTruncated: false,
};

const merged = {
  number: 7,
  repository: 'payments/checkout',
  title: 'Faster checkout',
  createdAt: '2026-05-01T08:30:00Z',
  updatedAt: '2026-05-01T10:05:00Z',
  mergedAt: '2026-05-01T10:05:00Z',
  mergeCommit: 'c'.repeat(40),
  webUrl: 'http://localhost/git/payments/checkout/pulls/7',
} as PullRequest;

async function connected(
  options: { host?: Partial<GitHost>; failures?: number } = {},
) {
  const events = mockServices.events();
  const submitted: RawDeliveryEvent[] = [];
  let failures = options.failures ?? 0;
  const source = GitPushSource.create({
    events,
    host: {
      repositories: async () => [
        { slug: 'payments/checkout', defaultBranch: 'main' },
      ],
      head: async () => 'c'.repeat(40),
      commits: async () => [
        commit('c', ['b']),
        commit('b', ['a']),
        commit('a', []),
      ],
      mergedPulls: async () => [],
      ...options.host,
    },
    logger: mockServices.rootLogger(),
    now: () => new Date('2026-05-01T10:06:00Z'),
    retries: [1, 1],
  });
  await source.connect({
    async submit(batch) {
      if (failures > 0) {
        failures -= 1;
        throw new Error('the database is away');
      }
      submitted.push(...batch);
      return batch.map(() => ({ status: 'accepted' as const }));
    },
  });
  return { source, events, submitted };
}

const publish = (
  { events }: Awaited<ReturnType<typeof connected>>,
  event: GitPushEvent,
) => events.publish({ topic: 'git.push', eventPayload: event });

describe('GitPushSource', () => {
  it('records the commits of a push', async () => {
    const running = await connected();
    await publish(running, push);
    expect(running.submitted).toHaveLength(1);
    expect(running.source.normalise(running.submitted[0])).toEqual({
      outcome: 'accepted',
      events: [
        {
          type: 'commits',
          repository: 'payments/checkout',
          defaultBranch: 'main',
          commits: [commit('c', ['b'])],
        },
      ],
    });
  });

  it('gives a redelivered push the same id, and another push another', async () => {
    const running = await connected();
    await publish(running, push);
    await publish(running, push);
    await publish(running, { ...push, pushedAt: '2026-05-01T11:00:00.000Z' });
    const [first, again, other] = running.submitted.map(({ id }) => id);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('fetches what did not fit into the push', async () => {
    const asked: unknown[] = [];
    const running = await connected({
      host: {
        commits: async (...parameters) => {
          asked.push(parameters);
          return [commit('c', ['b']), commit('b', ['a'])];
        },
      },
    });
    await publish(running, { ...push, commitsTruncated: true });
    expect(asked).toEqual([
      ['payments/checkout', 'c'.repeat(40), 'a'.repeat(40)],
    ]);
    const commits = running.submitted.flatMap(
      event => (event.data as unknown as { commits: CommitRecord[] }).commits,
    );
    expect(new Set(commits.map(({ id }) => id[0]))).toEqual(new Set('cb'));
  });

  it('tries again when the inbox cannot take a push', async () => {
    const running = await connected({ failures: 2 });
    await publish(running, push);
    expect(running.submitted).toHaveLength(1);
  });

  it('records merged pull requests after a push to the default branch', async () => {
    const running = await connected({
      host: { mergedPulls: async () => [merged] },
    });
    await publish(running, push);
    await publish(running, { ...push, ref: 'refs/heads/topic' });
    const results = running.submitted.map(event =>
      running.source.normalise(event),
    );
    expect(
      results.map(result => 'events' in result && result.events[0].type),
    ).toEqual(['commits', 'pull_request', 'commits']);
    expect(results[1]).toMatchObject({
      events: [
        {
          number: 7,
          openedAt: '2026-05-01T08:30:00Z',
          mergedAt: '2026-05-01T10:05:00Z',
          mergeCommit: 'c'.repeat(40),
        },
      ],
    });
  });

  it('finds missed pushes by the heads of default branches, once per head', async () => {
    const running = await connected();
    await running.source.reconcile();
    await running.source.reconcile();
    expect(running.submitted).toHaveLength(1);
    expect(running.submitted[0].data).toMatchObject({
      commits: [
        { id: 'a'.repeat(40) },
        { id: 'b'.repeat(40) },
        { id: 'c'.repeat(40) },
      ],
    });
  });

  it('rejects its types from any other source', async () => {
    const { source, events, submitted } = await connected();
    await events.publish({ topic: 'git.push', eventPayload: push });
    expect(
      source.normalise({ ...submitted[0], source: '/somebody' }),
    ).toMatchObject({ outcome: 'rejected' });
  });
});
