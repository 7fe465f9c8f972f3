import {
  ChangeFailRate,
  ChangeLeadTime,
  DataQualityNote,
  DeploymentFrequency,
  DeploymentReworkRate,
  Exclusion,
  FailedDeploymentRecoveryTime,
  MetricName,
  Metrics,
  MetricsResponse,
  MetricStatus,
  StageSummary,
  Verdict,
} from './api';
import { calendarBuckets, Span, spanIndex, wholeWeeks } from './calendar';
import { DEFINITION_VERSION } from './derive/deriveServiceFacts';
import { ExclusionReason, STAGE_NAMES } from './facts';
import {
  ChangeRow,
  DeploymentRow,
  MetricsQuery,
  MetricsRows,
  ServiceRow,
} from './rows';
import {
  ascending,
  ClusteredSample,
  conditionalBinomialTest,
  medianDifferenceInterval,
  medianInterval,
  newcombeInterval,
  percentileOfSorted,
  wilsonInterval,
} from './statistics';

const DAY = 86_400_000;
/** Rates of fewer deployments are `insufficient_data`. */
export const MINIMUM_DEPLOYMENTS = 5;
/** Medians of fewer values are `insufficient_data`. */
export const MINIMUM_VALUES = 6;
const SERIES_REPLICATES = 200;

const iso = (at: number) => new Date(at).toISOString();
const inside = (at: number, span: Span) => at >= span.from && at < span.to;

/**
 * Computes the answer of `GET /api/dora/metrics` from narrow rows.
 *
 * The rows are those of the scope and environment asked for, at least those of the window and of the
 * comparison window, in any order. Deterministic: the same rows give the same answer.
 */
export function computeMetrics(
  rows: MetricsRows,
  query: MetricsQuery,
): MetricsResponse {
  const window = { from: query.from, to: query.to };
  const compared = { from: query.compareFrom, to: query.compareTo };
  const { timeZone } = query;
  const current = select(rows, window);
  const earlier = select(rows, compared);
  const samples = leadTimeSample(current.changes);
  const earlierSample = leadTimeSample(earlier.changes);
  const metrics = metricsOf(current, window, timeZone, samples, true);
  const before = metricsOf(earlier, compared, timeZone, earlierSample, true);

  const buckets = calendarBuckets(window, query.interval, timeZone);
  const parts = buckets.map(
    (): Selection => ({
      services: rows.services,
      deployments: [],
      changes: [],
    }),
  );
  for (const row of current.deployments) {
    parts[spanIndex(buckets, row.finishedAt)].deployments.push(row);
  }
  for (const row of current.changes) {
    parts[spanIndex(buckets, row.finishedAt)].changes.push(row);
  }
  return {
    scope: { entityRef: query.entityRef, services: rows.services.length },
    window: {
      from: iso(query.from),
      to: iso(query.to),
      timeZone,
      interval: query.interval,
    },
    definition: {
      version: DEFINITION_VERSION,
      environment: query.environment,
    },
    sampleData:
      rows.services.some(s => s.sample) ||
      current.deployments.some(d => d.sample),
    metrics,
    comparison: {
      window: { from: iso(compared.from), to: iso(compared.to) },
      metrics: before,
      verdicts: verdicts(
        { metrics, selection: current, span: window, sample: samples },
        {
          metrics: before,
          selection: earlier,
          span: compared,
          sample: earlierSample,
        },
      ),
    },
    series: buckets.map((bucket, i) => ({
      from: iso(bucket.from),
      to: iso(bucket.to),
      metrics: metricsOf(
        parts[i],
        bucket,
        timeZone,
        leadTimeSample(parts[i].changes),
        false,
      ),
    })),
    excluded: exclusions(rows, window, current),
    dataQuality: dataQuality(rows.services),
  };
}

interface Selection {
  services: readonly ServiceRow[];
  deployments: DeploymentRow[];
  changes: ChangeRow[];
}

function select(rows: MetricsRows, span: Span): Selection {
  return {
    services: rows.services,
    deployments: rows.deployments.filter(d => inside(d.finishedAt, span)),
    changes: rows.changes.filter(c => inside(c.finishedAt, span)),
  };
}

function statusOf(count: number, minimum: number): MetricStatus {
  if (count === 0) {
    return 'no_data';
  }
  return count < minimum ? 'insufficient_data' : 'ok';
}

function metricsOf(
  selection: Selection,
  span: Span,
  timeZone: string,
  sample: ClusteredSample,
  whole: boolean,
): Metrics {
  return {
    deploymentFrequency: deploymentFrequency(selection, span, timeZone),
    changeLeadTime: changeLeadTime(selection.changes, sample, whole),
    changeFailRate: changeFailRate(selection.deployments),
    failedDeploymentRecoveryTime: recoveryTime(selection.deployments),
    deploymentReworkRate: reworkRate(selection.deployments),
  };
}

