import { Knex } from 'knex';
import {
  ChangeFact,
  CommitRecord,
  DeploymentFact,
  DomainEvent,
  ServiceFacts,
} from '@pavedroad/plugin-dora-common';
import { storableText } from '../inbox/inspectJson';
import { ATTEMPT_CODE, EXCLUDED_CODE, KIND_CODE } from './codes';
import { ServiceEvents } from './DeliveryStore';
import { DOMAIN_EVENT_KIND } from './domainEventKinds';
import { groupBy } from './groupBy';
import { digestKey } from './keys';
import { query, SqlValue } from './query';
import { logRollups } from './rollupRows';
import { withRetries } from './withRetries';

/** Derives the facts of one service. Pure. */
export type DeriveFacts = (input: ServiceEvents) => ServiceFacts;

/** Thrown when facts could not be derived or written: which services were at it. */
export class DerivationError extends Error {
  constructor(readonly serviceIds: number[], readonly cause: unknown) {
    super(
      `Could not derive the facts of ${serviceIds.length} services: ${cause}`,
    );
  }
}

/** The facts of a service on their way into the database. */
interface Derived {
  serviceId: number;
  facts: ServiceFacts;
}

interface ClaimedService {
  id: number;
  entity_ref: string;
  source_path: string | null;
  sample: boolean;
  repository: string | null;
}

/**
 * Facts and rollups in PostgreSQL. Any number of backends may work on one
 * database: each service is derived by one of them at a time.
 */
export class DatabaseFactStore {
  private readonly labels = new Map<string, number>();

