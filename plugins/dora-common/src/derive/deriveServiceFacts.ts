import {
  BuildEvent,
  CommitRecord,
  DomainEvent,
  ReleaseTagEvent,
} from '../events';
import {
  ChangeFact,
  DeploymentAttempt,
  DeploymentFact,
  FailureAttribution,
  IncidentFact,
  ServiceFacts,
  ServiceFactsConfig,
  ServiceFactsInput,
} from '../facts';
import {
  AttemptRecord,
  collectAttempts,
  compareText,
  instant,
  RevisionResolver,
  unique,
} from './attempts';
import {
  attributeFailures,
  AttributionResult,
  EnvironmentHistory,
  FixFact,
} from './attribution';
import { buildsWithRevisions } from './builds';
import { CommitGraph } from './CommitGraph';
import { ChangeFilter, deliver, Delivered, stageTimes } from './delivery';
import {
  Ancestry,
  assumeRollbackTargets,
  decideKinds,
  Deployed,
  deploymentOrder,
  groupRollouts,
  Rollout,
} from './environmentHistory';
import { environmentName, environmentTier, PRODUCTION } from './environments';
import { collectIncidents, Incident } from './incidents';
import {
  botMatcher,
  Change,
  ChangeResolver,
  collectPullRequests,
  pathMatcher,
} from './pullRequests';

/** A row of deployments, of an environment or of a tier, as far as it follows from the history alone. */
interface PlannedRow {
  /** What attribution and failure data cannot change. */
  fixed: Omit<
    DeploymentFact,
    | 'failureData'
    | 'failed'
    | 'rework'
    | 'reworkReason'
    | 'recoveredAt'
    | 'recoverySeconds'
    | 'recoveryClamped'
  >;
  members: readonly Deployed[];
  changes: ChangeFact[];
  /** Labels of the members and of the pull requests they deliver. */
  said: ReadonlySet<string>;
}

/** `delivered` holds every member of every rollout, in order. */
function planRows(
  rollouts: readonly Rollout[],
  delivered: readonly Delivered[],
  place: { tier?: string; environment?: string },
  context: {
    serviceRef: string;
    isBot: (commit: Partial<CommitRecord>) => boolean;
  },
): PlannedRow[] {
  const deliveredOf = new Map(delivered.map(d => [d.deployment.attempt.id, d]));
  return rollouts.map(({ members }, sequence): PlannedRow => {
    const [{ attempt, kind }] = members;
    const id = place.environment === undefined ? `r${attempt.id}` : attempt.id;
    const finishedAt = attempt.at;
    const deliveries = members.map(m => deliveredOf.get(m.attempt.id)!);
    const { first, historyGap } = deliveries[0];
    const changes = deliveries.flatMap(({ changes: list, deployment }) =>
      list.map(change =>
        changeFact(
          change,
          { id, finishedAt, first, builtAt: deployment.attempt.builtAt },
          context.isBot,
        ),
      ),
    );
    const labels = unique(members.flatMap(m => m.attempt.labels));
    return {
      members,
      changes,
      said: new Set([
        ...labels,
        ...deliveries.flatMap(d =>
          d.changes.flatMap(c => c.pullRequest?.labels ?? []),
        ),
      ]),
      fixed: {
        id,
        serviceRef: context.serviceRef,
        ...place,
        members: members.map(m => m.attempt.id),
        environments: members.map(m => m.attempt.environment),
        kind,
        finishedAt,
        finishedEverywhereAt: members[members.length - 1].attempt.at,
        revision: attempt.revision,
        sequence,
        first,
        historyGap,
        changes: changes.length,
        origin: members.every(m => m.attempt.origin === 'release_tag')
          ? 'release_tag'
          : 'event',
        labels: labels as DeploymentFact['labels'],
        url: attempt.url,
        source: attempt.source,
        sample: members.some(m => m.attempt.sample),
      },
    };
  });
}

