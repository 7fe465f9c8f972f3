import {
  AttributionEvent,
  AttributionWithdrawnEvent,
  DeploymentLocator,
  DomainEvent,
  FailureCauseKind,
  RemediationEvent,
} from '../events';
import {
  ATTRIBUTION_METHODS,
  AttributionMethod,
  FailureAttribution,
  ServiceFactsConfig,
} from '../facts';
import { canonicalJson, stableId } from '../identity';
import {
  AttemptRecord,
  compareText,
  instant,
  isoInstant,
  RevisionResolver,
} from './attempts';
import { Delivered } from './delivery';
import { Ancestry, Deployed } from './environmentHistory';
import { environmentName, PRODUCTION } from './environments';
import { Incident, isNamed } from './incidents';
import { ChangeResolver } from './pullRequests';

const HOUR = 3_600_000;

/** The history of one environment: its deployments in order and what each delivered. */
export interface EnvironmentHistory {
  name: string;
  tier: string;
  deployed: Deployed[];
  /** Same positions as `deployed`. */
  delivered: Delivered[];
}

/** How far each method is to be trusted; shown, not computed with. */
const CONFIDENCE: Record<AttributionMethod, number> = {
  explicit: 1,
  rollback: 0.95,
  revert_or_hotfix: 0.9,
  revision: 0.85,
  time_proximity: 0.5,
};

interface Candidate
  extends Omit<FailureAttribution, 'recordedAt' | 'state' | 'withdrawn'> {
  /** Epoch milliseconds. */
  recorded: number;
  /** Id under which it is taken back, too, by those who know its incident by what its tool calls it. */
  alias?: string;
}

/** Where a cause was seen. */
interface Place {
  environments: ReadonlySet<string>;
  tier: string;
}

export interface FixFact {
  /** Why the deployment was made, as far as its fix links and reverted changes tell. */
  reason: 'hotfix' | 'revert' | 'incident_fix';
  attempt: AttemptRecord;
}

export interface AttributionResult {
  attributions: FailureAttribution[];
  /** Live blame per attempt id. */
  blamedBy: Map<string, FailureAttribution[]>;
  /** Attempt id that the live attribution of an incident blames; undefined: none to blame. */
  liveOfIncident: Map<string, { blamed?: string }>;
  fixes: FixFact[];
}

export interface AttributionContext {
  events: readonly DomainEvent[];
  environments: readonly EnvironmentHistory[];
  incidents: readonly (Incident & { tier: string })[];
  ancestry: Ancestry;
  changes: ChangeResolver;
  revisions: RevisionResolver;
  config: ServiceFactsConfig;
}

