import {
  AttributionMethod,
  DeploymentKind,
  ExclusionReason,
  FailureAttribution,
  HistoryGap,
  StageName,
} from './facts';
import { DeploymentLabel } from './events';

/** `insufficient_data`: the numbers are still given. `no_data`: there is no number, never a zero. */
export type MetricStatus = 'ok' | 'insufficient_data' | 'no_data';
export type Verdict = 'changed' | 'no_evidence_of_change' | 'insufficient_data';
export type Interval = 'day' | 'week' | 'month';
export type ConfidenceInterval = [number, number];

export interface DeploymentFrequency {
  status: MetricStatus;
  /** `change` deployments that finished in the window. */
  deployments?: number;
  perDay?: number;
  /** Median over whole ISO weeks inside the window; absent when there is none. */
  medianDeployingDaysPerWeek?: number;
  /** Whole ISO weeks behind that median. */
  wholeWeeks?: number;
}

export interface ChangeLeadTime {
  status: MetricStatus;
  changes?: number;
  /** Deployments that brought these changes. */
  deployments?: number;
  p50Seconds?: number;
  p75Seconds?: number;
  p90Seconds?: number;
  p50ConfidenceInterval?: ConfidenceInterval;
  /** 0 when exact; at most 0.01 where a sketch served the answer. */
  maxRelativeError?: number;
  /** In order; only in the whole window and the comparison, not in the series. */
  stages?: StageSummary[];
}

export interface StageSummary {
  name: StageName;
  /** Changes for which the stage is known. */
  changes: number;
  p50Seconds?: number;
  /** Sum of the stage over the sum of totals, 0–1. */
  shareOfTotal: number;
}

export interface ChangeFailRate {
  status: MetricStatus;
  failed?: number;
  deployments?: number;
  rate?: number;
  confidenceInterval?: ConfidenceInterval;
}

export interface FailedDeploymentRecoveryTime {
  status: MetricStatus;
  recovered?: number;
  unrecovered?: number;
  p50Seconds?: number;
  p75Seconds?: number;
  p90Seconds?: number;
  p50ConfidenceInterval?: ConfidenceInterval;
  /** At most 0.01, where a sketch served the answer; absent when exact. */
  maxRelativeError?: number;
}

export interface DeploymentReworkRate {
  status: MetricStatus;
  rework?: number;
  deployments?: number;
  rate?: number;
  confidenceInterval?: ConfidenceInterval;
}

export interface Metrics {
  deploymentFrequency: DeploymentFrequency;
  changeLeadTime: ChangeLeadTime;
  changeFailRate: ChangeFailRate;
  failedDeploymentRecoveryTime: FailedDeploymentRecoveryTime;
  deploymentReworkRate: DeploymentReworkRate;
}
export type MetricName = keyof Metrics;

export interface Exclusion {
  reason: ExclusionReason;
  changes: number;
  deployments: number;
  incidents: number;
}

export type DataQualityCode =
  | 'no_deployments'
  | 'no_incident_source'
  | 'release_tags_only'
  | 'no_commit_history'
  | 'unknown_history'
  | 'no_pull_requests'
  | 'no_builds'
  | 'clamped_stage_times'
  | 'unattributed_incidents'
  /** Services of which deployments are known, none of them ever to the environment or tier that was asked for: its name may be mistyped. */
  | 'nothing_deployed_there'
  /** Names in events that lead to no service; only in answers about everything. */
  | 'unmapped_events'
  /** Events of these services are recorded but not yet in the numbers. */
  | 'facts_pending'
  /** The facts of these services could not be derived: the numbers show an earlier state. */
  | 'facts_failed'
  /** The question reaches back to before facts of these services are kept: `since` says from when they are. */
  | 'beyond_retention';

