import {
  commit,
  commits,
  deploy,
  failureData,
  hour,
  incident,
  line,
  story,
} from '../__testUtils__/scenario';
import { DomainEvent } from '../events';

const attributed = (
  attributionId: string,
  more: Partial<Extract<DomainEvent, { type: 'attribution' }>>,
): DomainEvent => ({
  type: 'attribution',
  attributionId,
  blame: 'none',
  author: { kind: 'person', name: 'user:default/ines' },
  recordedAt: hour(500),
  ...more,
});

describe('deployments', () => {
  it('succeed when every job of the id has, at that first instant', () => {
    const { facts } = story([
      line(1),
      deploy('D', 'c1', 3, { jobId: 'eu' }),
      deploy('D', 'c1', 5, { jobId: 'us' }),
      deploy('D', 'c1', 9, { jobId: 'us' }),
      deploy('D', 'c1', 11, { jobId: 'us', status: 'inactive' }),
      deploy('D', 'c1', 12, { jobId: 'eu', status: 'failed' }),
    ]);
    expect(facts.attempts).toMatchObject([
      { status: 'succeeded', finishedAt: hour(5) },
    ]);
  });

  it.each<[string, string | undefined, Record<string, string>, string]>([
    ['its source says', 'production', {}, 'production'],
    [
      'configuration says, whatever its source',
      'staging',
      { 'eu-1': 'live' },
      'live',
    ],
    ['its name suggests, when nobody says', undefined, {}, 'eu-1'],
  ])('are of the tier that %s', (_, tier, environmentTiers, expected) => {
    const events = [
      line(1),
      deploy('D', 'c1', 3, { environment: 'EU-1', tier }),
      deploy('E', 'c1', 2, { environment: 'eu-1', tier: tier && 'before' }),
      deploy('F', 'c1', 4, { environment: 'eu-1' }),
    ];
    for (const order of [events, [...events].reverse()]) {
      const { facts } = story(order, { environmentTiers });
      expect(facts.environments).toEqual([{ name: 'eu-1', tier: expected }]);
    }
  });

  it.each<[string, [string, string, number][], string, number | undefined]>([
    [
      'a re-run that succeeds finishes it, and one that fails later does not undo it',
      [
        ['eu', 'failed', 3],
        ['eu', 'succeeded', 6],
        ['eu', 'failed', 9],
      ],
      'succeeded',
      6,
    ],
    [
      'a job that was canceled did not reach the environment',
      [
        ['eu', 'succeeded', 3],
        ['us', 'canceled', 4],
      ],
      'failed',
      4,
    ],
    [
      'a job that is only known to run keeps it open',
      [
        ['eu', 'succeeded', 3],
        ['us', 'running', 4],
      ],
      'unfinished',
      undefined,
    ],
    [
      'statuses count by their moment, whatever the order of arrival',
      [
        ['us', 'succeeded', 8],
        ['eu', 'inactive', 20],
        ['us', 'running', 1],
        ['eu', 'succeeded', 7],
        ['eu', 'pending', 1],
      ],
      'succeeded',
      8,
    ],
  ])('%s', (_, statuses, status, finish) => {
    const { facts } = story([
      line(1),
      ...statuses.map(([jobId, said, at]) =>
        deploy('D', 'c1', at, { jobId, status: said as 'succeeded' }),
      ),
    ]);
    expect(facts.attempts).toMatchObject([
      { status, finishedAt: finish && hour(finish) },
    ]);
  });

  it('are failed attempts, in no metric, when a job never succeeded', () => {
    const { facts, metrics } = story([
      line(1),
      deploy('D', 'c1', 3, { jobId: 'eu' }),
      deploy('D', 'c1', 4, { jobId: 'us', status: 'failed' }),
      deploy('E', 'c1', 5, { status: 'running' }),
    ]);
    expect(facts.attempts.map(a => a.status).sort()).toEqual([
      'failed',
      'unfinished',
    ]);
    expect(facts.deployments).toEqual([]);
    expect(metrics().metrics.deploymentFrequency.deployments).toBe(0);
  });

  it.each<[string, Partial<DomainEvent>, DomainEvent[]]>([
    ['the named commit', { revision: 'c2' } as object, []],
    ['the commit in the purl', { artifact: 'pkg:oci/shop@c2' } as object, []],
    [
      'the tag in the purl',
      { artifact: 'pkg:oci/shop@v1.2' } as object,
      [
        {
          type: 'release_tag',
          tag: 'v1.2',
          revision: 'c2',
          releasedAt: hour(900),
        },
      ],
    ],
    [
      'the build of the artifact',
      { artifact: 'pkg:oci/shop@sha256%3Aabc?tag=7' } as object,
      [
        {
          type: 'build',
          artifact: 'pkg:oci/shop@sha256%3Aabc',
          revision: 'c2',
          finishedAt: hour(4),
        },
      ],
    ],
  ])('take their revision from %s', (_, said, more) => {
    const { facts } = story([
      line(3),
      { ...deploy('D', undefined, 9), ...said } as DomainEvent,
      ...more,
    ]);
    expect(facts.attempts.find(a => a.deploymentId === 'D')?.revision).toBe(
      'c2',
    );
  });

  it('are ordered by finish, then reachable commits, then id', () => {
    const { facts, kinds } = story([
      line(3),
      deploy('z', 'c1', 5),
      deploy('a', 'c3', 5),
      deploy('b', 'c2', 5),
    ]);
    expect(kinds).toEqual({ z: 'change', b: 'change', a: 'change' });
    expect(facts.deployments.map(d => d.sequence)).toEqual([0, 1, 2]);
  });

  it.each<[string, DomainEvent[], object]>([
    [
      'the same revision is a redeploy',
      [line(2), deploy('A', 'c1', 10), deploy('B', 'c1', 11)],
      { A: 'change', B: 'redeploy' },
    ],
    [
      'an ancestor is a rollback, and what follows counts though delivered before',
      [
        line(2),
        deploy('A', 'c1', 10),
        deploy('B', 'c2', 11),
        deploy('C', 'c1', 12),
        deploy('D', 'c2', 13),
      ],
      { A: 'change', B: 'change', C: 'rollback', D: 'change' },
    ],
    [
      'an explicit rollback event is one without ancestry',
      [
        line(3),
        deploy('A', 'c1', 10),
        deploy('B', 'c3', 11, { rollback: true }),
      ],
      { A: 'change', B: 'rollback' },
    ],
    [
      'a rollback that does not say where goes back to what ran before',
      [
        line(3),
        deploy('A', 'c1', 10),
        deploy('B', 'c2', 11),
        deploy('B2', 'c2', 12),
        deploy('R', undefined, 13, { rollback: true }),
        deploy('again', 'c1', 14),
        deploy('C', 'c3', 15),
      ],
      {
        A: 'change',
        B: 'change',
        B2: 'redeploy',
        R: 'rollback',
        again: 'redeploy',
        C: 'change',
      },
    ],
    [
      'the first deployment is a change whatever it says',
      [line(1), deploy('A', 'c1', 10, { rollback: true })],
      { A: 'change' },
    ],
    [
      'unknown histories: back to a revision deployed before is a rollback',
      [
        deploy('A', 'x1', 10),
        deploy('B', 'x2', 11),
        deploy('C', 'x1', 12),
        deploy('D', 'x3', 13),
      ],
      { A: 'change', B: 'change', C: 'rollback', D: 'change' },
    ],
    [
      'an aborted canary is a success and its rollback',
      [
        line(2),
        deploy('A', 'c1', 10),
        deploy('canary', 'c2', 11),
        deploy('abort', 'c1', 12, { rollback: true }),
        deploy('B', 'c2', 20),
      ],
      { A: 'change', canary: 'change', abort: 'rollback', B: 'change' },
    ],
    [
      'a repeated revision is a redeploy even as a rollback event, and behind a rollback',
      [
        line(2),
        deploy('A', 'c1', 10),
        deploy('B', 'c2', 11),
        deploy('R', 'c1', 12),
        deploy('R2', 'c1', 13, { rollback: true }),
      ],
      { A: 'change', B: 'change', R: 'rollback', R2: 'redeploy' },
    ],
    [
      'a late first deployment makes the one that was first a change like others',
      [
        line(3),
        deploy('B', 'c2', 20),
        deploy('C', 'c2', 30),
        deploy('A', 'c2', 10),
      ],
      { A: 'change', B: 'redeploy', C: 'redeploy' },
    ],
    [
      'a short commit id and the full one are the same revision',
      [
        commits(
          commit('abcdef0123', '', 1),
          commit('bbcdef0123', 'abcdef0123', 2),
        ),
        deploy('A', 'abcdef0', 10),
        deploy('B', 'abcdef0123', 11),
        deploy('C', 'bbcdef0', 12),
      ],
      { A: 'change', B: 'redeploy', C: 'change' },
    ],
    [
      'a diverged branch is a change',
      [
        commits(commit('a', '', 1), commit('b', 'a', 2), commit('c', 'a', 3)),
        deploy('A', 'b', 10),
        deploy('B', 'c', 11),
      ],
      { A: 'change', B: 'change' },
    ],
  ])('%s', (_, events, kinds) => {
    expect(story(events).kinds).toEqual(kinds);
  });
});

