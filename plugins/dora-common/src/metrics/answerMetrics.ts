import {
  ChangeFailRate,
  ChangeLeadTime,
  DataQualityNote,
  DeploymentFrequency,
  DeploymentReworkRate,
  Exclusion,
  FailedDeploymentRecoveryTime,
  LeadTimesResponse,
  MetricName,
  Metrics,
  MetricsResponse,
  MetricStatus,
  StageSummary,
  Verdict,
} from '../api';
import { Span, wholeWeeks } from '../calendar';
import { DEFINITION_VERSION } from '../derive/deriveServiceFacts';
import { STAGE_NAMES } from '../facts';
import { MetricsQuery, ServiceRow } from '../rows';
import {
  ascending,
  conditionalBinomialTest,
  medianDifferenceInterval,
  newcombeInterval,
  percentileOfSorted,
  wilsonInterval,
} from '../statistics';
import { barsOf } from './leadTimeBars';
import { IndependentDurations, Summary, WindowSummary } from './summary';

const DAY = 86_400_000;
/** Rates of fewer deployments are `insufficient_data`. */
export const MINIMUM_DEPLOYMENTS = 5;
/** Medians of fewer values are `insufficient_data`. */
export const MINIMUM_VALUES = 6;
const SERIES_REPLICATES = 200;
const REPLICATES = 1_000;
const SEED = 0x5eed;

const iso = (at: number) => new Date(at).toISOString();

/** What an answer is made of: summaries, whoever made them. */
export interface MetricsParts {
  services: readonly ServiceRow[];
  current: WindowSummary;
  earlier: WindowSummary;
  /** Services of the other scope, when the comparison is with one. */
  otherServices?: readonly ServiceRow[];
  /** By time; together the window. */
  series: { span: Span; summary: Summary }[];
  /** Incidents opened in the window that are attributed to nothing. */
  unattributedIncidents: number;
}

/** The answer of `GET /api/dora/metrics`. Pure and deterministic. */
export function answerMetrics(
  parts: MetricsParts,
  query: MetricsQuery,
): MetricsResponse {
  const { services, current, earlier, otherServices } = parts;
  const { timeZone } = query;
  const now: Side = {
    ...current,
    services,
    span: { from: query.from, to: query.to },
    timeZone,
  };
  const before: Side = {
    ...earlier,
    services: otherServices ?? services,
    span: { from: query.compareFrom, to: query.compareTo },
    timeZone,
  };
  const metrics = metricsOf(now, true);
  const metricsBefore = metricsOf(before, true);
  return {
    scope: {
      entityRef: query.entityRef,
      services: services.length,
      ...withoutDeployments(services),
    },
    window: windowOf(query),
    definition: definitionOf(query),
    sampleData: services.some(s => s.sample) || current.summary.sample,
    metrics,
    comparison: {
      window: { from: iso(query.compareFrom), to: iso(query.compareTo) },
      ...(query.compareEntityRef !== undefined &&
        otherServices && {
          scope: {
            entityRef: query.compareEntityRef,
            services: otherServices.length,
          },
        }),
      metrics: metricsBefore,
      verdicts: verdicts(
        { ...now, metrics },
        { ...before, metrics: metricsBefore },
      ),
    },
    series: parts.series.map(({ span, summary }) => ({
      from: iso(span.from),
      to: iso(span.to),
      metrics: metricsOf({ ...now, summary, span }, false),
    })),
    excluded: exclusions(current.summary, parts.unattributedIncidents),
    dataQuality: dataQuality(services),
  };
}

/** The answer of `GET /api/dora/lead-times`. Pure. */
export function answerLeadTimes(
  parts: {
    services: readonly ServiceRow[];
    summary: Summary;
    /** Changes per sketch bucket, for every change that counts. */
    bucketCounts: ReadonlyMap<number, number>;
  },
  query: MetricsQuery,
): LeadTimesResponse {
  const { services, summary } = parts;
  const { lead } = summary;
  return {
    scope: { entityRef: query.entityRef, services: services.length },
    window: windowOf(query),
    definition: definitionOf(query),
    status: statusOf(lead.count, MINIMUM_VALUES),
    changes: lead.count,
    p50Seconds: lead.percentile(0.5),
    p75Seconds: lead.percentile(0.75),
    p90Seconds: lead.percentile(0.9),
    maxRelativeError: lead.maxRelativeError,
    buckets: barsOf(parts.bucketCounts),
    sampleData: services.some(s => s.sample) || summary.sample,
    dataQuality: dataQuality(services),
  };
}