function changeFact(
  change: Change,
  deployment: {
    id: string;
    finishedAt: number;
    first: boolean;
    builtAt: number | undefined;
  },
  isBot: (commit: Partial<CommitRecord>) => boolean,
): ChangeFact {
  const { id, finishedAt, first, builtAt } = deployment;
  const times = stageTimes(change, builtAt, finishedAt);
  const bot = isBot(change.record);
  let excluded: ChangeFact['excluded'];
  if (first) {
    excluded = 'first_deployment';
  } else if (times.leadSeconds < 0) {
    excluded = 'negative_total_time';
  } else if (bot) {
    excluded = 'bot';
  }
  return {
    deploymentId: id,
    commit: change.id,
    committedAt: change.committedAt,
    ...times,
    pullRequest: change.pullRequest?.number,
    authorName: change.record.authorName,
    subject: change.record.subject,
    bot,
    excluded,
  };
}

/** Adds to planned rows what failures say about them. */
class FactAssembler {
  private readonly incidents: Map<string, Incident>;
  private readonly environments: Map<string, EnvironmentHistory>;
  private readonly fixes = new Map<string, Set<FixFact['reason']>>();

  constructor(
    private readonly context: {
      environments: readonly EnvironmentHistory[];
      incidents: readonly Incident[];
      attribution: AttributionResult;
      ancestry: Ancestry;
      failureDataSince: number | undefined;
    },
  ) {
    this.incidents = new Map(context.incidents.map(i => [i.id, i]));
    this.environments = new Map(context.environments.map(e => [e.name, e]));
    for (const { attempt, reason } of context.attribution.fixes) {
      const reasons = this.fixes.get(attempt.id) ?? new Set();
      this.fixes.set(attempt.id, reasons.add(reason));
    }
  }

  deployment({ fixed, members, said }: PlannedRow): DeploymentFact {
    const { failureDataSince, attribution } = this.context;
    const { finishedAt, kind, origin } = fixed;
    const failing =
      kind === 'change'
        ? members.filter(m => attribution.blamedBy.has(m.attempt.id))
        : [];
    const recoveredAt =
      failing.length > 0 ? this.recovered(failing) : undefined;
    const reworkReason =
      origin === 'release_tag'
        ? undefined
        : this.reworkReason(members, said, kind);
    return {
      ...fixed,
      failureData:
        origin !== 'release_tag' &&
        failureDataSince !== undefined &&
        finishedAt >= failureDataSince,
      failed: failing.length > 0,
      rework: reworkReason !== undefined,
      reworkReason,
      recoveredAt,
      recoverySeconds:
        recoveredAt === undefined
          ? undefined
          : Math.max(0, recoveredAt - finishedAt) / 1000,
      recoveryClamped:
        recoveredAt === undefined ? undefined : recoveredAt < finishedAt,
    };
  }

  /** Unplanned and made because of a production incident. */
  private reworkReason(
    members: readonly Deployed[],
    said: ReadonlySet<string>,
    kind: DeploymentFact['kind'],
  ): DeploymentFact['reworkReason'] {
    if (
      kind === 'redeploy' ||
      members.some(m => m.attempt.labels.includes('planned'))
    ) {
      return undefined;
    }
    if (kind === 'rollback') {
      return 'rollback';
    }
    const isFix = (reason: FixFact['reason']) =>
      members.some(m => this.fixes.get(m.attempt.id)?.has(reason));
    if (said.has('hotfix') || isFix('hotfix')) {
      return 'hotfix';
    }
    if (said.has('revert') || isFix('revert')) {
      return 'revert';
    }
    return isFix('incident_fix') ? 'incident_fix' : undefined;
  }

  /**
   * When service was restored after the failing members of a deployment: the last of their incidents resolved
   * or, with none, the first remediation of each that did not itself fail. Undefined: not yet.
   */
  private recovered(failing: readonly Deployed[]): number | undefined {
    const blames = failing.flatMap(
      m => this.context.attribution.blamedBy.get(m.attempt.id) ?? [],
    );
    const incidents = blames
      .filter(a => a.cause.kind === 'incident')
      .map(a => this.incidents.get(a.cause.id)!);
    const ends =
      incidents.length > 0
        ? incidents.map(i => i.resolvedAt)
        : failing.map(m => this.remediated(m));
    let last = -Infinity;
    for (const end of ends) {
      if (end === undefined) {
        return undefined;
      }
      last = Math.max(last, end);
    }
    return last;
  }

