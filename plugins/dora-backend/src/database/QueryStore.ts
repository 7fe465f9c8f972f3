import { Knex } from 'knex';
import {
  ChangeRow,
  ColumnsBuilder,
  DeploymentAttempt,
  DeploymentColumns,
  DeploymentFact,
  DeploymentKind,
  ExclusionReason,
  FailureAttribution,
  IncidentFact,
  IncidentRow,
  MetricsColumns,
  ServiceQuality,
  ServiceRow,
} from '@pavedroad/plugin-dora-common';
import { ATTEMPT_CODE, EXCLUDED_OF_CODE, KIND_CODE } from './codes';
import { DeploymentSearch, searchSql } from './deploymentSearch';
import { addDeployments, DEPLOYMENTS_TEXT } from './factBytes';
import { query, SqlValue } from './query';
import { ServiceEntry, ServiceIndex } from './ServiceIndex';

/** A half-open window in epoch milliseconds. */
export interface Window {
  from: number;
  to: number;
}

/** Services of a question and the environment it is about, as the database names them. */
export interface ResolvedScope {
  serviceIds: number[];
  idOf: Map<string, number>;
  services: ServiceRow[];
  label?: { id: number; isTier: boolean };
  /** Whether anything ever reached the environment, or one of the tier, that was asked for. */
  everDeployedTo: boolean;
  /** Tiers whose incidents belong to the question. */
  tierIds: number[];
  /** Changes whenever the facts of any of the services do. */
  version: string;
  /**
   * Set when the scope is all services that have facts but for these: then it is quicker to take them from the sum of all than to
   * sum up the others.
   */
  except?: number[];
  /** How many services have facts, these or not; set with `except`. */
  withFacts?: number;
}

/** Where a page of the changes of a deployment begins: after this one. */
export interface ChangePosition {
  /** Epoch milliseconds. */
  committedAt: number;
  commit: string;
}

/** Where a page of the deployment list begins: after this row. */
export interface ListPosition {
  finishedAt: number;
  key: string;
}

export interface ListFilter {
  window: Window;
  outcome?: 'ok' | 'failed';
  kind?: DeploymentKind;
  /** Only deployments of which a failure would be known, as fail rate, recovery and rework count. */
  failureData: boolean;
  /** Only unplanned repairs. */
  rework: boolean;
  /** Also attempts that never reached the environment. */
  attempts: boolean;
  /** What a deployment or one of its changes must match. */
  search?: DeploymentSearch;
}

/** A row of the list: a deployment or a failed attempt. */
export type ListRow =
  | {
      deployment: DeploymentFact;
      leadP50Seconds?: number;
      serviceRef: string;
    }
  | { attempt: DeploymentAttempt; serviceRef: string };

export interface StoredChange {
  commit: string;
  committedAt: number;
  leadSeconds: number;
  stages: (number | undefined)[];
  clamped: boolean;
  pullRequest?: number;
  authorName?: string;
  subject?: string;
  bot: boolean;
  excluded?: ChangeRow['excluded'];
}

/** How many changes are in no lead time for one reason. */
export interface ExcludedChanges {
  reason: ExclusionReason;
  changes: number;
}

const NOTHING_KNOWN: ServiceQuality = {
  hasDeployments: false,
  hasFailureData: false,
  hasCommits: false,
  hasPullRequests: false,
  hasBuilds: false,
  onlyReleaseTags: false,
  unknownHistory: 0,
  clampedChanges: 0,
  unattributedIncidents: 0,
};

const UNKNOWN = { ...NOTHING_KNOWN, sample: false };

/** Scopes of at most this many services are looked up; of larger ones all services are kept in memory. */
const LOOKED_UP_SERVICES = 20;
/** Deployments of so many milliseconds are read as one value, lest those of a long time are too long for one. */
const PART = 30 * 86_400_000;
/** Scopes of at most this many services are listed service by service. */
const FEW_SERVICES = 200;
/** How many services are taken from the sum of all rather than the others summed up. */
const FEW_EXCEPTIONS = 50;

