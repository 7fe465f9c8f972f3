import { Exclusion } from '../api';
import { Span } from '../calendar';
import { CHANGE_EXCLUSIONS, STAGES } from '../changeTimes';
import { DEPLOYMENT_FLAGS, DeploymentColumns } from '../columns';
import { ExclusionReason, STAGE_NAMES } from '../facts';
import { float64, int32 } from '../scratch';
import {
  ascending,
  bootstrapMedians,
  ClusteredSample,
  independentMedians,
  medianInterval,
  orderStatisticInterval,
  percentileOf,
  percentileOfSorted,
} from '../statistics';
import {
  Distribution,
  GroupedDurations,
  IndependentDurations,
  StageTimes,
  Summary,
} from './summary';

const CHANGE = 1;
const REDEPLOY = 2;

/** A stretch of deployments, from the first to before the last. */
export interface Stretch {
  first: number;
  last: number;
}

/** Summary of a stretch of deployments, exactly. */
export function summariseColumns(
  columns: DeploymentColumns,
  { first, last }: Stretch,
  options: { stages: boolean },
): Summary {
  const { flags, recovery } = columns;
  const recoveries: number[] = [];
  let deployments = 0;
  let covered = 0;
  let failed = 0;
  let reworkBase = 0;
  let rework = 0;
  let sample = false;
  for (let i = first; i < last; i++) {
    const kind = flags[i] & DEPLOYMENT_FLAGS.kind;
    sample = sample || (flags[i] & DEPLOYMENT_FLAGS.sample) !== 0;
    deployments += Number(kind === CHANGE);
    if ((flags[i] & DEPLOYMENT_FLAGS.failureData) === 0) {
      continue;
    }
    if (kind !== REDEPLOY) {
      reworkBase++;
      rework += Number((flags[i] & DEPLOYMENT_FLAGS.rework) !== 0);
    }
    if (kind === CHANGE) {
      covered++;
      if ((flags[i] & DEPLOYMENT_FLAGS.failed) !== 0) {
        failed++;
        if (!Number.isNaN(recovery[i])) {
          recoveries.push(recovery[i]);
        }
      }
    }
  }
  const lead = leadTimeSample(columns, first, last);
  return {
    deployments,
    covered,
    failed,
    recovery: independent(ascending(recoveries)),
    reworkBase,
    rework,
    lead: grouped(lead),
    ...(options.stages && {
      stages: STAGE_NAMES.map((_, stage) =>
        stageTimes(columns, first, last, stage),
      ),
    }),
    leadSum: sumOf(lead.values),
    excluded: exclusionsOf(columns, first, last),
    sample,
  };
}

/** Beginnings of the days that have a `change` deployment. @param days - ascending */
export function deployingDaysOf(
  { finishedAt, flags }: DeploymentColumns,
  { first, last }: Stretch,
  days: readonly Span[],
): Set<number> {
  const found = new Set<number>();
  let day = 0;
  for (let i = first; i < last && day < days.length; i++) {
    while (day < days.length && finishedAt[i] >= days[day].to) {
      day++;
    }
    if (
      day < days.length &&
      finishedAt[i] >= days[day].from &&
      (flags[i] & DEPLOYMENT_FLAGS.kind) === CHANGE
    ) {
      found.add(days[day].from);
    }
  }
  return found;
}

/** Lead times in ascending order with their deployments, which are numbered by finish and id. */
function leadTimeSample(
  { firstChange, lead, exclusion }: DeploymentColumns,
  first: number,
  last: number,
): ClusteredSample {
  const from = firstChange[first];
  const to = firstChange[last];
  const unsorted = float64(to - from);
  const groupOf = int32(to - from);
  let count = 0;
  let groupCount = 0;
  for (let i = first; i < last; i++) {
    const before = count;
    for (let change = firstChange[i]; change < firstChange[i + 1]; change++) {
      if (exclusion[change] === 0) {
        unsorted[count] = lead[change];
        groupOf[count++] = groupCount;
      }
    }
    groupCount += Number(count > before);
  }
  // Sorting numbers natively and then finding each one's place is many times faster than sorting positions by a rule.
  const values = float64(count);
  values.set(unsorted.subarray(0, count));
  values.sort();
  const groups = int32(count);
  const taken = int32(count);
  for (let i = 0; i < count; i++) {
    const place = lowerBound(values, unsorted[i]);
    groups[place + taken[place]++] = groupOf[i];
  }
  return { values, groups, groupCount };
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

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
  }
  return sum;
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
  return {
    ...distribution(values),
    maxRelativeError: 0,
    medianInterval: () => orderStatisticInterval(values),
    resampledMedians: (replicates, seed) =>
      independentMedians(values.length, rank => values[rank], replicates, seed),
  };
}

function stageTimes(
  { firstChange, stages, exclusion }: DeploymentColumns,
  first: number,
  last: number,
  stage: number,
): StageTimes {
  const times = float64(firstChange[last] - firstChange[first]);
  let count = 0;
  for (let i = firstChange[first]; i < firstChange[last]; i++) {
    const seconds = stages[i * STAGES + stage];
    if (exclusion[i] === 0 && !Number.isNaN(seconds)) {
      times[count++] = seconds;
    }
  }
  const known = times.subarray(0, count);
  return {
    count,
    // One percentile is asked for: to sort for it would be more work.
    percentile: p => percentileOf(known, p),
    sum: sumOf(known),
  };
}

function exclusionsOf(
  { flags, firstChange, exclusion }: DeploymentColumns,
  first: number,
  last: number,
): Exclusion[] {
  const changes = new Int32Array(CHANGE_EXCLUSIONS.length);
  for (let i = firstChange[first]; i < firstChange[last]; i++) {
    changes[exclusion[i]]++;
  }
  const deployments = {
    first_deployment: 0,
    unknown_history: 0,
    release_backfill: 0,
    no_failure_data: 0,
  };
  for (let i = first; i < last; i++) {
    const flag = flags[i];
    deployments.first_deployment += Number(
      (flag & DEPLOYMENT_FLAGS.first) !== 0,
    );
    deployments.unknown_history += Number(
      (flag & DEPLOYMENT_FLAGS.unknownHistory) !== 0,
    );
    if ((flag & DEPLOYMENT_FLAGS.kind) === REDEPLOY) {
      continue;
    }
    if ((flag & DEPLOYMENT_FLAGS.releaseTag) !== 0) {
      deployments.release_backfill++;
    } else if ((flag & DEPLOYMENT_FLAGS.failureData) === 0) {
      deployments.no_failure_data++;
    }
  }
  const counts = new Map<ExclusionReason, Exclusion>();
  const add = (
    reason: ExclusionReason,
    what: 'changes' | 'deployments',
    count: number,
  ) => {
    if (count > 0) {
      const entry = counts.get(reason) ?? {
        reason,
        changes: 0,
        deployments: 0,
        incidents: 0,
      };
      entry[what] += count;
      counts.set(reason, entry);
    }
  };
  CHANGE_EXCLUSIONS.forEach((reason, code) => {
    if (reason) {
      add(reason, 'changes', changes[code]);
    }
  });
  for (const reason of Object.keys(
    deployments,
  ) as (keyof typeof deployments)[]) {
    add(reason, 'deployments', deployments[reason]);
  }
  return [...counts.values()];
}