export interface DataQualityNote {
  code: DataQualityCode;
  /** Entity refs, sorted; in lists of deployments and incidents the first 20, and `count` says how many there are. */
  services: string[];
  count?: number;
  /**
   * ISO instant in UTC. Of `beyond_retention`, from when facts are kept; of `facts_pending`, from when events wait: everything of these
   * services that was recorded before is in the numbers. Absent of `facts_pending` where nobody can tell: while all events are read
   * anew, when older events came to a service by a change of the catalog or of settings, and after its facts could not be derived.
   * Services of which that differs have notes of their own: those of which it is not known, those that are late, and the others.
   */
  since?: string;
  /** Of `facts_pending` with `since`: how long ago that was when the answer was given, in whole seconds; of the longest. */
  waitedSeconds?: number;
}

/** `GET /api/dora/metrics`. */
export interface MetricsResponse {
  scope: {
    entityRef?: string;
    services: number;
    /** How many of them no deployment is known of: they are in no figure. Absent when there is none. */
    withoutDeployments?: number;
  };
  window: { from: string; to: string; timeZone: string; interval: Interval };
  definition: { version: number; environment: string };
  /** Some fact in scope is of the sample organisation. */
  sampleData: boolean;
  metrics: Metrics;
  comparison: {
    window: { from: string; to: string };
    /** Only when the comparison is with another scope. */
    scope?: { entityRef: string; services: number };
    metrics: Metrics;
    verdicts: Record<MetricName, Verdict>;
  };
  series: { from: string; to: string; metrics: Metrics }[];
  excluded: Exclusion[];
  dataQuality: DataQualityNote[];
}

/** One bar of the distribution of lead times: `fromSeconds` ≤ lead time < `toSeconds`. */
export interface LeadTimeBucket {
  fromSeconds: number;
  toSeconds: number;
  changes: number;
}

/** `GET /api/dora/lead-times`: how the lead times behind the percentiles are distributed. */
export interface LeadTimesResponse {
  scope: MetricsResponse['scope'];
  window: MetricsResponse['window'];
  definition: MetricsResponse['definition'];
  status: MetricStatus;
  /** Changes that count for lead time, the sum over the buckets. */
  changes: number;
  p50Seconds?: number;
  p75Seconds?: number;
  p90Seconds?: number;
  /** 0 when exact; at most 0.01 where a sketch served the answer. */
  maxRelativeError: number;
  /** Ascending, without gaps, at most 60; bounds grow by one factor. Empty when there is no change. */
  buckets: LeadTimeBucket[];
  sampleData: boolean;
  dataQuality: DataQualityNote[];
}

/** One service with its figures: a row of `GET /api/dora/services`. */
export interface ServiceFigures {
  entityRef: string;
  metrics: Metrics;
  sampleData: boolean;
}

/** `GET /api/dora/services`. */
export interface ServicesResponse {
  /** By entity ref. */
  items: ServiceFigures[];
  /** Why numbers may be short or about to change: `beyond_retention`, `facts_pending`, `facts_failed`. Absent when none is. */
  dataQuality?: DataQualityNote[];
  definition: MetricsResponse['definition'];
}

/** One row of `GET /api/dora/deployments`. */
export interface DeploymentListItem {
  id: string;
  serviceRef: string;
  /** Environments of the rollout, by finish. */
  environments: string[];
  /** `failed` and `ok` by attribution; `attempt_failed` only with `attempts=true`. */
  outcome: 'ok' | 'failed' | 'attempt_failed';
  /** Absent for attempts that never reached the environment. */
  kind?: DeploymentKind;
  /** ISO instant in UTC of the first finish. */
  finishedAt: string;
  finishedEverywhereAt?: string;
  revision?: string;
  /** 0 also when they cannot be told: see `historyGap`. */
  changes: number;
  /** Why the changes it brought cannot be told. A redeploy that has one brought none all the same. */
  historyGap?: HistoryGap;
  /** Median over its changes that count for lead time. */
  leadTimeP50Seconds?: number;
  rework: boolean;
  failureData: boolean;
  recoverySeconds?: number;
  origin: 'event' | 'release_tag';
  labels: DeploymentLabel[];
  url?: string;
  source?: string;
  sampleData: boolean;
}