  static create(options: { knex: Knex }): DatabaseFactStore {
    return new DatabaseFactStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /**
   * Takes some of the services that wait, derives their facts from all their
   * events and writes what differs from what is stored.
   *
   * @param limit - most services to take; they share one transaction
   * @returns how many were derived; 0 when nothing waits that nobody else works on
   * @throws DerivationError
   */
  async deriveNext(derive: DeriveFacts, limit: number): Promise<number> {
    // The row lock is the claim. It does not conflict with the key-share locks
    // that foreign keys take, so ingestion never waits for it.
    return this.deriveClaimed(
      derive,
      `SELECT id, entity_ref, source_path, sample, repository FROM service
       WHERE id IN (SELECT service_id FROM dirty_service ORDER BY id LIMIT 1000)
       ORDER BY id LIMIT ?
       FOR NO KEY UPDATE SKIP LOCKED`,
      [limit],
    );
  }

  /**
   * Derives one service now, after whoever is at it: for changes whose maker
   * waits to see their effect.
   */
  async deriveService(entityRef: string, derive: DeriveFacts): Promise<void> {
    await this.deriveClaimed(
      derive,
      `SELECT id, entity_ref, source_path, sample, repository FROM service
       WHERE entity_ref = ?
       FOR NO KEY UPDATE`,
      [entityRef],
    );
  }

  private async deriveClaimed(
    derive: DeriveFacts,
    claim: string,
    values: SqlValue[],
  ): Promise<number> {
    let claimed: number[] = [];
    const run = () =>
      this.knex.transaction(async tx => {
        const services = await query<ClaimedService>(tx, claim, values);
        if (services.length === 0) {
          return 0;
        }
        claimed = services.map(({ id }) => id);
        // Marks first, events second: what is committed in between is read
        // already and merely marked once more.
        await query(
          tx,
          'DELETE FROM dirty_service WHERE service_id = ANY(?::integer[])',
          [services.map(({ id }) => id)],
        );
        const inputs = await this.readInputs(tx, services);
        const derived: Derived[] = [];
        for (const input of inputs) {
          derived.push({ serviceId: input.serviceId, facts: derive(input) });
          // A large service takes a while; requests are answered in between.
          await new Promise(resolve => {
            setImmediate(resolve);
          });
        }
        await this.write(tx, derived);
        return services.length;
      });
    try {
      return await withRetries(run);
    } catch (error) {
      throw claimed.length > 0 ? new DerivationError(claimed, error) : error;
    }
  }

  /**
   * Takes a service whose facts cannot be derived out of the queue, so that it
   * does not hold up the others. Its next event, or the next start, tries again.
   */
  async setAside(serviceId: number, reason: string): Promise<void> {
    await this.knex.transaction(async tx => {
      await query(tx, `UPDATE service SET facts_error = ? WHERE id = ?`, [
        storableText(reason).slice(0, 2_000),
        serviceId,
      ]);
      await query(tx, 'DELETE FROM dirty_service WHERE service_id = ?', [
        serviceId,
      ]);
    });
  }

  /**
   * Which services' facts are behind their events. A service counts as pending
   * until the transaction that brings its facts up to date is committed.
   *
   * @returns entity refs
   */
  async backlog(): Promise<{ pending: string[]; failed: string[] }> {
    const rows = await query<{ entity_ref: string; failed: boolean }>(
      this.knex,
      `SELECT entity_ref, false AS failed FROM service
         WHERE id IN (SELECT service_id FROM dirty_service)
       UNION ALL
       SELECT entity_ref, true FROM service WHERE facts_error IS NOT NULL`,
    );
    const refs = (failed: boolean) =>
      rows.flatMap(row => (row.failed === failed ? [row.entity_ref] : []));
    return { pending: refs(false), failed: refs(true) };
  }

  /** Puts services that were set aside back into the queue. */
  async resume(): Promise<void> {
    await query(
      this.knex,
      `INSERT INTO dirty_service (service_id)
       SELECT id FROM service WHERE facts_error IS NOT NULL`,
    );
  }

  private async readInputs(
    tx: Knex,
    services: ClaimedService[],
  ): Promise<ServiceEvents[]> {
    const serviceIds = services.map(({ id }) => id);
    const repositories = await query<{ service_id: number; id: number }>(
      tx,
      `SELECT service.id AS service_id, repository.id FROM service
         JOIN repository ON repository.slug = service.repository
         WHERE service.id = ANY(?::integer[])
       UNION
       SELECT target.service_id, repository_id FROM target
         JOIN target_repository ON target_id = target.id
         WHERE target.service_id = ANY(?::integer[])`,
      [serviceIds, serviceIds],
    );
    const own = await query<{
      service_id: number;
      body: DomainEvent;
      artifact: string | null;
    }>(
      tx,
      `SELECT target.service_id, body, artifact FROM target
       JOIN domain_event ON domain_event.target_id = target.id
       WHERE target.service_id = ANY(?::integer[])`,
      [serviceIds],
    );
    const repositoryIds = [...new Set(repositories.map(({ id }) => id))];
    const artifacts = [
      ...new Set(own.flatMap(({ artifact }) => artifact ?? [])),
    ];
    const related = await query<{
      repository_id: number | null;
      artifact: string | null;
      body: DomainEvent;
    }>(
      tx,
      `SELECT repository_id, NULL AS artifact, body FROM domain_event
         WHERE repository_id = ANY(?::integer[])
       UNION ALL
       SELECT NULL, artifact, body FROM domain_event
         WHERE artifact = ANY(?::uuid[]) AND kind = ?`,
      [repositoryIds, artifacts, DOMAIN_EVENT_KIND.build],
    );
    const commits = await query<CommitRow>(
      tx,
      `SELECT repository_id, id, parents, committed_at, authored_at,
         author_name, author_email, subject, paths, reverts
       FROM commit WHERE repository_id = ANY(?::integer[])`,
      [repositoryIds],
    );

    const ownOf = groupBy(own, row => row.service_id);
    const repositoriesOf = groupBy(repositories, row => row.service_id);
    const eventsOfRepository = groupBy(related, row => row.repository_id);
    const buildsOfArtifact = groupBy(related, row => row.artifact);
    const commitsOf = new Map(
      [...groupBy(commits, row => row.repository_id)].map(([id, rows]) => [
        id,
        rows.map(commitOfRow),
      ]),
    );
    return services.map(service => {
      const ownRows = ownOf.get(service.id) ?? [];
      const ids = (repositoriesOf.get(service.id) ?? []).map(({ id }) => id);
      const named = new Set(ownRows.flatMap(({ artifact }) => artifact ?? []));
      return {
        serviceId: service.id,
        entityRef: service.entity_ref,
        sourcePath: service.source_path ?? undefined,
        sample: service.sample,
        events: [
          ...ownRows,
          ...ids.flatMap(id => eventsOfRepository.get(id) ?? []),
          ...[...named].flatMap(name => buildsOfArtifact.get(name) ?? []),
        ].map(({ body }) => body),
        commits: ids.flatMap(id => commitsOf.get(id) ?? []),
      };
    });
  }

  private async write(tx: Knex, derived: Derived[]): Promise<void> {
    await this.internLabels(derived);
    await this.writeDeployments(tx, derived);
    await this.writeAttempts(tx, derived);
    await this.writeIncidents(tx, derived);
    await this.writeAttributions(tx, derived);
    await query(
      tx,
      `UPDATE service SET facts = given.facts, facts_at = now(),
         facts_version = facts_version + 1, facts_error = NULL
       FROM unnest(?::integer[], ?::jsonb[]) AS given (id, facts)
       WHERE service.id = given.id`,
      [
        derived.map(({ serviceId }) => serviceId),
        derived.map(({ facts }) =>
          JSON.stringify({
            definitionVersion: facts.definitionVersion,
            environments: facts.environments,
            failureDataSince: facts.failureDataSince,
            connectedSince: facts.connectedSince,
            quality: facts.quality,
            sample: facts.sample,
          }),
        ),
      ],
    );
  }

  /** Names are added, never removed, so ids may be kept in memory. */
  private async internLabels(derived: Derived[]): Promise<void> {
    const names = new Set<string>();
    for (const { facts } of derived) {
      for (const list of [facts.deployments, facts.attempts, facts.incidents]) {
        for (const { tier, environment } of list) {
          for (const name of [tier, environment]) {
            if (name !== undefined) {
              names.add(name);
            }
          }
        }
      }
      for (const { name, tier } of facts.environments) {
        names.add(name).add(tier);
      }
    }
    const missing = [...names].filter(name => !this.labels.has(name)).sort();
    if (missing.length === 0) {
      return;
    }
    // Outside the transaction: its roll-back must not leave ids in memory
    // that nobody else ever sees.
    await query(
      this.knex,
      `INSERT INTO label (name) SELECT unnest(?::text[])
       ON CONFLICT (name) DO NOTHING`,
      [missing],
    );
    const rows = await query(
      this.knex,
      'SELECT id, name FROM label WHERE name = ANY(?::text[])',
      [missing],
    );
    for (const { id, name } of rows as { id: number; name: string }[]) {
      this.labels.set(name, id);
    }
  }

  private labelId(name: string | undefined): number | null {
    return name === undefined ? null : this.labels.get(name)!;
  }

  private async writeDeployments(tx: Knex, derived: Derived[]): Promise<void> {
    const rows = derived.flatMap(({ serviceId, facts }) => {
      const changes = groupBy(facts.changes, change => change.deploymentId);
      return facts.deployments.map(fact => {
        const delivered = changes.get(fact.id) ?? [];
        return {
          serviceId,
          fact,
          delivered,
          key: fact.id,
          digest: digestKey(JSON.stringify([fact, delivered])),
        };
      });
    });
    const { changed, gone, known } = await this.difference(
      tx,
      'deployment',
      derived,
      rows,
    );
    const replaced = [
      ...gone,
      ...changed.filter(row => known.has(rowName(row))),
    ];
    if (replaced.length > 0) {
      await logRollups(tx, -1, replaced);
      await query(
        tx,
        `DELETE FROM change USING deployment,
           unnest(?::integer[], ?::text[]) AS given (service_id, key)
         WHERE change.deployment_id = deployment.id
           AND deployment.service_id = given.service_id
           AND deployment.key = given.key`,
        [
          replaced.map(({ serviceId }) => serviceId),
          replaced.map(({ key }) => key),
        ],
      );
    }
    await this.remove(tx, 'deployment', gone);
    if (changed.length === 0) {
      return;
    }
    const written = await query(
      tx,
      `INSERT INTO deployment (service_id, key, finished_at, tier_id,
         environment_id, kind, failed, rework, failure_data, first,
         unknown_history, release_tag, sample, recovery_seconds, changes,
         lead_p50_seconds, fact, digest)
       SELECT * FROM unnest(?::integer[], ?::text[], ?::bigint[],
         ?::smallint[], ?::smallint[], ?::smallint[], ?::boolean[],
         ?::boolean[], ?::boolean[], ?::boolean[], ?::boolean[],
         ?::boolean[], ?::boolean[], ?::double precision[], ?::integer[],
         ?::double precision[], ?::jsonb[], ?::uuid[])
       ON CONFLICT (service_id, key) DO UPDATE SET
         finished_at = excluded.finished_at, tier_id = excluded.tier_id,
         environment_id = excluded.environment_id, kind = excluded.kind,
         failed = excluded.failed, rework = excluded.rework,
         failure_data = excluded.failure_data, first = excluded.first,
         unknown_history = excluded.unknown_history,
         release_tag = excluded.release_tag, sample = excluded.sample,
         recovery_seconds = excluded.recovery_seconds,
         changes = excluded.changes,
         lead_p50_seconds = excluded.lead_p50_seconds,
         fact = excluded.fact, digest = excluded.digest
       RETURNING id, service_id AS "serviceId", key`,
      [
        changed.map(({ serviceId }) => serviceId),
        changed.map(({ key }) => key),
        changed.map(({ fact }) => fact.finishedAt),
        changed.map(({ fact }) => this.labelId(fact.tier)),
        changed.map(({ fact }) => this.labelId(fact.environment)),
        changed.map(({ fact }) => KIND_CODE[fact.kind]),
        changed.map(({ fact }) => fact.failed),
        changed.map(({ fact }) => fact.rework),
        changed.map(({ fact }) => fact.failureData),
        changed.map(({ fact }) => fact.first),
        changed.map(({ fact }) => fact.historyGap !== undefined),
        changed.map(({ fact }) => fact.origin === 'release_tag'),
        changed.map(({ fact }) => fact.sample),
        changed.map(({ fact }) => fact.recoverySeconds ?? null),
        changed.map(({ fact }) => fact.changes),
        changed.map(({ delivered }) => leadMedian(delivered) ?? null),
        changed.map(({ fact }) => JSON.stringify(fact)),
        changed.map(({ digest }) => digest),
      ],
    );
    const ids = new Map(
      (written as { id: string; serviceId: number; key: string }[]).map(row => [
        rowName(row),
        row.id,
      ]),
    );
    await this.insertChanges(
      tx,
      changed.flatMap(row =>
        row.delivered.map(change => ({
          serviceId: row.serviceId,
          deploymentId: ids.get(rowName(row))!,
          deployment: row.fact,
          change,
        })),
      ),
    );
    await logRollups(tx, 1, changed);
  }

  private async insertChanges(
    tx: Knex,
    rows: {
      serviceId: number;
      deploymentId: string;
      deployment: DeploymentFact;
      change: ChangeFact;
    }[],
  ): Promise<void> {
    if (rows.length === 0) {
      return;
    }
    const stage = (index: number) =>
      rows.map(({ change }) => change.stages[index] ?? null);
    await query(
      tx,
      `INSERT INTO change (service_id, deployment_id, finished_at, tier_id,
         environment_id, excluded, lead_seconds, stage_1, stage_2, stage_3,
         stage_4, stage_5, commit, committed_at, pull_request, author_name,
         subject, clamped, bot)
       SELECT * FROM unnest(?::integer[], ?::bigint[], ?::bigint[],
         ?::smallint[], ?::smallint[], ?::smallint[], ?::double precision[],
         ?::double precision[], ?::double precision[], ?::double precision[],
         ?::double precision[], ?::double precision[], ?::text[],
         ?::bigint[], ?::integer[], ?::text[], ?::text[], ?::boolean[],
         ?::boolean[])`,
      [
        rows.map(({ serviceId }) => serviceId),
        rows.map(({ deploymentId }) => deploymentId),
        rows.map(({ deployment }) => deployment.finishedAt),
        rows.map(({ deployment }) => this.labelId(deployment.tier)),
        rows.map(({ deployment }) => this.labelId(deployment.environment)),
        rows.map(({ change }) =>
          change.excluded === undefined ? 0 : EXCLUDED_CODE[change.excluded],
        ),
        rows.map(({ change }) => change.leadSeconds),
        stage(0),
        stage(1),
        stage(2),
        stage(3),
        stage(4),
        rows.map(({ change }) => change.commit),
        rows.map(({ change }) => change.committedAt),
        rows.map(({ change }) => change.pullRequest ?? null),
        rows.map(({ change }) => change.authorName ?? null),
        rows.map(({ change }) => change.subject ?? null),
        rows.map(({ change }) => change.clamped),
        rows.map(({ change }) => change.bot),
      ],
    );
  }

  private async writeAttempts(tx: Knex, derived: Derived[]): Promise<void> {
    const { changed, gone } = await this.difference(
      tx,
      'attempt',
      derived,
      derived.flatMap(({ serviceId, facts }) =>
        facts.attempts.map(fact => withDigest(serviceId, fact)),
      ),
    );
    await this.remove(tx, 'attempt', gone);
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO attempt (service_id, key, finished_at, tier_id,
           environment_id, status, fact, digest)
         SELECT * FROM unnest(?::integer[], ?::text[], ?::bigint[],
           ?::smallint[], ?::smallint[], ?::smallint[], ?::jsonb[],
           ?::uuid[])
         ON CONFLICT (service_id, key) DO UPDATE SET
           finished_at = excluded.finished_at, tier_id = excluded.tier_id,
           environment_id = excluded.environment_id,
           status = excluded.status, fact = excluded.fact,
           digest = excluded.digest`,
        [
          changed.map(({ serviceId }) => serviceId),
          changed.map(({ key }) => key),
          changed.map(({ fact }) =>
            fact.finishedAt === undefined ? null : Date.parse(fact.finishedAt),
          ),
          changed.map(({ fact }) => this.labelId(fact.tier)),
          changed.map(({ fact }) => this.labelId(fact.environment)),
          changed.map(({ fact }) => ATTEMPT_CODE[fact.status]),
          changed.map(({ fact }) => JSON.stringify(fact)),
          changed.map(({ digest }) => digest),
        ],
      );
    }
  }

  private async writeIncidents(tx: Knex, derived: Derived[]): Promise<void> {
    const { changed, gone } = await this.difference(
      tx,
      'incident',
      derived,
      derived.flatMap(({ serviceId, facts }) =>
        facts.incidents.map(fact => withDigest(serviceId, fact)),
      ),
    );
    await this.remove(tx, 'incident', gone);
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO incident (service_id, key, opened_at, resolved_at,
           tier_id, environment_id, attributed, fact, digest)
         SELECT * FROM unnest(?::integer[], ?::text[], ?::bigint[],
           ?::bigint[], ?::smallint[], ?::smallint[], ?::boolean[],
           ?::jsonb[], ?::uuid[])
         ON CONFLICT (service_id, key) DO UPDATE SET
           opened_at = excluded.opened_at, resolved_at = excluded.resolved_at,
           tier_id = excluded.tier_id,
           environment_id = excluded.environment_id,
           attributed = excluded.attributed, fact = excluded.fact,
           digest = excluded.digest`,
        [
          changed.map(({ serviceId }) => serviceId),
          changed.map(({ key }) => key),
          changed.map(({ fact }) => fact.openedAt),
          changed.map(({ fact }) => fact.resolvedAt ?? null),
          changed.map(({ fact }) => this.labelId(fact.tier)),
          changed.map(({ fact }) => this.labelId(fact.environment)),
          changed.map(
            ({ fact }) => fact.blamed !== undefined || fact.noneToBlame,
          ),
          changed.map(({ fact }) => JSON.stringify(fact)),
          changed.map(({ digest }) => digest),
        ],
      );
    }
  }

  private async writeAttributions(tx: Knex, derived: Derived[]): Promise<void> {
    const { changed, gone } = await this.difference(
      tx,
      'attribution',
      derived,
      derived.flatMap(({ serviceId, facts }) =>
        facts.attributions.map(fact => withDigest(serviceId, fact)),
      ),
    );
    await this.remove(tx, 'attribution', gone);
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO attribution (service_id, key, blamed, fact, digest)
         SELECT * FROM unnest(?::integer[], ?::text[], ?::text[],
           ?::jsonb[], ?::uuid[])
         ON CONFLICT (service_id, key) DO UPDATE SET
           blamed = excluded.blamed, fact = excluded.fact,
           digest = excluded.digest`,
        [
          changed.map(({ serviceId }) => serviceId),
          changed.map(({ key }) => key),
          changed.map(({ fact }) => fact.blamed ?? null),
          changed.map(({ fact }) => JSON.stringify(fact)),
          changed.map(({ digest }) => digest),
        ],
      );
    }
  }

  /** Compares derived rows with stored ones by their digests. */
  private async difference<T extends FactRow>(
    tx: Knex,
    table: FactTable,
    derived: Derived[],
    rows: T[],
  ): Promise<{ changed: T[]; gone: RowKey[]; known: Set<string> }> {
    const stored = await query<RowKey & { digest: string }>(
      tx,
      `SELECT service_id AS "serviceId", key,
         replace(digest::text, '-', '') AS digest
       FROM ?? WHERE service_id = ANY(?::integer[])`,
      [table, derived.map(({ serviceId }) => serviceId)],
    );
    const known = new Set<string>();
    const remaining = new Map<string, RowKey & { digest: string }>();
    for (const row of stored) {
      known.add(rowName(row));
      remaining.set(rowName(row), row);
    }
    const changed: T[] = [];
    for (const row of rows) {
      const name = rowName(row);
      if (remaining.get(name)?.digest !== row.digest) {
        changed.push(row);
      }
      remaining.delete(name);
    }
    return { changed, gone: [...remaining.values()], known };
  }

  private async remove(
    tx: Knex,
    table: FactTable,
    gone: RowKey[],
  ): Promise<void> {
    if (gone.length > 0) {
      await query(
        tx,
        `DELETE FROM ?? AS stored
         USING unnest(?::integer[], ?::text[]) AS gone (service_id, key)
         WHERE stored.service_id = gone.service_id AND stored.key = gone.key`,
        [
          table,
          gone.map(({ serviceId }) => serviceId),
          gone.map(({ key }) => key),
        ],
      );
    }
  }
}

interface RowKey {
  serviceId: number;
  key: string;
}

type FactRow = RowKey & { digest: string };

function rowName({ serviceId, key }: RowKey): string {
  return `${serviceId} ${key}`;
}

type FactTable = 'deployment' | 'attempt' | 'incident' | 'attribution';

interface CommitRow {
  repository_id: number;
  id: string;
  parents: string[];
  committed_at: string;
  authored_at: string | null;
  author_name: string | null;
  author_email: string | null;
  subject: string | null;
  paths: string[] | null;
  reverts: string[] | null;
}

function commitOfRow(row: CommitRow): CommitRecord {
  return {
    id: row.id,
    parents: row.parents,
    committedAt: new Date(Number(row.committed_at)).toISOString(),
    ...(row.authored_at !== null && {
      authoredAt: new Date(Number(row.authored_at)).toISOString(),
    }),
    ...(row.author_name !== null && { authorName: row.author_name }),
    ...(row.author_email !== null && { authorEmail: row.author_email }),
    ...(row.subject !== null && { subject: row.subject }),
    ...(row.paths !== null && { paths: row.paths }),
    ...(row.reverts !== null && { reverts: row.reverts }),
  };
}

function withDigest<T extends { id: string }>(
  serviceId: number,
  fact: T,
): FactRow & { fact: T } {
  return {
    serviceId,
    fact,
    key: fact.id,
    digest: digestKey(JSON.stringify(fact)),
  };
}

/** Median over the changes that count for lead time. */
function leadMedian(changes: ChangeFact[]): number | undefined {
  const sorted = changes
    .filter(({ excluded }) => excluded === undefined)
    .map(({ leadSeconds }) => leadSeconds)
    .sort((a, b) => a - b);
  if (sorted.length === 0) {
    return undefined;
  }
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
