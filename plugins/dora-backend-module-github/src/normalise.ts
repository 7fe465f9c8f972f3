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
  optionalMoment,
  placedService,
  prose,
  RawDeliveryEvent,
  requiredMoment,
  requiredText,
  ruleFor,
  trailerOf,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';
import { GithubReading } from './options';
import {
  actionOf,
  apiCommit,
  commitRecord,
  deploymentSaid,
  Fields,
  idText,
  labelNames,
  numberOf,
  pullRequestLabels,
  pushedCommits,
  Repository,
  repositoryOf,
  shaOf,
} from './read';
import { eventOf } from './webhook';

/*
 * Types of what is asked for instead of sent: the objects of the API under the
 * same names as in webhooks, together with what belongs to them.
 */

/** `{ repository, commits }`: commits as the API lists them. */
export const COMMITS = 'api_commits';
/** `{ repository, pull_request, commits, reviews, merge_commit }` */
export const PULL = 'api_pull_request';
/** `{ repository, issue, events, former }`; `former`: it was an incident when it was read before. */
export const ISSUE = 'api_issue';
/** `{ repository, issue, at }`: an issue that was an incident, and is not of the repository any more. */
export const GONE = 'api_gone_issue';
/** `{ repository, release, revision }` */
export const RELEASE = 'api_release';
/** `{ repository, since }`: from when on everything of a repository is read. */
export const COVERED = 'api_covered';

interface Context {
  data: Fields;
  repository: Repository;
  action: string;
  reading: GithubReading;
}

type Handler = (context: Context) => DomainEvent[];

const HANDLERS: Record<string, Handler> = {
  deployment,
  deployment_status: deploymentStatus,
  push,
  pull_request: pullRequest,
  pull_request_review: review,
  workflow_run: workflowRun,
  release: publishedRelease,
  issues: issue,
  ping,
  [COMMITS]: listedCommits,
  [PULL]: fetchedPull,
  [ISSUE]: fetchedIssue,
  [GONE]: goneIssue,
  [RELEASE]: fetchedRelease,
  [COVERED]: covered,
};

/**
 * What a webhook or an answer of GitHub means for delivery metrics.
 *
 * @throws EventProblem, EventIgnored
 */
export function readGithubEvent(
  event: RawDeliveryEvent,
  reading: GithubReading,
): DomainEvent[] {
  const name = eventOf(event.type) ?? '';
  const handler = Object.hasOwn(HANDLERS, name) ? HANDLERS[name] : undefined;
  if (!handler) {
    throw new EventIgnored(`${name} says nothing about delivery metrics`);
  }
  const { data } = event;
  if (!isObject(data)) {
    throw new EventProblem('The payload must be an object');
  }
  return handler({
    data,
    repository: repositoryOf(data),
    action: actionOf(data),
    reading,
  });
}

function ping({ data, repository, reading }: Context): DomainEvent[] {
  const hook = objectAt(data.hook);
  const events = Array.isArray(hook.events) ? hook.events : [];
  if (
    !reading.incidentsComplete ||
    !(events.includes('issues') || events.includes('*'))
  ) {
    throw new EventIgnored('a greeting of the webhook');
  }
  return [
    {
      type: 'failure_data',
      service: { repository: repository.slug },
      provides: 'incidents',
      since: requiredMoment('hook.created_at', hook.created_at),
    },
  ];
}

function covered({ data, repository, reading }: Context): DomainEvent[] {
  if (!reading.incidentsComplete) {
    throw new EventIgnored('incidents are not all reported as issues');
  }
  return [
    {
      type: 'failure_data',
      service: { repository: repository.slug },
      provides: 'incidents',
      since: requiredMoment('since', data.since),
    },
  ];
}

// Deployments

const STATUS_OF_STATE: Record<string, DeploymentJobStatus> = {
  success: 'succeeded',
  failure: 'failed',
  error: 'failed',
  inactive: 'inactive',
  in_progress: 'running',
  queued: 'pending',
  pending: 'pending',
  waiting: 'pending',
};

function deployment(context: Context): DomainEvent[] {
  const about = objectAt(context.data.deployment);
  return [
    deploymentEvent(context, about, about.environment, {
      status: 'pending',
      at: requiredMoment('deployment.created_at', about.created_at),
      url: undefined,
    }),
  ];
}

