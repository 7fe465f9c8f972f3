import {
  BuildEvent,
  DeploymentEvent,
  DeploymentJobStatus,
  DeploymentLabel,
  DeploymentLocator,
  DomainEvent,
  IncidentEvent,
  PullRequestCommit,
  PullRequestEvent,
} from '@pavedroad/plugin-dora-common';
import { RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import {
  canonicalArtifact,
  commitId,
  cut,
  EventIgnored,
  EventProblem,
  isCommitId,
  isObject,
  link,
  objectAt,
  optionalMoment,
  optionalText,
  prose,
  requiredMoment,
  requiredText,
  serviceHint,
  textList,
} from './read';

/** Type of a CDEvent, whatever its version: the fields read here are the same in 0.1 to 0.4 of the types. */
const TYPE = /^dev\.cdevents\.([a-z]+)\.([a-z]+)\.\d+\.\d+\.\d+(-[\w.]+)?$/;

/** A CDEvent taken apart, as far as all types share it. */
interface Parts {
  event: RawDeliveryEvent;
  /** ISO instant in UTC. */
  at: string;
  subjectId: string;
  subjectSource?: string;
  content: { [key: string]: unknown };
  custom: { [key: string]: unknown };
}

type Handler = (parts: Parts) => DomainEvent[];

const ignore =
  (reason: string): Handler =>
  () => {
    throw new EventIgnored(reason);
  };

const HANDLERS: Record<string, Record<string, Handler>> = {
  service: {
    deployed: parts => [deployment(parts)],
    upgraded: parts => [deployment(parts)],
    rolledback: parts => [{ ...deployment(parts), rollback: true }],
    published: ignore('a published service was deployed before'),
    removed: ignore('removing a service is not a deployment'),
  },
  change: {
    created: parts => [
      { ...pullRequest(parts), openedAt: parts.at } as PullRequestEvent,
    ],
    updated: parts => [pullRequest(parts)],
    reviewed: parts => {
      if (parts.custom.approved === false) {
        throw new EventIgnored('a review that does not approve');
      }
      return [{ ...pullRequest(parts), approvedAt: parts.at }];
    },
    merged: parts => [{ ...pullRequest(parts), mergedAt: parts.at }],
    abandoned: ignore('an abandoned change is not delivered'),
  },
  build: { finished: parts => [buildOfContent(parts)] },
  artifact: {
    packaged: parts => [buildOfSubject(parts)],
    published: parts => [buildOfSubject(parts)],
  },
  incident: {
    detected: parts => [incident(parts, 'opened')],
    reported: parts => [incident(parts, 'opened')],
    resolved: parts => [incident(parts, 'resolved')],
  },
  pipelinerun: { finished: parts => [runDeployment(parts)] },
  taskrun: { finished: parts => [runDeployment(parts)] },
};

/**
 * Normalises a CDEvent of spec 0.3 to 0.5.
 *
 * @throws EventProblem, EventIgnored
 */
export function normaliseCdevent(event: RawDeliveryEvent): DomainEvent[] {
  const match = TYPE.exec(event.type);
  if (!match) {
    throw new EventIgnored('not a type of the CDEvents vocabulary');
  }
  const [, subjectName, predicate] = match;
  const handlers = Object.hasOwn(HANDLERS, subjectName)
    ? HANDLERS[subjectName]
    : {};
  if (!Object.hasOwn(handlers, predicate)) {
    throw new EventIgnored(
      `${subjectName} ${predicate} says nothing about delivery metrics`,
    );
  }
  return handlers[predicate](partsOf(event));
}

function partsOf(event: RawDeliveryEvent): Parts {
  const { data } = event;
  if (!isObject(data)) {
    throw new EventProblem('data must be a CDEvent: an object');
  }
  const context = objectAt(data.context);
  const { subject } = data;
  if (!isObject(subject)) {
    throw new EventProblem('data.subject is missing');
  }
  const subjectId =
    optionalText('data.subject.id', subject.id) ??
    optionalText('subject', event.subject);
  if (subjectId === undefined) {
    throw new EventProblem('data.subject.id is missing');
  }
  if (subject.content !== undefined && !isObject(subject.content)) {
    throw new EventProblem('data.subject.content must be an object');
  }
  return {
    event,
    at:
      optionalMoment('data.context.timestamp', context.timestamp) ??
      event.time ??
      event.receivedAt,
    subjectId,
    subjectSource: optionalText('data.subject.source', subject.source),
    content: objectAt(subject.content),
    custom: objectAt(data.customData),
  };
}

/** References are objects with an id; some senders write the id alone. */
function reference(name: string, value: unknown): string | undefined {
  return isObject(value)
    ? optionalText(`${name}.id`, value.id)
    : optionalText(name, value);
}

function artifactOf(content: { artifactId?: unknown }): string | undefined {
  return canonicalArtifact(optionalText('artifactId', content.artifactId));
}

function deployment(parts: Parts): DeploymentEvent {
  const { content, custom, event } = parts;
  const environment = reference('environment', content.environment);
  if (environment === undefined) {
    throw new EventProblem('data.subject.content.environment.id is missing');
  }
  const artifact = artifactOf(content);
  return {
    type: 'deployment',
    service: serviceHint(parts.subjectId, artifact),
    // CDEvents has no id for a deployment: each event is one, unless its
    // sender says which ones belong together.
    deploymentId:
      optionalText('customData.deploymentId', custom.deploymentId) ??
      `${event.source} ${event.id}`,
    status: 'succeeded',
    at: parts.at,
    environment,
    artifact,
    ...deploymentDetails(custom),
  };
}

/** What `customData` may add to a deployment; see docs/delivery-metrics.md. */
function deploymentDetails(custom: {
  [key: string]: unknown;
}): Partial<DeploymentEvent> {
  const details: Partial<DeploymentEvent> = {
    jobId: optionalText('customData.jobId', custom.jobId),
    startedAt: optionalMoment('customData.startedAt', custom.startedAt),
    revision: optionalText('customData.revision', custom.revision),
    labels: labels(custom.labels),
    blames: locator('customData.blames', custom.blames),
    fixesIncidents: textList(
      'customData.fixesIncidents',
      custom.fixesIncidents,
    ),
    url: link(custom.url),
  };
  const status = optionalText('customData.status', custom.status);
  if (status !== undefined) {
    details.status = jobStatus('customData.status', status);
  }
  return withoutUndefined(details);
}

const STATUS_OF_OUTCOME: Record<string, DeploymentJobStatus> = {
  success: 'succeeded',
  succeeded: 'succeeded',
  failure: 'failed',
  failed: 'failed',
  error: 'failed',
  cancel: 'canceled',
  canceled: 'canceled',
  cancelled: 'canceled',
  running: 'running',
  pending: 'pending',
  inactive: 'inactive',
};

function jobStatus(name: string, text: string): DeploymentJobStatus {
  const outcome = text.toLowerCase();
  if (!Object.hasOwn(STATUS_OF_OUTCOME, outcome)) {
    throw new EventProblem(`${name} is not a status: ${cut(text, 40)}`);
  }
  return STATUS_OF_OUTCOME[outcome];
}

const LABELS: DeploymentLabel[] = ['hotfix', 'revert', 'planned'];

function labels(value: unknown): DeploymentLabel[] | undefined {
  const given = textList('customData.labels', value)?.map(label =>
    label.toLowerCase(),
  );
  const known = given && LABELS.filter(label => given.includes(label));
  return known?.length ? known : undefined;
}

function locator(name: string, value: unknown): DeploymentLocator | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!isObject(value)) {
    throw new EventProblem(`${name} must be an object`);
  }
  const found = withoutUndefined({
    id: optionalText(`${name}.id`, value.id),
    revision: optionalText(`${name}.revision`, value.revision),
    environment: optionalText(`${name}.environment`, value.environment),
  });
  return Object.keys(found).length > 0 ? found : undefined;
}

