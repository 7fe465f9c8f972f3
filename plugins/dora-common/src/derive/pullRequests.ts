import {
  CommitRecord,
  DomainEvent,
  PullRequestCommit,
  PullRequestEvent,
} from '../events';
import { canonicalJson } from '../identity';
import { compareText, instant, unique } from './attempts';
import { CommitGraph } from './CommitGraph';

/** A pull request as all its events together tell it. */
export interface PullRequest {
  repository: string;
  number: number;
  url?: string;
  /** Epoch milliseconds. */
  openedAt?: number;
  approvedAt?: number;
  mergedAt?: number;
  mergeCommit?: string;
  mergeMethod?: 'merge' | 'squash' | 'rebase';
  commits: PullRequestCommit[];
  labels: string[];
  reverts: string[];
}

/** A change that a commit of the graph stands for. */
export interface Change {
  id: string;
  /** Epoch milliseconds. */
  committedAt: number;
  record: PullRequestCommit;
  pullRequest?: PullRequest;
}

/** Folds the events of each pull request, later fields over earlier ones. */
export function collectPullRequests(
  events: readonly DomainEvent[],
): PullRequest[] {
  const groups = new Map<string, PullRequestEvent[]>();
  for (const event of events) {
    if (event.type === 'pull_request') {
      const key = `${event.repository}#${event.number}`;
      groups.set(key, [...(groups.get(key) ?? []), event]);
    }
  }
  return [...groups.entries()]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, group]) => {
      group.sort(
        (a, b) =>
          (instant(a.updatedAt) || 0) - (instant(b.updatedAt) || 0) ||
          compareText(canonicalJson(a), canonicalJson(b)),
      );
      const said: Partial<PullRequestEvent> = {};
      for (const event of group) {
        Object.assign(
          said,
          Object.fromEntries(
            Object.entries(event).filter(([, value]) => value !== undefined),
          ),
        );
      }
      const moment = (text: string | undefined) => {
        const at = instant(text);
        return Number.isNaN(at) ? undefined : at;
      };
      return {
        repository: group[0].repository,
        number: group[0].number,
        url: said.url,
        openedAt: moment(said.openedAt),
        approvedAt: moment(said.approvedAt),
        mergedAt: moment(said.mergedAt),
        mergeCommit: said.mergeCommit,
        mergeMethod: said.mergeMethod,
        commits: said.commits ?? [],
        labels: unique((said.labels ?? []).map(l => l.toLowerCase())),
        reverts: unique(said.reverts ?? []),
      };
    });
}

/**
 * Says which changes each commit of a graph stands for: itself, nothing when it is a merge, or
 * the original commits of the pull request that it squashed or rebased.
 */
export class ChangeResolver {
  private readonly originals = new Map<number, Change[]>();
  private readonly pullRequestOf = new Map<string, PullRequest>();
  /** Original commit → commit of the graph that stands for it. */
  private readonly standIn = new Map<string, number>();
  private readonly pullRequestReverts = new Map<number, string[]>();

  constructor(
    private readonly graph: CommitGraph,
    pullRequests: readonly PullRequest[],
  ) {
    // The pull request merged first is the one that brought a commit.
    const inOrder = [...pullRequests].sort(
      (a, b) =>
        (a.mergedAt ?? Infinity) - (b.mergedAt ?? Infinity) ||
        a.number - b.number ||
        compareText(a.repository, b.repository),
    );
    for (const pull of inOrder) {
      const merge = graph.find(graph.resolve(pull.mergeCommit ?? ''));
      for (const commit of pull.commits) {
        this.claim(commit.id, pull);
      }
      if (merge === undefined) {
        continue;
      }
      if (pull.reverts.length) {
        this.pullRequestReverts.set(merge, pull.reverts);
      }
      this.claim(graph.id(merge), pull);
      if (graph.isMerge(merge)) {
        if (pull.commits.length === 0) {
          const [base, ...heads] = graph.parentsOf(merge);
          heads.forEach(head => {
            for (const n of graph.difference(head, [base])) {
              this.claim(graph.id(n), pull);
            }
          });
        }
        continue;
      }
      this.linkOriginals(pull, merge);
    }
  }

  private claim(id: string, pull: PullRequest) {
    if (!this.pullRequestOf.has(id)) {
      this.pullRequestOf.set(id, pull);
    }
  }