function deploymentStatus(context: Context): DomainEvent[] {
  const about = objectAt(context.data.deployment);
  const status = objectAt(context.data.deployment_status);
  const state = requiredText('deployment_status.state', status.state);
  if (!Object.hasOwn(STATUS_OF_STATE, state)) {
    throw new EventProblem('deployment_status.state is no state');
  }
  return [
    deploymentEvent(
      context,
      about,
      looseText(status.environment) ?? about.environment,
      {
        status: STATUS_OF_STATE[state],
        at: requiredMoment('deployment_status.created_at', status.created_at),
        url: link(status.log_url) ?? link(status.target_url),
      },
    ),
  ];
}

function deploymentEvent(
  { repository, reading }: Context,
  about: Fields,
  environmentSaid: unknown,
  reached: { status: DeploymentJobStatus; at: string; url?: string },
): DeploymentEvent {
  const environment = requiredText('deployment.environment', environmentSaid);
  const task = looseText(about.task) ?? 'deploy';
  const production = about.production_environment === true;
  const rule = ruleFor(reading.deployments, {
    name: environment,
    repository: repository.slug,
    task,
  });
  if (rule?.ignore) {
    throw new EventIgnored('a rule says that it is no deployment');
  }
  if (
    about.transient_environment === true &&
    !production &&
    !reading.transientEnvironments &&
    rule?.environment === undefined
  ) {
    throw new EventIgnored('a deployment to a transient environment');
  }
  const said = deploymentSaid(about.payload);
  return withoutUndefined({
    type: 'deployment',
    service: placedService(repository.slug, rule, said),
    deploymentId: `${repository.prefix}${idText('deployment.id', about.id)}`,
    status: reached.status,
    at: reached.at,
    startedAt: optionalMoment('deployment.created_at', about.created_at),
    environment: rule?.environment ?? environment,
    // False is what GitHub says of every environment not called production.
    tier: rule?.tier ?? (production ? 'production' : undefined),
    revision: shaOf('deployment.sha', about.sha),
    rollback: said.rollback ?? (/^rollback\b/i.test(task) ? true : undefined),
    labels: said.labels,
    blames: said.blames ? locatorOf(said.blames, repository) : undefined,
    fixesIncidents: said.fixesIncidents?.map(text =>
      incidentIdOf(text, repository),
    ),
    url: reached.url,
  });
}

