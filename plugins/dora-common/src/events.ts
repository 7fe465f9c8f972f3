/**
 * Domain events: what every source is normalised to.
 *
 * Facts are a pure function of the *set* of these events. Every event therefore carries an
 * identity that follows from what it says (see `domainEventId`), never from when it arrived:
 * the same event twice is the same event, and any order gives the same facts.
 *
 * All moments are ISO 8601 instants with an offset or `Z`.
 */

/** Where a domain event came from. Shown as evidence; never used to decide a number. */
export interface Provenance {
  /** The source module, e.g. `cdevents`, `git`, `github`, `manual`. */
  source: string;
  /** The delivery or event id under which the inbox holds the raw record. */
  deliveryId?: string;
  /** A page a person can open. */
  url?: string;
}

/**
 * What an event says about the service it belongs to. The backend maps it: by `entityRef`, else by `aliases`,
 * else by `name`, else by `repository` (plus `path`), else by configured rules over `name`.
 */
export interface ServiceHint {
  /** Full entity ref, e.g. `component:default/checkout`. */
  entityRef?: string;
  /** A service name or slug as the source calls it. */
  name?: string;
  /** Repository slug, e.g. `acme/checkout`, lower case. */
  repository?: string;
  /** Path inside a monorepo. */
  path?: string;
  /**
   * What other tools call it, as `<annotation>:<value>` of the catalog annotation that says so, the most
   * telling first, e.g. `pagerduty.com/service-id:PF9KMXH`.
   */
  aliases?: string[];
}

interface DomainEventCommon {
  service?: ServiceHint;
  /** True for events of the sample organisation; kept on every fact. */
  sample?: boolean;
  provenance?: Provenance;
}

/** Status of one job of a deployment. Only `succeeded`, `failed` and `canceled` end a job. */
export type DeploymentJobStatus =
  | 'pending'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'canceled'
  | 'inactive';

/** What a deployment says about why it was made. */
export type DeploymentLabel = 'hotfix' | 'revert' | 'planned';

/** Names a deployment from outside: any one field that matches is enough, `id` first. */
export interface DeploymentLocator {
  /** Id of the fact (`Deployment.id`) or the source's own deployment id. */
  id?: string;
  revision?: string;
  environment?: string;
}

/** One status of one job of a deployment. Jobs that share `deploymentId` are one attempt. */
export interface DeploymentEvent extends DomainEventCommon {
  type: 'deployment';
  /** Unique within the service and environment; sources prefix it where their ids could collide. */
  deploymentId: string;
  /** Absent where the source has one job per deployment. */
  jobId?: string;
  status: DeploymentJobStatus;
  /** When the status was reached; for a final status, the finish. */
  at: string;
  startedAt?: string;
  /** Environment name as the source says it. */
  environment: string;
  /**
   * Tier of the environment as the source says it. Configuration goes before it;
   * it goes before what the name suggests.
   */
  tier?: string;
  /** A commit id, or a tag that a release tag event resolves. */
  revision?: string;
  /** A purl; its version is a commit, a tag, or is resolved through a build event. */
  artifact?: string;
  /** An explicit rollback event. */
  rollback?: boolean;
  labels?: DeploymentLabel[];
  /** The deployment that this rollback or hotfix names as broken. */
  blames?: DeploymentLocator;
  /** Incidents this deployment was made to fix. */
  fixesIncidents?: string[];
  url?: string;
}

/** One commit, as git knows it. */
export interface CommitRecord {
  /** Full commit id. */
  id: string;
  /** Full ids of the parents, first parent first; empty for a root. */
  parents: string[];
  authoredAt?: string;
  /** Committer time: the moment the change was committed to version control. */
  committedAt: string;
  authorName?: string;
  authorEmail?: string;
  /** Paths the commit touches; absent when unknown, which counts as touching everything. */
  paths?: string[];
  subject?: string;
  /** Full ids of commits this one says it reverts. */
  reverts?: string[];
}

/** A piece of a repository's commit graph. */
export interface CommitsEvent extends DomainEventCommon {
  type: 'commits';
  repository: string;
  defaultBranch?: string;
  commits: CommitRecord[];
}

/** An original commit of a pull request, which a squash or rebase takes out of the history. */
export type PullRequestCommit = Pick<CommitRecord, 'id' | 'committedAt'> &
  Partial<CommitRecord>;

