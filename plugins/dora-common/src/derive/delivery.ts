import { ChangeFact, HistoryGap } from '../facts';
import { AttemptRecord } from './attempts';
import { Ancestry, Deployed } from './environmentHistory';
import { Change, ChangeResolver } from './pullRequests';

/** What one deployment, first in its place, brought. */
export interface Delivered {
  deployment: Deployed;
  /** By commit time. Empty where the history could not be told. */
  changes: Change[];
  /** Commits of the graph that it was the first to reach. */
  nodes: number[];
  historyGap?: HistoryGap;
  /** No deployment of the environment, or of the tier, came before. */
  first: boolean;
}

/** Whether a change that a commit stands for counts for the service. */
export type ChangeFilter = (change: Change, node: number) => boolean;

/**
 * Delivers every change once, by the earliest of the given deployments (in order) whose revision
 * reaches it.
 *
 * A delivered commit has all its ancestors delivered, so each walk stops there, and all of
 * them together visit each commit once.
 */
export function deliver(
  deployments: readonly Deployed[],
  ancestry: Ancestry,
  resolver: ChangeResolver,
  counts: ChangeFilter,
): Delivered[] {
  const { graph } = ancestry;
  const reached = new Uint8Array(graph.size);
  const delivered = new Set<string>();
  const latestOf = new Map<string, AttemptRecord>();
  let latest: AttemptRecord | undefined;

  return deployments.map((deployment): Delivered => {
    const { attempt } = deployment;
    const previous = latestOf.get(attempt.environment) ?? latest;
    latestOf.set(attempt.environment, attempt);
    latest = attempt;
    const same =
      attempt.revisionKey !== undefined &&
      attempt.revisionKey === previous?.revisionKey;
    let historyGap: HistoryGap | undefined;
    if (previous && !same) {
      historyGap = ancestry.gap(attempt, previous);
    } else if (!previous && attempt.node === undefined) {
      historyGap =
        attempt.revision === undefined ? 'unknown_revision' : 'unknown_history';
    }
    const nodes: number[] = [];
    if (attempt.node !== undefined) {
      graph.walk(attempt.node, n => {
        if (reached[n]) {
          return false;
        }
        reached[n] = 1;
        nodes.push(n);
        return true;
      });
    }
    const changes: Change[] = [];
    for (const n of nodes) {
      for (const change of resolver.changesOf(n)) {
        if (!delivered.has(change.id)) {
          delivered.add(change.id);
          if (!historyGap && counts(change, n)) {
            changes.push(change);
          }
        }
      }
    }
    changes.sort(
      (a, b) => a.committedAt - b.committedAt || (a.id < b.id ? -1 : 1),
    );
    return { deployment, changes, nodes, historyGap, first: !previous };
  });
}

/**
 * Stage times of one change. Each moment is at least its predecessor and at most the finish; a missing
 * one folds its stage into the next; so the known stages sum to the lead time exactly.
 *
 * @param finishedAt - epoch milliseconds
 * @param builtAt - first build of the artifact, epoch milliseconds
 */
export function stageTimes(
  change: Pick<Change, 'committedAt' | 'pullRequest'>,
  builtAt: number | undefined,
  finishedAt: number,
): Pick<ChangeFact, 'stages' | 'clamped' | 'leadSeconds'> {
  const pull = change.pullRequest;
  const moments = [
    pull?.openedAt,
    pull?.approvedAt,
    pull?.mergedAt,
    builtAt,
    finishedAt,
  ];
  const leadSeconds = (finishedAt - change.committedAt) / 1000;
  if (leadSeconds < 0) {
    // There is nothing between a commit and a finish before it. It is left out of lead time.
    return {
      leadSeconds,
      stages: [undefined, undefined, undefined, undefined, leadSeconds],
      clamped: true,
    };
  }
  let clamped = false;
  let before = change.committedAt;
  const stages = moments.map(moment => {
    if (moment === undefined) {
      return undefined;
    }
    const at = Math.min(Math.max(moment, before), finishedAt);
    clamped ||= at !== moment;
    const seconds = (at - before) / 1000;
    before = at;
    return seconds;
  });
  return { leadSeconds, stages, clamped };
}