/** The deployment of a service, both by name: one number, so that its changes are found through their index and nothing else. */
const DEPLOYMENT_ID = `(
  SELECT deployment.id FROM deployment
  JOIN service ON service.id = deployment.service_id
  WHERE entity_ref = ? AND key = ?)`;

/** The read side: narrow rows of facts, selected through the covering indexes. */
export class QueryStore {
  static create(options: { knex: Knex }): QueryStore {
    return new QueryStore(options.knex);
  }

  private readonly index: ServiceIndex;
  private readonly labels = new Map<string, number>();
  /** Resolved scopes of many services, by the list of their refs and the environment. */
  private readonly resolved = new WeakMap<
    readonly string[],
    Map<string, { indexVersion: string; scope: ResolvedScope }>
  >();

  private constructor(private readonly knex: Knex) {
    this.index = ServiceIndex.create({ knex });
  }

  /**
   * @param environment - a tier, or the name of an environment; where a word is both, the tier
   */
  async resolveScope(
    serviceRefs: string[],
    environment: string,
  ): Promise<ResolvedScope> {
    if (serviceRefs.length <= LOOKED_UP_SERVICES) {
      const rows = await query<ServiceEntry>(
        this.knex,
        `SELECT id, entity_ref, sample, facts, facts_version FROM service
         WHERE entity_ref = ANY(?::text[])`,
        [serviceRefs],
      );
      return this.scopeOf(serviceRefs, environment, rows);
    }
    const { version, byRef } = await this.index.current();
    const known = this.resolved.get(serviceRefs) ?? new Map();
    this.resolved.set(serviceRefs, known);
    const before = known.get(environment);
    if (before?.indexVersion === version) {
      return before.scope;
    }
    const scope = await this.scopeOf(
      serviceRefs,
      environment,
      serviceRefs.flatMap(ref => byRef.get(ref) ?? []),
    );
    const asked = new Set(serviceRefs);
    const others = [...byRef.values()].filter(
      row => row.facts && !asked.has(row.entity_ref),
    );
    const whole = {
      ...scope,
      version,
      ...(others.length <=
        Math.min(FEW_EXCEPTIONS, scope.serviceIds.length / 4) && {
        except: others.map(({ id }) => id),
        withFacts: [...byRef.values()].filter(({ facts }) => facts).length,
      }),
    };
    // Anything may be asked for as an environment; there are only so many that something was deployed to.
    if (whole.everDeployedTo) {
      known.set(environment, { indexVersion: version, scope: whole });
    }
    return whole;
  }

  private async scopeOf(
    serviceRefs: string[],
    environment: string,
    rows: ServiceEntry[],
  ): Promise<ResolvedScope> {
    const stored = new Map(rows.map(row => [row.entity_ref, row]));
    const name = environment.toLocaleLowerCase('en-US');
    const summaries = [...stored.values()].flatMap(({ facts }) => facts ?? []);
    const deployedTo = (what: 'tier' | 'name') =>
      summaries.some(({ environments }) =>
        environments.some(entry => entry[what] === name),
      );
    const asTier = deployedTo('tier');
    const asName = deployedTo('name');
    const isTier = asTier || !asName;
    const tiers = isTier
      ? [name]
      : summaries.flatMap(({ environments }) =>
          environments.flatMap(entry =>
            entry.name === name ? [entry.tier] : [],
          ),
        );
    const ids = await this.labelIds([name, ...tiers]);
    const label = ids.get(name);
    return {
      serviceIds: [...stored.values()].map(({ id }) => id),
      idOf: new Map([...stored.values()].map(row => [row.entity_ref, row.id])),
      version: [...stored.values()]
        .map(row => `${row.id}:${row.facts_version}`)
        .sort()
        .join(' '),
      services: serviceRefs.map(serviceRef => {
        const entry = stored.get(serviceRef);
        return entry ? serviceRowOf(entry) : { serviceRef, ...UNKNOWN };
      }),
      ...(label !== undefined && { label: { id: label, isTier } }),
      everDeployedTo: asTier || asName,
      tierIds: [...new Set(tiers)].flatMap(tier => ids.get(tier) ?? []),
    };
  }

