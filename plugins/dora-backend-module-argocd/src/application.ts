import {
  DeploymentEvent,
  DeploymentJobStatus,
  DeploymentLabel,
  DomainEvent,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import {
  encodePart,
  EventIgnored,
  EventProblem,
  isCommitId,
  isObject,
  link,
  looseText,
  looseTexts,
  memberOf,
  objectAt,
  optionalMoment,
  optionalText,
  RawDeliveryEvent,
  requiredMoment,
  requiredText,
  withoutUndefined,
} from '@pavedroad/plugin-dora-node';
import { artifactOfImage, nameOfImage } from './image';
import { isRollback } from './rollback';

/** How applications are read. */
export interface ApplicationRules {
  revisionFrom: 'source' | 'images';
  /** Regular expression over the name, with groups `service` and `environment`. */
  appName?: string;
  environments: {
    cluster?: string;
    namespace?: string;
    project?: string;
    instance?: string;
    environment: string;
  }[];
}

type Fields = { [key: string]: unknown };

/** Labels or annotations of an application that say what cannot be told otherwise. */
const COMPONENT = 'pavedroad.dev/component';
const ENVIRONMENT = 'pavedroad.dev/environment';
const IMAGE = 'pavedroad.dev/image';
const SOURCE = 'pavedroad.dev/source';
const KUBERNETES_ID = 'backstage.io/kubernetes-id';

const LABELS: DeploymentLabel[] = ['hotfix', 'revert', 'planned'];

/** Longest time from the end of a sync to the health it brings, in milliseconds. */
const MAX_SETTLING = 30 * 60_000;

/** An application as a notification tells of it. */
interface Application {
  name: string;
  namespace?: string;
  /** Address of the Argo CD that it belongs to. */
  instance?: string;
  /** Annotations, then labels. */
  marks: (name: string) => string | undefined;
  spec: Fields;
  status: Fields;
  operation: Fields;
}

/**
 * Reads a notification about an application. Pure.
 *
 * One sync is one deployment, known by the moment it started; what comes later of
 * the same sync moves it from running to succeeded or failed.
 *
 * @throws EventProblem, EventIgnored
 */
export function normaliseApplication(
  raw: RawDeliveryEvent,
  rules: ApplicationRules,
  appName: RegExp | undefined,
): DomainEvent[] {
  const data = objectAt(raw.data);
  const app = applicationOf(data);
  const { operation, status } = app;
  const request = objectAt(operation.operation);
  const sync = objectAt(request.sync);
  if (sync.dryRun === true) {
    throw new EventIgnored('a dry run deploys nothing');
  }
  if (Array.isArray(sync.resources) && sync.resources.length > 0) {
    throw new EventIgnored('a sync of some resources deploys no revision');
  }
  const startedAt = requiredMoment(
    'app.status.operationState.startedAt',
    operation.startedAt,
  );
  const reached = statusOf(operation, objectAt(status.health), startedAt, raw);
  const named = groupsOf(appName, app.name);
  const environment = environmentOf(app, data, named.environment, rules);
  if (environment === undefined) {
    throw new EventIgnored('nothing tells its environment');
  }
  const deployed = deployedOf(app, rules);
  const event: DeploymentEvent = {
    type: 'deployment',
    service: serviceOf(app, named.service, deployed),
    deploymentId: ['argocd', app.instance, app.namespace, app.name, startedAt]
      .filter(part => part !== undefined)
      .join(' '),
    ...reached,
    startedAt,
    environment,
    ...withoutUndefined({
      revision: deployed.revision,
      artifact: deployed.artifact,
      rollback: isRollback(objectAt(status), operation) || undefined,
      ...detailsOf(request.info),
      url:
        app.instance &&
        link(
          [
            app.instance.replace(/\/+$/, ''),
            'applications',
            ...[app.namespace, app.name].flatMap(part =>
              part === undefined ? [] : encodePart(part),
            ),
          ].join('/'),
        ),
    }),
  };
  if (event.deploymentId.length > 500) {
    throw new EventProblem('the names of the application are too long');
  }
  return [event];
}

function applicationOf(data: Fields): Application {
  if (!isObject(data.app)) {
    throw new EventProblem('app must be an object');
  }
  const metadata = objectAt(data.app.metadata);
  const status = objectAt(data.app.status);
  if (!isObject(status.operationState)) {
    throw new EventIgnored('the application was never synced');
  }
  return {
    name: requiredText('app.metadata.name', metadata.name),
    namespace: optionalText('app.metadata.namespace', metadata.namespace),
    instance: looseText(data.instance),
    marks: name =>
      looseText(memberOf(metadata.annotations, name)) ??
      looseText(memberOf(metadata.labels, name)),
    spec: objectAt(data.app.spec),
    status,
    operation: status.operationState,
  };
}

/**
 * A sync has succeeded when what it brought is healthy: until then it is under way,
 * and when that never comes about, it did not reach the environment. One that was
 * healthy first and degraded later stays a success.
 */
function statusOf(
  operation: Fields,
  health: Fields,
  startedAt: string,
  raw: RawDeliveryEvent,
): { status: DeploymentJobStatus; at: string } {
  const phase = requiredText(
    'app.status.operationState.phase',
    operation.phase,
  );
  const finishedAt =
    optionalMoment(
      'app.status.operationState.finishedAt',
      operation.finishedAt,
    ) ?? raw.receivedAt;
  const changedAt = optionalMoment(
    'app.status.health.lastTransitionTime',
    health.lastTransitionTime,
  );
  const settledAt = settlement(finishedAt, changedAt, raw.receivedAt);
  switch (phase) {
    case 'Running':
    case 'Terminating':
      return { status: 'running', at: startedAt };
    case 'Failed':
    case 'Error':
      return { status: 'failed', at: finishedAt };
    case 'Succeeded':
      break;
    default:
      throw new EventProblem('app.status.operationState.phase is none');
  }
  switch (looseText(health.status)) {
    case undefined:
    case 'Healthy':
      return { status: 'succeeded', at: settledAt };
    case 'Degraded':
      return { status: 'failed', at: settledAt };
    case 'Progressing':
    case 'Missing':
    case 'Suspended':
    case 'Unknown':
      return { status: 'running', at: startedAt };
    default:
      throw new EventProblem('app.status.health.status is none');
  }
}

/**
 * When health came to what it is. Only some versions of Argo CD say; but they all
 * notify within seconds. What comes long after the sync was sent for another reason,
 * for instance because notifications were set up only then.
 */
function settlement(
  finishedAt: string,
  changedAt: string | undefined,
  receivedAt: string,
): string {
  if (changedAt !== undefined) {
    return changedAt > finishedAt ? changedAt : finishedAt;
  }
  const late = Date.parse(receivedAt) - Date.parse(finishedAt);
  return late > 0 && late <= MAX_SETTLING ? receivedAt : finishedAt;
}

function environmentOf(
  app: Application,
  data: Fields,
  named: string | undefined,
  rules: ApplicationRules,
): string | undefined {
  const destination = objectAt(app.spec.destination);
  const rule = rules.environments.find(
    ({ cluster, namespace, project, instance }) =>
      (cluster === undefined ||
        cluster === destination.name ||
        cluster === destination.server) &&
      (namespace === undefined || namespace === destination.namespace) &&
      (project === undefined || project === app.spec.project) &&
      (instance === undefined || instance === app.instance),
  );
  const cluster = looseText(destination.name);
  return (
    app.marks(ENVIRONMENT) ??
    rule?.environment ??
    named ??
    looseText(data.environment) ??
    (cluster === 'in-cluster' ? undefined : cluster) ??
    looseText(destination.namespace)
  );
}

/** What a sync brought, and where its history is. */
interface Deployed {
  revision?: string;
  artifact?: string;
  repository?: string;
  path?: string;
}

function deployedOf(app: Application, rules: ApplicationRules): Deployed {
  const image = app.marks(IMAGE);
  if (image !== undefined || rules.revisionFrom === 'images') {
    return ofImages(app, image);
  }
  const result = objectAt(app.operation.syncResult);
  const several = Array.isArray(result.sources)
    ? result.sources
    : app.spec.sources;
  const revisions = Array.isArray(result.revisions) ? result.revisions : [];
  if (!Array.isArray(several) || several.length === 0) {
    const source = isObject(result.source)
      ? result.source
      : objectAt(app.spec.source);
    return ofSource(source, result.revision ?? revisions[0]);
  }
  const index = chosenSource(several, app.marks(SOURCE));
  return ofSource(objectAt(several[index]), revisions[index]);
}

/**
 * Of several sources the one that is named, by its name or repository; else the
 * first with manifests of its own in git: charts and sources that only lend values
 * to others say little about the service.
 */
function chosenSource(sources: unknown[], named: string | undefined): number {
  const list = sources.slice(0, 100).map(objectAt);
  const match = list.findIndex(
    source =>
      named !== undefined &&
      (source.name === named ||
        (typeof source.repoURL === 'string' &&
          repositoryOf(source.repoURL) === named.toLowerCase())),
  );
  if (match >= 0) {
    return match;
  }
  const own = list.findIndex(
    source => !looseText(source.chart) && !looseText(source.ref),
  );
  const git = list.findIndex(source => !looseText(source.chart));
  return Math.max(own >= 0 ? own : git, 0);
}

function ofSource(source: Fields, revision: unknown): Deployed {
  const repository = looseText(source.repoURL);
  const chart = looseText(source.chart);
  const version = looseText(revision);
  if (chart !== undefined) {
    // A chart has no commits here: its version tells deployments apart.
    return version === undefined
      ? {}
      : { artifact: `pkg:helm/${encodePart(chart)}@${version}` };
  }
  return withoutUndefined({
    revision: isCommitId(version) ? version.toLowerCase() : version,
    repository: repository && repositoryOf(repository),
    path: looseText(source.path),
  });
}

/** `fernhill/checkout` of any of the ways to write a repository's address. */
function repositoryOf(address: string): string | undefined {
  const slug = address
    .trim()
    .toLowerCase()
    .replace(/^[a-z+]+:\/\/[^/]+\//, '')
    .replace(/^[^/@]+@[^:/]+:/, '')
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  return slug || undefined;
}

function ofImages(app: Application, named: string | undefined): Deployed {
  const images = looseTexts(memberOf(app.status.summary, 'images'));
  const wanted = (named ?? app.marks(KUBERNETES_ID) ?? app.name).toLowerCase();
  const image =
    images.find(candidate => nameOfImage(candidate) === wanted) ??
    images.find(candidate => candidate.includes(`/${wanted}`)) ??
    (images.length === 1 ? images[0] : undefined);
  return image === undefined ? {} : artifactOfImage(image);
}

function serviceOf(
  app: Application,
  named: string | undefined,
  { repository, path }: Deployed,
): ServiceHint {
  const component = app.marks(COMPONENT);
  if (component?.includes(':')) {
    return { entityRef: component.toLowerCase() };
  }
  const kubernetesId = app.marks(KUBERNETES_ID);
  return {
    name: component ?? named ?? kubernetesId ?? app.name,
    ...(repository && { repository }),
    ...(repository && path && { path }),
    ...(!component && {
      aliases: [
        `argocd/app-name:${app.name}`,
        ...[kubernetesId, named].flatMap(id =>
          id === undefined ? [] : `${KUBERNETES_ID}:${id}`,
        ),
      ],
    }),
  };
}

function groupsOf(
  pattern: RegExp | undefined,
  name: string,
): { service?: string; environment?: string } {
  const groups = pattern?.exec(name)?.groups ?? {};
  return withoutUndefined({
    service: looseText(groups.service),
    environment: looseText(groups.environment),
  });
}

/** What `argocd app sync --info name=value` says about the reasons. */
function detailsOf(info: unknown): Partial<DeploymentEvent> {
  const values = (name: string) =>
    (Array.isArray(info) ? info.slice(0, 100) : []).flatMap(item => {
      const { name: key, value } = objectAt(item);
      return typeof key === 'string' && key.toLowerCase() === name
        ? looseText(value) ?? []
        : [];
    });
  const labels = values('label').map(label => label.toLowerCase());
  const known = LABELS.filter(label => labels.includes(label));
  const incidents = values('fixes-incident');
  return {
    ...(known.length > 0 && { labels: known }),
    ...(incidents.length > 0 && { fixesIncidents: incidents }),
  };
}