/** A finished run is a deployment only when its sender says so in `customData.deployment`. */
function runDeployment(parts: Parts): DeploymentEvent {
  const carried = parts.custom.deployment;
  if (!isObject(carried)) {
    throw new EventIgnored(
      'a finished run is a deployment only with customData.deployment',
    );
  }
  const artifact = artifactOf(carried);
  return {
    type: 'deployment',
    service: serviceHint(
      requiredText('customData.deployment.service', carried.service),
      artifact,
    ),
    deploymentId:
      optionalText(
        'customData.deployment.deploymentId',
        carried.deploymentId,
      ) ?? parts.subjectId,
    status: jobStatus(
      'data.subject.content.outcome',
      requiredText('data.subject.content.outcome', parts.content.outcome),
    ),
    at: parts.at,
    environment: requiredText(
      'customData.deployment.environment',
      carried.environment,
    ),
    artifact,
    ...deploymentDetails({
      jobId: parts.subjectId,
      url: parts.content.uri ?? parts.content.url,
      ...carried,
      status: undefined,
    }),
  };
}

function pullRequest(parts: Parts): PullRequestEvent {
  const { content, custom, subjectId } = parts;
  if (isCommitId(subjectId)) {
    throw new EventIgnored('the change is a commit, which pushes report');
  }
  const digits = /(\d{1,15})$/.exec(subjectId)?.[1];
  if (digits === undefined) {
    throw new EventIgnored('the id of the change holds no number');
  }
  const repository =
    reference('repository', content.repository) ?? parts.subjectSource;
  if (repository === undefined) {
    throw new EventProblem('data.subject.content.repository.id is missing');
  }
  const mergeCommit = optionalText(
    'customData.mergeCommit',
    custom.mergeCommit,
  );
  const mergeMethod = optionalText(
    'customData.mergeMethod',
    custom.mergeMethod,
  );
  if (
    mergeMethod !== undefined &&
    mergeMethod !== 'merge' &&
    mergeMethod !== 'squash' &&
    mergeMethod !== 'rebase'
  ) {
    throw new EventProblem(
      'customData.mergeMethod is not merge, squash or rebase',
    );
  }
  return withoutUndefined({
    type: 'pull_request',
    repository: repository.toLowerCase(),
    number: Number(digits),
    updatedAt: parts.at,
    title: prose(custom.title ?? content.description),
    url: link(custom.url),
    mergeCommit: mergeCommit && commitId('customData.mergeCommit', mergeCommit),
    mergeMethod,
    commits: originalCommits(custom.commits),
    labels: textList('customData.labels', custom.labels),
    reverts: textList('customData.reverts', custom.reverts)?.map((id, index) =>
      commitId(`customData.reverts[${index}]`, id),
    ),
  } as PullRequestEvent);
}