  /** Ids of the names that there are. They are added and never removed, so what is known needs no asking. */
  private async labelIds(names: string[]): Promise<Map<string, number>> {
    const unknown = names.filter(name => !this.labels.has(name));
    if (unknown.length > 0) {
      const rows = await query<{ id: number; name: string }>(
        this.knex,
        'SELECT id, name FROM label WHERE name = ANY(?::text[])',
        [unknown],
      );
      rows.forEach(({ id, name }) => this.labels.set(name, id));
    }
    return new Map(
      names.flatMap(name => {
        const id = this.labels.get(name);
        return id === undefined ? [] : [[name, id] as const];
      }),
    );
  }

  /** Everything that finished in one of the windows; put into columns when they are asked for, see `withScratch`. */
  async metricsColumns(
    scope: ResolvedScope,
    windows: [Window, Window],
  ): Promise<() => MetricsColumns> {
    const rows = await this.selectFacts(scope, windows);
    return () => ({
      services: scope.services,
      deployments: columnsOf(rows),
      incidents: rows.flatMap(incidentsOf),
    });
  }

  /** The deployments of each service by itself, in the order of the scope; put into columns when they are asked for. */
  async deploymentsByService(
    scope: ResolvedScope,
    window: Window,
  ): Promise<{ service: ServiceRow; deployments: () => DeploymentColumns }[]> {
    const rows = new Map<number, StoredFacts[]>();
    for (const row of await this.selectFacts(scope, [window, window])) {
      const own = rows.get(row.service_id) ?? [];
      rows.set(row.service_id, own);
      own.push(row);
    }
    return scope.services.map(service => ({
      service,
      deployments: () =>
        columnsOf(rows.get(scope.idOf.get(service.serviceRef) ?? 0) ?? []),
    }));
  }

  /** In one statement, and so as of one moment. */
  private async selectFacts(
    scope: ResolvedScope,
    windows: [Window, Window],
  ): Promise<StoredFacts[]> {
    if (!scope.label || scope.serviceIds.length === 0) {
      return [];
    }
    const spans = [
      windows[0].from,
      windows[0].to,
      windows[1].from,
      windows[1].to,
    ];
    const inWindows = (column: string) =>
      `((${column} >= ? AND ${column} < ?) OR (${column} >= ? AND ${column} < ?))`;
    return query<StoredFacts>(
      this.knex,
      `SELECT service_id, finished_at / ${PART} AS part,
         ${DEPLOYMENTS_TEXT} AS deployments,
         NULL::bigint[]::text AS unattributed, NULL::bigint[]::text AS attributed
       FROM deployment
       WHERE service_id = ANY(?::integer[]) AND ?? = ? AND ${inWindows(
         'finished_at',
       )}
       GROUP BY 1, 2
       UNION ALL
       SELECT service_id, 0, NULL,
         (array_agg(opened_at) FILTER (WHERE NOT attributed))::text,
         (array_agg(opened_at) FILTER (WHERE attributed))::text
       FROM incident
       WHERE service_id = ANY(?::integer[]) AND tier_id = ANY(?::smallint[])
         AND ${inWindows('opened_at')}
       GROUP BY 1
       ORDER BY 1, 2`,
      [
        scope.serviceIds,
        scope.label.isTier ? 'tier_id' : 'environment_id',
        scope.label.id,
        ...spans,
        scope.serviceIds,
        scope.tierIds,
        ...spans,
      ],
    );
  }