/** A deployment that a text names: by number, by address, or by commit. */
function locatorOf(text: string, { prefix }: Repository): DeploymentLocator {
  if (/^[0-9a-f]{7,64}$/i.test(text) && !/^\d{1,15}$/.test(text)) {
    return { revision: text.toLowerCase() };
  }
  const number = /(?:^|#|\/)(\d{1,15})$/.exec(text);
  return { id: number ? `${prefix}${number[1]}` : text };
}

/** `#12`, `owner/name#12` or any other id of an incident. */
function incidentIdOf(text: string, { slug, prefix }: Repository): string {
  const match = /^([\w.-]+\/[\w.-]+)?#(\d{1,15})$/.exec(text);
  return match
    ? `${prefix}${(match[1] ?? slug).toLowerCase()}#${match[2]}`
    : text;
}

const STATUS_OF_CONCLUSION: Record<string, DeploymentJobStatus> = {
  success: 'succeeded',
  failure: 'failed',
  timed_out: 'failed',
  startup_failure: 'failed',
  cancelled: 'canceled',
};

function workflowRun(context: Context): DomainEvent[] {
  const { data, repository, reading, action } = context;
  const run = objectAt(data.workflow_run);
  const trigger = looseText(run.event) ?? '';
  if (trigger.startsWith('pull_request')) {
    throw new EventIgnored('a run for a pull request that is not merged');
  }
  const workflow =
    looseText(run.name) ?? looseText(objectAt(data.workflow).name);
  const branch = looseText(run.head_branch);
  const rule = ruleFor(reading.deployWorkflows, {
    workflow,
    file: looseText(run.path)?.replace(/@.*$/, ''),
    repository: repository.slug,
    branch,
  });
  if (rule && !rule.ignore) {
    return [deployRun(context, run, rule)];
  }
  if (action !== 'completed' && action !== '') {
    throw new EventIgnored('a run that is not finished');
  }
  if (run.conclusion !== 'success') {
    throw new EventIgnored('a run that did not succeed');
  }
  if (!matchesAny(workflow, reading.buildWorkflows)) {
    throw new EventIgnored('a run that is no build');
  }
  const revision = shaOf('workflow_run.head_sha', run.head_sha);
  const build: BuildEvent = withoutUndefined({
    type: 'build',
    service: { repository: repository.slug },
    artifact: artifactOf(repository, revision),
    revision,
    finishedAt: requiredMoment('workflow_run.updated_at', run.updated_at),
    url: link(run.html_url),
  });
  return [build];
}

function deployRun(
  { repository, action }: Context,
  run: Fields,
  rule: NonNullable<ReturnType<typeof ruleFor>>,
): DeploymentEvent {
  const finished = action === 'completed' || run.status === 'completed';
  const conclusion = looseText(run.conclusion) ?? '';
  if (finished && !Object.hasOwn(STATUS_OF_CONCLUSION, conclusion)) {
    throw new EventIgnored('a run that did nothing');
  }
  return withoutUndefined({
    type: 'deployment',
    service: placedService(repository.slug, rule),
    deploymentId: `${repository.prefix}run:${idText(
      'workflow_run.id',
      run.id,
    )}`,
    status: finished ? STATUS_OF_CONCLUSION[conclusion] : 'running',
    at: requiredMoment('workflow_run.updated_at', run.updated_at),
    startedAt: optionalMoment(
      'workflow_run.run_started_at',
      run.run_started_at,
    ),
    environment: rule.environment ?? 'production',
    tier: rule.tier,
    revision: shaOf('workflow_run.head_sha', run.head_sha),
    url: link(run.html_url),
  });
}

function artifactOf({ slug }: Repository, version: string): string {
  const [owner, name] = slug.split('/');
  return `pkg:github/${encodeURIComponent(owner)}/${encodeURIComponent(
    name,
  )}@${encodeURIComponent(version)}`;
}

function publishedRelease(context: Context): DomainEvent[] {
  if (context.action !== 'published') {
    throw new EventIgnored('a release counts when it is published');
  }
  return releaseDeployment(context, undefined);
}

function fetchedRelease(context: Context): DomainEvent[] {
  const { revision } = context.data;
  return releaseDeployment(
    context,
    revision === undefined ? undefined : shaOf('revision', revision),
  );
}

function releaseDeployment(
  { data, repository, reading }: Context,
  revision: string | undefined,
): DomainEvent[] {
  const { releases } = reading;
  const about = objectAt(data.release);
  const tag = requiredText('release.tag_name', about.tag_name);
  if (
    !releases ||
    !matchesAny(tag, releases.tags) ||
    !matchesAny(repository.slug, releases.repositories)
  ) {
    throw new EventIgnored('its releases are not deployments');
  }
  if (about.draft === true) {
    throw new EventIgnored('a draft of a release');
  }
  if (about.prerelease === true && !releases.prereleases) {
    throw new EventIgnored('a pre-release');
  }
  const target = looseText(about.target_commitish)?.toLowerCase();
  return [
    withoutUndefined({
      type: 'deployment',
      service: { repository: repository.slug },
      deploymentId: `${repository.prefix}release:${idText(
        'release.id',
        about.id,
      )}`,
      status: 'succeeded',
      at: requiredMoment('release.published_at', about.published_at),
      environment: releases.environment,
      revision: revision ?? (isCommitId(target) ? target : undefined),
      artifact: artifactOf(repository, tag),
      url: link(about.html_url),
    } as DeploymentEvent),
  ];
}

// Commits and pull requests

function push({ data, repository }: Context): DomainEvent[] {
  const ref = requiredText('ref', data.ref);
  if (ref !== `refs/heads/${repository.defaultBranch}`) {
    throw new EventIgnored('a push to another branch than the default one');
  }
  if (data.deleted === true) {
    throw new EventIgnored('the branch was deleted');
  }
  const commits = pushedCommits(data.commits);
  const after = shaOf('after', data.after);
  const chain = chainOfPush({
    before: looseText(data.before)?.toLowerCase() ?? '',
    after,
    forced: data.forced === true || data.created === true,
    complete: commits.length < 2_048,
    commits,
  });
  if (!chain) {
    throw new EventIgnored(
      commits.length === 0
        ? 'it brings no commits'
        : 'the parents of its commits are not told; they are asked for where there are credentials',
    );
  }
  return [commitsEvent(repository, chain)];
}

function listedCommits({ data, repository }: Context): DomainEvent[] {
  if (!Array.isArray(data.commits)) {
    throw new EventProblem('commits must be a list');
  }
  if (data.commits.length === 0) {
    throw new EventIgnored('it brings no commits');
  }
  return [
    commitsEvent(
      repository,
      data.commits.map((item, index) =>
        commitRecord(`commits[${index}]`, item),
      ),
    ),
  ];
}

function commitsEvent(
  { slug, defaultBranch }: Repository,
  commits: CommitsEvent['commits'],
): CommitsEvent {
  return withoutUndefined({
    type: 'commits',
    repository: slug,
    defaultBranch,
    commits,
  });
}

const PULL_REQUEST_ACTIONS = new Set([
  'opened',
  'reopened',
  'closed',
  'edited',
  'labeled',
  'unlabeled',
  'ready_for_review',
]);

function pullRequest(context: Context): DomainEvent[] {
  if (!PULL_REQUEST_ACTIONS.has(context.action)) {
    throw new EventIgnored('it changes nothing that is measured');
  }
  return [
    pullRequestEvent(context),
    ...linkedFixes(context, objectAt(context.data.pull_request)),
  ];
}

function pullRequestEvent({
  data,
  repository,
  reading,
}: Context): PullRequestEvent {
  const pull = objectAt(data.pull_request);
  const mergedAt = optionalMoment('pull_request.merged_at', pull.merged_at);
  return withoutUndefined({
    type: 'pull_request',
    repository: repository.slug,
    number: numberOf('pull_request.number', pull.number),
    updatedAt: requiredMoment('pull_request.updated_at', pull.updated_at),
    title: prose(pull.title),
    url: link(pull.html_url),
    openedAt: requiredMoment('pull_request.created_at', pull.created_at),
    mergedAt,
    // Before the merge it is the commit of a trial.
    mergeCommit:
      mergedAt && pull.merge_commit_sha
        ? shaOf('pull_request.merge_commit_sha', pull.merge_commit_sha)
        : undefined,
    labels: pullRequestLabels(pull.labels, reading),
  });
}

/**
 * A merged hotfix or revert that closes an issue is a fix of it, wherever exactly its
 * merge is deployed. Without the label it is any issue, not an incident.
 */
function linkedFixes(
  { repository, reading }: Context,
  pull: Fields,
): RemediationEvent[] {
  const mergedAt = optionalMoment('pull_request.merged_at', pull.merged_at);
  const labels = pullRequestLabels(pull.labels, reading);
  const body = typeof pull.body === 'string' ? pull.body.slice(0, 10_000) : '';
  if (
    !mergedAt ||
    !pull.merge_commit_sha ||
    !(labels.includes('hotfix') || labels.includes('revert'))
  ) {
    return [];
  }
  const revision = shaOf(
    'pull_request.merge_commit_sha',
    pull.merge_commit_sha,
  );
  const closed = [
    ...body.matchAll(
      /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? ((?:[\w.-]{1,100}\/[\w.-]{1,100})?#\d{1,15})\b/gi,
    ),
  ].map(([, text]) => incidentIdOf(text, repository));
  return [...new Set(closed)].slice(0, 20).map(fixed => ({
    type: 'remediation',
    service: { repository: repository.slug },
    deployment: { revision },
    incidentId: fixed,
    recordedAt: mergedAt,
  }));
}

function review({ data, repository, action }: Context): DomainEvent[] {
  const about = objectAt(data.review);
  const pull = objectAt(data.pull_request);
  if (
    action !== 'submitted' ||
    looseText(about.state)?.toLowerCase() !== 'approved'
  ) {
    throw new EventIgnored('a review that does not approve');
  }
  const approvedAt = requiredMoment('review.submitted_at', about.submitted_at);
  const mergedAt = optionalMoment('pull_request.merged_at', pull.merged_at);
  if (mergedAt && Date.parse(mergedAt) < Date.parse(approvedAt)) {
    throw new EventIgnored('an approval after the merge');
  }
  return [
    withoutUndefined({
      type: 'pull_request',
      repository: repository.slug,
      number: numberOf('pull_request.number', pull.number),
      updatedAt: approvedAt,
      url: link(pull.html_url),
      openedAt: optionalMoment('pull_request.created_at', pull.created_at),
      approvedAt,
    } as PullRequestEvent),
  ];
}

function fetchedPull(context: Context): DomainEvent[] {
  const { data } = context;
  const event = pullRequestEvent(context);
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
      approvedAt: lastApproval(data.reviews, event.mergedAt),
      mergeMethod: made && mergeMethodOf(made, commits),
      commits:
        commits.length > 0
          ? commits.map(({ message: _, ...commit }) => commit)
          : undefined,
    }),
    ...linkedFixes(context, objectAt(data.pull_request)),
  ];
}