/** One scope over one span. */
interface Side extends WindowSummary {
  services: readonly ServiceRow[];
  span: Span;
  timeZone: string;
}

function windowOf(query: MetricsQuery): MetricsResponse['window'] {
  return {
    from: iso(query.from),
    to: iso(query.to),
    timeZone: query.timeZone,
    interval: query.interval,
  };
}

function definitionOf(query: MetricsQuery): MetricsResponse['definition'] {
  return { version: DEFINITION_VERSION, environment: query.environment };
}

function statusOf(count: number, minimum: number): MetricStatus {
  if (count === 0) {
    return 'no_data';
  }
  return count < minimum ? 'insufficient_data' : 'ok';
}

/** The five metrics. @param whole - with stages and full precision of intervals; not in a series */
function metricsOf(side: Side, whole: boolean): Metrics {
  const { summary } = side;
  return {
    deploymentFrequency: deploymentFrequency(side),
    changeLeadTime: changeLeadTime(summary, whole),
    changeFailRate: rate('failed', summary.failed, summary.covered),
    failedDeploymentRecoveryTime: recoveryTime(summary),
    deploymentReworkRate: rate('rework', summary.rework, summary.reworkBase),
  };
}

/** The five metrics of one scope and span. */
export function figuresOf(
  services: readonly ServiceRow[],
  window: WindowSummary,
  span: Span,
  timeZone: string,
): Metrics {
  return metricsOf({ ...window, services, span, timeZone }, true);
}

/** From when on every deployment of the services is kept; minus infinity when no question reaches back further. */
const deploymentsKept = latestOf(deploymentsKeptFrom);

function deploymentFrequency({
  summary,
  services,
  span,
  timeZone,
  deployingDays,
}: Side): DeploymentFrequency {
  const { deployments } = summary;
  const [firstConnection] = connectionsOf(services);
  const connected = firstConnection < span.to;
  // Days and weeks whose deployments are not kept any more are not days and weeks without deployments.
  const kept = {
    from: Math.max(span.from, deploymentsKept(services)),
    to: span.to,
  };
  if ((!connected && deployments === 0) || kept.from >= kept.to) {
    return { status: 'no_data' };
  }
  const weeks = wholeWeeks(kept, timeZone);
  const perWeek = ascending(
    weeks.map(days => days.filter(day => deployingDays.has(day.from)).length),
  );
  return {
    status: 'ok',
    deployments,
    perDay: (deployments * DAY) / (kept.to - kept.from),
    medianDeployingDaysPerWeek: percentileOfSorted(perWeek, 0.5),
    wholeWeeks: weeks.length,
  };
}

function changeLeadTime(summary: Summary, whole: boolean): ChangeLeadTime {
  const { lead, stages } = summary;
  if (lead.count === 0) {
    return { status: 'no_data' };
  }
  return {
    status: statusOf(lead.count, MINIMUM_VALUES),
    changes: lead.count,
    deployments: lead.groups,
    p50Seconds: lead.percentile(0.5),
    p75Seconds: lead.percentile(0.75),
    p90Seconds: lead.percentile(0.9),
    p50ConfidenceInterval: lead.medianInterval(
      whole ? REPLICATES : SERIES_REPLICATES,
    ),
    maxRelativeError: lead.maxRelativeError,
    stages: whole && stages ? stageSummaries(summary, stages) : undefined,
  };
}

function stageSummaries(
  { leadSum }: Summary,
  stages: NonNullable<Summary['stages']>,
): StageSummary[] {
  return stages.map((times, stage) => ({
    name: STAGE_NAMES[stage],
    changes: times.count,
    p50Seconds: times.percentile(0.5),
    shareOfTotal: leadSum > 0 ? Math.min(1, times.sum / leadSum) : 0,
  }));
}

