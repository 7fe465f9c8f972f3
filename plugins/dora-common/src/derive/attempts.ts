import { PackageURL } from 'packageurl-js';
import {
  BuildEvent,
  DeploymentEvent,
  DeploymentLabel,
  DomainEvent,
  ReleaseTagEvent,
} from '../events';
import { DeploymentAttempt, ServiceFactsConfig } from '../facts';
import { attemptId, canonicalJson } from '../identity';
import { CommitGraph } from './CommitGraph';
import { environmentName, environmentTier, PRODUCTION } from './environments';

/** An attempt and what its events say beyond the public facts. */
export interface AttemptRecord extends DeploymentAttempt {
  /** Epoch milliseconds; NaN while unfinished. */
  at: number;
  /** The commit in the graph, when its history is known. */
  node?: number;
  /** What decides "same revision": the resolved commit, else the revision or artifact as named. */
  revisionKey?: string;
  rollback: boolean;
  blames: NonNullable<DeploymentEvent['blames']>[];
  fixesIncidents: string[];
  /** Epoch milliseconds of the first build of its artifact. */
  builtAt?: number;
}

/** Epoch milliseconds, NaN when the text is not an instant. */
export function instant(text: string | undefined): number {
  return text === undefined ? NaN : Date.parse(text);
}

export function isoInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Text order by code unit, the same in every locale. */
export function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}

function purl(text: string | undefined): PackageURL | undefined {
  try {
    return text ? PackageURL.fromString(text) : undefined;
  } catch {
    return undefined;
  }
}

/** The purl without what does not name the artifact (qualifiers, subpath); other text as it is. */
function artifactKey(text: string): string {
  const parsed = purl(text);
  return parsed
    ? new PackageURL(
        parsed.type,
        parsed.namespace,
        parsed.name,
        parsed.version,
        undefined,
        undefined,
      ).toString()
    : text;
}

/** Answers "which commit is this" for revisions, tags and artifacts. */
export class RevisionResolver {
  private readonly tags = new Map<string, string>();
  private readonly builds = new Map<
    string,
    { revision?: string; finishedAt: number }
  >();
  /** Commit → earliest finish of a build made of it. */
  private readonly buildsOfRevision = new Map<string, number>();

  constructor(
    private readonly graph: CommitGraph,
    tags: readonly ReleaseTagEvent[],
    builds: readonly BuildEvent[],
  ) {
    // A tag that was moved means what it meant last.
    [...tags]
      .sort(
        (a, b) =>
          instant(a.releasedAt) - instant(b.releasedAt) ||
          compareText(a.revision, b.revision),
      )
      .forEach(tag => this.tags.set(tag.tag, tag.revision));
    for (const build of builds) {
      const finishedAt = instant(build.finishedAt);
      if (Number.isNaN(finishedAt)) {
        continue;
      }
      const key = artifactKey(build.artifact);
      const known = this.builds.get(key);
      const first =
        !known ||
        finishedAt < known.finishedAt ||
        (finishedAt === known.finishedAt &&
          (build.revision ?? '') < (known.revision ?? ''));
      this.builds.set(key, {
        revision:
          (first
            ? build.revision ?? known?.revision
            : known?.revision ?? build.revision) ?? undefined,
        finishedAt: Math.min(finishedAt, known?.finishedAt ?? Infinity),
      });
    }
    for (const build of this.builds.values()) {
      const commit = build.revision && this.commit(build.revision);
      if (commit) {
        this.buildsOfRevision.set(
          commit,
          Math.min(
            build.finishedAt,
            this.buildsOfRevision.get(commit) ?? Infinity,
          ),
        );
      }
    }
  }