/** The state of a pull request at `updatedAt`. Later states win field by field. */
export interface PullRequestEvent extends DomainEventCommon {
  type: 'pull_request';
  repository: string;
  number: number;
  updatedAt: string;
  title?: string;
  url?: string;
  openedAt?: string;
  /** The last approval before the merge. */
  approvedAt?: string;
  mergedAt?: string;
  /** The commit on the target branch that the merge made. */
  mergeCommit?: string;
  /** Told apart from the graph when absent. */
  mergeMethod?: 'merge' | 'squash' | 'rebase';
  commits?: PullRequestCommit[];
  labels?: string[];
  /** Full ids of commits the pull request says it reverts. */
  reverts?: string[];
}

/** A finished build of an artifact. The first per artifact counts. */
export interface BuildEvent extends DomainEventCommon {
  type: 'build';
  artifact: string;
  revision?: string;
  /** The pull request it was made of, where its commit is not named: then that of the merge. */
  pullRequest?: { repository: string; number: number };
  finishedAt: string;
  url?: string;
}

/**
 * Opening, resolving or reopening of an incident. `dismissed`: it turned out to be none; whatever is said of it later
 * takes that back.
 */
export interface IncidentEvent extends DomainEventCommon {
  type: 'incident';
  incidentId: string;
  /** What its tool calls it, where `incidentId` says more than that. References may use either. */
  localId?: string;
  /**
   * The id names one incident, whatever service it is said to concern: it belongs to the one that was named last, and
   * an event without service says nothing about that. Otherwise the id holds within its service only.
   */
  acrossServices?: true;
  /** Said of another service than the one whose facts are derived. Set by whoever gathers events, never by a source. */
  elsewhere?: true;
  action: 'opened' | 'resolved' | 'reopened' | 'updated' | 'dismissed';
  at: string;
  title?: string;
  url?: string;
  environment?: string;
  /** A deployment the incident names. */
  deployment?: DeploymentLocator;
  /** A commit the incident names. */
  revision?: string;
  /** A purl the incident names. */
  artifact?: string;
  labels?: string[];
}

/** Links a deployment to an incident, or to another deployment, as its fix. */
export interface RemediationEvent extends DomainEventCommon {
  type: 'remediation';
  deployment: DeploymentLocator;
  incidentId?: string;
  blames?: DeploymentLocator;
  recordedAt: string;
}

/** A cause of a failure: an incident, a rollback, a fix, or a person's report without any of them. */
export type FailureCauseKind = 'incident' | 'rollback' | 'fix' | 'report';

/** A person or a program names the deployment to blame for a cause. */
export interface AttributionEvent extends DomainEventCommon {
  type: 'attribution';
  attributionId: string;
  /** Absent: the report itself is the cause. `id` is an incident id or a deployment fact id. */
  cause?: { kind: 'incident' | 'rollback' | 'fix'; id: string };
  /** `none`: a valid explicit attribution to nothing. */
  blame: DeploymentLocator | 'none';
  author: { kind: 'person' | 'event'; name: string };
  recordedAt: string;
  reason?: string;
}

/** Takes back any attribution by its id, explicit or derived. */
export interface AttributionWithdrawnEvent extends DomainEventCommon {
  type: 'attribution_withdrawn';
  attributionId: string;
  author: { kind: 'person' | 'event'; name: string };
  recordedAt: string;
  reason?: string;
}

/** Says that failures of the service are reported from `since` on. */
export interface FailureDataEvent extends DomainEventCommon {
  type: 'failure_data';
  provides: 'incidents' | 'rollbacks' | 'hotfixes';
  since: string;
}

/** A release tag that stands for a production deployment at `releasedAt` (backfill). */
export interface ReleaseTagEvent extends DomainEventCommon {
  type: 'release_tag';
  repository?: string;
  tag: string;
  revision: string;
  releasedAt: string;
  url?: string;
}

/** Everything a source can say. */
export type DomainEvent =
  | DeploymentEvent
  | CommitsEvent
  | PullRequestEvent
  | BuildEvent
  | IncidentEvent
  | RemediationEvent
  | AttributionEvent
  | AttributionWithdrawnEvent
  | FailureDataEvent
  | ReleaseTagEvent;