describe('changes', () => {
  it.each<[string, DomainEvent[], object]>([
    [
      'each once, by the earliest deployment that reaches it; merges are none',
      [
        commits(
          commit('a', '', 1),
          commit('b', 'a', 2),
          commit('f', 'a', 2.5),
          commit('m', 'b f', 3),
          commit('n', 'm', 4),
        ),
        deploy('A', 'a', 10),
        deploy('B', 'b', 11),
        deploy('C', 'n', 12),
        deploy('D', 'a', 13),
        deploy('E', 'n', 14),
      ],
      { A: 'a', B: 'b', C: 'f n', D: '', E: '' },
    ],
    [
      'an earlier deployment that arrives late takes them over',
      [
        line(4),
        deploy('A', 'c1', 10),
        deploy('C', 'c4', 30),
        deploy('B', 'c3', 20),
      ],
      { A: 'c1', B: 'c2 c3', C: 'c4' },
    ],
    [
      'a squash counts as its original commits, each once',
      [
        commits(commit('a', '', 1), commit('s', 'a', 8)),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 7,
          updatedAt: hour(8),
          mergedAt: hour(8),
          mergeCommit: 's',
          commits: [
            { id: 'o1', committedAt: hour(2) },
            { id: 'o2', committedAt: hour(3) },
            { id: 'om', committedAt: hour(4), parents: ['o2', 'a'] },
          ],
        },
        deploy('A', 'a', 5),
        deploy('B', 's', 10),
      ],
      { A: 'a', B: 'o1 o2' },
    ],
    [
      'a rebase counts as its original commits, one for one',
      [
        commits(
          commit('a', '', 1),
          commit('r1', 'a', 8, { authoredAt: hour(2) }),
          commit('r2', 'r1', 8, { authoredAt: hour(3) }),
        ),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 7,
          updatedAt: hour(8),
          mergeCommit: 'r2',
          commits: [
            { id: 'o1', committedAt: hour(2), authoredAt: hour(2) },
            { id: 'o2', committedAt: hour(3), authoredAt: hour(3) },
          ],
        },
        deploy('A', 'a', 5),
        deploy('B', 'r1', 10),
        deploy('C', 'r2', 11),
      ],
      { A: 'a', B: 'o1', C: 'o2' },
    ],
    [
      'a merge-commit pull request counts as the commits it merges, not as the merge',
      [
        commits(
          commit('a', '', 1),
          commit('f1', 'a', 2),
          commit('f2', 'f1', 3),
          commit('b', 'a', 4),
          commit('m', 'b f2', 8),
        ),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 7,
          updatedAt: hour(8),
          mergedAt: hour(8),
          mergeCommit: 'm',
        },
        deploy('A', 'a', 5),
        deploy('B', 'b', 6),
        deploy('C', 'm', 10),
      ],
      { A: 'a', B: 'b', C: 'f1 f2' },
    ],
    [
      'a squash whose branch is merged later brings its originals once',
      [
        commits(
          commit('a', '', 1),
          commit('o1', 'a', 2),
          commit('s', 'a', 8),
          commit('o2', 'o1', 9),
          commit('m', 's o2', 10),
        ),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 7,
          updatedAt: hour(8),
          mergedAt: hour(8),
          mergeCommit: 's',
          mergeMethod: 'squash',
          commits: [{ id: 'o1', committedAt: hour(2) }],
        },
        deploy('A', 'a', 5),
        deploy('B', 's', 9),
        deploy('C', 'm', 11),
      ],
      { A: 'a', B: 'o1', C: 'o2' },
    ],
    [
      'a squash of originals that nobody knows is one change',
      [
        commits(commit('a', '', 1), commit('s', 'a', 8)),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 7,
          updatedAt: hour(8),
          mergeCommit: 's',
        },
        deploy('A', 'a', 5),
        deploy('B', 's', 10),
      ],
      { A: 'a', B: 's' },
    ],
    [
      'one that only a rollback reaches first is delivered by it',
      [
        line(3),
        deploy('A', 'c1', 10),
        deploy('B', 'c3', 11, { rollback: true }),
        deploy('C', 'c3', 12),
        deploy('D', 'c2', 13),
      ],
      { A: 'c1', B: 'c2 c3', C: '', D: '' },
    ],
    [
      'commits of a deployment whose history is unknown are not made up later',
      [
        line(4),
        deploy('A', 'c1', 10),
        deploy('B', 'lost', 11),
        deploy('C', 'c3', 12),
        deploy('D', 'c4', 13),
      ],
      { A: 'c1', B: '', C: '', D: 'c4' },
    ],
    [
      'an unlinked cherry-pick is its own change',
      [
        commits(commit('a', '', 1), commit('b', 'a', 2), commit('b2', 'a', 2)),
        deploy('A', 'a', 5),
        deploy('B', 'b', 10),
        deploy('C', 'b2', 11),
      ],
      { A: 'a', B: 'b', C: 'b2' },
    ],
    [
      'a force-push brings none, and what it reaches counts as delivered',
      [
        commits(
          commit('a', '', 1),
          commit('x', '', 2),
          commit('y', 'x', 3),
          commit('z', 'y', 4),
        ),
        deploy('A', 'a', 5),
        deploy('B', 'y', 10),
        deploy('C', 'z', 11),
      ],
      { A: 'a', B: '', C: 'z' },
    ],
    [
      'a history that ends in the unknown brings none',
      [
        commits(commit('b', 'a', 2), commit('d', 'c', 4), commit('e', 'd', 5)),
        deploy('A', 'b', 5),
        deploy('B', 'd', 10),
        deploy('C', 'e', 11),
      ],
      { A: 'b', B: '', C: 'e' },
    ],
  ])('%s', (_, events, changes) => {
    expect(story(events).changes).toEqual(changes);
  });

  it('survives a graph with a cycle', () => {
    const { facts } = story([
      commits(commit('a', 'b', 1), commit('b', 'a', 2)),
      deploy('A', 'a', 3),
      deploy('B', 'b', 4),
    ]);
    expect(facts.deployments.map(d => d.historyGap)).toEqual([
      'unknown_history',
      'unknown_history',
    ]);
  });

  it('in a monorepo are those that touch the path or a shared one', () => {
    const paths = (...list: string[]) => ({ paths: list });
    const events = [
      commits(
        commit('a', '', 1, paths('services/shop/main.ts')),
        commit('b', 'a', 2, paths('services/other/main.ts')),
        commit('c', 'b', 3, paths('services/shopping/main.ts')),
        commit('d', 'c', 4, paths('lib/shared.ts')),
        commit('e', 'd', 5, paths('services/shop/x.ts', 'README.md')),
      ),
      deploy('A', 'a', 6),
      deploy('B', 'c', 7),
      deploy('C', 'e', 8),
      deploy('D', 'd', 9),
      deploy('E', 'b', 10),
      deploy('F', 'a', 11),
    ];
    const { kinds, changes } = story(events, {
      sourcePath: './services/shop/',
      sharedPaths: ['lib'],
    });
    expect(kinds).toEqual({
      A: 'change',
      B: 'redeploy',
      C: 'change',
      D: 'rollback',
      E: 'rollback',
      F: 'redeploy',
    });
    expect(changes).toMatchObject({ A: 'a', B: '', C: 'd e' });
  });

  it.each<[string, DomainEvent[], object, object]>([
    [
      'a commit whose paths are unknown counts for every service',
      [
        commits(
          commit('a', '', 1, { paths: ['services/shop/x'] }),
          commit('b', 'a', 2),
        ),
        deploy('A', 'a', 5),
        deploy('B', 'b', 6),
      ],
      { A: 'change', B: 'change' },
      { A: 'a', B: 'b' },
    ],
    [
      'a squash counts when one of its originals touches the path, and as those that do',
      [
        commits(
          commit('a', '', 1, { paths: ['services/shop/x'] }),
          commit('s', 'a', 5, { paths: ['services/shop/x', 'docs/y'] }),
        ),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 7,
          updatedAt: hour(5),
          mergeCommit: 's',
          mergeMethod: 'squash',
          commits: [
            { id: 'o1', committedAt: hour(2), paths: ['docs/y'] },
            { id: 'o2', committedAt: hour(3), paths: ['services/shop/x'] },
          ],
        },
        deploy('A', 'a', 2),
        deploy('B', 's', 6),
      ],
      { A: 'change', B: 'change' },
      { A: 'a', B: 'o2' },
    ],
    [
      'a merge of what touches the path is a change, a merge of anything else a redeploy',
      [
        commits(
          commit('a', '', 1, { paths: ['services/shop/x'] }),
          commit('f', 'a', 2, { paths: ['services/shop/x'] }),
          commit('m', 'a f', 3),
          commit('g', 'm', 4, { paths: ['services/other/x'] }),
          commit('n', 'm g', 5),
        ),
        deploy('A', 'a', 6),
        deploy('B', 'm', 7),
        deploy('C', 'n', 8),
      ],
      { A: 'change', B: 'change', C: 'redeploy' },
      { A: 'a', B: 'f', C: '' },
    ],
  ])('in a monorepo: %s', (_, events, kinds, changes) => {
    const told = story(events, { sourcePath: 'services/shop' });
    expect(told.kinds).toEqual(kinds);
    expect(told.changes).toEqual(changes);
  });

  it.each<[string, object, (number | undefined)[], boolean]>([
    ['no pull request', {}, [undefined, undefined, undefined, 3, 2], false],
    [
      'every moment',
      { openedAt: hour(5), approvedAt: hour(6), mergedAt: hour(6.5) },
      [1, 1, 0.5, 0.5, 2],
      false,
    ],
    [
      'no approval: folded into the next',
      { openedAt: hour(5), mergedAt: hour(6.5) },
      [1, undefined, 1.5, 0.5, 2],
      false,
    ],
    [
      'opened before the commit and merged after the finish: clamped',
      { openedAt: hour(3), mergedAt: hour(20) },
      [0, undefined, 5, 0, 0],
      true,
    ],
  ])('have stages that sum to lead time: %s', (_, moments, stages, clamped) => {
    const { facts } = story([
      commits(commit('a', '', 1), commit('b', 'a', 4)),
      {
        type: 'pull_request',
        repository: 'acme/shop',
        number: 1,
        updatedAt: hour(1),
        commits: [{ id: 'b', committedAt: hour(4) }],
        ...moments,
      },
      {
        type: 'build',
        artifact: 'pkg:oci/x@b',
        revision: 'b',
        finishedAt: hour(7),
      },
      {
        type: 'build',
        artifact: 'pkg:oci/x@b',
        revision: 'b',
        finishedAt: hour(8),
      },
      deploy('A', 'a', 2),
      deploy('B', undefined, 9, { artifact: 'pkg:oci/x@b' }),
    ]);
    expect(facts.changes.find(c => c.commit === 'b')).toMatchObject({
      leadSeconds: 5 * 3600,
      stages: stages.map(s => (s === undefined ? undefined : s * 3600)),
      clamped,
    });
  });

  it('are left out of lead time, and said so: first, negative, bots', () => {
    const { metrics } = story([
      commits(
        commit('a', '', 1),
        commit('b', 'a', 99),
        commit('c', 'b', 12, { authorName: 'renovate[bot]' }),
        commit('d', 'c', 13, { authorName: 'Ines' }),
      ),
      deploy('A', 'a', 5),
      deploy('B', 'b', 10),
      deploy('C', 'd', 15),
    ]);
    const { metrics: m, excluded } = metrics();
    expect(m.changeLeadTime).toMatchObject({ changes: 1, p50Seconds: 7200 });
    expect(m.deploymentFrequency.deployments).toBe(3);
    expect(excluded).toEqual(
      expect.arrayContaining([
        {
          reason: 'first_deployment',
          changes: 1,
          deployments: 1,
          incidents: 0,
        },
        {
          reason: 'negative_total_time',
          changes: 1,
          deployments: 0,
          incidents: 0,
        },
        { reason: 'bot', changes: 1, deployments: 0, incidents: 0 },
      ]),
    );
  });
});