  private remediated(failed: Deployed): number | undefined {
    const { attribution, ancestry } = this.context;
    const { attempt } = failed;
    const fixing = new Set(
      (attribution.blamedBy.get(attempt.id) ?? []).map(
        ({ cause }: FailureAttribution) => cause.id.split(':')[0],
      ),
    );
    return this.environments
      .get(attempt.environment)!
      .deployed.slice(failed.index + 1)
      .find(
        later =>
          !attribution.blamedBy.has(later.attempt.id) &&
          (fixing.has(later.attempt.id) ||
            (later.kind === 'rollback' &&
              !ancestry.contains(later.attempt, attempt)) ||
            this.isUnspecificFix(later)),
      )?.attempt.at;
  }

  /** A change that says it repairs something in production, and not what: it repairs what is broken then. */
  private isUnspecificFix({ kind, attempt }: Deployed): boolean {
    const { id, labels, blames, fixesIncidents } = attempt;
    return (
      kind === 'change' &&
      (labels.includes('hotfix') || labels.includes('revert')) &&
      !labels.includes('planned') &&
      blames.length === 0 &&
      fixesIncidents.length === 0 &&
      !this.fixes.has(id)
    );
  }
}

/** The version of the definitions that `deriveServiceFacts` and `computeMetrics` implement. */
export const DEFINITION_VERSION = 1;

/**
 * What was delivered by which deployment, before anything is said about failures. Opaque: made by
 * {@link deriveHistory} for {@link deriveFacts}.
 */
export interface ServiceHistory {
  readonly serviceRef: string;
  readonly config: ServiceFactsConfig;
  readonly ancestry: Ancestry;
  readonly resolver: ChangeResolver;
  readonly revisions: RevisionResolver;
  readonly attempts: readonly AttemptRecord[];
  readonly publicAttempts: DeploymentAttempt[];
  readonly environments: readonly EnvironmentHistory[];
  readonly rows: readonly PlannedRow[];
  readonly changes: ChangeFact[];
  readonly pullRequests: number;
}

const HISTORY_EVENTS = new Set<DomainEvent['type']>([
  'deployment',
  'commits',
  'pull_request',
  'build',
  'release_tag',
]);

/** Whether an event can change the history of a service; the others only change what is said about failures. */
export function shapesHistory(event: DomainEvent): boolean {
  return HISTORY_EVENTS.has(event.type);
}

/**
 * Derives every fact about the delivery of one service from its domain events.
 *
 * A pure function of the set of events: order and repetition do not matter, and there is no state
 * to repair when one arrives late. Events whose moment cannot be read are left aside.
 */
export function deriveServiceFacts(input: ServiceFactsInput): ServiceFacts {
  const { serviceRef, events, config = {} } = input;
  const history = deriveHistory({
    serviceRef,
    events,
    graph: CommitGraph.fromRecords(allCommits(input)),
    config,
  });
  return deriveFacts(history, events);
}

/**
 * The first part of {@link deriveServiceFacts}, and most of its work. It holds as long as no event comes that
 * {@link shapesHistory}, and no commit.
 *
 * @param input - `graph` holds every commit, those of `commits` events included
 */
