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
import {
  deliveryDigest,
  EventIgnored,
  EventProblem,
  isCommitId,
  isObject,
  link,
  objectAt,
  prose,
  RawDeliveryEvent,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';
import { CdeventsOptions, matchingTicketRule } from './options';
import {
  artifactVersion,
  canonicalArtifact,
  commitId,
  cut,
  optionalMoment,
  optionalText,
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
  /** Names under which events that are linked know the same artifact, see `linkedArtifacts`. */
  own: string[];
  linked: string[];
  custom: { [key: string]: unknown };
}

type Handler = (parts: Parts, options: CdeventsOptions) => DomainEvent[];

const ignore =
  (reason: string): Handler =>
  () => {
    throw new EventIgnored(reason);
  };

const NO_TEST_METRIC = ignore('test results are in no delivery metric');
const NO_ENVIRONMENT_METRIC = ignore(
  'an environment is known by what is deployed to it',
);
const NO_REPOSITORY_METRIC = ignore(
  'a repository is known by the commits that reach deployments',
);
const NOT_FINISHED = ignore('only the finish of a build counts');

/**
 * The whole vocabulary of CDEvents 0.3 to 0.5, and the approvals that come after it. What is of no interest is
 * listed too, so that its sender learns why.
 */
const HANDLERS: Record<string, Record<string, Handler>> = {
  service: {
    deployed: parts => [deployment(parts)],
    upgraded: parts => [deployment(parts)],
    rolledback: parts => [{ ...deployment(parts), rollback: true }],
    published: ignore('a published service was deployed before'),
    removed: ignore('removing a service is not a deployment'),
  },
  environment: {
    created: NO_ENVIRONMENT_METRIC,
    modified: NO_ENVIRONMENT_METRIC,
    deleted: NO_ENVIRONMENT_METRIC,
  },
  repository: {
    created: NO_REPOSITORY_METRIC,
    modified: NO_REPOSITORY_METRIC,
    deleted: NO_REPOSITORY_METRIC,
  },
  branch: {
    created: NO_REPOSITORY_METRIC,
    deleted: NO_REPOSITORY_METRIC,
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
  approval: {
    created: ignore('an approval that was asked for is not yet given'),
    updated: ignore('an approval counts when it is closed'),
    closed: parts => [approval(parts)],
  },
  build: {
    queued: NOT_FINISHED,
    started: NOT_FINISHED,
    finished: parts => buildsOfContent(parts),
  },
  artifact: {
    packaged: parts => buildsOfSubject(parts),
    published: parts => buildsOfSubject(parts),
    signed: ignore('a signature does not change what an artifact is made of'),
    downloaded: ignore('a download is not a deployment'),
    deleted: ignore('an artifact that is gone was deployed as it was'),
  },
  incident: {
    detected: parts => [incident(parts, 'opened')],
    reported: parts => [incident(parts, 'opened')],
    resolved: parts => [incident(parts, 'resolved')],
  },
  ticket: {
    created: (parts, options) => [ticket(parts, 'opened', options)],
    updated: (parts, options) => [ticket(parts, 'updated', options)],
    closed: (parts, options) => [ticket(parts, 'resolved', options)],
  },
  pipelinerun: {
    queued: ignore('a run that waits has not begun'),
    started: parts => [runDeployment(parts, 'running')],
    finished: parts => [runDeployment(parts)],
  },
  taskrun: {
    started: parts => [runDeployment(parts, 'running')],
    finished: parts => [runDeployment(parts)],
  },
  testcaserun: {
    queued: NO_TEST_METRIC,
    started: NO_TEST_METRIC,
    finished: NO_TEST_METRIC,
    skipped: NO_TEST_METRIC,
  },
  testsuiterun: {
    queued: NO_TEST_METRIC,
    started: NO_TEST_METRIC,
    finished: NO_TEST_METRIC,
  },
  testoutput: { published: NO_TEST_METRIC },
};

/**
 * Normalises a CDEvent of spec 0.3 to 0.5.
 *
 * @throws EventProblem, EventIgnored
 */
export function normaliseCdevent(
  event: RawDeliveryEvent,
  options: CdeventsOptions,
): DomainEvent[] {
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
  return handlers[predicate](partsOf(event), options);
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
    ...linkedArtifacts(context),
    custom: objectAt(data.customData),
  };
}

const MAX_LINKS = 1_000;
/** Characters; the longest name that events may give to a thing, since names are keys of indexes. */
const MAX_INCIDENT_ID_LENGTH = 500;

/**
 * Deployments that name no artifact are tied to their build by the links of CDEvents 0.4 and later. The names are
 * those of artifacts that only these events know: of the event that made it, and of the chain that both belong to.
 *
 * `own`: what an event about an artifact makes it known as. `linked`: what a deployment may ask for, most exact first.
 */
function linkedArtifacts(context: { [key: string]: unknown }): {
  own: string[];
  linked: string[];
} {
  const { links } = context;
  if (
    links !== undefined &&
    links !== null &&
    (!Array.isArray(links) || links.length > MAX_LINKS)
  ) {
    throw new EventProblem('data.context.links must be a list');
  }
  const chainId = optionalText('data.context.chainId', context.chainId);
  const chain = chainId === undefined ? [] : [`cdevents-chain:${chainId}`];
  const id = optionalText('data.context.id', context.id);
  const ends = (links ?? []).flatMap((item: unknown) => {
    const end = objectAt(item);
    const at = (place: unknown) =>
      optionalText('contextId', objectAt(place).contextId) ?? [];
    const artifact = /artifact/i.test(
      optionalText('linkKind', end.linkKind) ?? '',
    );
    return [at(end.target), at(end.from)]
      .flat()
      .map(event => ({ artifact, name: `cdevents-event:${event}` }));
  });
  const named = (artifact: boolean) =>
    ends.filter(end => end.artifact === artifact).map(({ name }) => name);
  return {
    own: [
      ...(id !== undefined && (chain.length > 0 || Array.isArray(links))
        ? [`cdevents-event:${id}`]
        : []),
      ...chain,
    ],
    linked: [...named(true), ...chain, ...named(false)],
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
  const named = artifactOf(content);
  const artifact =
    named ?? (custom.revision === undefined ? parts.linked[0] : undefined);
  return {
    type: 'deployment',
    service: serviceHint(parts.subjectId, named),
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
    tier: optionalText('customData.tier', custom.tier)?.toLowerCase(),
    labels: labels(custom.labels),
    blames: locator('customData.blames', custom.blames),
    fixesIncidents: incidentReferences(
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

/** A run is a deployment only when its sender says so in `customData.deployment`. */
function runDeployment(
  parts: Parts,
  status?: DeploymentJobStatus,
): DeploymentEvent {
  const carried = parts.custom.deployment;
  if (!isObject(carried)) {
    throw new EventIgnored(
      'a run is a deployment only with customData.deployment',
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
    status:
      status ??
      jobStatus(
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

/** `pr-42`, `!42`, `https://…/pull/42` → 42. */
function changeNumber(id: string): number | undefined {
  const digits = /(\d{1,15})$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** An approval of a pull request, which its address says; other approvals are of no interest. */
function approval(parts: Parts): PullRequestEvent {
  const { content, custom, at } = parts;
  const decision = optionalText(
    'data.subject.content.decision',
    content.decision ?? content.status,
  );
  if (decision?.toLowerCase() !== 'approved') {
    throw new EventIgnored('an approval that was not given');
  }
  const target = optionalText(
    'data.subject.content.resourceTargetUrl',
    content.resourceTargetUrl,
  );
  const [, path, number] =
    /^https?:\/\/[^/]+\/(.+?)\/(?:-\/)?(?:pull|pulls|merge_requests|pull-requests)\/(\d{1,15})\/?$/i.exec(
      target ?? '',
    ) ?? [];
  const repository =
    optionalText('customData.repository', custom.repository) ?? path;
  if (number === undefined || repository === undefined) {
    throw new EventIgnored('the approval is not of a pull request');
  }
  return {
    type: 'pull_request',
    repository: repository.toLowerCase(),
    number: Number(number),
    updatedAt: at,
    approvedAt: at,
  };
}

function pullRequest(parts: Parts): PullRequestEvent {
  const { content, custom, subjectId } = parts;
  if (isCommitId(subjectId)) {
    throw new EventIgnored('the change is a commit, which pushes report');
  }
  const number = changeNumber(subjectId);
  if (number === undefined) {
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
    number,
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

function buildsOfContent(parts: Parts): BuildEvent[] {
  const artifact = artifactOf(parts.content);
  if (artifact === undefined && parts.custom.revision === undefined) {
    throw new EventIgnored('the build names no artifact');
  }
  return builds(parts, artifact, {});
}

function buildsOfSubject(parts: Parts): BuildEvent[] {
  const { change } = parts.content;
  const id = reference('change', change);
  const artifact = canonicalArtifact(parts.subjectId)!;
  if (isCommitId(id)) {
    return builds(parts, artifact, { revision: id.toLowerCase() });
  }
  const number = id === undefined ? undefined : changeNumber(id);
  const repository = isObject(change)
    ? optionalText('change.source', change.source)
    : undefined;
  return builds(parts, artifact, {
    pullRequest:
      number === undefined || repository === undefined
        ? undefined
        : { repository: repository.toLowerCase(), number },
  });
}

/** The build of an artifact, under its own name and under those by which linked events know it. */
function builds(
  parts: Parts,
  artifact: string | undefined,
  made: Pick<BuildEvent, 'revision' | 'pullRequest'>,
): BuildEvent[] {
  const common = {
    type: 'build',
    ...made,
    revision:
      optionalText('customData.revision', parts.custom.revision) ??
      made.revision,
    finishedAt: parts.at,
    url: link(parts.content.uri ?? parts.custom.url),
  } as const;
  // Under another name the version is not to be seen: it is the revision, unless a better one is known.
  const aliased =
    common.revision ??
    (common.pullRequest ? undefined : artifactVersion(artifact));
  return [
    ...(artifact === undefined ? [] : [{ ...common, artifact }]),
    ...(aliased === undefined && common.pullRequest === undefined
      ? []
      : parts.own.map(name => ({
          ...common,
          artifact: name,
          revision: aliased,
        }))),
  ].map(withoutUndefined);
}

/** The id of a subject is unique within its source, which is that of the event unless the subject names another. */
function incidentNames({
  event,
  subjectId,
  subjectSource,
}: Parts): Pick<IncidentEvent, 'incidentId' | 'localId' | 'acrossServices'> {
  return {
    incidentId: incidentIdIn(subjectSource ?? event.source, subjectId),
    localId: subjectId,
    acrossServices: true,
  };
}

/** A source may be long beside a short id: what is too long for a name together is named by its digest. */
function incidentIdIn(source: string, id: string): string {
  const name = `${source} ${id}`;
  return name.length > MAX_INCIDENT_ID_LENGTH
    ? deliveryDigest(source, id)
    : name;
}

/**
 * Incidents by their id alone, where only one tool of a service has it, or as `{ source, id }`.
 *
 * @throws EventProblem
 */
function incidentReferences(
  name: string,
  value: unknown,
): string[] | undefined {
  if (!Array.isArray(value)) {
    return textList(name, value);
  }
  const plain = textList(
    name,
    value.map(item => (isObject(item) ? item.id : item)),
  );
  return value.map((item, index) =>
    isObject(item)
      ? incidentIdIn(
          requiredText(`${name}[${index}].source`, item.source),
          plain![index],
        )
      : plain![index],
  );
}

function incident(parts: Parts, action: 'opened' | 'resolved'): IncidentEvent {
  const { content, custom } = parts;
  const artifact = artifactOf(content);
  const service = serviceHint(reference('service', content.service), artifact);
  // The end of an incident is found by its id, the beginning of one by nobody.
  if (!service && action === 'opened') {
    throw new EventIgnored('the incident names no service');
  }
  return withoutUndefined({
    type: 'incident',
    service,
    ...incidentNames(parts),
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

/** A ticket that the configuration takes for an incident. */
function ticket(
  parts: Parts,
  action: 'opened' | 'updated' | 'resolved',
  options: CdeventsOptions,
): IncidentEvent {
  const { content, custom, at } = parts;
  const lower = (name: string, value: unknown) =>
    optionalText(`data.subject.content.${name}`, value)?.toLowerCase();
  const ticketLabels = (
    textList('data.subject.content.labels', content.labels) ?? []
  ).map(label => label.toLowerCase());
  const rule = matchingTicketRule(options.incidentTickets, {
    type: lower('ticketType', content.ticketType),
    priority: lower('priority', content.priority),
    group: lower('group', content.group),
    labels: ticketLabels,
  });
  if (!rule && action === 'resolved' && options.incidentTickets.length > 0) {
    // What was an incident while it was open is over; what never was is not opened by its end.
    return {
      type: 'incident',
      ...incidentNames(parts),
      action,
      at,
    };
  }
  if (!rule) {
    throw new EventIgnored(
      'no entry of dora.cdevents.incidentTickets takes this ticket for an incident',
    );
  }
  const labelled = ticketLabels
    .find(label => label.startsWith(rule.serviceLabel))
    ?.slice(rule.serviceLabel.length);
  const service = serviceHint(
    reference('customData.service', custom.service) ??
      (labelled || rule.service),
    undefined,
  );
  if (!service && action !== 'resolved') {
    throw new EventIgnored('the ticket names no service');
  }
  const began = optionalMoment('customData.createdAt', custom.createdAt);
  // A ticket that becomes an incident later was one from its creation, when that is said.
  const opensLate = action === 'updated' && began !== undefined;
  const happened = opensLate ? 'opened' : action;
  return withoutUndefined({
    type: 'incident',
    service,
    ...incidentNames(parts),
    action: custom.reopened === true ? 'reopened' : happened,
    at: opensLate ? began : at,
    title: prose(content.summary),
    url: link(content.uri ?? custom.url),
    environment:
      reference('customData.environment', custom.environment) ??
      rule.environment,
    deployment: locator('customData.deployment', custom.deployment),
    revision: optionalText('customData.revision', custom.revision),
    labels: ticketLabels.length > 0 ? ticketLabels : undefined,
  } as IncidentEvent);
}