describe('rollouts', () => {
  const regions = (id: string, revision: string, eu: number, us: number) => [
    deploy(`${id}-eu`, revision, eu, { environment: 'prod-eu' }),
    deploy(`${id}-us`, revision, us, { environment: 'prod-us' }),
  ];

  it('join the regions of one revision and kind and count once', () => {
    const { kinds, facts, metrics, changes } = story([
      line(3),
      ...regions('1', 'c1', 10, 11),
      ...regions('2', 'c2', 20, 30),
      ...regions('3', 'c3', 25, 31),
      ...regions('4', 'c2', 40, 41),
      failureData,
      incident('I', 'opened', 30.5, { environment: 'prod-us' }),
      incident('I', 'resolved', 30.9),
    ]);
    expect(kinds).toEqual({
      '1-eu': 'change',
      '2-eu': 'change',
      '3-eu': 'change',
      '4-eu': 'rollback',
    });
    expect(changes).toMatchObject({ '2-eu': 'c2', '3-eu': 'c3' });
    const second = facts.deployments.find(
      d => d.tier && d.revision === 'c2' && d.kind === 'change',
    )!;
    expect(second).toMatchObject({
      finishedAt: Date.parse(hour(20)),
      finishedEverywhereAt: Date.parse(hour(30)),
      environments: ['prod-eu', 'prod-us'],
      failed: true,
    });
    expect(metrics().metrics.changeFailRate).toMatchObject({
      failed: 2,
      deployments: 3,
    });
    expect(
      metrics(-100, 100, 'prod-us').metrics.deploymentFrequency.deployments,
    ).toBe(3);
  });
});