  /** Full id of the commit that a revision or tag name means. */
  private commit(name: string): string | undefined {
    const direct = this.graph.resolve(name);
    if (direct) {
      return direct;
    }
    const tagged =
      this.tags.get(name) ??
      this.tags.get(name.replace(/^refs\/tags\//, '')) ??
      this.tags.get(`v${name}`);
    return tagged === undefined
      ? undefined
      : this.graph.resolve(tagged) ?? tagged;
  }

  /** Commit id, or the name itself where no history knows it. */
  revision(
    revision: string | undefined,
    artifact: string | undefined,
  ): string | undefined {
    if (revision) {
      return this.commit(revision) ?? revision;
    }
    if (!artifact) {
      return undefined;
    }
    const version = purl(artifact)?.version ?? undefined;
    const known = version === undefined ? undefined : this.commit(version);
    if (known) {
      return known;
    }
    const built = this.builds.get(artifactKey(artifact))?.revision;
    if (built) {
      return this.commit(built) ?? built;
    }
    return version !== undefined &&
      /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(version)
      ? version
      : undefined;
  }

  /** First build of the artifact, else of the commit. */
  builtAt(
    revision: string | undefined,
    artifact: string | undefined,
  ): number | undefined {
    const ofArtifact = artifact && this.builds.get(artifactKey(artifact));
    return ofArtifact
      ? ofArtifact.finishedAt
      : this.buildsOfRevision.get(revision ?? '');
  }

  artifactKey(artifact: string): string {
    return artifactKey(artifact);
  }
}

const byMomentThenContent = (a: DeploymentEvent, b: DeploymentEvent) =>
  instant(a.at) - instant(b.at) ||
  compareText(canonicalJson(a), canonicalJson(b));

/** Groups job statuses and release tags into attempts. The order of `events` does not matter. */
export function collectAttempts(
  serviceRef: string,
  events: readonly DomainEvent[],
  config: ServiceFactsConfig,
  resolver: RevisionResolver,
  graph: CommitGraph,
): AttemptRecord[] {
  const said = tiersSaid(events);
  const tierOf = (environment: string) =>
    environmentTier(
      environment,
      config.environmentTiers,
      said.get(environment),
    );
  const groups = new Map<string, DeploymentEvent[]>();
  const attempts = new Map<string, AttemptRecord>();

  for (const event of events) {
    if (event.type === 'deployment' && !Number.isNaN(instant(event.at))) {
      const key = attemptId(
        serviceRef,
        environmentName(event.environment),
        event.deploymentId,
      );
      const group = groups.get(key);
      if (group) {
        group.push(event);
      } else {
        groups.set(key, [event]);
      }
    }
  }
  for (const [id, unsorted] of groups) {
    const group =
      unsorted.length > 1 ? unsorted.sort(byMomentThenContent) : unsorted;
    const outcome = attemptOutcome(group);
    if (!outcome) {
      continue;
    }
    // What it deployed is said best by its successes, in time; later statuses do not move it.
    const bySuccess = [
      ...group.filter(e => e.status === 'succeeded'),
      ...group.filter(e => e.status !== 'succeeded'),
    ];
    const first = <K extends keyof DeploymentEvent>(key: K) =>
      bySuccess.find(e => e[key] !== undefined)?.[key];
    const named = first('revision');
    const artifact = first('artifact');
    const revision = resolver.revision(named, artifact);
    const environment = environmentName(group[0].environment);
    const started = group
      .map(e => e.startedAt)
      .filter(at => !Number.isNaN(instant(at)))
      .sort((a, b) => instant(a) - instant(b))[0];
    attempts.set(id, {
      id,
      serviceRef,
      environment,
      tier: tierOf(environment),
      deploymentId: group[0].deploymentId,
      status: outcome.status,
      at: outcome.at,
      finishedAt: Number.isNaN(outcome.at) ? undefined : isoInstant(outcome.at),
      startedAt: started && isoInstant(instant(started)),
      revision,
      revisionKey: revision ?? (artifact && resolver.artifactKey(artifact)),
      node: graph.find(revision),
      artifact,
      origin: 'event',
      labels: unique(group.flatMap(e => e.labels ?? [])) as DeploymentLabel[],
      rollback: group.some(e => e.rollback === true),
      blames: uniqueBy(group.flatMap(e => e.blames ?? [])),
      fixesIncidents: unique(group.flatMap(e => e.fixesIncidents ?? [])),
      builtAt: resolver.builtAt(revision, artifact),
      url: first('url'),
      source: first('provenance')?.source,
      sample: group.some(e => e.sample === true),
    });
  }

  const environment = environmentName(config.releaseEnvironment ?? PRODUCTION);
  const released = events
    .filter((e): e is ReleaseTagEvent => e.type === 'release_tag')
    .filter(e => !Number.isNaN(instant(e.releasedAt)))
    // Of a tag that was moved, the first release stands: the deployment did happen then.
    .sort(
      (a, b) =>
        instant(a.releasedAt) - instant(b.releasedAt) ||
        compareText(canonicalJson(a), canonicalJson(b)),
    );
  for (const tag of released) {
    const id = attemptId(serviceRef, environment, `tag:${tag.tag}`);
    const before = attempts.get(id);
    if (before) {
      before.sample ||= tag.sample === true;
      continue;
    }
    const revision = graph.resolve(tag.revision) ?? tag.revision;
    const at = instant(tag.releasedAt);
    attempts.set(id, {
      id,
      serviceRef,
      environment,
      tier: tierOf(environment),
      deploymentId: tag.tag,
      status: 'succeeded',
      at,
      finishedAt: isoInstant(at),
      revision,
      revisionKey: revision,
      node: graph.find(revision),
      origin: 'release_tag',
      labels: [],
      rollback: false,
      blames: [],
      fixesIncidents: [],
      builtAt: resolver.builtAt(revision, undefined),
      url: tag.url,
      source: tag.provenance?.source,
      sample: tag.sample === true,
    });
  }
  return [...attempts.values()];
}

/** What sources say of each environment's tier; where they contradict themselves, the latest word. */
function tiersSaid(events: readonly DomainEvent[]): Map<string, string> {
  const latest = new Map<string, { at: number; tier: string }>();
  for (const event of events) {
    if (event.type !== 'deployment' || !event.tier?.trim()) {
      continue;
    }
    const at = instant(event.at);
    const { tier } = event;
    const name = environmentName(event.environment);
    const known = latest.get(name);
    if (
      !Number.isNaN(at) &&
      (!known || at > known.at || (at === known.at && tier < known.tier))
    ) {
      latest.set(name, { at, tier });
    }
  }
  return new Map([...latest].map(([name, { tier }]) => [name, tier]));
}

/** Unique and sorted. */
export function unique(values: string[]): string[] {
  return values.length > 0 ? [...new Set(values)].sort(compareText) : values;
}

function uniqueBy<T>(values: T[]): T[] {
  return [...new Map(values.map(v => [canonicalJson(v), v])).entries()]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, value]) => value);
}