function rate<K extends 'failed' | 'rework'>(
  name: K,
  hits: number,
  deployments: number,
): K extends 'failed' ? ChangeFailRate : DeploymentReworkRate;
function rate(
  name: 'failed' | 'rework',
  hits: number,
  deployments: number,
): ChangeFailRate & DeploymentReworkRate {
  if (deployments === 0) {
    return { status: 'no_data' };
  }
  return {
    status: statusOf(deployments, MINIMUM_DEPLOYMENTS),
    [name]: hits,
    deployments,
    rate: hits / deployments,
    confidenceInterval: wilsonInterval(hits, deployments),
  };
}

function recoveryTime({
  covered,
  failed,
  recovery,
}: Summary): FailedDeploymentRecoveryTime {
  if (covered === 0) {
    return { status: 'no_data' };
  }
  const counts = {
    recovered: recovery.count,
    unrecovered: failed - recovery.count,
  };
  if (recovery.count === 0) {
    return { status: 'no_data', ...counts };
  }
  return {
    status: statusOf(recovery.count, MINIMUM_VALUES),
    ...counts,
    p50Seconds: recovery.percentile(0.5),
    p75Seconds: recovery.percentile(0.75),
    p90Seconds: recovery.percentile(0.9),
    p50ConfidenceInterval: recovery.medianInterval(),
    ...(recovery.maxRelativeError > 0 && {
      maxRelativeError: recovery.maxRelativeError,
    }),
  };
}

type JudgedSide = Side & { metrics: Metrics };

/** Whether each metric changed between two periods beyond chance, at 95 %. */
function verdicts(
  now: JudgedSide,
  before: JudgedSide,
): Record<MetricName, Verdict> {
  const both = (name: MetricName) =>
    now.metrics[name].status === 'ok' && before.metrics[name].status === 'ok';
  const excludesZero = (interval: [number, number] | undefined): Verdict =>
    interval && (interval[0] > 0 || interval[1] < 0)
      ? 'changed'
      : 'no_evidence_of_change';

  const rates = (
    name: 'changeFailRate' | 'deploymentReworkRate',
    hits: (summary: Summary) => number,
    trials: (summary: Summary) => number,
  ): Verdict =>
    both(name)
      ? excludesZero(
          newcombeInterval(
            { successes: hits(now.summary), trials: trials(now.summary) },
            { successes: hits(before.summary), trials: trials(before.summary) },
          ),
        )
      : 'insufficient_data';
  const medians = (
    name: 'changeLeadTime' | 'failedDeploymentRecoveryTime',
    durations: (summary: Summary) => IndependentDurations,
  ): Verdict =>
    both(name)
      ? excludesZero(
          medianDifference(durations(now.summary), durations(before.summary)),
        )
      : 'insufficient_data';

  return {
    deploymentFrequency: countVerdict(now, before),
    changeLeadTime: medians('changeLeadTime', s => s.lead),
    changeFailRate: rates(
      'changeFailRate',
      s => s.failed,
      s => s.covered,
    ),
    failedDeploymentRecoveryTime: medians(
      'failedDeploymentRecoveryTime',
      s => s.recovery,
    ),
    deploymentReworkRate: rates(
      'deploymentReworkRate',
      s => s.rework,
      s => s.reworkBase,
    ),
  };
}

/**
 * 95 % bootstrap interval of the difference of two medians (first − second), each side resampled by itself. Where sketches
 * served, it is widened by their error: what they cannot tell apart is no evidence.
 */
export function medianDifference(
  first: IndependentDurations,
  second: IndependentDurations,
): [number, number] | undefined {
  if (first.count === 0 || second.count === 0) {
    return undefined;
  }
  const [low, high] = medianDifferenceInterval(
    first.resampledMedians(REPLICATES, SEED),
    second.resampledMedians(REPLICATES, SEED + 1),
  );
  const slack =
    first.percentile(0.5)! * first.maxRelativeError +
    second.percentile(0.5)! * second.maxRelativeError;
  return [low - slack, high + slack];
}