describe('several production environments', () => {
  const eu = { environment: 'prod-eu' };
  const us = { environment: 'prod-us' };

  it.each<[string, DomainEvent[], object]>([
    [
      'a region added later joins the rollout of what it gets',
      [
        line(3),
        deploy('A', 'c1', 10, eu),
        deploy('B', 'c2', 20, eu),
        deploy('N', 'c2', 30, us),
        deploy('C', 'c3', 40, us),
        deploy('D', 'c3', 41, eu),
      ],
      { A: 'change', B: 'change', C: 'change' },
    ],
    [
      'the same region again starts a rollout',
      [
        line(3),
        deploy('A', 'c1', 10, eu),
        deploy('A2', 'c1', 11, us),
        deploy('B', 'c2', 20, eu),
        deploy('R', 'c1', 30, eu),
        deploy('B2', 'c2', 40, eu),
        deploy('B3', 'c2', 50, us),
      ],
      // B3 joins the latest rollout of c2 that lacks prod-us: the one of B2.
      { A: 'change', B: 'change', R: 'rollback', B2: 'change' },
    ],
    [
      'one revision as change here and as redeploy there is two rollouts',
      [
        line(2),
        deploy('A', 'c1', 10, eu),
        deploy('A2', 'c1', 11, us),
        deploy('B', 'c2', 20, eu),
        deploy('Z', 'c1', 30, us),
      ],
      { A: 'change', B: 'change', Z: 'redeploy' },
    ],
  ])('%s', (_, events, kinds) => {
    expect(story(events).kinds).toEqual(kinds);
  });

  it('blame what a cause names in its own environment', () => {
    const { live, failed } = story([
      failureData,
      line(3),
      deploy('eu1', 'c1', 10, eu),
      deploy('us1', 'c1', 11, us),
      deploy('eu2', 'c2', 20, eu),
      deploy('us2', 'c2', 21, us),
      deploy('st2', 'c2', 22, { environment: 'staging' }),
      commits(commit('h', 'c2', 23)),
      deploy('F', 'h', 30, { ...eu, blames: { revision: 'c2' } }),
      incident('I', 'opened', 25, {
        environment: 'prod-us',
        deployment: { revision: 'c2' },
      }),
      attributed('m', { blame: { revision: 'c1' } }),
    ]);
    expect(live).toEqual({
      'fix F': 'revert_or_hotfix eu2',
      'incident I': 'explicit us2',
      'report m': 'explicit us1',
    });
    // Each failed member fails its rollout, once.
    expect(failed).toEqual(['eu1', 'eu2']);
  });
});