/**
 * An attempt succeeds at the first instant by which every job that shares its id has succeeded. It failed
 * when a job ended otherwise and never succeeded. Statuses that end nothing only show that a job exists.
 */
function attemptOutcome(
  group: readonly DeploymentEvent[],
): { status: DeploymentAttempt['status']; at: number } | undefined {
  const succeeded = new Map<string, number>();
  const ended = new Map<string, number>();
  const jobs = new Set<string>();
  for (const { jobId = '', status, at } of group) {
    const moment = instant(at);
    if (status === 'inactive') {
      continue;
    }
    jobs.add(jobId);
    if (status === 'succeeded') {
      succeeded.set(jobId, Math.min(moment, succeeded.get(jobId) ?? Infinity));
    } else if (status === 'failed' || status === 'canceled') {
      ended.set(jobId, Math.max(moment, ended.get(jobId) ?? -Infinity));
    }
  }
  if (jobs.size === 0) {
    return undefined;
  }
  if (succeeded.size === jobs.size) {
    return { status: 'succeeded', at: Math.max(...succeeded.values()) };
  }
  const failures = [...ended].filter(([job]) => !succeeded.has(job));
  return failures.length > 0
    ? { status: 'failed', at: Math.max(...failures.map(([, at]) => at)) }
    : { status: 'unfinished', at: NaN };
}