  /** How many deployments finished in the windows, at most a limit. */
  async countUpTo(
    scope: ResolvedScope,
    windows: Window[],
    limit: number,
  ): Promise<number> {
    if (!scope.label) {
      return 0;
    }
    const [{ count }] = await query<{ count: string }>(
      this.knex,
      `SELECT count(*) FROM (
         SELECT FROM unnest(?::integer[]) AS asked (id)
         CROSS JOIN unnest(?::bigint[], ?::bigint[]) AS span (lower, upper)
         JOIN deployment ON service_id = asked.id
           AND finished_at >= span.lower AND finished_at < span.upper AND ?? = ?
         LIMIT ?) AS found`,
      [
        scope.serviceIds,
        windows.map(({ from }) => from),
        windows.map(({ to }) => to),
        scope.label.isTier ? 'tier_id' : 'environment_id',
        scope.label.id,
        limit,
      ],
    );
    return Number(count);
  }

  /** Incidents opened in the window that are attributed to nothing. */
  async countUnattributed(
    scope: ResolvedScope,
    window: Window,
  ): Promise<number> {
    const [{ count }] = await query<{ count: string }>(
      this.knex,
      `SELECT count(*) FROM incident
       WHERE tier_id = ANY(?::smallint[]) AND NOT attributed
         AND opened_at >= ? AND opened_at < ?
         AND ${scope.except ? 'NOT ' : ''}service_id = ANY(?::integer[])`,
      [scope.tierIds, window.from, window.to, scope.except ?? scope.serviceIds],
    );
    return Number(count);
  }

  /** Newest first, one row more than asked for when there is a next page. */
  async list(
    scope: ResolvedScope,
    filter: ListFilter,
    page: { limit: number; after?: ListPosition; downTo?: ListPosition },
  ): Promise<ListRow[]> {
    if (!scope.label || scope.serviceIds.length === 0) {
      return [];
    }
    const { sql, bindings } = await this.listQuery(
      scope,
      scope.label,
      filter,
      page,
    );
    const rows = await query(
      this.knex,
      `SELECT listed.*, service.entity_ref FROM (${sql}) AS listed
       JOIN service ON service.id = listed.service_id
       ORDER BY finished_at DESC, key COLLATE "C" DESC LIMIT ?`,
      [...bindings, page.limit + 1],
    );
    if (
      scope.except &&
      rows.some(row => !scope.idOf.has(row.entity_ref as string))
    ) {
      // Of a service that came meanwhile; whether the asker may see it is not known.
      return this.list({ ...scope, except: undefined }, filter, page);
    }
    return (
      rows as {
        entity_ref: string;
        is_attempt: boolean;
        fact: DeploymentFact | DeploymentAttempt;
        lead_p50_seconds: number | null;
      }[]
    ).map(row =>
      row.is_attempt
        ? {
            attempt: row.fact as DeploymentAttempt,
            serviceRef: row.entity_ref,
          }
        : {
            deployment: row.fact as DeploymentFact,
            leadP50Seconds: row.lead_p50_seconds ?? undefined,
            serviceRef: row.entity_ref,
          },
    );
  }

