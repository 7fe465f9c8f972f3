import { Exclusion } from '../api';
import { Span, spanIndex } from '../calendar';
import { ExclusionReason, STAGE_NAMES } from '../facts';
import { ChangeRow, DeploymentRow } from '../rows';
import {
  ascending,
  bootstrapMedians,
  ClusteredSample,
  medianInterval,
  orderStatisticInterval,
  percentileOfSorted,
} from '../statistics';
import {
  Distribution,
  GroupedDurations,
  IndependentDurations,
  StageTimes,
  Summary,
} from './summary';

/** Rows of one span. */
export interface RowSelection {
  deployments: readonly DeploymentRow[];
  changes: readonly ChangeRow[];
}

/** Summary of the rows of one span, exactly. */
export function summariseRows(
  { deployments, changes }: RowSelection,
  options: { stages: boolean },
): Summary {
  const counted = changes.filter(c => c.excluded === undefined);
  const changing = deployments.filter(d => d.kind === 'change');
  const covered = changing.filter(d => d.failureData);
  const failed = covered.filter(d => d.failed);
  const reworkBase = deployments.filter(
    d => d.failureData && d.kind !== 'redeploy',
  );
  return {
    deployments: changing.length,
    covered: covered.length,
    failed: failed.length,
    recovery: independent(
      ascending(failed.flatMap(d => d.recoverySeconds ?? [])),
    ),
    reworkBase: reworkBase.length,
    rework: reworkBase.filter(d => d.rework).length,
    lead: grouped(leadTimeSample(counted)),
    ...(options.stages && {
      stages: STAGE_NAMES.map((_, stage) => stageTimes(counted, stage)),
    }),
    leadSum: counted.reduce((sum, c) => sum + c.leadSeconds, 0),
    excluded: exclusionsOf(deployments, changes),
    sample: deployments.some(d => d.sample),
  };
}

/** Beginnings of the days that have a `change` deployment. */
export function deployingDaysOf(
  deployments: readonly DeploymentRow[],
  days: readonly Span[],
): Set<number> {
  const found = new Set<number>();
  for (const { kind, finishedAt } of deployments) {
    const index = kind === 'change' ? spanIndex(days, finishedAt) : -1;
    if (index >= 0) {
      found.add(days[index].from);
    }
  }
  return found;
}

/** Lead times in ascending order with their deployments, which are numbered by finish and id. */
function leadTimeSample(counted: readonly ChangeRow[]): ClusteredSample {
  const finish = new Map<string, number>();
  for (const { deploymentId, finishedAt } of counted) {
    finish.set(deploymentId, finishedAt);
  }
  const number = new Map(
    [...finish]
      .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
      .map(([id], i) => [id, i]),
  );
  // Sorting numbers natively and then finding each one's place is many times faster than sorting positions by a rule.
  const values = ascending(counted.map(c => c.leadSeconds));
  const groups = new Int32Array(counted.length);
  const taken = new Int32Array(counted.length);
  for (const { leadSeconds, deploymentId } of counted) {
    const first = lowerBound(values, leadSeconds);
    const ties = taken[first]++;
    groups[first + ties] = number.get(deploymentId)!;
  }
  return { values, groups, groupCount: number.size };
}

/** First position whose value is not less. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function distribution(values: Float64Array): Distribution {
  return {
    count: values.length,
    percentile: p => percentileOfSorted(values, p),
  };
}

function grouped(sample: ClusteredSample): GroupedDurations {
  return {
    ...distribution(sample.values),
    groups: sample.groupCount,
    maxRelativeError: 0,
    medianInterval: replicates => medianInterval(sample, replicates),
    resampledMedians: (replicates, seed) =>
      bootstrapMedians(sample, replicates, seed),
  };
}

function independent(values: Float64Array): IndependentDurations {
  const sample = () => ({
    values,
    groups: Int32Array.from(values, (_, i) => i),
    groupCount: values.length,
  });
  return {
    ...distribution(values),
    maxRelativeError: 0,
    medianInterval: () => orderStatisticInterval(values),
    resampledMedians: (replicates, seed) =>
      bootstrapMedians(sample(), replicates, seed),
  };
}

function stageTimes(counted: readonly ChangeRow[], stage: number): StageTimes {
  const times: number[] = [];
  let sum = 0;
  for (const { stages } of counted) {
    const seconds = stages[stage];
    if (seconds !== undefined) {
      times.push(seconds);
      sum += seconds;
    }
  }
  return { ...distribution(ascending(times)), sum };
}

function exclusionsOf(
  deployments: readonly DeploymentRow[],
  changes: readonly ChangeRow[],
): Exclusion[] {
  const counts = new Map<ExclusionReason, Exclusion>();
  const add = (reason: ExclusionReason, what: 'changes' | 'deployments') => {
    const entry = counts.get(reason) ?? {
      reason,
      changes: 0,
      deployments: 0,
      incidents: 0,
    };
    entry[what]++;
    counts.set(reason, entry);
  };
  for (const { excluded } of changes) {
    if (excluded) {
      add(excluded, 'changes');
    }
  }
  for (const deployment of deployments) {
    if (deployment.first) {
      add('first_deployment', 'deployments');
    }
    if (deployment.unknownHistory) {
      add('unknown_history', 'deployments');
    }
    if (deployment.kind === 'redeploy') {
      continue;
    }
    if (deployment.origin === 'release_tag') {
      add('release_backfill', 'deployments');
    } else if (!deployment.failureData) {
      add('no_failure_data', 'deployments');
    }
  }
  return [...counts.values()];
}