/** Milliseconds for which deployments of the services would have been seen in a span, all services together. */
function observedTime(services: readonly ServiceRow[], span: Span): number {
  return connectionsOf(services).reduce(
    (sum, since) => sum + Math.max(0, span.to - Math.max(span.from, since)),
    0,
  );
}

/** From when on the deployments of a service are kept; minus infinity when none of them was before. */
function deploymentsKeptFrom(service: ServiceRow): number {
  const { hasDeployments, connectedSince = -Infinity } = service;
  const kept = service.keptFrom;
  return kept !== undefined && hasDeployments && connectedSince < kept
    ? kept
    : -Infinity;
}

/** The greatest of what each service says; remembered, for the services of an organisation are thousands. */
function latestOf(
  said: (service: ServiceRow) => number,
): (services: readonly ServiceRow[]) => number {
  const latest = new WeakMap<readonly ServiceRow[], number>();
  return services => {
    const known =
      latest.get(services) ??
      services.reduce((from, s) => Math.max(from, said(s)), -Infinity);
    latest.set(services, known);
    return known;
  };
}

const factsKept = latestOf(({ keptFrom: from = -Infinity }) => from);

/**
 * The part of a span of which facts are kept; empty, at the end of the span, when that is none. What is older is removed little by
 * little: read this part, lest what is still there be counted over a time that no longer counts.
 */
export function keptPart(services: readonly ServiceRow[], span: Span): Span {
  const from = Math.max(span.from, factsKept(services));
  return { from: Math.min(from, span.to), to: span.to };
}

const connections = new WeakMap<readonly ServiceRow[], Float64Array>();

/** From when deployments of each service are known, by time; remembered, for the services of an organisation are thousands. */
function connectionsOf(services: readonly ServiceRow[]): Float64Array {
  let known = connections.get(services);
  if (!known) {
    known = ascending(
      services
        .filter(s => s.hasDeployments)
        .map(s =>
          Math.max(s.connectedSince ?? -Infinity, deploymentsKeptFrom(s)),
        ),
    );
    connections.set(services, known);
  }
  return known;
}

/**
 * Compares deployments per service and time observed: before a source was connected nothing is known, which is not nothing
 * deployed, and a scope with more services is not one that deploys more often.
 */
function countVerdict(now: JudgedSide, before: JudgedSide): Verdict {
  const { deploymentFrequency: a } = now.metrics;
  const { deploymentFrequency: b } = before.metrics;
  const observed: [number, number] = [
    observedTime(now.services, now.span),
    observedTime(before.services, before.span),
  ];
  if (
    a.deployments === undefined ||
    b.deployments === undefined ||
    a.deployments + b.deployments < MINIMUM_DEPLOYMENTS ||
    observed.includes(0)
  ) {
    return 'insufficient_data';
  }
  return conditionalBinomialTest([a.deployments, b.deployments], observed) <
    0.05
    ? 'changed'
    : 'no_evidence_of_change';
}

function exclusions(
  { excluded }: Summary,
  unattributedIncidents: number,
): Exclusion[] {
  const all: Exclusion[] = [
    ...excluded,
    {
      reason: 'unattributed_incident',
      changes: 0,
      deployments: 0,
      incidents: unattributedIncidents,
    },
  ];
  return all
    .filter(e => e.changes + e.deployments + e.incidents > 0)
    .sort((a, b) => (a.reason < b.reason ? -1 : 1));
}

const notes = new WeakMap<readonly ServiceRow[], DataQualityNote[]>();

/** What is missing behind the numbers, and for which services. */
function dataQuality(services: readonly ServiceRow[]): DataQualityNote[] {
  const known = notes.get(services) ?? dataQualityOf(services);
  notes.set(services, known);
  return known;
}

function dataQualityOf(services: readonly ServiceRow[]): DataQualityNote[] {
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

/** How many services count for nothing, because no deployment of theirs is known. */
function withoutDeployments(
  services: readonly ServiceRow[],
): Pick<MetricsResponse['scope'], 'withoutDeployments'> {
  const silent = services.filter(({ hasDeployments }) => !hasDeployments);
  return silent.length > 0 ? { withoutDeployments: silent.length } : {};
}