function originalCommits(value: unknown): PullRequestCommit[] | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!Array.isArray(value) || value.length > 10_000) {
    throw new EventProblem('customData.commits must be a list');
  }
  return value.map((item, index) => {
    const name = `customData.commits[${index}]`;
    const commit = objectAt(item);
    return withoutUndefined({
      id: commitId(`${name}.id`, commit.id),
      committedAt: requiredMoment(`${name}.committedAt`, commit.committedAt),
      authorName: prose(commit.authorName),
      subject: prose(commit.subject),
      paths: textList(`${name}.paths`, commit.paths),
    });
  });
}

function buildOfContent(parts: Parts): BuildEvent {
  const artifact = artifactOf(parts.content);
  if (artifact === undefined) {
    throw new EventIgnored('the build names no artifact');
  }
  return build(parts, artifact, undefined);
}

function buildOfSubject(parts: Parts): BuildEvent {
  const change = reference('change', parts.content.change);
  return build(
    parts,
    canonicalArtifact(parts.subjectId)!,
    isCommitId(change) ? change.toLowerCase() : undefined,
  );
}

function build(
  parts: Parts,
  artifact: string,
  revision: string | undefined,
): BuildEvent {
  return withoutUndefined({
    type: 'build',
    artifact,
    revision:
      optionalText('customData.revision', parts.custom.revision) ?? revision,
    finishedAt: parts.at,
    url: link(parts.content.uri ?? parts.custom.url),
  } as BuildEvent);
}

function incident(parts: Parts, action: 'opened' | 'resolved'): IncidentEvent {
  const { content, custom } = parts;
  const artifact = artifactOf(content);
  const service = serviceHint(reference('service', content.service), artifact);
  if (!service) {
    throw new EventIgnored('the incident names no service');
  }
  return withoutUndefined({
    type: 'incident',
    service,
    incidentId: parts.subjectId,
    action:
      action === 'opened' && custom.reopened === true ? 'reopened' : action,
    at: parts.at,
    title: prose(custom.title ?? content.description),
    url: link(content.ticketURI ?? custom.url),
    environment: reference('environment', content.environment),
    deployment: locator('customData.deployment', custom.deployment),
    revision: optionalText('customData.revision', custom.revision),
    artifact,
    labels: textList('customData.labels', custom.labels),
  } as IncidentEvent);
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}