/** Blames deployments for incidents, rollbacks and fixes: every candidate, of which one per cause is live. */
export function attributeFailures(
  context: AttributionContext,
): AttributionResult {
  const { environments, incidents, ancestry, changes, revisions } = context;
  const proximity = (context.config.timeProximityHours ?? 24) * HOUR;
  const revertWindow = (context.config.revertWindowHours ?? 168) * HOUR;

  const all = environments.flatMap(environment =>
    environment.deployed.map(deployed => ({ environment, deployed })),
  );

  const byName = new Map<string, typeof all>();
  const byRevision = new Map<string, typeof all>();
  for (const entry of all) {
    const { id, deploymentId, revision } = entry.deployed.attempt;
    push(byName, id, entry);
    if (deploymentId !== id) {
      push(byName, deploymentId, entry);
    }
    if (revision !== undefined) {
      push(byRevision, revision, entry);
    }
  }

  const explicit = new Map<string, AttributionEvent>();
  const withdrawn = new Map<string, AttributionWithdrawnEvent>();
  const remediations: RemediationEvent[] = [];
  for (const event of context.events) {
    if (event.type === 'attribution') {
      const other = explicit.get(event.attributionId);
      if (!other || canonicalJson(event) < canonicalJson(other)) {
        explicit.set(event.attributionId, event);
      }
    } else if (event.type === 'attribution_withdrawn') {
      const other = withdrawn.get(event.attributionId);
      const earlier =
        !other ||
        instant(event.recordedAt) < instant(other.recordedAt) ||
        (event.recordedAt === other.recordedAt &&
          canonicalJson(event) < canonicalJson(other));
      if (earlier) {
        withdrawn.set(event.attributionId, event);
      }
    } else if (event.type === 'remediation') {
      remediations.push(event);
    }
  }

  const explicitOf = new Map<FailureCauseKind, AttributionEvent[]>();
  for (const event of explicit.values()) {
    push(explicitOf, event.cause?.kind ?? 'report', event);
  }

  /** Succeeded attempts that a locator names, in order of finish. */
  function locate(locator: DeploymentLocator) {
    const inEnvironment = (environment: string) =>
      locator.environment === undefined ||
      environmentName(locator.environment) === environment;
    const among = (entries: typeof all | undefined) =>
      entries?.filter(({ environment }) => inEnvironment(environment.name)) ??
      [];
    const id = locator.id?.replace(/^r(?=d[0-9a-f]{32}$)/, '');
    const named = id === undefined ? [] : among(byName.get(id));
    if (named.length > 0 || locator.revision === undefined) {
      return named;
    }
    const revision = revisions.revision(locator.revision, undefined);
    return revision === undefined ? [] : among(byRevision.get(revision));
  }

  /** The change that put a deployment's revision there: itself, or what a redeploy repeats. */
  function blamable(
    environment: EnvironmentHistory,
    index: number,
  ): AttemptRecord | undefined {
    let i = index;
    while (i >= 0 && environment.deployed[i].kind === 'redeploy') {
      i--;
    }
    const deployed = environment.deployed[i];
    return deployed?.kind === 'change' &&
      deployed.attempt.origin !== 'release_tag'
      ? deployed.attempt
      : undefined;
  }

  /**
   * The deployment that a locator blames. The same revision is often in several environments: of those that
   * match, the ones nearest to where the cause was seen; of several, the latest one at that moment, else the first.
   */
  function blameLocated(
    locator: DeploymentLocator,
    at: number,
    seen: Place,
  ): AttemptRecord | undefined {
    const distance = (environment: EnvironmentHistory) => {
      if (seen.environments.has(environment.name)) {
        return 0;
      }
      return environment.tier === seen.tier ? 1 : 2;
    };
    const found = locate(locator)
      .flatMap(({ environment, deployed }) => {
        const attempt = blamable(environment, deployed.index);
        return attempt ? [{ attempt, distance: distance(environment) }] : [];
      })
      .sort(
        (a, b) =>
          a.distance - b.distance ||
          a.attempt.at - b.attempt.at ||
          compareText(a.attempt.id, b.attempt.id),
      )
      .filter((entry, _, [nearest]) => entry.distance === nearest.distance);
    const match = found.findLast(({ attempt }) => attempt.at <= at) ?? found[0];
    return match?.attempt;
  }

  const candidate = (
    cause: FailureAttribution['cause'],
    method: AttributionMethod,
    blamed: AttemptRecord,
    recorded: number,
    evidence: string,
    source?: string,
  ): Candidate => ({
    id: derivedId(cause, method, blamed.id),
    cause,
    blamed: blamed.id,
    method,
    confidence: CONFIDENCE[method],
    evidence,
    author: { kind: 'event', name: source ?? 'event' },
    recorded,
  });

  const attributions: FailureAttribution[] = [];
  const blamedBy = new Map<string, FailureAttribution[]>();

  /** Stores the candidates of one cause and returns the live one. */
  function settle(candidates: readonly Candidate[]): Candidate | undefined {
    const unique = [...new Map(candidates.map(c => [c.id, c])).values()].sort(
      byStrength,
    );
    const withdrawalOf = ({ id, alias }: Candidate) =>
      withdrawn.get(id) ??
      (alias === undefined ? undefined : withdrawn.get(alias));
    const live = unique.find(c => !withdrawalOf(c));
    for (const one of unique) {
      const { recorded, alias: _, ...rest } = one;
      const taken = withdrawalOf(one);
      const standing = rest.id === live?.id ? 'live' : 'superseded';
      const attribution: FailureAttribution = {
        ...rest,
        recordedAt: isoInstant(recorded),
        state: taken ? 'withdrawn' : standing,
        withdrawn: taken && {
          by: taken.author.name,
          at: taken.recordedAt,
          reason: taken.reason,
        },
      };
      attributions.push(attribution);
      if (attribution.state === 'live' && attribution.blamed) {
        const list = blamedBy.get(attribution.blamed) ?? [];
        list.push(attribution);
        blamedBy.set(attribution.blamed, list);
      }
    }
    return live;
  }

  /** What persons and programs said about a cause. */
  function explicitFor(
    cause: FailureAttribution['cause'],
    names: (event: AttributionEvent) => boolean,
    at: number,
    seen: Place,
  ): Candidate[] {
    return (explicitOf.get(cause.kind) ?? []).filter(names).flatMap(event => {
      const recorded = instant(event.recordedAt);
      const blamed =
        event.blame === 'none'
          ? undefined
          : blameLocated(event.blame, at, seen);
      if (Number.isNaN(recorded) || (!blamed && event.blame !== 'none')) {
        return [];
      }
      return [
        {
          id: event.attributionId,
          cause,
          blamed: blamed?.id,
          method: 'explicit' as const,
          confidence: CONFIDENCE.explicit,
          evidence:
            event.reason ??
            (blamed
              ? `${event.author.name} named the deployment.`
              : `${event.author.name} said that no deployment is to blame.`),
          author: event.author,
          recorded,
        },
      ];
    });
  }
  const namesAttempt = (event: AttributionEvent, attempt: AttemptRecord) =>
    event.cause?.id === attempt.id ||
    event.cause?.id === attempt.deploymentId ||
    event.cause?.id === `r${attempt.id}`;

  // Rollbacks.
  const shared: {
    attempt: AttemptRecord;
    live: Candidate;
    incidents?: ReadonlySet<string>;
  }[] = [];
  for (const environment of environments) {
    const here = placeOf(environment);
    for (const deployed of environment.deployed) {
      const { attempt } = deployed;
      if (deployed.kind !== 'rollback' || attempt.origin === 'release_tag') {
        continue;
      }
      const cause = { kind: 'rollback' as const, id: attempt.id };
      const candidates = explicitFor(
        cause,
        e => e.cause?.kind === 'rollback' && namesAttempt(e, attempt),
        attempt.at,
        here,
      );
      for (const locator of attempt.blames) {
        const blamed = blameLocated(locator, attempt.at, here);
        if (blamed) {
          candidates.push(
            candidate(
              cause,
              'explicit',
              blamed,
              attempt.at,
              'The rollback names the deployment that it took back.',
              attempt.source,
            ),
          );
        }
      }
      const blamed = takenBack(environment, deployed, ancestry);
      if (blamed) {
        candidates.push(
          candidate(
            cause,
            'rollback',
            blamed,
            attempt.at,
            'First change since the target of the rollback that brought what the target lacks.',
            attempt.source,
          ),
        );
      }
      const live = settle(candidates);
      if (live) {
        shared.push({ attempt, live });
      }
    }
  }

  const deliverers = new Map(
    environments.map(environment => {
      const ofNode = new Map<number, Deployed>();
      for (const delivery of environment.delivered) {
        if (!delivery.historyGap) {
          delivery.nodes.forEach(n => ofNode.set(n, delivery.deployment));
        }
      }
      return [environment.name, ofNode];
    }),
  );

  // Fixes: reverted changes, hotfixes that name a deployment, and links to incidents.
  const fixes: FixFact[] = [];
  const linked = new Map<string, RemediationEvent[]>();
  for (const event of remediations) {
    const blame = locate(event.deployment);
    for (const { deployed } of blame) {
      linked.set(deployed.attempt.id, [
        ...(linked.get(deployed.attempt.id) ?? []),
        event,
      ]);
    }
  }
  for (const environment of environments) {
    const here = placeOf(environment);
    const deliveredOf = deliverers.get(environment.name)!;
    for (const delivery of environment.delivered) {
      const { deployment } = delivery;
      const { attempt } = deployment;
      if (deployment.kind !== 'change' || attempt.origin === 'release_tag') {
        continue;
      }
      const links = linked.get(attempt.id) ?? [];
      const fixedIncidents = new Set([
        ...attempt.fixesIncidents,
        ...links.flatMap(link => link.incidentId ?? []),
      ]);
      if (fixedIncidents.size > 0) {
        fixes.push({ reason: 'incident_fix', attempt });
      }
      const inWindow = (blamed: AttemptRecord | undefined) =>
        blamed !== undefined &&
        blamed.id !== attempt.id &&
        blamed.at <= attempt.at &&
        attempt.at - blamed.at <= revertWindow;

      const named = {
        kind: 'fix' as const,
        id: attempt.id,
      };
      const causes = new Map<string, Candidate[]>();
      for (const locator of [
        ...attempt.blames,
        ...links.flatMap(link => link.blames ?? []),
      ]) {
        const blamed = blameLocated(locator, attempt.at, here);
        if (blamed && inWindow(blamed)) {
          fixes.push({ reason: 'hotfix', attempt });
          causes.set(attempt.id, [
            ...(causes.get(attempt.id) ?? []),
            candidate(
              named,
              'revert_or_hotfix',
              blamed,
              attempt.at,
              'The hotfix names the deployment that it repairs.',
              attempt.source,
            ),
          ]);
        }
      }
      const reverted = delivery.historyGap
        ? []
        : delivery.nodes.flatMap(n => changes.revertsOf(n));
      for (const id of [...new Set(reverted)].sort(compareText)) {
        const node = changes.nodeOf(id);
        const origin = node === undefined ? undefined : deliveredOf.get(node);
        if (
          node === undefined ||
          !origin ||
          origin.kind !== 'change' ||
          origin.attempt.origin === 'release_tag' ||
          !inWindow(origin.attempt) ||
          changes.revertsOf(node).length > 0
        ) {
          continue;
        }
        fixes.push({ reason: 'revert', attempt });
        const cause = { kind: 'fix' as const, id: `${attempt.id}:${id}` };
        causes.set(cause.id, [
          candidate(
            cause,
            'revert_or_hotfix',
            origin.attempt,
            attempt.at,
            `Reverts ${id.slice(
              0,
              12,
            )}, which the blamed deployment delivered.`,
            attempt.source,
          ),
        ]);
      }
      if (causes.size === 0) {
        causes.set(attempt.id, []);
      }
      for (const [id, candidates] of causes) {
        const live = settle([
          ...candidates,
          ...explicitFor(
            { kind: 'fix', id },
            e =>
              e.cause?.kind === 'fix' &&
              (e.cause.id === id || namesAttempt(e, attempt)),
            attempt.at,
            here,
          ),
        ]);
        if (live && fixedIncidents.size > 0) {
          shared.push({ attempt, live, incidents: fixedIncidents });
        }
      }
    }
  }

  // Incidents.
  const liveOfIncident = new Map<string, { blamed?: string }>();
  for (const incident of incidents) {
    const cause = { kind: 'incident' as const, id: incident.id };
    const { openedAt, source } = incident;
    const named = incident.environment && environmentName(incident.environment);
    const ofTier = environments.filter(e => e.tier === incident.tier);
    const own = ofTier.filter(e => e.name === named);
    // A name that no deployment uses means the only environment there is; among several it would be a guess.
    const affected =
      own.length === 0 &&
      (!named || named === incident.tier || ofTier.length === 1)
        ? ofTier
        : own;
    const affectedNames = new Set(affected.map(e => e.name));
    const seen = { environments: affectedNames, tier: incident.tier };
    const candidates = explicitFor(
      cause,
      e => e.cause?.kind === 'incident' && isNamed(incident, e.cause.id),
      openedAt,
      seen,
    );
    for (const locator of incident.deployments) {
      const blamed = blameLocated(locator, openedAt, seen);
      if (blamed) {
        candidates.push(
          candidate(
            cause,
            'explicit',
            blamed,
            openedAt,
            'The incident names the deployment.',
            source,
          ),
        );
      }
    }
    for (const { attempt, live, incidents: only } of shared) {
      const open =
        openedAt <= attempt.at &&
        (incident.resolvedAt === undefined ||
          attempt.at <= incident.resolvedAt);
      if (
        open &&
        affectedNames.has(attempt.environment) &&
        (!only || [...only].some(name => isNamed(incident, name)))
      ) {
        candidates.push({
          ...live,
          id: sharedId(incident.id, live.id),
          alias: incident.localId && sharedId(incident.localId, live.id),
          cause,
          evidence: `Open when the ${live.cause.kind} finished, whose blame it shares. ${live.evidence}`,
          sharedFrom: attempt.id,
        });
      }
    }
    const putByRevision = latestOf(
      affected.map(environment => putThere(environment, incident)),
    );
    if (putByRevision) {
      candidates.push(
        candidate(
          cause,
          'revision',
          putByRevision,
          openedAt,
          'The incident names a revision that this deployment put there.',
          source,
        ),
      );
    }
    const byTime = latestOf(
      affected.map(environment => {
        const running = environment.deployed.findLast(
          d => d.attempt.at <= openedAt,
        );
        const blamed = running && blamable(environment, running.index);
        return blamed && openedAt < blamed.at + proximity ? blamed : undefined;
      }),
    );
    if (byTime) {
      candidates.push(
        candidate(
          cause,
          'time_proximity',
          byTime,
          openedAt,
          `The incident opened ${Math.round(
            (openedAt - byTime.at) / 60_000,
          )} minutes after the running revision was deployed.`,
          source,
        ),
      );
    }
    const live = settle(candidates.map(one => aliased(one, incident)));
    if (live) {
      liveOfIncident.set(incident.id, live);
    }
  }

  // Reports without any other cause.
  for (const event of explicit.values()) {
    if (event.cause === undefined) {
      const cause = { kind: 'report' as const, id: event.attributionId };
      settle(
        explicitFor(cause, e => e === event, instant(event.recordedAt), {
          environments: new Set(),
          tier: PRODUCTION,
        }),
      );
    }
  }

  attributions.sort((a, b) => compareText(a.id, b.id));
  return { attributions, blamedBy, liveOfIncident, fixes };

  function putThere(
    environment: EnvironmentHistory,
    incident: Incident,
  ): AttemptRecord | undefined {
    const keys = new Set<string>();
    for (const revision of incident.revisions) {
      keys.add(revisions.revision(revision, undefined) ?? revision);
    }
    for (const artifact of incident.artifacts) {
      keys.add(revisions.artifactKey(artifact));
      const revision = revisions.revision(undefined, artifact);
      if (revision) {
        keys.add(revision);
      }
    }
    if (keys.size === 0) {
      return undefined;
    }
    const usable = (d: Deployed) =>
      d.kind === 'change' &&
      d.attempt.origin !== 'release_tag' &&
      d.attempt.at <= incident.openedAt;
    const deployed = environment.deployed.findLast(
      d =>
        usable(d) &&
        (keys.has(d.attempt.revisionKey ?? '') ||
          (d.attempt.artifact !== undefined &&
            keys.has(revisions.artifactKey(d.attempt.artifact)))),
    );
    if (deployed) {
      return deployed.attempt;
    }
    for (const key of keys) {
      const node = changes.nodeOf(key);
      const deliverer =
        node === undefined
          ? undefined
          : deliverers.get(environment.name)!.get(node);
      if (deliverer && usable(deliverer)) {
        return deliverer.attempt;
      }
    }
    return undefined;
  }
}