  /**
   * Reads no more rows than a page has, or than a page per service: of few services from each one's newest; of many from the newest of
   * all, through the index of each partition.
   */
  private async listQuery(
    scope: ResolvedScope,
    label: { id: number; isTier: boolean },
    filter: ListFilter,
    page: { limit: number; after?: ListPosition; downTo?: ListPosition },
  ): Promise<{ sql: string; bindings: SqlValue[] }> {
    const column = label.isTier ? 'tier_id' : 'environment_id';
    const search = filter.search && searchSql(filter.search);
    const deployments: Condition[] = [
      ...positionConditions(filter.window, page),
      ...filterConditions(filter),
      ...(search ? [search.deployment] : []),
    ];
    const attempts: Condition[] = [
      { sql: `status = ${ATTEMPT_CODE.failed}`, bindings: [] },
      ...positionConditions(filter.window, page),
      ...(search ? [search.attempt] : []),
    ];
    const order = `ORDER BY finished_at DESC, key COLLATE "C" DESC LIMIT ?`;
    const limit = page.limit + 1;
    const ofLabel = { sql: `${column} = ?`, bindings: [label.id] };
    const select = (table: string, conditions: Condition[]): Condition => {
      const lead =
        table === 'attempt' ? 'NULL::double precision' : 'lead_p50_seconds';
      return {
        sql: `(SELECT service_id, key, finished_at, fact, ${lead} AS lead_p50_seconds,
            ${table === 'attempt'} AS is_attempt
          FROM ${table} WHERE ${conditions
          .map(c => c.sql)
          .join(' AND ')} ${order})`,
        bindings: [...conditions.flatMap(c => c.bindings), limit],
      };
    };
    const few = scope.serviceIds.length <= FEW_SERVICES;
    const perService = (table: string, conditions: Condition[]): Condition => {
      const rows = select(table, [
        { sql: 'service_id = asked.id', bindings: [] },
        ofLabel,
        ...conditions,
      ]);
      return {
        sql: `(SELECT listed.* FROM unnest(?::integer[]) AS asked (id)
          CROSS JOIN LATERAL ${rows.sql} AS listed ${order})`,
        bindings: [scope.serviceIds, ...rows.bindings, limit],
      };
    };
    const ofServices: Condition[] = [];
    if (!scope.except) {
      ofServices.push({
        sql: 'service_id = ANY(?::integer[])',
        bindings: [scope.serviceIds],
      });
    } else if (scope.except.length > 0) {
      ofServices.push({
        sql: 'NOT service_id = ANY(?::integer[])',
        bindings: [scope.except],
      });
    }
    const parts: Condition[] = [];
    if (few) {
      parts.push(perService('deployment', deployments));
    } else {
      for (const partition of await this.partitions(column, label.id)) {
        parts.push(
          select('deployment', [partition, ...ofServices, ...deployments]),
        );
      }
    }
    if (filter.attempts && anyDeployment(filter)) {
      parts.push(
        few
          ? perService('attempt', attempts)
          : select('attempt', [ofLabel, ...ofServices, ...attempts]),
      );
    }
    if (parts.length === 0) {
      parts.push(select('deployment', [{ sql: 'false', bindings: [] }]));
    }
    return {
      sql: parts.map(part => part.sql).join(' UNION ALL '),
      bindings: parts.flatMap(part => part.bindings),
    };
  }

  /** For each partition of deployments with a label, what its rows are. */
  private async partitions(column: string, id: number): Promise<Condition[]> {
    const rows = await query<{
      tier_id: number | null;
      environment_id: number | null;
    }>(
      this.knex,
      `SELECT tier_id, environment_id FROM rollup_partition WHERE ?? = ?
       UNION
       SELECT tier_id, environment_id FROM rollup_delta WHERE ?? = ?`,
      [column, id, column, id],
    );
    const is = (name: string, value: number | null) =>
      value === null ? `${name} IS NULL` : `${name} = ?`;
    return rows.map(({ tier_id: tier, environment_id: environment }) => ({
      sql: `${is('tier_id', tier)} AND ${is('environment_id', environment)}`,
      bindings: [tier, environment].filter(value => value !== null),
    }));
  }

  /**
   * The row at which a search that looks through `budget` rows has to stop: a search matches through no index, so what it
   * costs is bounded by how many rows it looks at. `undefined` when there are fewer.
   */
  async searchHorizon(
    scope: ResolvedScope,
    filter: ListFilter,
    page: { budget: number; after?: ListPosition },
  ): Promise<ListPosition | undefined> {
    if (!scope.label || scope.serviceIds.length === 0) {
      return undefined;
    }
    const { sql, bindings } = await this.listQuery(
      scope,
      scope.label,
      { ...filter, search: undefined },
      { limit: page.budget - 1, after: page.after },
    );
    const [row] = await query<{ finished_at: string; key: string }>(
      this.knex,
      `SELECT finished_at, key FROM (${sql}) AS listed
       ORDER BY finished_at DESC, key COLLATE "C" DESC OFFSET ? LIMIT 1`,
      [...bindings, page.budget - 1],
    );
    return row && { finishedAt: Number(row.finished_at), key: row.key };
  }