function deploymentFrequency(
  { deployments, services }: Selection,
  span: Span,
  timeZone: string,
): DeploymentFrequency {
  const changes = deployments.filter(d => d.kind === 'change');
  const connected = services.some(
    s => s.hasDeployments && (s.connectedSince ?? -Infinity) < span.to,
  );
  if (!connected && changes.length === 0) {
    return { status: 'no_data' };
  }
  const weeks = wholeWeeks(span, timeZone);
  const days = weeks.flat();
  const deploying = new Set(
    changes.map(d => spanIndex(days, d.finishedAt)).filter(i => i >= 0),
  );
  const perWeek = ascending(
    weeks.map((_, w) => {
      let count = 0;
      for (let i = w * 7; i < w * 7 + 7; i++) {
        count += deploying.has(i) ? 1 : 0;
      }
      return count;
    }),
  );
  return {
    status: 'ok',
    deployments: changes.length,
    perDay: (changes.length * DAY) / (span.to - span.from),
    medianDeployingDaysPerWeek: percentileOfSorted(perWeek, 0.5),
    wholeWeeks: weeks.length,
  };
}

/** Lead times in ascending order with their deployments, which are numbered by finish and id. */
function leadTimeSample(changes: readonly ChangeRow[]): ClusteredSample {
  const counted = changes.filter(c => c.excluded === undefined);
  const finish = new Map<string, number>();
  for (const change of counted) {
    finish.set(change.deploymentId, change.finishedAt);
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

function changeLeadTime(
  changes: readonly ChangeRow[],
  sample: ClusteredSample,
  whole: boolean,
): ChangeLeadTime {
  const { values } = sample;
  if (values.length === 0) {
    return { status: 'no_data' };
  }
  return {
    status: statusOf(values.length, MINIMUM_VALUES),
    changes: values.length,
    deployments: sample.groupCount,
    p50Seconds: percentileOfSorted(values, 0.5),
    p75Seconds: percentileOfSorted(values, 0.75),
    p90Seconds: percentileOfSorted(values, 0.9),
    p50ConfidenceInterval: medianInterval(
      sample,
      whole ? undefined : SERIES_REPLICATES,
    ),
    maxRelativeError: 0,
    stages: whole ? stageSummaries(changes) : undefined,
  };
}

function stageSummaries(changes: readonly ChangeRow[]): StageSummary[] {
  const counted = changes.filter(c => c.excluded === undefined);
  const total = counted.reduce((sum, c) => sum + c.leadSeconds, 0);
  return STAGE_NAMES.map((name, stage) => {
    const times = counted
      .map(c => c.stages[stage])
      .filter((t): t is number => t !== undefined);
    return {
      name,
      changes: times.length,
      p50Seconds: percentileOfSorted(ascending(times), 0.5),
      shareOfTotal:
        total > 0
          ? Math.min(1, times.reduce((sum, t) => sum + t, 0) / total)
          : 0,
    };
  });
}

/** Deployments of which a failure would be known. */
const covered =
  (kinds: readonly DeploymentRow['kind'][]) => (d: DeploymentRow) =>
    d.failureData && kinds.includes(d.kind);

function changeFailRate(deployments: readonly DeploymentRow[]): ChangeFailRate {
  const counted = deployments.filter(covered(['change']));
  const failed = counted.filter(d => d.failed).length;
  return rate('failed', failed, counted.length);
}

function reworkRate(
  deployments: readonly DeploymentRow[],
): DeploymentReworkRate {
  const counted = deployments.filter(covered(['change', 'rollback']));
  const rework = counted.filter(d => d.rework).length;
  return rate('rework', rework, counted.length);
}

function rate<K extends 'failed' | 'rework'>(
  name: K,
  hits: number,
  deployments: number,
) {
  if (deployments === 0) {
    return { status: 'no_data' as const };
  }
  return {
    status: statusOf(deployments, MINIMUM_DEPLOYMENTS),
    [name]: hits,
    deployments,
    rate: hits / deployments,
    confidenceInterval: wilsonInterval(hits, deployments),
  };
}

function recoveryTimes(deployments: readonly DeploymentRow[]): Float64Array {
  return ascending(
    deployments
      .filter(d => covered(['change'])(d) && d.failed)
      .flatMap(d => d.recoverySeconds ?? []),
  );
}

function recoveryTime(
  deployments: readonly DeploymentRow[],
): FailedDeploymentRecoveryTime {
  const counted = deployments.filter(covered(['change']));
  if (counted.length === 0) {
    return { status: 'no_data' };
  }
  const failed = counted.filter(d => d.failed).length;
  const values = recoveryTimes(deployments);
  const counts = {
    recovered: values.length,
    unrecovered: failed - values.length,
  };
  if (values.length === 0) {
    return { status: 'no_data', ...counts };
  }
  return {
    status: statusOf(values.length, MINIMUM_VALUES),
    ...counts,
    p50Seconds: percentileOfSorted(values, 0.5),
    p75Seconds: percentileOfSorted(values, 0.75),
    p90Seconds: percentileOfSorted(values, 0.9),
    p50ConfidenceInterval: medianInterval(oneValueEach(values)),
  };
}

function oneValueEach(values: Float64Array): ClusteredSample {
  return {
    values,
    groups: Int32Array.from(values, (_, i) => i),
    groupCount: values.length,
  };
}

interface Side {
  metrics: Metrics;
  selection: Selection;
  span: Span;
  sample: ClusteredSample;
}

/** Whether each metric changed between two periods beyond chance, at 95 %. */
function verdicts(now: Side, before: Side): Record<MetricName, Verdict> {
  const both = (name: MetricName) =>
    now.metrics[name].status === 'ok' && before.metrics[name].status === 'ok';
  const excludesZero = (interval: [number, number] | undefined): Verdict =>
    interval && (interval[0] > 0 || interval[1] < 0)
      ? 'changed'
      : 'no_evidence_of_change';

  const rates = (
    name: 'changeFailRate' | 'deploymentReworkRate',
    hits: (metrics: Metrics) => number,
  ): Verdict =>
    both(name)
      ? excludesZero(
          newcombeInterval(
            {
              successes: hits(now.metrics),
              trials: now.metrics[name].deployments!,
            },
            {
              successes: hits(before.metrics),
              trials: before.metrics[name].deployments!,
            },
          ),
        )
      : 'insufficient_data';
  const medians = (
    name: 'changeLeadTime' | 'failedDeploymentRecoveryTime',
    sample: (side: Side) => ClusteredSample,
  ): Verdict =>
    both(name)
      ? excludesZero(medianDifferenceInterval(sample(now), sample(before)))
      : 'insufficient_data';

  return {
    deploymentFrequency: countVerdict(now, before),
    changeLeadTime: medians('changeLeadTime', side => side.sample),
    changeFailRate: rates('changeFailRate', m => m.changeFailRate.failed!),
    failedDeploymentRecoveryTime: medians(
      'failedDeploymentRecoveryTime',
      side => oneValueEach(recoveryTimes(side.selection.deployments)),
    ),
    deploymentReworkRate: rates(
      'deploymentReworkRate',
      m => m.deploymentReworkRate.rework!,
    ),
  };
}

function countVerdict(now: Side, before: Side): Verdict {
  const count = (side: Side) => side.metrics.deploymentFrequency.deployments;
  const [a, b] = [count(now), count(before)];
  if (a === undefined || b === undefined || a + b < MINIMUM_DEPLOYMENTS) {
    return 'insufficient_data';
  }
  const length = (side: Side) => side.span.to - side.span.from;
  return conditionalBinomialTest([a, b], [length(now), length(before)]) < 0.05
    ? 'changed'
    : 'no_evidence_of_change';
}

function exclusions(
  rows: MetricsRows,
  window: Span,
  { deployments, changes }: Selection,
): Exclusion[] {
  const counts = new Map<ExclusionReason, Exclusion>();
  const add = (
    reason: ExclusionReason,
    what: 'changes' | 'deployments' | 'incidents',
  ) => {
    const entry = counts.get(reason) ?? {
      reason,
      changes: 0,
      deployments: 0,
      incidents: 0,
    };
    entry[what]++;
    counts.set(reason, entry);
  };
  for (const change of changes) {
    if (change.excluded) {
      add(change.excluded, 'changes');
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
  for (const incident of rows.incidents) {
    if (!incident.attributed && inside(incident.openedAt, window)) {
      add('unattributed_incident', 'incidents');
    }
  }
  return [...counts.values()].sort((a, b) => (a.reason < b.reason ? -1 : 1));
}

/** What is missing behind the numbers, and for which services. */
function dataQuality(services: readonly ServiceRow[]): DataQualityNote[] {
  const connected = (s: ServiceRow) => s.hasDeployments;
  const rules: [
    DataQualityNote['code'],
    (s: ServiceRow) => boolean,
    ((s: ServiceRow) => number)?,
  ][] = [
    ['no_deployments', s => !s.hasDeployments],
    ['no_incident_source', s => !s.hasFailureData],
    ['release_tags_only', s => s.onlyReleaseTags],
    ['no_commit_history', s => connected(s) && !s.hasCommits],
    [
      'unknown_history',
      s => s.hasCommits && s.unknownHistory > 0,
      s => s.unknownHistory,
    ],
    ['no_pull_requests', s => connected(s) && !s.hasPullRequests],
    ['no_builds', s => connected(s) && !s.hasBuilds],
    ['clamped_stage_times', s => s.clampedChanges > 0, s => s.clampedChanges],
    [
      'unattributed_incidents',
      s => s.unattributedIncidents > 0,
      s => s.unattributedIncidents,
    ],
  ];
  return rules.flatMap(([code, applies, count]) => {
    const hit = services.filter(applies);
    return hit.length === 0
      ? []
      : [
          {
            code,
            services: hit.map(s => s.serviceRef).sort(),
            count: count && hit.reduce((sum, s) => sum + count(s), 0),
          },
        ];
  });
}