/** `GET /api/dora/deployments`. */
export interface DeploymentListResponse {
  items: DeploymentListItem[];
  /** Opaque; absent on the last page. */
  nextCursor?: string;
  totalItems?: number;
  /** ISO instant in UTC down to which a search got that found less than a page; it goes on at `nextCursor`. */
  searchedBackTo?: string;
  /** Why deployments may be missing or about to change: `beyond_retention`, `facts_pending`, `facts_failed`. Absent when none are. */
  dataQuality?: DataQualityNote[];
  definition: { version: number; environment: string };
  sampleData: boolean;
}

export interface DeploymentChange {
  commit: string;
  committedAt: string;
  leadSeconds: number;
  stages: { name: StageName; seconds?: number }[];
  clamped: boolean;
  pullRequest?: number;
  authorName?: string;
  subject?: string;
  bot: boolean;
  excluded?: ExclusionReason;
  url?: string;
}

/** Somebody, with the name to show. */
export interface NamedPerson {
  /** User entity ref. */
  ref: string;
  displayName: string;
  /** The name is kept from the asker: `ref` leads nowhere, and `displayName` says only on what they were on call. */
  hidden?: boolean;
}

/** An attribution as the detail shows it, with what is known about its cause. */
export interface DeploymentAttribution
  extends Omit<FailureAttribution, 'author' | 'withdrawn'> {
  author: FailureAttribution['author'] & { displayName?: string };
  withdrawn?: FailureAttribution['withdrawn'] & { byDisplayName?: string };
  /** Whom it blames, seen from the deployment that is shown. Absent in answers of older portals. */
  blames?: 'this' | 'another' | 'none';
  /** Id of the blamed deployment as links and corrections name it; absent when none is to blame. */
  deploymentId?: string;
  incident?: {
    title?: string;
    openedAt: string;
    resolvedAt?: string;
    url?: string;
    /** As the incident names it. Absent where it names none, and in answers of older portals. */
    environment?: string;
  };
}

/** `GET /api/dora/deployments/{id}`. */
export interface DeploymentDetailResponse extends DeploymentListItem {
  reworkReason?: 'rollback' | 'hotfix' | 'revert' | 'incident_fix';
  first: boolean;
  /** Members of the rollout. */
  attempts: {
    id: string;
    environment: string;
    finishedAt?: string;
    status: 'succeeded' | 'failed' | 'unfinished';
    url?: string;
  }[];
  /** By commit time; the first 500. */
  changeRows: DeploymentChange[];
  /** Opaque; where `GET /api/dora/deployments/{id}/changes` goes on. Absent when there are no more. */
  nextChangesCursor?: string;
  /** How many of all its changes are in no lead time, by why; the most frequent first. Absent in answers of older portals. */
  excludedChanges?: { reason: ExclusionReason; changes: number }[];
  /**
   * Every attribution of every cause that ever blamed this deployment, also those that blame another one by now: live
   * ones first, then by strength.
   */
  attributions: DeploymentAttribution[];
  /** The deployments of the same service and tier or environment just before and after, of any kind. */
  previous?: DeploymentNeighbour;
  next?: DeploymentNeighbour;
  /** Restored service; ISO instant in UTC. */
  recoveredAt?: string;
  recoveryClamped?: boolean;
  /** Who was on call when it finished, where the portal knows. */
  onCall?: OnCallLevelAnswer[];
  /** Who is on call now, where the portal knows. */
  onCallNow?: OnCallLevelAnswer[];
  /** What the asker may do with it. */
  permissions?: {
    /** Say which failures it is to blame for, and take that back. */
    attribute: boolean;
  };
  /** Why it may be about to change: `facts_pending`, `facts_failed`. Absent when it is not. */
  dataQuality?: DataQualityNote[];
  definition: { version: number };
}

/** `GET /api/dora/deployments/{id}/changes`: what a deployment brought, by commit time. */
export interface DeploymentChangesResponse {
  deployment: { id: string; serviceRef: string };
  items: DeploymentChange[];
  /** Opaque; absent on the last page. */
  nextCursor?: string;
  totalItems: number;
  /** Why it may be about to change: `facts_pending`, `facts_failed`. Absent when it is not. */
  dataQuality?: DataQualityNote[];
  definition: { version: number };
  sampleData: boolean;
}

/** Another deployment, by what a link to it needs. */
export interface DeploymentNeighbour {
  id: string;
  /** ISO instant in UTC. */
  finishedAt: string;
}