  /** The deployments just before and after one, of the same service and tier or environment. */
  async neighbours(
    fact: DeploymentFact,
  ): Promise<{ previous?: ListPosition; next?: ListPosition }> {
    const column = fact.tier === undefined ? 'environment_id' : 'tier_id';
    const [previous, next] = await Promise.all(
      (['<', '>'] as const).map(async side => {
        const order = side === '<' ? 'DESC' : 'ASC';
        const [row] = await query<{ finished_at: string; key: string }>(
          this.knex,
          `SELECT finished_at, key FROM deployment
           WHERE service_id = (SELECT id FROM service WHERE entity_ref = ?)
             AND ?? = (SELECT id FROM label WHERE name = ?)
             AND (finished_at ${side} ? OR (finished_at = ? AND key COLLATE "C" ${side} ?))
           ORDER BY finished_at ${order}, key COLLATE "C" ${order} LIMIT 1`,
          [
            fact.serviceRef,
            column,
            fact.tier ?? fact.environment ?? '',
            fact.finishedAt,
            fact.finishedAt,
            fact.id,
          ],
        );
        return row && { finishedAt: Number(row.finished_at), key: row.key };
      }),
    );
    return { previous, next };
  }

  /** How many rows {@link list} has in all. */
  async count(scope: ResolvedScope, filter: ListFilter): Promise<number> {
    if (!scope.label || scope.serviceIds.length === 0) {
      return 0;
    }
    const column = scope.label.isTier ? 'tier_id' : 'environment_id';
    const common: Condition[] = [
      {
        sql: `service_id = ANY(?::integer[]) AND ${column} = ?`,
        bindings: [scope.serviceIds, scope.label.id],
      },
      ...positionConditions(filter.window, {}),
    ];
    const search = filter.search && searchSql(filter.search);
    const deployments = [
      ...common,
      ...filterConditions(filter),
      ...(search ? [search.deployment] : []),
    ];
    const attempts =
      filter.attempts && anyDeployment(filter)
        ? [
            { sql: `status = ${ATTEMPT_CODE.failed}`, bindings: [] },
            ...common,
            ...(search ? [search.attempt] : []),
          ]
        : [{ sql: 'false', bindings: [] }];
    const where = (conditions: Condition[]) =>
      conditions.map(({ sql }) => sql).join(' AND ');
    const [{ count }] = await query<{ count: string }>(
      this.knex,
      `SELECT (SELECT count(*) FROM deployment WHERE ${where(deployments)})
         + (SELECT count(*) FROM attempt WHERE ${where(attempts)}) AS count`,
      [...deployments, ...attempts].flatMap(({ bindings }) => bindings),
    );
    return Number(count);
  }

  /** A deployment by its id, or the attempt of that id, or the rollout that has it as a member. */
  async find(id: string): Promise<ListRow | undefined> {
    const rows = await query(
      this.knex,
      `SELECT entity_ref, fact, lead_p50_seconds FROM deployment
       JOIN service ON service.id = service_id WHERE key = ? LIMIT 1`,
      [id],
    );
    const [row] = rows as {
      entity_ref: string;
      fact: DeploymentFact;
      lead_p50_seconds: number | null;
    }[];
    if (row) {
      return {
        deployment: row.fact,
        leadP50Seconds: row.lead_p50_seconds ?? undefined,
        serviceRef: row.entity_ref,
      };
    }
    const attempts = await query(
      this.knex,
      `SELECT entity_ref, attempt.fact FROM attempt
       JOIN service ON service.id = service_id WHERE key = ? LIMIT 1`,
      [id],
    );
    const [attempt] = attempts as {
      entity_ref: string;
      fact: DeploymentAttempt;
    }[];
    return attempt && { attempt: attempt.fact, serviceRef: attempt.entity_ref };
  }