export function deriveHistory(input: {
  serviceRef: string;
  events: readonly DomainEvent[];
  graph: CommitGraph;
  config: ServiceFactsConfig;
}): ServiceHistory {
  const { serviceRef, events, graph, config } = input;
  const pullRequests = collectPullRequests(events);
  const resolver = new ChangeResolver(graph, pullRequests);
  const revisions = new RevisionResolver(
    graph,
    events.filter((e): e is ReleaseTagEvent => e.type === 'release_tag'),
    buildsWithRevisions(
      events.filter((e): e is BuildEvent => e.type === 'build'),
      pullRequests,
    ),
  );
  const touches = pathMatcher(config.sourcePath, config.sharedPaths);
  const ancestry = new Ancestry(
    graph,
    touches && (n => touches(graph.record(n)?.paths)),
  );
  const counts: ChangeFilter = (change, node) =>
    !touches || touches(change.record.paths ?? graph.record(node)?.paths);

  const attempts = collectAttempts(
    serviceRef,
    events,
    config,
    revisions,
    graph,
  );
  const order = deploymentOrder(graph);
  const environments = environmentHistories(attempts, order, ancestry, d =>
    deliver(d, ancestry, resolver, counts),
  );
  const context = { serviceRef, isBot: botMatcher(config.bots) };
  const rows: PlannedRow[] = [];
  const add = (planned: PlannedRow[]) => {
    for (const row of planned) {
      rows.push(row);
    }
  };
  const singly = (deployed: readonly Deployed[]) =>
    deployed.map((d): Rollout => ({ members: [d] }));
  for (const tier of unique(environments.map(e => e.tier))) {
    const ofTier = environments.filter(e => e.tier === tier);
    if (ofTier.length === 1) {
      const [{ name, deployed, delivered }] = ofTier;
      const place = { tier, environment: name };
      add(planRows(singly(deployed), delivered, place, context));
      continue;
    }
    for (const { name, deployed, delivered } of ofTier) {
      const place = { environment: name };
      add(planRows(singly(deployed), delivered, place, context));
    }
    const together = ofTier
      .flatMap(e => e.deployed)
      .sort((a, b) => order(a.attempt, b.attempt));
    add(
      planRows(
        groupRollouts(together),
        deliver(together, ancestry, resolver, counts),
        { tier },
        context,
      ),
    );
  }
  return {
    serviceRef,
    config,
    ancestry,
    resolver,
    revisions,
    attempts,
    publicAttempts: attempts.map(publicAttempt).sort(byFinish),
    environments,
    rows,
    changes: rows.flatMap(row => row.changes),
    pullRequests: pullRequests.length,
  };
}

/** The second part of {@link deriveServiceFacts}: failures, and all facts. */
export function deriveFacts(
  history: ServiceHistory,
  events: readonly DomainEvent[],
): ServiceFacts {
  const { serviceRef, config, ancestry, attempts, environments, changes } =
    history;
  const tierOfIncident = (incident: Incident) => {
    if (incident.environment === undefined) {
      return PRODUCTION;
    }
    const name = environmentName(incident.environment);
    return (
      environments.find(e => e.name === name)?.tier ??
      environmentTier(name, config.environmentTiers)
    );
  };
  const reported = collectIncidents(events);
  const incidents = reported
    .filter(({ dismissed }) => !dismissed)
    .map(incident => ({
      ...incident,
      tier: tierOfIncident(incident),
    }));
  const attribution = attributeFailures({
    events,
    environments,
    incidents,
    ancestry,
    changes: history.resolver,
    revisions: history.revisions,
    config,
  });
  const failureDataSince = coverageStart(
    events,
    reported,
    attribution,
    attempts,
  );
  const assembler = new FactAssembler({
    environments,
    incidents,
    attribution,
    ancestry,
    failureDataSince,
  });
  const deployments = history.rows.map(row => assembler.deployment(row));

  const incidentFacts = incidents.map((incident): IncidentFact => {
    const live = attribution.liveOfIncident.get(incident.id);
    return {
      id: incident.id,
      localId: incident.localId,
      serviceRef,
      openedAt: incident.openedAt,
      resolvedAt: incident.resolvedAt,
      reopened: incident.reopened,
      environment: incident.environment,
      tier: incident.tier,
      title: incident.title,
      url: incident.url,
      source: incident.source,
      blamed: live?.blamed,
      noneToBlame: live !== undefined && live.blamed === undefined,
      sample: incident.sample,
    };
  });
  const succeeded = attempts.filter(a => a.status === 'succeeded');
  return {
    definitionVersion: DEFINITION_VERSION,
    serviceRef,
    environments: environments.map(({ name, tier }) => ({ name, tier })),
    attempts: history.publicAttempts,
    deployments,
    changes,
    incidents: incidentFacts,
    attributions: attribution.attributions,
    failureDataSince,
    connectedSince: succeeded.length
      ? succeeded.reduce((first, a) => Math.min(first, a.at), Infinity)
      : undefined,
    quality: {
      hasDeployments: attempts.length > 0,
      hasFailureData: failureDataSince !== undefined,
      hasCommits: ancestry.graph.size > 0,
      hasPullRequests: history.pullRequests > 0,
      hasBuilds: events.some(e => e.type === 'build'),
      onlyReleaseTags:
        attempts.length > 0 && attempts.every(a => a.origin === 'release_tag'),
      unknownHistory: deployments.filter(d => d.tier && d.historyGap).length,
      clampedChanges: changes.reduce((n, c) => n + (c.clamped ? 1 : 0), 0),
      unattributedIncidents: incidentFacts.filter(
        i => i.blamed === undefined && !i.noneToBlame,
      ).length,
    },
    sample: events.some(
      e => e.sample === true && !(e.type === 'incident' && e.elsewhere),
    ),
  };
}