/** One escalation level at a moment. */
export interface OnCallLevelAnswer {
  level: number;
  userRefs: string[];
  /** The same people in the same order, with names. */
  people?: NamedPerson[];
}

/** One step of the search for the schedule that answers for a service. */
export interface OnCallTrailStep {
  entityRef: string;
  /** `found` where the search ended. */
  outcome: string;
  /** In words. */
  message: string;
}

/** Who was on call for a service at a moment, and how that is known. */
export interface OnCallMoment {
  /** ISO instant in UTC. */
  at: string;
  /** `full`, `gap` (somebody is missing) or `none`, as on-call says it; `unknown` when it could not be asked. */
  coverage: 'full' | 'gap' | 'none' | 'unknown';
  /** Why it is not `full`, in words. */
  reason?: string;
  /** Escalation levels, also those with nobody. */
  levels: OnCallLevelAnswer[];
  /** Whose answer it is. */
  schedule?: {
    ref: string;
    title: string;
    /** True when the portal knew no schedule so early, and assumes the first that it knows. */
    assumed: boolean;
  };
  trail: OnCallTrailStep[];
}

/** Which deployment an incident is put down to, by its live attribution. */
export interface IncidentAttribution {
  attributionId: string;
  method: AttributionMethod;
  /** 0–1. */
  confidence: number;
  evidence: string;
  author: FailureAttribution['author'] & { displayName?: string };
  /** Absent when none is to blame. */
  deploymentId?: string;
  /** ISO instant in UTC of the blamed deployment's finish. */
  deploymentFinishedAt?: string;
  noneToBlame: boolean;
}

/** One row of `GET /api/dora/incidents`. */
export interface IncidentListItem {
  /** What an attribution names as its cause. */
  id: string;
  /** What its tool calls it, where `id` says more than that. */
  localId?: string;
  serviceRef: string;
  title?: string;
  url?: string;
  environment?: string;
  tier: string;
  status: 'open' | 'resolved';
  /** ISO instant in UTC. */
  openedAt: string;
  resolvedAt?: string;
  /** From opening to the last resolution; absent while open. */
  durationSeconds?: number;
  reopened: boolean;
  /** Absent when nothing is known about what caused it. */
  attribution?: IncidentAttribution;
  /** What the asker may do about it; absent in CSV. */
  permissions?: { attribute: boolean };
  sampleData: boolean;
}

/** `GET /api/dora/incidents/detail`. */
export interface IncidentDetailResponse extends IncidentListItem {
  /** Every attribution of it that is stored: the live one first, then by strength. */
  attributions: DeploymentAttribution[];
  onCall: {
    /** When it was opened. */
    opened: OnCallMoment;
    /** When it was resolved; absent while it is open. */
    resolved?: OnCallMoment;
  };
  /** Why it may be about to change: `facts_pending`, `facts_failed`. Absent when it is not. */
  dataQuality?: DataQualityNote[];
  definition: { version: number };
}

/** An environment that services of a scope deploy to. */
export interface EnvironmentItem {
  name: string;
  /** Where services differ in it, that of most. */
  tier: string;
  /** How many services deploy there. */
  services: number;
  /** Succeeded deployments that are kept, of any kind. */
  deployments: number;
  /** ISO instant in UTC at which the latest finished. */
  lastDeploymentAt?: string;
}

/** `GET /api/dora/environments`. */
export interface EnvironmentsResponse {
  /** By tier and name; at most 100, those that most services have. */
  items: EnvironmentItem[];
  definition: { version: number };
  sampleData: boolean;
}

/** `GET /api/dora/incidents`. */
export interface IncidentListResponse {
  items: IncidentListItem[];
  /** Opaque; absent on the last page. */
  nextCursor?: string;
  /** On the first page. */
  totalItems?: number;
  /** Why incidents may be missing or about to change: `beyond_retention`, `facts_pending`, `facts_failed`. Absent when none are. */
  dataQuality?: DataQualityNote[];
  definition: { version: number; environment: string };
  sampleData: boolean;
}