function derivedId(
  cause: FailureAttribution['cause'],
  method: AttributionMethod,
  blamed: string,
): string {
  return stableId('a', cause.kind, cause.id, method, blamed);
}

function sharedId(incidentId: string, attributionId: string): string {
  return stableId('a', 'incident', incidentId, 'shared', attributionId);
}

/** Lets what was derived be taken back under the name by which its tool knows the incident. */
function aliased(one: Candidate, { id, localId }: Incident): Candidate {
  const { method, blamed } = one;
  const cause = { kind: 'incident' as const, id };
  return localId !== undefined &&
    blamed !== undefined &&
    one.id === derivedId(cause, method, blamed)
    ? { ...one, alias: derivedId({ ...cause, id: localId }, method, blamed) }
    : one;
}

function push<K, T>(groups: Map<K, T[]>, key: K, entry: T): void {
  const group = groups.get(key);
  if (group) {
    group.push(entry);
  } else {
    groups.set(key, [entry]);
  }
}

function placeOf({ name, tier }: EnvironmentHistory): Place {
  return { environments: new Set([name]), tier };
}

/** Strength; then a person before a program; then the latest recorded; then id. */
function byStrength(a: Candidate, b: Candidate): number {
  const strength = (c: Candidate) => ATTRIBUTION_METHODS.indexOf(c.method);
  const person = (c: Candidate) => (c.author.kind === 'person' ? 0 : 1);
  return (
    strength(a) - strength(b) ||
    person(a) - person(b) ||
    b.recorded - a.recorded ||
    compareText(a.id, b.id)
  );
}