  /** Attempts by id, in no particular order. */
  async attempts(
    serviceRef: string,
    ids: string[],
  ): Promise<DeploymentAttempt[]> {
    const rows = await query(
      this.knex,
      `SELECT fact FROM attempt
       WHERE service_id = (SELECT id FROM service WHERE entity_ref = ?)
         AND key = ANY(?::text[])`,
      [serviceRef, ids],
    );
    return (rows as { fact: DeploymentAttempt }[]).map(({ fact }) => fact);
  }

  /** Changes of a deployment by commit time, from after a position on. */
  async changes(
    serviceRef: string,
    id: string,
    page: { limit: number; after?: ChangePosition },
  ): Promise<StoredChange[]> {
    const { limit, after } = page;
    const rows = await query<StoredChangeRow & StoredChangeDetail>(
      this.knex,
      `SELECT change.* FROM change
       WHERE deployment_id = ${DEPLOYMENT_ID}
         ${after ? 'AND (committed_at, commit COLLATE "C") > (?, ?)' : ''}
       ORDER BY committed_at, commit COLLATE "C" LIMIT ?`,
      [
        serviceRef,
        id,
        ...(after ? [after.committedAt, after.commit] : []),
        limit,
      ],
    );
    return rows.map(row => ({
      commit: row.commit,
      committedAt: Number(row.committed_at),
      leadSeconds: row.lead_seconds,
      stages: stagesOf(row),
      clamped: row.clamped,
      pullRequest: row.pull_request ?? undefined,
      authorName: row.author_name ?? undefined,
      subject: row.subject ?? undefined,
      bot: row.bot,
      excluded: EXCLUDED_OF_CODE.get(row.excluded),
    }));
  }

  /** How many changes of a deployment are in no lead time, by why; the most frequent first. */
  async excludedChanges(
    serviceRef: string,
    id: string,
  ): Promise<ExcludedChanges[]> {
    const rows = await query<{ excluded: number; count: string }>(
      this.knex,
      `SELECT excluded, count(*) AS count FROM change
       WHERE deployment_id = ${DEPLOYMENT_ID} AND excluded = ANY(?::smallint[])
       GROUP BY 1 ORDER BY 2 DESC, 1`,
      [serviceRef, id, [...EXCLUDED_OF_CODE.keys()]],
    );
    return rows.flatMap(({ excluded, count }) => {
      const reason = EXCLUDED_OF_CODE.get(excluded);
      return reason ? [{ reason, changes: Number(count) }] : [];
    });
  }

  /**
   * Attributions that blame any of these attempts, with the incidents they are
   * about; and every other one of the same causes, which they overrule or are
   * overruled by.
   */
  async attributions(
    serviceRef: string,
    attemptIds: string[],
  ): Promise<{ attribution: FailureAttribution; incident?: IncidentFact }[]> {
    const rows = await query<{
      attribution: FailureAttribution;
      incident: IncidentFact | null;
    }>(
      this.knex,
      `WITH own AS (
         SELECT attribution.* FROM attribution
         JOIN service ON service.id = service_id WHERE entity_ref = ?
       ), blaming AS (
         SELECT fact->'cause' AS cause FROM own WHERE blamed = ANY(?::text[])
       ), shown AS (
         SELECT * FROM own WHERE fact->'cause' IN (SELECT cause FROM blaming)
       )
       SELECT shown.fact AS attribution, incident.fact AS incident
       FROM shown
       LEFT JOIN incident ON incident.service_id = shown.service_id
         AND shown.fact->'cause'->>'kind' = 'incident'
         AND incident.key = shown.fact->'cause'->>'id'`,
      [serviceRef, attemptIds],
    );
    return rows.map(({ attribution, incident }) => ({
      attribution,
      incident: incident ?? undefined,
    }));
  }
}

const serviceRows = new WeakMap<ServiceEntry, ServiceRow>();