/** Body of `POST /api/dora/deployments/{id}/failures`. */
export interface ManualAttributionRequest {
  /** Absent: the report itself is the cause. */
  cause?: { kind: 'incident' | 'rollback' | 'fix'; id: string };
  /** True: no deployment is to blame for the cause (which is then required). */
  noneToBlame?: boolean;
  reason: string;
}

/** How far a source has read what was there before its webhook. */
export interface DeliverySourceBackfill {
  /** Repositories that were begun. */
  repositories: number;
  /** Those that were read through at least once. */
  complete: number;
  /** Events given to the inbox, repeated ones included. */
  events: number;
  /** Repositories whose last run stopped early and goes on, and why. */
  problems: { repository: string; problem: string }[];
}

/** One source of `GET /api/dora/sources`. */
export interface DeliverySourceItem {
  id: string;
  title: string;
  provides: (
    | 'deployments'
    | 'commits'
    | 'pull_requests'
    | 'builds'
    | 'incidents'
  )[];
  /** Each access it needs, in words. */
  access: string[];
  /** Its page below `docs/`. */
  docs?: string;
  /** False when it lacks what it needs to receive anything, such as a secret. */
  configured: boolean;
  /** Path to which its provider sends webhooks. */
  webhookPath?: string;
  /** ISO instant in UTC of the last receipt in seven days. */
  lastReceivedAt?: string;
  /** Events taken into the inbox, and events refused. */
  last7Days: { received: number; rejected: number };
  backfill?: DeliverySourceBackfill;
}

/** `GET /api/dora/sources`. */
export interface DeliverySourcesResponse {
  items: DeliverySourceItem[];
}

/** One result per event of `POST /api/dora/events`. */
export interface IngestResult {
  /** CloudEvent id, when it could be read. */
  id?: string;
  status: 'accepted' | 'duplicate' | 'ignored' | 'rejected';
  reason?: string;
}
export interface IngestResponse {
  results: IngestResult[];
}

export type { AttributionMethod };

/** What a row of an imported file, or an event in it, is about. */
export type ImportedKind =
  | 'deployment'
  | 'incident'
  | 'change'
  | 'commits'
  | 'build'
  | 'release'
  | 'event';

/** What became, or would become, of the records of a file. */
export interface ImportCounts {
  accepted: number;
  /** Known before, or twice in the file. */
  duplicate: number;
  /** Fine, and of no interest to delivery metrics. */
  ignored: number;
  /** Broken. */
  rejected: number;
}

/** Something wrong with a record of a file, and how to mend it. */
export interface ImportProblem {
  /** Counted from 1. */
  line: number;
  kind?: ImportedKind;
  column?: string;
  message: string;
  remedy: string;
}

/** Answer of `POST /api/dora/imports`. */
export interface ImportReport {
  dryRun: boolean;
  /** False when nothing was kept: a dry run, or a broken file that was not to be taken in part. */
  applied: boolean;
  /** What would happen without `dryRun`: false when problems refuse the whole file. */
  applicable: boolean;
  format: 'csv' | 'ndjson';
  /** Records, without the header. */
  records: number;
  counts: ImportCounts;
  kinds: ({ kind: ImportedKind } & ImportCounts)[];
  /** Services that accepted records are about, most records first; `entityRef` is absent where the catalog knows none. */
  services: { name: string; entityRef?: string; records: number }[];
  servicesTotal: number;
  environments: { name: string; records: number }[];
  /** Moments of the accepted records, ISO 8601 in UTC. */
  from?: string;
  to?: string;
  /** The first problems, by line. */
  problems: ImportProblem[];
  problemsTotal: number;
  /** Columns that mean nothing. */
  ignoredColumns: string[];
}

/** Answer of `GET /api/dora/imports/formats`. */
export interface ImportFormatsResponse {
  /** Largest file after decompression. */
  maxBytes: number;
  maxRecords: number;
  kinds: {
    kind: 'deployment' | 'incident' | 'change';
    /** Name under which `GET /api/dora/imports/examples/{name}` has an example. */
    example: string;
    columns: {
      name: string;
      required: boolean;
      description: string;
      example: string;
    }[];
  }[];
}
