import {
  BuildEvent,
  CommitsEvent,
  DeploymentEvent,
  DeploymentJobStatus,
  DeploymentLocator,
  DomainEvent,
  IncidentEvent,
  PullRequestEvent,
  RemediationEvent,
} from '@pavedroad/plugin-dora-common';
import {
  chainOfPush,
  EventIgnored,
  EventProblem,
  isCommitId,
  isObject,
  link,
  looseText,
  matchesAny,
  mergeMethodOf,
  objectAt,
  placedService,
  PlaceRule,
  prose,
  RawDeliveryEvent,
  requiredText,
  ruleFor,
  trailerOf,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';
import { GitlabReading } from './options';
import {
  apiCommit,
  commitRecord,
  Fields,
  idText,
  labelNames,
  mergeRequestLabels,
  momentOf,
  numberOf,
  Project,
  projectOf,
  pushedCommits,
  requiredMomentOf,
  shaOf,
} from './read';
import { kindOf } from './webhook';

/*
 * Types of what is asked for instead of sent: the objects of the API, together with
 * what belongs to them, under `project` as in webhooks.
 */

/** `{ project, commits }` */
export const COMMITS = 'api_commits';
/** `{ project, merge_request, commits, notes, merge_commit }` */
export const MERGE_REQUEST = 'api_merge_request';
/** `{ project, deployment }` */
export const DEPLOYMENT = 'api_deployment';
/** `{ project, pipeline, jobs }` */
export const JOBS = 'api_jobs';
/** `{ project, issue, events, former }`; `former`: it was an incident when it was read before. */
export const ISSUE = 'api_issue';
/** `{ project, issue, at }`: an issue that was an incident, and is not there any more. */
export const GONE = 'api_gone_issue';
/** `{ project, release }` */
export const RELEASE = 'api_release';
/** `{ project, since }`: from when on everything of a project is read. */
export const COVERED = 'api_covered';

interface Context {
  data: Fields;
  project: Project;
  reading: GitlabReading;
}

type Handler = (context: Context) => DomainEvent[];

const HANDLERS: Record<string, Handler> = {
  deployment,
  pipeline,
  build: job,
  push,
  merge_request: mergeRequest,
  issue,
  incident: issue,
  work_item: issue,
  release: sentRelease,
  [COMMITS]: listedCommits,
  [MERGE_REQUEST]: fetchedMergeRequest,
  [DEPLOYMENT]: fetchedDeployment,
  [JOBS]: fetchedJobs,
  [ISSUE]: fetchedIssue,
  [GONE]: goneIssue,
  [RELEASE]: fetchedRelease,
  [COVERED]: covered,
};

/**
 * What a webhook or an answer of GitLab means for delivery metrics.
 *
 * @throws EventProblem, EventIgnored
 */
export function readGitlabEvent(
  event: RawDeliveryEvent,
  reading: GitlabReading,
): DomainEvent[] {
  const kind = kindOf(event.type) ?? '';
  const handler = Object.hasOwn(HANDLERS, kind) ? HANDLERS[kind] : undefined;
  if (!handler) {
    throw new EventIgnored(`${kind} says nothing about delivery metrics`);
  }
  const { data } = event;
  if (!isObject(data)) {
    throw new EventProblem('The payload must be an object');
  }
  return handler({ data, project: projectOf(data), reading });
}

function covered({ data, project, reading }: Context): DomainEvent[] {
  if (!reading.incidentsComplete) {
    throw new EventIgnored('incidents are not all reported as issues');
  }
  return [
    {
      type: 'failure_data',
      service: { repository: project.slug },
      provides: 'incidents',
      since: requiredMomentOf('since', data.since),
    },
  ];
}

// Deployments

const STATUS: Record<string, DeploymentJobStatus> = {
  success: 'succeeded',
  failed: 'failed',
  canceled: 'canceled',
  running: 'running',
  created: 'pending',
  pending: 'pending',
  blocked: 'pending',
};

function statusOf(name: string, value: unknown): DeploymentJobStatus {
  const status = requiredText(name, value);
  if (!Object.hasOwn(STATUS, status)) {
    throw new EventIgnored('a status that is neither begun nor ended');
  }
  return STATUS[status];
}

function deployment(context: Context): DomainEvent[] {
  const { data } = context;
  const commit = link(data.commit_url)?.split(/[?#]/)[0].split('/').at(-1);
  return [
    deploymentEvent(context, {
      id: data.deployment_id,
      environment: data.environment,
      tier: data.environment_tier,
      status: data.status,
      at: requiredMomentOf('status_changed_at', data.status_changed_at),
      revision: isCommitId(commit)
        ? commit.toLowerCase()
        : looseText(data.short_sha),
      url: link(data.deployable_url),
    }),
  ];
}

function fetchedDeployment(context: Context): DomainEvent[] {
  const about = objectAt(context.data.deployment);
  const environment = objectAt(about.environment);
  const deployable = objectAt(about.deployable);
  const name = requiredText('deployment.status', about.status);
  const finished = ['success', 'failed', 'canceled'].includes(name)
    ? deployable.finished_at ?? about.updated_at
    : about.updated_at;
  return [
    deploymentEvent(context, {
      id: about.id,
      environment: environment.name,
      tier: environment.tier,
      status: name,
      at: requiredMomentOf('deployment.updated_at', finished),
      startedAt: momentOf(
        'deployment.deployable.started_at',
        deployable.started_at,
      ),
      revision: shaOf('deployment.sha', about.sha),
      url: link(deployable.web_url),
    }),
  ];
}

function deploymentEvent(
  { project, reading }: Context,
  about: {
    id: unknown;
    environment: unknown;
    tier: unknown;
    status: unknown;
    at: string;
    startedAt?: string;
    revision?: string;
    url?: string;
  },
): DeploymentEvent {
  const environment = requiredText('environment', about.environment);
  const rule = ruleFor(reading.deployments, {
    name: environment,
    repository: project.slug,
  });
  if (rule?.ignore) {
    throw new EventIgnored('a rule says that it is no deployment');
  }
  if (
    /^review\//i.test(environment) &&
    !reading.reviewEnvironments &&
    rule?.environment === undefined
  ) {
    throw new EventIgnored('a deployment of a review app');
  }
  return withoutUndefined({
    type: 'deployment',
    service: placedService(project.slug, rule),
    deploymentId: `${project.prefix}${idText('deployment_id', about.id)}`,
    status: statusOf('status', about.status),
    at: about.at,
    startedAt: about.startedAt,
    environment: rule?.environment ?? environment,
    // `other` is what GitLab says where it does not know.
    tier: rule?.tier ?? tierOf(about.tier),
    revision: about.revision,
    url: about.url,
  });
}

function tierOf(value: unknown): string | undefined {
  const tier = looseText(value)?.toLowerCase();
  return tier === 'other' ? undefined : tier;
}

/** A job as webhooks of jobs, webhooks of pipelines and the API tell it. */
interface Job {
  name?: string;
  stage?: string;
  status: unknown;
  startedAt?: string;
  finishedAt?: string;
  deploys: boolean;
  url?: string;
}

function jobOf(value: Fields): Job {
  return {
    name: looseText(value.name),
    stage: looseText(value.stage),
    status: value.status,
    startedAt: momentOf('job.started_at', value.started_at),
    finishedAt: momentOf('job.finished_at', value.finished_at),
    deploys: isObject(value.environment),
    url: link(value.web_url),
  };
}

interface Run {
  pipelineId: string;
  revision: string;
  /** Branch or tag. */
  branch?: string;
}

/** What the jobs of a pipeline say. */
function jobEvents(
  { project, reading }: Context,
  run: Run,
  jobs: readonly Job[],
): DomainEvent[] {
  const events: DomainEvent[] = [];
  const built: string[] = [];
  for (const each of jobs) {
    const rule = ruleFor(reading.deployJobs, {
      job: each.name,
      stage: each.stage,
      repository: project.slug,
      branch: run.branch,
    });
    if (rule && !rule.ignore && !each.deploys) {
      events.push(...deployJob(project, run, each, rule));
    } else if (
      !each.deploys &&
      each.status === 'success' &&
      each.finishedAt &&
      matchesAny(each.stage, reading.buildStages)
    ) {
      built.push(each.finishedAt);
    }
  }
  if (built.length > 0) {
    events.push({
      type: 'build',
      service: { repository: project.slug },
      artifact: artifactOf(project, run.revision),
      revision: run.revision,
      finishedAt: built.sort().at(-1)!,
    } satisfies BuildEvent);
  }
  return events;
}

function deployJob(
  project: Project,
  run: Run,
  each: Job,
  rule: PlaceRule,
): DeploymentEvent[] {
  const status =
    typeof each.status === 'string' && Object.hasOwn(STATUS, each.status)
      ? STATUS[each.status]
      : undefined;
  const at = each.finishedAt ?? each.startedAt;
  if (!status || status === 'pending' || !at || !each.name) {
    return [];
  }
  return [
    withoutUndefined({
      type: 'deployment',
      service: placedService(project.slug, rule),
      deploymentId: `${project.prefix}pipeline:${run.pipelineId}`,
      jobId: each.name,
      status,
      at,
      startedAt: each.startedAt,
      environment: rule.environment ?? 'production',
      tier: rule.tier,
      revision: run.revision,
      url: each.url,
    }),
  ];
}

function job(context: Context): DomainEvent[] {
  const { data } = context;
  return orIgnored(
    jobEvents(
      context,
      {
        pipelineId: idText('pipeline_id', data.pipeline_id),
        revision: shaOf('sha', data.sha),
        branch: looseText(data.ref),
      },
      [
        jobOf({
          name: data.build_name,
          stage: data.build_stage,
          status: data.build_status,
          started_at: data.build_started_at,
          finished_at: data.build_finished_at,
          environment: data.environment,
        }),
      ],
    ),
    'a job that neither builds nor deploys',
  );
}

function pipeline(context: Context): DomainEvent[] {
  const about = objectAt(context.data.object_attributes);
  if (about.source === 'merge_request_event') {
    throw new EventIgnored('a pipeline for a merge request that is not merged');
  }
  const { builds } = context.data;
  return orIgnored(
    jobEvents(
      context,
      {
        pipelineId: idText('object_attributes.id', about.id),
        revision: shaOf('object_attributes.sha', about.sha),
        branch: looseText(about.ref),
      },
      (Array.isArray(builds) ? builds : []).map(each => jobOf(objectAt(each))),
    ),
    'a pipeline in which nothing was built or deployed yet',
  );
}

function fetchedJobs(context: Context): DomainEvent[] {
  const about = objectAt(context.data.pipeline);
  const { jobs } = context.data;
  return orIgnored(
    jobEvents(
      context,
      {
        pipelineId: idText('pipeline.id', about.id),
        revision: shaOf('pipeline.sha', about.sha),
        branch: looseText(about.ref),
      },
      (Array.isArray(jobs) ? jobs : []).map(each => jobOf(objectAt(each))),
    ),
    'a pipeline in which nothing was built or deployed',
  );
}

function orIgnored(events: DomainEvent[], reason: string): DomainEvent[] {
  if (events.length === 0) {
    throw new EventIgnored(reason);
  }
  return events;
}

function artifactOf({ slug }: Project, version: string): string {
  const path = slug.split('/').map(encodeURIComponent).join('/');
  return `pkg:gitlab/${path}@${encodeURIComponent(version)}`;
}

function sentRelease(context: Context): DomainEvent[] {
  const { data } = context;
  if (data.action !== 'create') {
    throw new EventIgnored('a release counts when it is made');
  }
  return releaseDeployment(context, data);
}

function fetchedRelease(context: Context): DomainEvent[] {
  const about = objectAt(context.data.release);
  return releaseDeployment(context, {
    ...about,
    tag: about.tag_name,
    url: objectAt(about._links).self,
  });
}

function releaseDeployment(
  { project, reading }: Context,
  about: Fields,
): DomainEvent[] {
  const { releases } = reading;
  const tag = requiredText('tag', about.tag);
  if (
    !releases ||
    !matchesAny(tag, releases.tags) ||
    !matchesAny(project.slug, releases.repositories)
  ) {
    throw new EventIgnored('its releases are not deployments');
  }
  const commit = objectAt(about.commit);
  return [
    withoutUndefined({
      type: 'deployment',
      service: { repository: project.slug },
      // Releases have no number of their own in the API.
      deploymentId: `${project.prefix}release:${tag}`,
      status: 'succeeded',
      at: requiredMomentOf(
        'released_at',
        about.released_at ?? about.created_at,
      ),
      environment: releases.environment,
      revision: shaOf('commit.id', commit.id),
      url: link(about.url),
    } as DeploymentEvent),
  ];
}

// Commits and merge requests

function push({ data, project }: Context): DomainEvent[] {
  const ref = requiredText('ref', data.ref);
  if (ref !== `refs/heads/${project.defaultBranch}`) {
    throw new EventIgnored('a push to another branch than the default one');
  }
  if (/^0+$/.test(looseText(data.after) ?? '')) {
    throw new EventIgnored('the branch was deleted');
  }
  const commits = pushedCommits(data.commits);
  const total = data.total_commits_count;
  const chain = chainOfPush({
    before: looseText(data.before)?.toLowerCase() ?? '',
    after: shaOf('after', data.after),
    // GitLab does not say; a forced push of commits that are new looks the same, and
    // protected branches, as the default one is, refuse it.
    forced: false,
    complete: typeof total !== 'number' || total === commits.length,
    commits,
  });
  if (!chain) {
    throw new EventIgnored(
      commits.length === 0
        ? 'it brings no commits'
        : 'the parents of its commits are not told; they are asked for where there is a token',
    );
  }
  return [commitsEvent(project, chain)];
}

function listedCommits({ data, project }: Context): DomainEvent[] {
  if (!Array.isArray(data.commits)) {
    throw new EventProblem('commits must be a list');
  }
  if (data.commits.length === 0) {
    throw new EventIgnored('it brings no commits');
  }
  return [
    commitsEvent(
      project,
      data.commits.map((item, index) =>
        commitRecord(`commits[${index}]`, item),
      ),
    ),
  ];
}

function commitsEvent(
  { slug, defaultBranch }: Project,
  commits: CommitsEvent['commits'],
): CommitsEvent {
  return withoutUndefined({
    type: 'commits',
    repository: slug,
    defaultBranch,
    commits,
  });
}

const MERGE_REQUEST_ACTIONS = new Set([
  'open',
  'reopen',
  'update',
  'close',
  'merge',
  'approved',
  'approval',
]);

function mergeRequest(context: Context): DomainEvent[] {
  const { data } = context;
  const about = objectAt(data.object_attributes);
  const action = looseText(about.action) ?? '';
  if (
    !MERGE_REQUEST_ACTIONS.has(action) ||
    (action === 'update' && !changesWhatIsKept(data.changes))
  ) {
    throw new EventIgnored('it changes nothing that is measured');
  }
  const updatedAt = requiredMomentOf(
    'object_attributes.updated_at',
    about.updated_at,
  );
  const merged = action === 'merge' || about.state === 'merged';
  const approves = action === 'approved' || action === 'approval';
  if (merged && approves) {
    throw new EventIgnored('an approval after the merge');
  }
  const event = mergeRequestEvent(context, {
    ...about,
    labels: data.labels ?? about.labels,
    web_url: about.url,
    // The action of merging is the moment of it where GitLab names none.
    merged_at: merged ? about.merged_at ?? updatedAt : undefined,
    sha: objectAt(about.last_commit).id,
  });
  return [
    { ...event, ...(approves && { approvedAt: updatedAt }) },
    ...linkedFixes(context, event, about.description),
  ];
}

/** Whether an update is to anything that facts keep. */
function changesWhatIsKept(changes: unknown): boolean {
  return ['labels', 'title', 'target_branch', 'state_id'].some(name =>
    Object.hasOwn(objectAt(changes), name),
  );
}

function mergeRequestEvent(
  { project, reading }: Context,
  about: Fields,
): PullRequestEvent {
  const mergedAt = momentOf('merge_request.merged_at', about.merged_at);
  return withoutUndefined({
    type: 'pull_request',
    repository: project.slug,
    number: numberOf('merge_request.iid', about.iid),
    updatedAt: requiredMomentOf('merge_request.updated_at', about.updated_at),
    title: prose(about.title),
    url: link(about.web_url),
    openedAt: requiredMomentOf('merge_request.created_at', about.created_at),
    mergedAt,
    mergeCommit: mergedAt && mergeCommitOf(about),
    mergeMethod: mergedAt && squashOf(about) ? 'squash' : undefined,
    labels: mergeRequestLabels(about.labels, reading),
  });
}

function squashOf(about: Fields): string | undefined {
  const squash = looseText(about.squash_commit_sha)?.toLowerCase();
  return isCommitId(squash) ? squash : undefined;
}

/**
 * The commit that stands for the originals: the squashed one, also where a merge
 * commit was made of it; else the merge; else, moved forward, the last of them.
 */
function mergeCommitOf(about: Fields): string | undefined {
  return (
    squashOf(about) ??
    [about.merge_commit_sha, about.sha]
      .map(value => looseText(value)?.toLowerCase())
      .find(isCommitId)
  );
}

/**
 * A merged hotfix or revert that closes an issue is a fix of it. Without the label it
 * is any issue, not an incident.
 */
function linkedFixes(
  { project }: Context,
  { mergedAt, mergeCommit, labels = [] }: PullRequestEvent,
  description: unknown,
): RemediationEvent[] {
  if (
    !mergedAt ||
    !mergeCommit ||
    typeof description !== 'string' ||
    !(labels.includes('hotfix') || labels.includes('revert'))
  ) {
    return [];
  }
  const closed = [
    ...description
      .slice(0, 10_000)
      .matchAll(
        /\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)):? ((?:[\w.-]{1,100}(?:\/[\w.-]{1,100}){1,10})?#\d{1,15})\b/gi,
      ),
  ].map(([, text]) => incidentIdOf(text, project));
  return [...new Set(closed)].slice(0, 20).map(fixed => ({
    type: 'remediation',
    service: { repository: project.slug },
    deployment: { revision: mergeCommit },
    incidentId: fixed,
    recordedAt: mergedAt,
  }));
}

/** `#12` or `group/project#12`. */
function incidentIdOf(text: string, { slug, prefix }: Project): string {
  const [path, number] = text.split('#');
  return `${prefix}${(path || slug).toLowerCase()}#${number}`;
}

function fetchedMergeRequest(context: Context): DomainEvent[] {
  const { data } = context;
  const about = objectAt(data.merge_request);
  const event = mergeRequestEvent(context, about);
  const commits = Array.isArray(data.commits)
    ? data.commits.map((item, index) => apiCommit(`commits[${index}]`, item))
    : [];
  const made =
    data.merge_commit === undefined
      ? undefined
      : apiCommit('merge_commit', data.merge_commit);
  return [
    withoutUndefined({
      ...event,
      approvedAt: lastApproval(data.notes, event.mergedAt),
      mergeMethod: event.mergeMethod ?? (made && mergeMethodOf(made, commits)),
      commits:
        commits.length > 0
          ? commits.map(({ message: _, ...commit }) => commit)
          : undefined,
    }),
    ...linkedFixes(context, event, about.description),
  ];
}

/** Approvals are told with their moment by notes of the system only. */
function lastApproval(
  value: unknown,
  mergedAt: string | undefined,
): string | undefined {
  const moments = (Array.isArray(value) ? value : [])
    .map(objectAt)
    .filter(
      ({ system, body }) =>
        system === true &&
        looseText(body)?.startsWith('approved this merge request') === true,
    )
    .flatMap(({ created_at: at }) => momentOf('notes.created_at', at) ?? [])
    .filter(at => !mergedAt || Date.parse(at) <= Date.parse(mergedAt));
  return moments.sort().at(-1);
}

// Incidents

function issue(context: Context): DomainEvent[] {
  const { data, reading } = context;
  const about = {
    ...objectAt(data.object_attributes),
    labels: data.labels ?? objectAt(data.object_attributes).labels,
  };
  const { action, updated_at: updatedAt } = about as Fields;
  const isIncident = isIncidentIssue(about, reading);
  const wasIncident = labelNames(
    objectAt(objectAt(data.changes).labels).previous,
  ).some(name => matchesAny(name, reading.incidentLabels));
  if (!isIncident && !wasIncident) {
    throw new EventIgnored('an issue that is no incident');
  }
  const moment = (value: unknown) =>
    requiredMomentOf('object_attributes.updated_at', value ?? updatedAt);
  if (!isIncident || wasMoved(about)) {
    return [incidentEvent(context, about, 'dismissed', moment(updatedAt))];
  }
  const opened = openedIncident(context, about);
  const closedAt = (about as Fields).closed_at;
  switch (action) {
    case 'close':
      return [
        opened,
        incidentEvent(context, about, 'resolved', moment(closedAt)),
      ];
    case 'reopen':
      return [
        opened,
        incidentEvent(context, about, 'reopened', moment(updatedAt)),
      ];
    default:
      return [
        opened,
        // It may have been none for a while.
        ...(action === 'update' && updatedAt
          ? [incidentEvent(context, about, 'updated', moment(updatedAt))]
          : []),
        ...(closedAt
          ? [incidentEvent(context, about, 'resolved', moment(closedAt))]
          : []),
      ];
  }
}

/** It goes on as an issue of another project, which that project tells, from its first moment on. */
function wasMoved(about: Fields): boolean {
  return typeof about.moved_to_id === 'number';
}

function isIncidentIssue(about: Fields, reading: GitlabReading): boolean {
  const type = looseText(about.type ?? about.issue_type)?.toLowerCase();
  return (
    type === 'incident' ||
    labelNames(about.labels).some(name =>
      matchesAny(name, reading.incidentLabels),
    )
  );
}

function incidentId({ project }: Context, about: Fields): string {
  return `${project.prefix}${project.slug}#${idText('issue.iid', about.iid)}`;
}

function incidentService({ project }: Context, about: Fields) {
  const name = trailerOf(about.description, ['service', 'component']);
  return placedService(project.slug, undefined, {
    ...(name && /^[a-z]+:/i.test(name) ? { entityRef: name } : { name }),
    path: trailerOf(about.description, ['path']),
  });
}

/** It opened when it was written, whenever it was labelled. */
function openedIncident(context: Context, about: Fields): IncidentEvent {
  return incidentEvent(
    context,
    about,
    'opened',
    requiredMomentOf('issue.created_at', about.created_at),
  );
}

function incidentEvent(
  context: Context,
  about: Fields,
  action: IncidentEvent['action'],
  at: string,
): IncidentEvent {
  const hint = trailerOf(about.description, ['caused by', 'deployment']);
  const named = hint && locatorOf(hint, context.project);
  const labels = labelNames(about.labels);
  return withoutUndefined({
    type: 'incident',
    service: incidentService(context, about),
    incidentId: incidentId(context, about),
    acrossServices: true,
    action,
    at,
    title: prose(about.title),
    url: link(about.url) ?? link(about.web_url),
    environment: trailerOf(about.description, ['environment']),
    deployment: named && named.id ? named : undefined,
    revision: named ? named.revision : undefined,
    labels: labels.length > 0 ? labels : undefined,
  } as IncidentEvent);
}

/** A deployment that a text names: by number, or by commit. */
function locatorOf(text: string, { prefix }: Project): DeploymentLocator {
  if (/^[0-9a-f]{7,64}$/i.test(text) && !/^\d{1,15}$/.test(text)) {
    return { revision: text.toLowerCase() };
  }
  const number = /(?:^|#|\/)(\d{1,15})$/.exec(text);
  return { id: number ? `${prefix}${number[1]}` : text };
}

/** An issue with its changes of state, which tell every closing and reopening. */
function fetchedIssue(context: Context): DomainEvent[] {
  const { data, reading } = context;
  const about = objectAt(data.issue);
  if (!isIncidentIssue(about, reading)) {
    if (data.former === true) {
      // After everything that was said of it: a label that is deleted does not move the moment of the last change.
      const moments = (Array.isArray(data.events) ? data.events : []).flatMap(
        entry =>
          momentOf('events.created_at', objectAt(entry).created_at) ?? [],
      );
      moments.push(requiredMomentOf('issue.updated_at', about.updated_at));
      return [dismissal(context, about, moments.sort().at(-1)!)];
    }
    throw new EventIgnored('an issue that is no incident');
  }
  const updatedAt = momentOf('issue.updated_at', about.updated_at);
  if (wasMoved(about) && updatedAt) {
    return [incidentEvent(context, about, 'dismissed', updatedAt)];
  }
  const opened = openedIncident(context, about);
  const events: IncidentEvent[] = [
    opened,
    ...(updatedAt ? [incidentEvent(context, about, 'updated', updatedAt)] : []),
  ];
  const history = Array.isArray(data.events) ? data.events.map(objectAt) : [];
  for (const { state, created_at: at } of history) {
    if (state === 'closed' || state === 'reopened') {
      events.push(
        incidentEvent(
          context,
          about,
          state === 'closed' ? 'resolved' : 'reopened',
          requiredMomentOf('events.created_at', at),
        ),
      );
    }
  }
  const closedAt = momentOf('issue.closed_at', about.closed_at);
  if (closedAt && !events.some(({ action }) => action === 'resolved')) {
    events.push(incidentEvent(context, about, 'resolved', closedAt));
  }
  return events;
}

function goneIssue(context: Context): DomainEvent[] {
  const { at, issue: about } = context.data;
  return [dismissal(context, objectAt(about), requiredMomentOf('at', at))];
}

/** It is none any more, of whichever service it was: what it says of one now does not count. */
function dismissal(context: Context, about: Fields, at: string): IncidentEvent {
  return {
    type: 'incident',
    incidentId: incidentId(context, about),
    acrossServices: true,
    action: 'dismissed',
    at,
  };
}
