import {
  BuildEvent,
  DeploymentEvent,
  DeploymentJobStatus,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import { NormaliseResult, RawDeliveryEvent } from '@pavedroad/plugin-dora-node';
import {
  BuildRule,
  DeploymentRule,
  JenkinsOptions,
  jobPattern,
} from './options';

type JsonObject = { [key: string]: unknown };

const TYPE = /^dev\.cdevents\.(pipelinerun|taskrun)\.([a-z]+)\.\d/;
const MAX_NAME_LENGTH = 500;

function objectAt(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

function textAt(value: unknown): string | undefined {
  return typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= MAX_NAME_LENGTH
    ? value.trim()
    : undefined;
}

/**
 * True for CDEvents that carry what the plugin puts into `customData`: a job with
 * its build, a stage, or an item of the queue. An event whose `customData` names a
 * deployment is read like any other CDEvent.
 */
export function isJenkinsEvent(event: RawDeliveryEvent): boolean {
  if (!TYPE.test(event.type)) {
    return false;
  }
  const custom = objectAt(objectAt(event.data).customData);
  if (custom.deployment !== undefined) {
    return false;
  }
  const build = objectAt(custom.build);
  return (
    (typeof build.number === 'number' && 'queueId' in build) ||
    (typeof custom.stageName === 'string' && 'stageNodeUrl' in custom) ||
    (typeof custom.id === 'number' &&
      typeof custom.name === 'string' &&
      typeof custom.url === 'string')
  );
}

/** A run of a job, as far as it decides anything. */
interface Run {
  /** Full name, such as `payments/deploy-checkout`. */
  job: string;
  /** Names the run, and is an address where Jenkins knows its own. */
  id: string;
  url?: string;
  at: string;
  startedAt?: string;
  status: DeploymentJobStatus;
  parameters: JsonObject;
  number?: number;
  repository?: string;
  branch?: string;
  commit?: string;
}

const STATUS_OF_RESULT: Record<string, DeploymentJobStatus> = {
  SUCCESS: 'succeeded',
  // Every step was done, and something about the result was marked.
  UNSTABLE: 'succeeded',
  FAILURE: 'failed',
  ABORTED: 'canceled',
  NOT_BUILT: 'canceled',
};
/** Coarser than the result: an aborted run has the outcome `failure`. */
const STATUS_OF_OUTCOME: Record<string, DeploymentJobStatus> = {
  success: 'succeeded',
  failure: 'failed',
  error: 'failed',
};

function lookUp<T>(table: Record<string, T>, key: unknown): T | undefined {
  return typeof key === 'string' && Object.hasOwn(table, key)
    ? table[key]
    : undefined;
}

/** `job/payments/job/deploy-checkout/` → `payments/deploy-checkout`. */
function jobName(url: string): string | undefined {
  const path = url.replace(/^https?:\/\/[^/]+\//, '');
  const parts = path.split('/').filter(part => part !== '');
  const first = parts.indexOf('job');
  if (first < 0) {
    return undefined;
  }
  const names: string[] = [];
  for (
    let index = first;
    parts[index] === 'job' && parts[index + 1] !== undefined;
    index += 2
  ) {
    names.push(decoded(parts[index + 1]));
  }
  return names.join('/') || undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function runOf(
  event: RawDeliveryEvent,
  predicate: string,
): Run | { problem: string } {
  const data = objectAt(event.data);
  const custom = objectAt(data.customData);
  const build = objectAt(custom.build);
  const content = objectAt(objectAt(data.subject).content);
  const path = textAt(build.url) ?? textAt(custom.url);
  const job = path && jobName(path);
  if (!path || !job) {
    return { problem: 'customData says nothing about the job' };
  }
  const fullUrl = textAt(build.fullUrl);
  // The context's timestamp is local time that claims to be UTC.
  const at = event.time ?? event.receivedAt;
  const finished = predicate === 'finished';
  const status = finished
    ? lookUp(STATUS_OF_RESULT, build.status) ??
      lookUp(STATUS_OF_OUTCOME, content.outcome)
    : 'running';
  if (!status) {
    return { problem: 'the run has neither result nor outcome' };
  }
  const duration = build.duration;
  const scm = objectAt(build.scmState);
  const commit = textAt(scm.commit);
  return {
    job,
    id: fullUrl ?? path,
    ...(fullUrl && /^https?:\/\/\S+$/i.test(fullUrl) && { url: fullUrl }),
    at,
    ...(finished &&
      typeof duration === 'number' &&
      duration > 0 &&
      duration < 1e10 && {
        startedAt: new Date(Date.parse(at) - duration).toISOString(),
      }),
    status,
    parameters: objectAt(build.parameters),
    ...(Number.isSafeInteger(build.number) && {
      number: build.number as number,
    }),
    repository: textAt(scm.url)?.toLowerCase(),
    branch: textAt(scm.branch),
    commit:
      commit && /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(commit)
        ? commit.toLowerCase()
        : undefined,
  };
}

/** What a rule's `{…}` may name. */
function filler(run: Run, groups: Record<string, string | undefined>) {
  const value = (name: string): string | undefined => {
    if (name.startsWith('parameter.')) {
      const key = name.slice('parameter.'.length);
      return Object.hasOwn(run.parameters, key)
        ? textAt(run.parameters[key])
        : undefined;
    }
    switch (name) {
      case 'commit':
        return run.commit;
      case 'branch':
        return run.branch;
      case 'number':
        return run.number?.toString();
      default:
        return Object.hasOwn(groups, name) ? groups[name] : undefined;
    }
  };
  /** `undefined` when something that the text names is not there. */
  return (template: string | undefined): string | undefined => {
    let complete = true;
    const filled = template?.replace(/\{([\w.-]+)\}/g, (_, name: string) => {
      const found = value(name);
      complete = complete && found !== undefined;
      return found ?? '';
    });
    return complete ? textAt(filled) : undefined;
  };
}

function serviceHint(
  name: string | undefined,
  repository: string | undefined,
): ServiceHint | undefined {
  if (name !== undefined && /^[a-z][a-z0-9-]*:[^\s:]+$/i.test(name)) {
    return { entityRef: name.toLowerCase() };
  }
  return name === undefined && repository === undefined
    ? undefined
    : { ...(name && { name }), ...(repository && { repository }) };
}

function matching<T extends { job: string }>(rules: T[]) {
  const compiled = rules.map(rule => ({ rule, pattern: jobPattern(rule.job) }));
  return (job: string) => {
    for (const { rule, pattern } of compiled) {
      const match = pattern.exec(job);
      if (match) {
        return { rule, groups: match.groups ?? {} };
      }
    }
    return undefined;
  };
}

/** Makes the normaliser of the plugin's events. What it answers is pure. */
export function normaliseRun(
  options: Pick<JenkinsOptions, 'deployments' | 'builds' | 'parameters'>,
): (event: RawDeliveryEvent) => NormaliseResult {
  const { parameters: names } = options;
  const deploymentRule = matching<DeploymentRule>(options.deployments);
  const buildRule = matching<BuildRule>(options.builds);
  const ignored = (reason: string): NormaliseResult => ({
    outcome: 'ignored',
    reason,
  });

  return event => {
    const [, subject, predicate] = TYPE.exec(event.type) ?? [];
    if (subject === 'taskrun') {
      return ignored('a stage of a run: the run as a whole is what counts');
    }
    if (predicate !== 'finished' && predicate !== 'started') {
      return ignored('a run that waits has not begun');
    }
    const run = runOf(event, predicate);
    if ('problem' in run) {
      return { outcome: 'rejected', reason: run.problem };
    }
    const parameter = (name: string) =>
      Object.hasOwn(run.parameters, name)
        ? textAt(run.parameters[name])
        : undefined;
    const found = deploymentRule(run.job);
    if (found || parameter(names.environment) !== undefined) {
      const { rule = { job: run.job }, groups = {} } = found ?? {};
      const fill = filler(run, groups);
      const environment =
        fill(rule.environment ?? '{environment}') ??
        parameter(names.environment);
      if (environment === undefined) {
        return ignored(`the run of ${run.job} names no environment`);
      }
      const service = serviceHint(
        fill(rule.service ?? '{service}') ?? parameter(names.service),
        run.repository,
      );
      if (!service) {
        return ignored(`the run of ${run.job} names no service`);
      }
      const artifact = fill(rule.artifact) ?? parameter(names.artifact);
      const revision =
        fill(rule.revision) ??
        parameter(names.revision) ??
        (artifact === undefined ? run.commit : undefined);
      const rollback =
        rule.rollback ??
        /^(true|yes|1)$/i.test(parameter(names.rollback) ?? '');
      const deployment: DeploymentEvent = {
        type: 'deployment',
        service,
        deploymentId: run.id,
        status: run.status,
        at: run.at,
        ...(run.startedAt && { startedAt: run.startedAt }),
        environment,
        ...(revision && { revision }),
        ...(artifact && { artifact }),
        ...(rollback && { rollback }),
        ...(run.url && { url: run.url }),
      };
      return { outcome: 'accepted', events: [deployment] };
    }
    const built = buildRule(run.job);
    if (!built) {
      return ignored(
        `no entry of dora.jenkins.deployments or dora.jenkins.builds names the job ${run.job}`,
      );
    }
    if (run.status !== 'succeeded') {
      return ignored('a build that has not succeeded makes no artifact');
    }
    const fill = filler(run, built.groups);
    const artifact = fill(built.rule.artifact) ?? parameter(names.artifact);
    if (!artifact) {
      return ignored(`the run of ${run.job} names no artifact`);
    }
    const revision = parameter(names.revision) ?? run.commit;
    const build: BuildEvent = {
      type: 'build',
      artifact,
      ...(revision && { revision }),
      finishedAt: run.at,
      ...(run.url && { url: run.url }),
    };
    return { outcome: 'accepted', events: [build] };
  };
}
