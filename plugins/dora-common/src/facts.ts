import {
  DeploymentLabel,
  DomainEvent,
  CommitRecord,
  FailureCauseKind,
} from './events';

/** How the environments of a service map to tiers, and what else shapes its facts. */
export interface ServiceFactsConfig {
  /**
   * Environment name → tier. Names match case-insensitively. What is not listed is `production`
   * when it looks like it (`production`, `prod`, `live`, `prod-eu`, `eu-production` …), else its own name.
   */
  environmentTiers?: Record<string, string>;
  /** Environment that a release tag is deployed to. Default `production`. */
  releaseEnvironment?: string;
  /** Patterns (`*` is a wildcard, case-insensitive) over author name and e-mail. Default: names ending in `[bot]`. */
  bots?: string[];
  /** Directory of the service in a monorepo, e.g. `services/checkout`. */
  sourcePath?: string;
  /** Directories that count for every service of the monorepo. */
  sharedPaths?: string[];
  /** How long after a deployment an incident may blame it by time alone. Default 24 hours. */
  timeProximityHours?: number;
  /** How long after a deployment a revert or hotfix may blame it. Default 168 hours. */
  revertWindowHours?: number;
}

export interface ServiceFactsInput {
  serviceRef: string;
  /** All domain events of the service; order and repetition do not matter. */
  events: readonly DomainEvent[];
  /** Commits of the repository, besides those in `commits` events; may be shared between services. */
  commits?: Iterable<CommitRecord>;
  config?: ServiceFactsConfig;
}

export type DeploymentKind = 'change' | 'redeploy' | 'rollback';

/** Why no changes were attributed to a deployment, though it is one. */
export type HistoryGap =
  | 'unknown_revision'
  | 'unknown_history'
  | 'no_shared_ancestor';

/** One attempt in one environment. */
export interface DeploymentAttempt {
  /** Deterministic, URL-safe. */
  id: string;
  serviceRef: string;
  environment: string;
  tier: string;
  /** The source's own id. */
  deploymentId: string;
  status: 'succeeded' | 'failed' | 'unfinished';
  /** ISO instant in UTC; absent while unfinished. */
  finishedAt?: string;
  startedAt?: string;
  revision?: string;
  artifact?: string;
  origin: 'event' | 'release_tag';
  labels: DeploymentLabel[];
  url?: string;
  source?: string;
  sample: boolean;
}

/**
 * What every metric counts. In a tier with one environment it is the deployment there and carries
 * both `tier` and `environment`. In a tier with several, the rollout carries only `tier`, and each
 * member is a row of its own that carries only `environment`: filter rows by `tier = x` or by
 * `environment = x` and each deployment is counted once either way.
 */
export interface DeploymentFact {
  id: string;
  serviceRef: string;
  /** Set when the row counts for its tier. */
  tier?: string;
  /** Set when the row counts for its environment. */
  environment?: string;
  /** Attempt ids, by finish; the first one's id is the rollout's id with prefix `r`. */
  members: string[];
  environments: string[];
  kind: DeploymentKind;
  /** Epoch milliseconds of the first finish. */
  finishedAt: number;
  /** Epoch milliseconds by which every environment of the rollout had it. */
  finishedEverywhereAt: number;
  revision?: string;
  /** Position in the order of the service and tier or environment. */
  sequence: number;
  first: boolean;
  historyGap?: HistoryGap;
  /** Changes delivered, bots and excluded ones included. */
  changes: number;
  origin: 'event' | 'release_tag';
  /** The failure data of the service covers it. */
  failureData: boolean;
  /** At least one live attribution blames it. */
  failed: boolean;
  /** Rollback, hotfix, revert or linked fix that was not planned. */
  rework: boolean;
  reworkReason?: 'rollback' | 'hotfix' | 'revert' | 'incident_fix';
  /** Epoch milliseconds of restored service; only when failed. */
  recoveredAt?: number;
  /** Seconds, never below 0; only when failed and recovered. */
  recoverySeconds?: number;
  /** The source says that service was restored before the deployment finished. */
  recoveryClamped?: boolean;
  labels: DeploymentLabel[];
  url?: string;
  source?: string;
  sample: boolean;
}