describe('failures', () => {
  const three = [
    failureData,
    line(4),
    deploy('V1', 'c1', 10),
    deploy('V2', 'c2', 20),
    deploy('V3', 'c3', 30),
  ];

  it.each<[string, DomainEvent[], object]>([
    [
      'V1→V2→V3→V1 blames V2',
      [deploy('R', 'c1', 40)],
      { 'rollback R': 'rollback V2' },
    ],
    [
      'V1→V2→V3→V2 blames V3',
      [deploy('R', 'c2', 40)],
      { 'rollback R': 'rollback V3' },
    ],
    [
      'after a rollback the next one blames what came since',
      [deploy('R', 'c1', 40), deploy('V4', 'c4', 50), deploy('S', 'c1', 60)],
      { 'rollback R': 'rollback V2', 'rollback S': 'rollback V4' },
    ],
    [
      'a chain of rollbacks blames what each took back',
      [deploy('R', 'c2', 40), deploy('S', 'c1', 41)],
      { 'rollback R': 'rollback V3', 'rollback S': 'rollback V2' },
    ],
    [
      'a rollback through a redeploy blames the change behind it',
      [deploy('again', 'c3', 35), deploy('R', 'c2', 40)],
      { 'rollback R': 'rollback V3' },
    ],
    [
      'a rollback to before everything blames the first change',
      [
        commits(commit('c1', 'c0', 1), commit('c0', '', 0)),
        deploy('R', 'c0', 40),
      ],
      { 'rollback R': 'rollback V1' },
    ],
    [
      'a rollback names what it took back, and that is explicit',
      [deploy('R', 'c1', 40, { rollback: true, blames: { id: 'V3' } })],
      { 'rollback R': 'explicit V3' },
    ],
    [
      'rolling forward with a fix that names it blames it once, its incident included',
      [
        incident('I', 'opened', 31),
        commits(commit('h', 'c3', 32)),
        deploy('F', 'h', 33, { blames: { id: 'V3' }, fixesIncidents: ['I'] }),
        incident('I', 'resolved', 34),
      ],
      {
        'fix F': 'revert_or_hotfix V3',
        'incident I': 'revert_or_hotfix V3',
      },
    ],
    [
      'a linked fix shares its blame with its own incident only',
      [
        incident('I', 'opened', 31),
        incident('J', 'opened', 31),
        commits(commit('h', 'c3', 32)),
        deploy('F', 'h', 33, { blames: { id: 'V2' }, fixesIncidents: ['I'] }),
      ],
      {
        'fix F': 'revert_or_hotfix V2',
        'incident I': 'revert_or_hotfix V2',
        'incident J': 'time_proximity V3',
      },
    ],
    [
      'a fix linked by a later event is linked all the same',
      [
        incident('I', 'opened', 31),
        commits(commit('h', 'c3', 32)),
        deploy('F', 'h', 33),
        {
          type: 'remediation',
          deployment: { id: 'F' },
          incidentId: 'I',
          blames: { id: 'V1' },
          recordedAt: hour(100),
        },
      ],
      {
        'fix F': 'revert_or_hotfix V1',
        'incident I': 'revert_or_hotfix V1',
      },
    ],
    [
      'an incident that is open again at a rollback shares its blame',
      [
        incident('I', 'opened', 31),
        incident('I', 'resolved', 32),
        incident('I', 'reopened', 38),
        deploy('R', 'c1', 40),
      ],
      { 'incident I': 'rollback V2', 'rollback R': 'rollback V2' },
    ],
    [
      'what a person says of a rollback its open incidents share',
      [
        incident('I', 'opened', 35),
        deploy('R', 'c1', 40),
        attributed('m', {
          cause: { kind: 'rollback', id: 'R' },
          blame: { id: 'V3' },
        }),
      ],
      { 'incident I': 'explicit V3', 'rollback R': 'explicit V3' },
    ],
    [
      'a rollback that blames nobody leaves its open incident without blame too',
      [
        incident('I', 'opened', 35),
        deploy('R', 'c1', 40),
        attributed('m', { cause: { kind: 'rollback', id: 'R' } }),
      ],
      { 'incident I': 'explicit none', 'rollback R': 'explicit none' },
    ],
    [
      'time proximity blames the running change',
      [incident('I', 'opened', 30)],
      { 'incident I': 'time_proximity V3' },
    ],
    [
      'looking through redeploys',
      [deploy('again', 'c3', 35), incident('I', 'opened', 36)],
      { 'incident I': 'time_proximity V3' },
    ],
    [
      'behind a rollback, none',
      [deploy('R', 'c1', 40), incident('I', 'opened', 41)],
      { 'rollback R': 'rollback V2' },
    ],
    [
      'an environment named in another way is the only one of its tier',
      [incident('I', 'opened', 31, { environment: 'prod' })],
      { 'incident I': 'time_proximity V3' },
    ],
    [
      'another tier is not affected',
      [incident('I', 'opened', 31, { environment: 'staging' })],
      {},
    ],
    ['outside the window, none', [incident('I', 'opened', 54)], {}],
    [
      'just inside it',
      [incident('I', 'opened', 53.99)],
      { 'incident I': 'time_proximity V3' },
    ],
    [
      'a named revision beats time',
      [incident('I', 'opened', 35, { revision: 'c2' })],
      { 'incident I': 'revision V2' },
    ],
    [
      'a named deployment beats a revision',
      [
        incident('I', 'opened', 35, {
          revision: 'c2',
          deployment: { id: 'V1' },
        }),
      ],
      { 'incident I': 'explicit V1' },
    ],
    [
      'an incident open at a rollback shares its blame',
      [incident('I', 'opened', 35), deploy('R', 'c1', 40)],
      { 'incident I': 'rollback V2', 'rollback R': 'rollback V2' },
    ],
    [
      'one resolved before does not',
      [
        incident('I', 'opened', 35),
        incident('I', 'resolved', 36),
        deploy('R', 'c1', 40),
      ],
      { 'incident I': 'time_proximity V3', 'rollback R': 'rollback V2' },
    ],
    [
      'a revert blames what delivered the reverted change',
      [
        commits(commit('rv', 'c3', 35, { reverts: ['c2'] })),
        deploy('F', 'rv', 40),
      ],
      { 'fix F': 'revert_or_hotfix V2' },
    ],
    [
      'a revert of a revert blames nothing',
      [
        commits(
          commit('rv', 'c3', 35, { reverts: ['c2'] }),
          commit('rr', 'rv', 41, { reverts: ['rv'] }),
        ),
        deploy('F', 'rv', 40),
        deploy('G', 'rr', 45),
      ],
      { 'fix F': 'revert_or_hotfix V2' },
    ],
    [
      'a revert of what a squash brought, by its original or by the squash',
      [
        commits(commit('s', 'c3', 32)),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 7,
          updatedAt: hour(32),
          mergeCommit: 's',
          mergeMethod: 'squash',
          commits: [{ id: 'o1', committedAt: hour(31) }],
        },
        deploy('V4', 's', 33),
        commits(commit('r1', 's', 34, { reverts: ['o1'] })),
        deploy('F', 'r1', 35),
        commits(commit('r2', 'r1', 36, { reverts: ['s'] })),
        deploy('G', 'r2', 37),
      ],
      {
        'fix F': 'revert_or_hotfix V4',
        'fix G': 'revert_or_hotfix V4',
      },
    ],
    [
      'a revert of a merge blames what delivered the merge',
      [
        commits(
          commit('f', 'c3', 31),
          commit('m', 'c3 f', 32),
          commit('rv', 'm', 34, { reverts: ['m'] }),
        ),
        deploy('V4', 'm', 33),
        deploy('F', 'rv', 35),
      ],
      { 'fix F': 'revert_or_hotfix V4' },
    ],
    [
      'a revert in the same deployment as what it reverts blames nothing',
      [
        commits(
          commit('x', 'c3', 31),
          commit('rv', 'x', 32, { reverts: ['x'] }),
        ),
        deploy('F', 'rv', 35),
      ],
      {},
    ],
    [
      'a pull request that says what it reverts',
      [
        commits(commit('rv', 'c3', 35)),
        {
          type: 'pull_request',
          repository: 'acme/shop',
          number: 9,
          updatedAt: hour(36),
          mergeCommit: 'rv',
          reverts: ['c3'],
        },
        deploy('F', 'rv', 40),
      ],
      { 'fix F': 'revert_or_hotfix V3' },
    ],
    [
      'a hotfix that names its target after the window blames nothing',
      [
        commits(commit('h', 'c3', 35)),
        deploy('F', 'h', 30 + 169, { blames: { id: 'V3' } }),
      ],
      {},
    ],
    [
      'a named artifact is as good as a revision',
      [
        {
          type: 'build',
          artifact: 'pkg:oci/shop@sha256%3Aaa',
          revision: 'c2',
          finishedAt: hour(15),
        },
        incident('I', 'opened', 35, { artifact: 'pkg:oci/shop@sha256%3Aaa' }),
      ],
      { 'incident I': 'revision V2' },
    ],
    [
      'a named revision that only part of a deployment brought',
      [
        commits(commit('c5', 'c4', 5)),
        deploy('V5', 'c5', 40),
        incident('I', 'opened', 41, { revision: 'c4' }),
      ],
      { 'incident I': 'revision V5' },
    ],
    [
      'what was deployed after the incident opened is not blamed by revision',
      [deploy('V4', 'c4', 40), incident('I', 'opened', 35, { revision: 'c4' })],
      { 'incident I': 'time_proximity V3' },
    ],
    [
      'a revert after the window blames nothing',
      [
        commits(commit('rv', 'c3', 35, { reverts: ['c2'] })),
        deploy('F', 'rv', 20 + 169),
      ],
      {},
    ],
    [
      'a hotfix blames what it names',
      [
        commits(commit('h', 'c3', 35)),
        deploy('F', 'h', 40, { labels: ['hotfix'], blames: { id: 'V3' } }),
      ],
      { 'fix F': 'revert_or_hotfix V3' },
    ],
    [
      'an incident open at its linked fix shares that blame',
      [
        incident('I', 'opened', 35),
        commits(commit('h', 'c3', 35)),
        deploy('F', 'h', 40, {
          blames: { id: 'V2' },
          fixesIncidents: ['I'],
        }),
      ],
      {
        'incident I': 'revert_or_hotfix V2',
        'fix F': 'revert_or_hotfix V2',
      },
    ],
    [
      'a person beats everything, none to blame included',
      [
        incident('I', 'opened', 35, { deployment: { id: 'V1' } }),
        attributed('m', { cause: { kind: 'incident', id: 'I' } }),
      ],
      { 'incident I': 'explicit none' },
    ],
    [
      'the later of two persons wins',
      [
        incident('I', 'opened', 35),
        attributed('m', { cause: { kind: 'incident', id: 'I' } }),
        attributed('n', {
          cause: { kind: 'incident', id: 'I' },
          blame: { id: 'V2' },
          recordedAt: hour(501),
        }),
      ],
      { 'incident I': 'explicit V2' },
    ],
    [
      'a person beats a later event',
      [
        incident('I', 'opened', 35),
        attributed('m', {
          cause: { kind: 'incident', id: 'I' },
          blame: { id: 'V1' },
        }),
        attributed('bot', {
          cause: { kind: 'incident', id: 'I' },
          blame: { id: 'V2' },
          author: { kind: 'event', name: 'analyser' },
          recordedAt: hour(600),
        }),
      ],
      { 'incident I': 'explicit V1' },
    ],
    [
      'withdrawn, the weaker one returns',
      [
        incident('I', 'opened', 35),
        attributed('m', { cause: { kind: 'incident', id: 'I' } }),
        {
          type: 'attribution_withdrawn',
          attributionId: 'm',
          author: { kind: 'person', name: 'user:default/ines' },
          recordedAt: hour(502),
        },
      ],
      { 'incident I': 'time_proximity V3' },
    ],
    [
      'a report without another cause is its own',
      [attributed('m', { blame: { id: 'V1' } })],
      { 'report m': 'explicit V1' },
    ],
    [
      'only changes can be blamed',
      [deploy('R', 'c1', 40), attributed('m', { blame: { id: 'R' } })],
      { 'rollback R': 'rollback V2' },
    ],
  ])('%s', (_, events, live) => {
    expect(story([...three, ...events]).live).toEqual(live);
  });

  it('count one failure per deployment, however many incidents', () => {
    const { metrics } = story([
      ...three,
      incident('I', 'opened', 31),
      incident('J', 'opened', 32),
    ]);
    expect(metrics().metrics.changeFailRate).toMatchObject({
      failed: 1,
      deployments: 3,
      status: 'insufficient_data',
    });
  });

  it.each<[string, DomainEvent[], object]>([
    [
      'until the last incident is resolved',
      [
        incident('I', 'opened', 31),
        incident('I', 'resolved', 32),
        incident('J', 'opened', 31),
        incident('J', 'resolved', 34),
      ],
      { V3: 4 * 3600 },
    ],
    [
      'reopening extends it',
      [
        incident('I', 'opened', 31),
        incident('I', 'resolved', 32),
        incident('I', 'reopened', 33),
        incident('I', 'resolved', 40),
      ],
      { V3: 10 * 3600 },
    ],
    ['open: not recovered', [incident('I', 'opened', 31)], { V3: undefined }],
    [
      'without incidents, the first remediation',
      [deploy('R', 'c2', 33)],
      { V3: 3 * 3600 },
    ],
    [
      'a remediation that failed itself does not count',
      [
        commits(commit('h', 'c3', 31), commit('g', 'h', 32)),
        deploy('F', 'h', 33, { blames: { id: 'V3' } }),
        deploy('G', 'g', 36, { blames: { id: 'V3' } }),
        attributed('m', { blame: { id: 'F' } }),
        deploy('H', 'g', 37),
      ],
      { V3: 6 * 3600, F: undefined },
    ],
    [
      'an incident that is resolved after the rollback: the incident counts',
      [
        incident('I', 'opened', 31),
        deploy('R', 'c2', 33),
        incident('I', 'resolved', 36),
      ],
      { V3: 6 * 3600 },
    ],
    [
      'a rollback to what still has the failed change is none',
      [
        deploy('V4', 'c4', 35),
        attributed('m', { blame: { id: 'V3' } }),
        deploy('R', 'c3', 40),
        deploy('S', 'c2', 42),
      ],
      { V3: 12 * 3600, V4: 5 * 3600 },
    ],
    [
      'a hotfix that does not say what it repairs repairs what is reported broken',
      [
        attributed('m', { blame: { id: 'V3' } }),
        deploy('P', 'c4', 33),
        commits(commit('h', 'c4', 34)),
        deploy('H', 'h', 35, { labels: ['hotfix'] }),
      ],
      { V3: 5 * 3600 },
    ],
    [
      'a hotfix of something else does not',
      [
        attributed('m', { blame: { id: 'V3' } }),
        commits(commit('h', 'c3', 34)),
        deploy('H', 'h', 35, { labels: ['hotfix'], blames: { id: 'V2' } }),
      ],
      { V2: 15 * 3600, V3: undefined },
    ],
    [
      'never below zero',
      [
        incident('I', 'opened', 25, { deployment: { id: 'V3' } }),
        incident('I', 'resolved', 26),
      ],
      { V3: 0 },
    ],
  ])('are recovered from: %s', (_, events, recovery) => {
    expect(story([...three, ...events]).recovery).toEqual(recovery);
  });

  it('make rework of rollbacks, hotfixes, reverts and fixes that were not planned', () => {
    const { rework, metrics } = story([
      ...three,
      deploy('R', 'c1', 40),
      deploy('H', 'c4', 50, { labels: ['hotfix'] }),
      commits(
        commit('rv', 'c4', 51, { reverts: ['c4'] }),
        commit('fx', 'rv', 52),
        commit('pl', 'fx', 53),
      ),
      deploy('V', 'rv', 55),
      deploy('X', 'fx', 56),
      {
        type: 'remediation',
        deployment: { id: 'X' },
        incidentId: 'I',
        recordedAt: hour(57),
      },
      deploy('P', 'pl', 58, { labels: ['hotfix', 'planned'] }),
      deploy('P2', 'pl', 59, { labels: ['hotfix'] }),
    ]);
    expect(rework).toEqual({
      R: 'rollback',
      H: 'hotfix',
      V: 'revert',
      X: 'incident_fix',
    });
    expect(metrics().metrics.deploymentReworkRate).toMatchObject({
      rework: 4,
      deployments: 8,
    });
  });
});