function lastApproval(
  value: unknown,
  mergedAt: string | undefined,
): string | undefined {
  const moments = (Array.isArray(value) ? value : [])
    .map(objectAt)
    .filter(({ state }) => looseText(state)?.toLowerCase() === 'approved')
    .flatMap(
      ({ submitted_at: at }) =>
        optionalMoment('reviews.submitted_at', at) ?? [],
    )
    .filter(at => !mergedAt || Date.parse(at) <= Date.parse(mergedAt));
  return moments.sort().at(-1);
}

// Incidents

function issue(context: Context): DomainEvent[] {
  const { action, data, reading } = context;
  const about = objectAt(data.issue);
  const moment = (field: 'updated_at' | 'closed_at') =>
    requiredMoment(`issue.${field}`, about[field] ?? about.updated_at);
  const changed = looseText(objectAt(data.label).name);
  const isIncident = isIncidentIssue(about, reading);
  if (
    !isIncident &&
    !(action === 'unlabeled' && matchesAny(changed, reading.incidentLabels))
  ) {
    throw new EventIgnored('an issue without the label of incidents');
  }
  switch (action) {
    case 'opened':
      return openedIssue(context, about);
    case 'labeled':
      return [
        openedIncident(context, about),
        // Without the label it was none for a while.
        incidentEvent(context, about, 'updated', moment('updated_at')),
        ...(about.closed_at
          ? [incidentEvent(context, about, 'resolved', moment('closed_at'))]
          : []),
      ];
    case 'closed':
      return [
        openedIncident(context, about),
        incidentEvent(context, about, 'resolved', moment('closed_at')),
      ];
    case 'reopened':
      return [
        openedIncident(context, about),
        incidentEvent(context, about, 'reopened', moment('updated_at')),
      ];
    case 'edited':
      return [incidentEvent(context, about, 'updated', moment('updated_at'))];
    case 'unlabeled':
    case 'deleted':
    case 'transferred':
      if (isIncident && action === 'unlabeled') {
        throw new EventIgnored('it is an incident by another label still');
      }
      return [incidentEvent(context, about, 'dismissed', moment('updated_at'))];
    default:
      throw new EventIgnored('it changes nothing that is measured');
  }
}