export const STAGE_NAMES = [
  'commit_to_review',
  'review_to_approval',
  'approval_to_merge',
  'merge_to_build',
  'build_to_deploy',
] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** Reasons for which something is left out of a metric, and said so. */
export type ExclusionReason =
  | 'first_deployment'
  | 'negative_total_time'
  | 'bot'
  | 'unknown_history'
  | 'unattributed_incident'
  | 'no_failure_data'
  | 'release_backfill';

/** One change, delivered once per tier (or environment). */
export interface ChangeFact {
  /** Row of `DeploymentFact` that delivered it. */
  deploymentId: string;
  /** Commit id. */
  commit: string;
  /** Epoch milliseconds. */
  committedAt: number;
  /** Seconds from commit to the deployment's finish; negative only when excluded for it. */
  leadSeconds: number;
  /** Seconds per stage in the order of `STAGE_NAMES`, summing to `leadSeconds`; undefined = folded into the next. */
  stages: (number | undefined)[];
  /** A moment was moved because the source had it out of order. */
  clamped: boolean;
  pullRequest?: number;
  authorName?: string;
  subject?: string;
  bot: boolean;
  /** Left out of lead time, and why. */
  excluded?: 'first_deployment' | 'negative_total_time' | 'bot';
}

export const ATTRIBUTION_METHODS = [
  'explicit',
  'rollback',
  'revert_or_hotfix',
  'revision',
  'time_proximity',
] as const;
export type AttributionMethod = (typeof ATTRIBUTION_METHODS)[number];

/** One candidate answer to "which deployment caused this". At most one per cause is live. */
export interface FailureAttribution {
  /** Deterministic for derived ones; the event's `attributionId` for explicit ones by a person or program. */
  id: string;
  cause: { kind: FailureCauseKind; id: string };
  /** Attempt id of the blamed deployment; undefined = explicitly none to blame. */
  blamed?: string;
  method: AttributionMethod;
  /** 0–1. */
  confidence: number;
  /** One sentence. */
  evidence: string;
  author: { kind: 'person' | 'event'; name: string };
  /** ISO instant in UTC. */
  recordedAt: string;
  state: 'live' | 'superseded' | 'withdrawn';
  withdrawn?: { by: string; at: string; reason?: string };
  /** Taken over from this rollback or fix because the incident was open when it finished. */
  sharedFrom?: string;
}

export interface IncidentFact {
  id: string;
  /** What its tool calls it, where `id` says more than that. */
  localId?: string;
  serviceRef: string;
  /** Epoch milliseconds. */
  openedAt: number;
  /** Epoch milliseconds of the last resolution; undefined while open. */
  resolvedAt?: number;
  /** Whether it was ever reopened. */
  reopened: boolean;
  environment?: string;
  tier: string;
  title?: string;
  url?: string;
  /** The source that told about it, e.g. `pagerduty`. */
  source?: string;
  /** Attempt id that the live attribution blames. */
  blamed?: string;
  /** A person or event said that no deployment is to blame. */
  noneToBlame: boolean;
  sample: boolean;
}

/** Everything known about the delivery of one service. */
export interface ServiceFacts {
  definitionVersion: 1;
  serviceRef: string;
  environments: { name: string; tier: string }[];
  attempts: DeploymentAttempt[];
  deployments: DeploymentFact[];
  changes: ChangeFact[];
  incidents: IncidentFact[];
  attributions: FailureAttribution[];
  /** Epoch milliseconds from which failure data covers the service; undefined: never. */
  failureDataSince?: number;
  /** Epoch milliseconds of the first succeeded deployment. */
  connectedSince?: number;
  quality: ServiceQuality;
  sample: boolean;
}

/** Counts behind the data-quality notes. */
export interface ServiceQuality {
  hasDeployments: boolean;
  hasFailureData: boolean;
  hasCommits: boolean;
  hasPullRequests: boolean;
  hasBuilds: boolean;
  onlyReleaseTags: boolean;
  unknownHistory: number;
  clampedChanges: number;
  unattributedIncidents: number;
}
