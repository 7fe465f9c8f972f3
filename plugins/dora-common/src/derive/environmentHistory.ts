import { DeploymentKind, HistoryGap } from '../facts';
import { AttemptRecord, compareText } from './attempts';
import { CommitGraph } from './CommitGraph';

/** A succeeded attempt with its place in the history of its environment. */
export interface Deployed {
  attempt: AttemptRecord;
  /** Position among the succeeded attempts of the environment. */
  index: number;
  kind: DeploymentKind;
  historyGap?: HistoryGap;
}

/** Questions about two deployments that the graph answers, where it can. */
export class Ancestry {
  constructor(
    readonly graph: CommitGraph,
    /** Whether a commit counts for the service (monorepo); absent: every commit does. */
    private readonly touches?: (n: number) => boolean,
  ) {}

  /** Why the commits between two deployments cannot be told; undefined when they can. */
  gap(attempt: AttemptRecord, previous: AttemptRecord): HistoryGap | undefined {
    if (attempt.node === undefined) {
      return attempt.revision === undefined
        ? 'unknown_revision'
        : 'unknown_history';
    }
    if (previous.node === undefined) {
      return 'unknown_history';
    }
    if (this.graph.hasUnknownBeyond(attempt.node, previous.node)) {
      return 'unknown_history';
    }
    return this.graph.sharesAncestor(attempt.node, previous.node)
      ? undefined
      : 'no_shared_ancestor';
  }

  /** Whether `of` contains `other`; equal revisions do, unknown histories otherwise do not. */
  contains(of: AttemptRecord, other: AttemptRecord): boolean {
    if (of.revisionKey !== undefined && of.revisionKey === other.revisionKey) {
      return true;
    }
    return (
      of.node !== undefined &&
      other.node !== undefined &&
      this.graph.reaches(of.node, other.node)
    );
  }

  /** Whether a commit that counts is reachable from `from` and from none of `without`. */
  brings(from: number, without: readonly number[]): boolean {
    for (const n of this.graph.difference(from, without)) {
      if (!this.touches || (!this.graph.isMerge(n) && this.touches(n))) {
        return true;
      }
    }
    return false;
  }

  get isMonorepo(): boolean {
    return this.touches !== undefined;
  }
}

/** Finish, then number of reachable commits, then id. */
export function deploymentOrder(
  graph: CommitGraph,
): (a: AttemptRecord, b: AttemptRecord) => number {
  const reachable = new Map<number, number>();
  const count = (attempt: AttemptRecord) => {
    if (attempt.node === undefined) {
      return -1;
    }
    let n = reachable.get(attempt.node);
    if (n === undefined) {
      n = graph.countReachable(attempt.node);
      reachable.set(attempt.node, n);
    }
    return n;
  };
  return (a, b) =>
    a.at - b.at ||
    count(a) - count(b) ||
    compareText(a.deploymentId, b.deploymentId) ||
    compareText(a.id, b.id);
}

/**
 * Gives each rollback that does not say where it went the revision that ran before the one it took back. Attempts of
 * one environment, in order.
 */
export function assumeRollbackTargets(
  attempts: readonly AttemptRecord[],
): AttemptRecord[] {
  const known: AttemptRecord[] = [];
  for (const attempt of attempts) {
    const running = known[known.length - 1];
    const target =
      attempt.rollback && attempt.revisionKey === undefined
        ? known.findLast(earlier => earlier.revisionKey !== running.revisionKey)
        : undefined;
    known.push(
      target
        ? {
            ...attempt,
            revision: target.revision,
            revisionKey: target.revisionKey,
            node: target.node,
          }
        : attempt,
    );
  }
  return known;
}

/** Decides the kind of every succeeded attempt of one environment, given in order. */
export function decideKinds(
  attempts: readonly AttemptRecord[],
  ancestry: Ancestry,
): Deployed[] {
  const firstDeployed = new Map<string, number>();
  return attempts.map((attempt, index) => {
    const previous = attempts[index - 1];
    const key = attempt.revisionKey;
    if (key !== undefined && !firstDeployed.has(key)) {
      firstDeployed.set(key, index);
    }
    if (!previous) {
      return { attempt, index, kind: 'change' };
    }
    if (key !== undefined && key === previous.revisionKey) {
      return { attempt, index, kind: 'redeploy' };
    }
    const historyGap = ancestry.gap(attempt, previous);
    return {
      attempt,
      index,
      historyGap,
      kind: attempt.rollback
        ? 'rollback'
        : kindWithoutMark(attempt, previous, historyGap),
    };
  });

  function kindWithoutMark(
    attempt: AttemptRecord,
    previous: AttemptRecord,
    historyGap: HistoryGap | undefined,
  ): DeploymentKind {
    if (historyGap) {
      const own = firstDeployed.get(attempt.revisionKey ?? '');
      const before = firstDeployed.get(previous.revisionKey ?? '');
      return own !== undefined && before !== undefined && own < before
        ? 'rollback'
        : 'change';
    }
    const isAncestor = ancestry.graph.reaches(previous.node!, attempt.node!);
    if (!ancestry.isMonorepo) {
      return isAncestor ? 'rollback' : 'change';
    }
    // Only commits that touch the service make a difference to it, in either direction.
    if (isAncestor) {
      return ancestry.brings(previous.node!, [attempt.node!])
        ? 'rollback'
        : 'redeploy';
    }
    return ancestry.brings(attempt.node!, [previous.node!])
      ? 'change'
      : 'redeploy';
  }
}

/** One counted deployment: the attempts of one revision and kind, one per environment. */
export interface Rollout {
  members: Deployed[];
}

/**
 * Groups deployments, given in order over all environments of a tier, into rollouts: each joins
 * the latest rollout of its revision and kind that lacks its environment, else starts one.
 */
export function groupRollouts(deployed: readonly Deployed[]): Rollout[] {
  const rollouts: Rollout[] = [];
  const byRevisionAndKind = new Map<string, Rollout[]>();
  for (const deployment of deployed) {
    const { attempt, kind } = deployment;
    const key = `${kind} ${attempt.revisionKey ?? `?${attempt.id}`}`;
    const candidates = byRevisionAndKind.get(key) ?? [];
    byRevisionAndKind.set(key, candidates);
    let joined: Rollout | undefined;
    for (let i = candidates.length - 1; i >= 0 && !joined; i--) {
      const taken = candidates[i].members.some(
        m => m.attempt.environment === attempt.environment,
      );
      joined = taken ? undefined : candidates[i];
    }
    if (joined) {
      joined.members.push(deployment);
    } else {
      const rollout = { members: [deployment] };
      rollouts.push(rollout);
      candidates.push(rollout);
    }
  }
  return rollouts;
}