/** Remembered as long as nothing about the service changes: an organisation has thousands. */
function serviceRowOf(entry: ServiceEntry): ServiceRow {
  const known = serviceRows.get(entry);
  if (known) {
    return known;
  }
  const row = {
    serviceRef: entry.entity_ref,
    ...(entry.facts?.quality ?? NOTHING_KNOWN),
    connectedSince: entry.facts?.connectedSince,
    sample: Boolean(entry.sample || entry.facts?.sample),
  };
  serviceRows.set(entry, row);
  return row;
}

/** A condition on rows, with what its placeholders stand for. */
interface Condition {
  sql: string;
  bindings: SqlValue[];
}

/** Whether nothing restricts the list to deployments of some sort, which attempts are not. */
function anyDeployment(filter: ListFilter): boolean {
  return (
    !filter.outcome && !filter.kind && !filter.failureData && !filter.rework
  );
}

function positionConditions(
  window: Window,
  page: { after?: ListPosition; downTo?: ListPosition },
): Condition[] {
  const { after, downTo } = page;
  return [
    {
      sql: 'finished_at >= ? AND finished_at < ?',
      bindings: [
        Math.max(window.from, downTo?.finishedAt ?? window.from),
        // The position is inside the window: a cursor belongs to its query.
        after ? Math.min(window.to, after.finishedAt + 1) : window.to,
      ],
    },
    ...(after
      ? [
          {
            sql: `(finished_at < ? OR key COLLATE "C" < ?)`,
            bindings: [after.finishedAt, after.key],
          },
        ]
      : []),
    ...(downTo
      ? [
          {
            sql: `(finished_at > ? OR key COLLATE "C" >= ?)`,
            bindings: [downTo.finishedAt, downTo.key],
          },
        ]
      : []),
  ];
}

function filterConditions(filter: ListFilter): Condition[] {
  return [
    ...(filter.outcome
      ? [{ sql: 'failed = ?', bindings: [filter.outcome === 'failed'] }]
      : []),
    ...(filter.kind
      ? [{ sql: 'kind = ?', bindings: [KIND_CODE[filter.kind]] }]
      : []),
    ...(filter.failureData ? [{ sql: 'failure_data', bindings: [] }] : []),
    ...(filter.rework
      ? [{ sql: `rework AND kind <> ${KIND_CODE.redeploy}`, bindings: [] }]
      : []),
  ];
}

/** Deployments of a service in a part of the time, or its incidents. */
interface StoredFacts {
  service_id: number;
  /** See `addDeployments`. */
  deployments: string | null;
  /** When incidents opened, as PostgreSQL writes an array. */
  unattributed: string | null;
  attributed: string | null;
}

interface StoredChangeRow {
  excluded: number;
  lead_seconds: number;
  stage_1: number | null;
  stage_2: number | null;
  stage_3: number | null;
  stage_4: number | null;
  stage_5: number | null;
}

interface StoredChangeDetail {
  commit: string;
  committed_at: string;
  pull_request: number | null;
  author_name: string | null;
  subject: string | null;
  clamped: boolean;
  bot: boolean;
}

function columnsOf(rows: StoredFacts[]): DeploymentColumns {
  const builder = new ColumnsBuilder();
  addDeployments(
    builder,
    rows.flatMap(row => row.deployments ?? []),
  );
  return builder.build();
}

function incidentsOf(row: StoredFacts): IncidentRow[] {
  const rows = (moments: string | null, attributed: boolean) =>
    moments === null
      ? []
      : moments
          .slice(1, -1)
          .split(',')
          .map(moment => ({ openedAt: Number(moment), attributed }));
  return [...rows(row.unattributed, false), ...rows(row.attributed, true)];
}

function stagesOf(row: StoredChangeRow): (number | undefined)[] {
  return [row.stage_1, row.stage_2, row.stage_3, row.stage_4, row.stage_5].map(
    seconds => seconds ?? undefined,
  );
}