/** An issue that is transferred opens again in its new repository, and is none of the former any more. */
function openedIssue(context: Context, about: Fields): DomainEvent[] {
  const { old_issue: former, old_repository: from } = objectAt(
    context.data.changes,
  );
  const slug = looseText(objectAt(from).full_name)?.toLowerCase();
  const old = objectAt(former);
  if (slug === undefined || old.number === undefined) {
    return [openedIncident(context, about)];
  }
  const repository = { ...context.repository, slug };
  const [created] = [
    requiredMoment('issue.created_at', about.created_at),
    optionalMoment('changes.old_issue.created_at', old.created_at) ?? [],
  ]
    .flat()
    .sort();
  const left = optionalMoment(
    'changes.old_issue.updated_at',
    old.updated_at ?? about.created_at,
  );
  return [
    incidentEvent(context, about, 'opened', created),
    incidentEvent({ ...context, repository }, old, 'dismissed', left!),
  ];
}

function isIncidentIssue(about: Fields, reading: GithubReading): boolean {
  // Pull requests are issues to the API.
  return (
    about.pull_request === undefined &&
    labelNames(about.labels).some(name =>
      matchesAny(name, reading.incidentLabels),
    )
  );
}

function incidentId({ repository }: Context, about: Fields): string {
  return `${repository.prefix}${repository.slug}#${idText(
    'issue.number',
    about.number,
  )}`;
}