  private linkOriginals(pull: PullRequest, merge: number) {
    const commits = pull.commits.filter(
      c =>
        (c.parents?.length ?? 0) < 2 && !Number.isNaN(instant(c.committedAt)),
    );
    const own = this.graph.id(merge);
    if (commits.length === 0 || commits.some(c => c.id === own)) {
      return; // Nothing is known, or the commits themselves are in the history (fast-forward).
    }
    const changes = commits.map(
      (record): Change => ({
        id: record.id,
        committedAt: instant(record.committedAt),
        record,
        pullRequest: this.pullRequestOf.get(record.id) ?? pull,
      }),
    );
    const copies = this.rebasedCopies(pull, merge, commits);
    if (copies) {
      copies.forEach((n, i) => {
        this.originals.set(n, [changes[i]]);
        this.claim(this.graph.id(n), pull);
        this.standIn.set(changes[i].id, n);
      });
    } else {
      this.originals.set(merge, changes);
      changes.forEach(change => this.standIn.set(change.id, merge));
    }
  }

  /** The commits that a rebase made of the originals, in their order; undefined for a squash. */
  private rebasedCopies(
    pull: PullRequest,
    merge: number,
    commits: readonly PullRequestCommit[],
  ): number[] | undefined {
    if (pull.mergeMethod === 'squash') {
      return undefined;
    }
    const copies: number[] = [];
    for (
      let n: number | undefined = merge;
      n !== undefined && copies.length < commits.length;
      n = this.graph.parentsOf(n)[0]
    ) {
      if (this.graph.isMerge(n) || !this.graph.record(n)) {
        return undefined;
      }
      copies.unshift(n);
    }
    if (copies.length < commits.length) {
      return undefined;
    }
    // Rebasing keeps the author's time; a squash makes one commit, so its predecessors do not match.
    const sameAuthors = copies.every((n, i) => {
      const authored = instant(commits[i].authoredAt);
      return (
        !Number.isNaN(authored) &&
        authored === instant(this.graph.record(n)!.authoredAt)
      );
    });
    return pull.mergeMethod === 'rebase' || sameAuthors ? copies : undefined;
  }

  /** The changes that a commit stands for. */
  changesOf(n: number): readonly Change[] {
    const originals = this.originals.get(n);
    if (originals) {
      return originals;
    }
    const record = this.graph.record(n);
    if (!record || this.graph.isMerge(n)) {
      return [];
    }
    const committedAt = instant(record.committedAt);
    return Number.isNaN(committedAt)
      ? []
      : [
          {
            id: record.id,
            committedAt,
            record,
            pullRequest: this.pullRequestOf.get(record.id),
          },
        ];
  }

  /** The commit of the graph by which a change is reached: itself, or what stands for it. */
  nodeOf(id: string): number | undefined {
    return this.graph.find(this.graph.resolve(id)) ?? this.standIn.get(id);
  }

  /** Ids of the commits that this one says it reverts. */
  revertsOf(n: number): string[] {
    const own = this.graph.record(n)?.reverts ?? [];
    const originals = (this.originals.get(n) ?? []).flatMap(
      change => change.record.reverts ?? [],
    );
    return unique([
      ...own,
      ...originals,
      ...(this.pullRequestReverts.get(n) ?? []),
    ]);
  }
}

/** A test of whether a commit's author is one of the configured bots. */
export function botMatcher(
  patterns: readonly string[] = ['*[bot]', '*[bot]@*'],
): (commit: Partial<CommitRecord>) => boolean {
  const tests = patterns.map(
    pattern =>
      new RegExp(
        `^${pattern
          .split(/\*+/)
          .map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
          .join('[^]*')}$`,
        'i',
      ),
  );
  return ({ authorName, authorEmail }) =>
    [authorName, authorEmail].some(
      text => text !== undefined && tests.some(test => test.test(text)),
    );
}

/** A test of whether a commit touches the service's part of a monorepo. */
export function pathMatcher(
  sourcePath: string | undefined,
  sharedPaths: readonly string[] = [],
): ((paths: readonly string[] | undefined) => boolean) | undefined {
  const clean = (path: string) =>
    path.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  if (sourcePath === undefined || clean(sourcePath) === '') {
    return undefined;
  }
  const roots = [sourcePath, ...sharedPaths].map(clean);
  return paths =>
    paths === undefined ||
    paths.some(path => {
      const file = clean(path);
      return roots.some(
        root => root === '' || file === root || file.startsWith(`${root}/`),
      );
    });
}