function latestOf(
  attempts: readonly (AttemptRecord | undefined)[],
): AttemptRecord | undefined {
  return attempts
    .filter((a): a is AttemptRecord => a !== undefined)
    .sort((a, b) => b.at - a.at || compareText(a.id, b.id))[0];
}

/**
 * What a rollback blames: the earliest change, since the latest deployment at or behind the
 * target, that brought a commit the target lacks.
 */
function takenBack(
  environment: EnvironmentHistory,
  rollback: Deployed,
  ancestry: Ancestry,
): AttemptRecord | undefined {
  const { deployed } = environment;
  const target = rollback.attempt;
  let since = rollback.index - 1;
  while (since >= 0 && !ancestry.contains(target, deployed[since].attempt)) {
    since--;
  }
  const later = deployed
    .slice(since + 1, rollback.index)
    .filter(d => d.kind === 'change');
  if (since < 0 && rollback.historyGap) {
    // Nothing says what the target holds: only the change that ran before is surely gone.
    const running = later[later.length - 1];
    return running?.attempt.origin === 'release_tag'
      ? undefined
      : running?.attempt;
  }
  const blamed = later.find(d => {
    const previous = deployed[d.index - 1]?.attempt;
    if (
      d.attempt.node === undefined ||
      target.node === undefined ||
      (previous && previous.node === undefined)
    ) {
      return !ancestry.contains(target, d.attempt);
    }
    return ancestry.brings(
      d.attempt.node,
      previous ? [previous.node!, target.node] : [target.node],
    );
  })?.attempt;
  return blamed?.origin === 'release_tag' ? undefined : blamed;
}