function* allCommits(input: ServiceFactsInput): Generator<CommitRecord> {
  yield* input.commits ?? [];
  for (const event of input.events) {
    if (event.type === 'commits') {
      yield* event.commits;
    }
  }
}

function environmentHistories(
  attempts: readonly AttemptRecord[],
  order: (a: AttemptRecord, b: AttemptRecord) => number,
  ancestry: Ancestry,
  delivered: (deployed: readonly Deployed[]) => Delivered[],
): EnvironmentHistory[] {
  const byName = new Map<string, AttemptRecord[]>();
  for (const attempt of attempts) {
    if (attempt.status === 'succeeded') {
      const list = byName.get(attempt.environment);
      if (list) {
        list.push(attempt);
      } else {
        byName.set(attempt.environment, [attempt]);
      }
    }
  }
  return [...byName.entries()]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, list]) => {
      const deployed = decideKinds(
        assumeRollbackTargets(list.sort(order)),
        ancestry,
      );
      return {
        name,
        tier: list[0].tier,
        deployed,
        delivered: delivered(deployed),
      };
    });
}

/**
 * From when failures of the service are known: what a source declares; else the first incident or report,
 * or the deployment it blames, for a source that reported it surely covered it.
 */
function coverageStart(
  events: readonly DomainEvent[],
  incidents: readonly Incident[],
  attribution: AttributionResult,
  attempts: readonly AttemptRecord[],
): number | undefined {
  let since = Infinity;
  for (const event of events) {
    if (event.type === 'failure_data') {
      const at = instant(event.since);
      since = Number.isNaN(at) ? since : Math.min(since, at);
    }
  }
  for (const incident of incidents) {
    since = Math.min(since, incident.openedAt);
  }
  const finish = new Map(attempts.map(a => [a.id, a.at]));
  for (const { cause, blamed, state } of attribution.attributions) {
    const reported = cause.kind === 'incident' || cause.kind === 'report';
    if (reported && state === 'live' && blamed !== undefined) {
      since = Math.min(since, finish.get(blamed)!);
    }
  }
  return since === Infinity ? undefined : since;
}

function publicAttempt(record: AttemptRecord) {
  const {
    at: _at,
    node: _node,
    revisionKey: _revisionKey,
    rollback: _rollback,
    blames: _blames,
    fixesIncidents: _fixesIncidents,
    builtAt: _builtAt,
    ...attempt
  } = record;
  return attempt;
}

function byFinish(
  a: { finishedAt?: string; id: string },
  b: { finishedAt?: string; id: string },
): number {
  return (
    compareText(a.finishedAt ?? '~', b.finishedAt ?? '~') ||
    compareText(a.id, b.id)
  );
}