function incidentService({ repository }: Context, about: Fields) {
  const name = trailerOf(about.body, ['service', 'component']);
  return placedService(repository.slug, undefined, {
    ...(name && /^[a-z]+:/i.test(name) ? { entityRef: name } : { name }),
    path: trailerOf(about.body, ['path']),
  });
}

/** It opened when it was written, whenever it was labelled. */
function openedIncident(context: Context, about: Fields): IncidentEvent {
  return incidentEvent(
    context,
    about,
    'opened',
    requiredMoment('issue.created_at', about.created_at),
  );
}

function incidentEvent(
  context: Context,
  about: Fields,
  action: IncidentEvent['action'],
  at: string,
): IncidentEvent {
  const hint = trailerOf(about.body, ['caused by', 'deployment']);
  const named = hint && locatorOf(hint, context.repository);
  const labels = labelNames(about.labels);
  return withoutUndefined({
    type: 'incident',
    service: incidentService(context, about),
    incidentId: incidentId(context, about),
    acrossServices: true,
    action,
    at,
    title: prose(about.title),
    url: link(about.html_url),
    environment: trailerOf(about.body, ['environment']),
    deployment: named && named.id ? named : undefined,
    revision: named ? named.revision : undefined,
    labels: labels.length > 0 ? labels : undefined,
  } as IncidentEvent);
}

/** An issue with its history, which tells every closing and reopening. */
function fetchedIssue(context: Context): DomainEvent[] {
  const { data, reading } = context;
  const about = objectAt(data.issue);
  if (!isIncidentIssue(about, reading)) {
    if (data.former === true) {
      // After everything that was said of it: a label that is deleted does not move the moment of the last change.
      const moments = (Array.isArray(data.events) ? data.events : []).flatMap(
        entry =>
          optionalMoment('events.created_at', objectAt(entry).created_at) ?? [],
      );
      moments.push(requiredMoment('issue.updated_at', about.updated_at));
      return [dismissal(context, about, moments.sort().at(-1)!)];
    }
    throw new EventIgnored('an issue without the label of incidents');
  }
  const updatedAt = optionalMoment('issue.updated_at', about.updated_at);
  const events: DomainEvent[] = [
    openedIncident(context, about),
    ...(updatedAt ? [incidentEvent(context, about, 'updated', updatedAt)] : []),
  ];
  const history = Array.isArray(data.events) ? data.events.map(objectAt) : [];
  for (const { event, created_at: at, commit_id: commit } of history) {
    if (event === 'closed' || event === 'reopened') {
      const moment = requiredMoment('events.created_at', at);
      events.push(
        incidentEvent(
          context,
          about,
          event === 'closed' ? 'resolved' : 'reopened',
          moment,
        ),
      );
      const fix = looseText(commit)?.toLowerCase();
      if (event === 'closed' && isCommitId(fix)) {
        events.push({
          type: 'remediation',
          service: incidentService(context, about),
          deployment: { revision: fix },
          incidentId: incidentId(context, about),
          recordedAt: moment,
        });
      }
    }
  }
  const closedAt = optionalMoment('issue.closed_at', about.closed_at);
  if (
    closedAt &&
    !events.some(
      event =>
        event.type === 'incident' &&
        event.action === 'resolved' &&
        event.at === closedAt,
    )
  ) {
    events.push(incidentEvent(context, about, 'resolved', closedAt));
  }
  return events;
}

function goneIssue(context: Context): DomainEvent[] {
  const { at, issue: about } = context.data;
  return [dismissal(context, objectAt(about), requiredMoment('at', at))];
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