describe('failure data', () => {
  const deployments = [line(3), deploy('A', 'c1', 10), deploy('B', 'c2', 20)];

  it('not connected is no data, never 0 %', () => {
    const { metrics } = story(deployments);
    const { metrics: m, dataQuality, excluded } = metrics();
    expect(m.changeFailRate).toEqual({ status: 'no_data' });
    expect(m.deploymentReworkRate).toEqual({ status: 'no_data' });
    expect(m.failedDeploymentRecoveryTime).toEqual({ status: 'no_data' });
    expect(dataQuality.map(n => n.code)).toContain('no_incident_source');
    expect(excluded).toContainEqual({
      reason: 'no_failure_data',
      changes: 0,
      deployments: 2,
      incidents: 0,
    });
  });

  it('counts from the moment a source covers the service', () => {
    const { metrics } = story([
      ...deployments,
      { type: 'failure_data', provides: 'rollbacks', since: hour(15) },
    ]);
    expect(metrics().metrics.changeFailRate).toMatchObject({
      failed: 0,
      deployments: 1,
    });
  });

  it('begins, undeclared, with the first incident or what it blames', () => {
    const { metrics } = story([...deployments, incident('I', 'opened', 21)]);
    expect(metrics().metrics.changeFailRate).toMatchObject({
      failed: 1,
      deployments: 1,
    });
  });

  it.each<[string, DomainEvent[], number]>([
    ['is no failure', [], 0],
    [
      'is one after all when its source speaks of it again',
      [incident('I', 'updated', 25)],
      1,
    ],
    [
      'is none when it was said again',
      [incident('I', 'updated', 25), incident('I', 'dismissed', 26)],
      0,
    ],
  ])('what turned out to be no incident %s', (_, later, failed) => {
    const events = [
      failureData,
      ...deployments,
      incident('I', 'opened', 21),
      incident('I', 'dismissed', 22),
      ...later,
    ];
    for (const order of [events, [...events].reverse()]) {
      const { facts, metrics } = story(order);
      expect(facts.incidents).toHaveLength(failed);
      expect(metrics().metrics.changeFailRate).toMatchObject({
        failed,
        deployments: 2,
      });
    }
  });

  it('release tags yield neither failures nor rework', () => {
    const tag = (name: string, revision: string, h: number): DomainEvent => ({
      type: 'release_tag',
      tag: name,
      revision,
      releasedAt: hour(h),
    });
    const { metrics, live, kinds } = story([
      failureData,
      line(3),
      tag('1', 'c1', 10),
      tag('2', 'c2', 20),
      tag('1b', 'c1', 30),
      tag('3', 'c3', 40),
      incident('I', 'opened', 41),
    ]);
    expect(kinds).toEqual({
      1: 'change',
      2: 'change',
      '1b': 'rollback',
      3: 'change',
    });
    expect(live).toEqual({});
    const { metrics: m, excluded } = metrics();
    expect(m.deploymentFrequency.deployments).toBe(3);
    expect(m.changeFailRate.status).toBe('no_data');
    expect(m.deploymentReworkRate.status).toBe('no_data');
    expect(excluded).toContainEqual({
      reason: 'unattributed_incident',
      changes: 0,
      deployments: 0,
      incidents: 1,
    });
  });
});
