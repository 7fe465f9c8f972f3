import { Knex } from 'knex';
import {
  ChangeFact,
  CommitRecord,
  DeploymentFact,
  DomainEvent,
  ServiceFacts,
} from '@pavedroad/plugin-dora-common';
import { rollUp, ServiceDay } from '../service/rollups';
import { ATTEMPT_CODE, EXCLUDED_CODE, KIND_CODE } from './codes';
import { ServiceEvents } from './DeliveryStore';
import { DOMAIN_EVENT_KIND } from './domainEventKinds';
import { digestKey } from './keys';
import { query } from './query';
import { withRetries } from './withRetries';

/** Derives the facts of one service. Pure. */
export type DeriveFacts = (input: ServiceEvents) => ServiceFacts;

/** What the derivation of one service changed. */
export interface DerivedService {
  entityRef: string;
  deploymentsWritten: number;
  daysWritten: number;
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
   * Takes the service that has waited longest, derives its facts from all its
   * events and writes what differs from what is stored.
   *
   * @returns what was done; `undefined` when nothing waits that nobody else works on
   */
  async deriveNext(derive: DeriveFacts): Promise<DerivedService | undefined> {
    // The row lock is the claim. It does not conflict with the key-share locks
    // that foreign keys take, so ingestion never waits for it.
    return this.deriveClaimed(
      derive,
      `SELECT id, entity_ref, source_path, sample, repository FROM service
       WHERE id IN (SELECT service_id FROM dirty_service ORDER BY id LIMIT 1000)
       LIMIT 1
       FOR NO KEY UPDATE SKIP LOCKED`,
      [],
    );
  }

  /**
   * Derives one service now, after whoever is at it: for changes whose maker
   * waits to see their effect.
   */
  async deriveService(
    entityRef: string,
    derive: DeriveFacts,
  ): Promise<DerivedService | undefined> {
    return this.deriveClaimed(
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
    bindings: string[],
  ): Promise<DerivedService | undefined> {
    return withRetries(() =>
      this.knex.transaction(async tx => {
        const claimed = await query(tx, claim, bindings);
        const service = claimed[0] as
          | {
              id: number;
              entity_ref: string;
              source_path: string | null;
              sample: boolean;
              repository: string | null;
            }
          | undefined;
        if (!service) {
          return undefined;
        }
        // Marks first, events second: what is committed in between is read
        // already and merely marked once more.
        await query(tx, 'DELETE FROM dirty_service WHERE service_id = ?', [
          service.id,
        ]);
        const input: ServiceEvents = {
          serviceId: service.id,
          entityRef: service.entity_ref,
          sourcePath: service.source_path ?? undefined,
          sample: service.sample,
          ...(await this.readInputs(tx, service.id, service.repository)),
        };
        const facts = derive(input);
        return this.write(tx, service.id, facts);
      }),
    );
  }

  private async readInputs(
    tx: Knex,
    serviceId: number,
    repository: string | null,
  ): Promise<{ events: DomainEvent[]; commits: CommitRecord[] }> {
    const repositoryRows = await query(
      tx,
      `SELECT id FROM repository WHERE slug = ?
       UNION
       SELECT repository_id FROM target_repository
         JOIN target ON target.id = target_id WHERE target.service_id = ?`,
      [repository, serviceId],
    );
    const repositoryIds = (repositoryRows as { id: number }[]).map(
      ({ id }) => id,
    );
    const own = await query(
      tx,
      `SELECT body, artifact FROM target
       JOIN domain_event ON domain_event.target_id = target.id
       WHERE target.service_id = ?`,
      [serviceId],
    );
    const ownRows = own as { body: DomainEvent; artifact: string | null }[];
    const artifacts = [
      ...new Set(ownRows.flatMap(({ artifact }) => artifact ?? [])),
    ];
    const related = await query(
      tx,
      `SELECT body FROM domain_event WHERE repository_id = ANY(?::integer[])
       UNION ALL
       SELECT body FROM domain_event
         WHERE artifact = ANY(?::uuid[]) AND kind = ?`,
      [repositoryIds, artifacts, DOMAIN_EVENT_KIND.build],
    );
    const commits = await query<CommitRow>(
      tx,
      `SELECT id, parents, committed_at, authored_at, author_name,
         author_email, subject, paths, reverts
       FROM commit WHERE repository_id = ANY(?::integer[])`,
      [repositoryIds],
    );
    return {
      events: [
        ...ownRows.map(({ body }) => body),
        ...(related as { body: DomainEvent }[]).map(({ body }) => body),
      ],
      commits: commits.map(commitOfRow),
    };
  }

  private async write(
    tx: Knex,
    serviceId: number,
    facts: ServiceFacts,
  ): Promise<DerivedService> {
    await this.internLabels(facts);
    const deploymentsWritten = await this.writeDeployments(
      tx,
      serviceId,
      facts,
    );
    await this.writeAttempts(tx, serviceId, facts);
    await this.writeIncidents(tx, serviceId, facts);
    await this.writeAttributions(tx, serviceId, facts);
    const daysWritten = await this.writeDays(tx, serviceId, facts);
    const summary = {
      definitionVersion: facts.definitionVersion,
      environments: facts.environments,
      failureDataSince: facts.failureDataSince,
      connectedSince: facts.connectedSince,
      quality: facts.quality,
      sample: facts.sample,
    };
    await query(
      tx,
      `UPDATE service SET facts = ?::jsonb, facts_at = now(),
         facts_version = facts_version + 1 WHERE id = ?`,
      [JSON.stringify(summary), serviceId],
    );
    return { entityRef: facts.serviceRef, deploymentsWritten, daysWritten };
  }

  /** Names are added, never removed, so ids may be kept in memory. */
  private async internLabels(facts: ServiceFacts): Promise<void> {
    const names = new Set<string>();
    for (const { name, tier } of facts.environments) {
      names.add(name).add(tier);
    }
    for (const { tier, environment } of [
      ...facts.deployments,
      ...facts.attempts,
      ...facts.incidents,
    ]) {
      for (const name of [tier, environment]) {
        if (name !== undefined) {
          names.add(name);
        }
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

  private async writeDeployments(
    tx: Knex,
    serviceId: number,
    facts: ServiceFacts,
  ): Promise<number> {
    const changes = new Map<string, ChangeFact[]>();
    for (const change of facts.changes) {
      const list = changes.get(change.deploymentId);
      if (list) {
        list.push(change);
      } else {
        changes.set(change.deploymentId, [change]);
      }
    }
    const rows = facts.deployments.map(fact => {
      const delivered = changes.get(fact.id) ?? [];
      return {
        fact,
        delivered,
        key: fact.id,
        digest: digestKey(JSON.stringify([fact, delivered])),
      };
    });
    const { changed, gone } = await this.difference(
      tx,
      'deployment',
      serviceId,
      rows,
    );
    if (gone.length > 0 || changed.length > 0) {
      await query(
        tx,
        `DELETE FROM change WHERE deployment_id IN (
           SELECT id FROM deployment
           WHERE service_id = ? AND key = ANY(?::text[]))`,
        [serviceId, [...gone, ...changed.map(({ key }) => key)]],
      );
    }
    await this.remove(tx, 'deployment', serviceId, gone);
    if (changed.length === 0) {
      return gone.length;
    }
    const written = await query(
      tx,
      `INSERT INTO deployment (service_id, key, finished_at, tier_id,
         environment_id, kind, failed, rework, failure_data, first,
         unknown_history, release_tag, sample, recovery_seconds, changes,
         lead_p50_seconds, fact, digest)
       SELECT ?::integer, given.* FROM unnest(?::text[], ?::bigint[],
         ?::smallint[], ?::smallint[], ?::smallint[], ?::boolean[],
         ?::boolean[], ?::boolean[], ?::boolean[], ?::boolean[],
         ?::boolean[], ?::boolean[], ?::double precision[], ?::integer[],
         ?::double precision[], ?::jsonb[], ?::uuid[]) AS given
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
       RETURNING id, key`,
      [
        serviceId,
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
      (written as { id: string; key: string }[]).map(({ id, key }) => [
        key,
        id,
      ]),
    );
    await this.insertChanges(
      tx,
      serviceId,
      changed.flatMap(({ fact, delivered }) =>
        delivered.map(change => ({
          deploymentId: ids.get(fact.id)!,
          deployment: fact,
          change,
        })),
      ),
    );
    return changed.length + gone.length;
  }

  private async insertChanges(
    tx: Knex,
    serviceId: number,
    rows: {
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
       SELECT ?::integer, given.* FROM unnest(?::bigint[], ?::bigint[],
         ?::smallint[], ?::smallint[], ?::smallint[], ?::double precision[],
         ?::double precision[], ?::double precision[], ?::double precision[],
         ?::double precision[], ?::double precision[], ?::text[],
         ?::bigint[], ?::integer[], ?::text[],
         ?::text[], ?::boolean[], ?::boolean[]) AS given`,
      [
        serviceId,
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

  private async writeAttempts(
    tx: Knex,
    serviceId: number,
    facts: ServiceFacts,
  ): Promise<void> {
    const { changed, gone } = await this.difference(
      tx,
      'attempt',
      serviceId,
      facts.attempts.map(withDigest),
    );
    await this.remove(tx, 'attempt', serviceId, gone);
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO attempt (service_id, key, finished_at, tier_id,
           environment_id, status, fact, digest)
         SELECT ?::integer, given.* FROM unnest(?::text[], ?::bigint[],
           ?::smallint[], ?::smallint[], ?::smallint[], ?::jsonb[],
           ?::uuid[]) AS given
         ON CONFLICT (service_id, key) DO UPDATE SET
           finished_at = excluded.finished_at, tier_id = excluded.tier_id,
           environment_id = excluded.environment_id,
           status = excluded.status, fact = excluded.fact,
           digest = excluded.digest`,
        [
          serviceId,
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

  private async writeIncidents(
    tx: Knex,
    serviceId: number,
    facts: ServiceFacts,
  ): Promise<void> {
    const { changed, gone } = await this.difference(
      tx,
      'incident',
      serviceId,
      facts.incidents.map(withDigest),
    );
    await this.remove(tx, 'incident', serviceId, gone);
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO incident (service_id, key, opened_at, resolved_at,
           tier_id, environment_id, attributed, fact, digest)
         SELECT ?::integer, given.* FROM unnest(?::text[], ?::bigint[],
           ?::bigint[], ?::smallint[], ?::smallint[], ?::boolean[],
           ?::jsonb[], ?::uuid[]) AS given
         ON CONFLICT (service_id, key) DO UPDATE SET
           opened_at = excluded.opened_at, resolved_at = excluded.resolved_at,
           tier_id = excluded.tier_id,
           environment_id = excluded.environment_id,
           attributed = excluded.attributed, fact = excluded.fact,
           digest = excluded.digest`,
        [
          serviceId,
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

  private async writeAttributions(
    tx: Knex,
    serviceId: number,
    facts: ServiceFacts,
  ): Promise<void> {
    const { changed, gone } = await this.difference(
      tx,
      'attribution',
      serviceId,
      facts.attributions.map(withDigest),
    );
    await this.remove(tx, 'attribution', serviceId, gone);
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO attribution (service_id, key, blamed, fact, digest)
         SELECT ?::integer, given.* FROM unnest(?::text[], ?::text[],
           ?::jsonb[], ?::uuid[]) AS given
         ON CONFLICT (service_id, key) DO UPDATE SET
           blamed = excluded.blamed, fact = excluded.fact,
           digest = excluded.digest`,
        [
          serviceId,
          changed.map(({ key }) => key),
          changed.map(({ fact }) => fact.blamed ?? null),
          changed.map(({ fact }) => JSON.stringify(fact)),
          changed.map(({ digest }) => digest),
        ],
      );
    }
  }

  /** Only the days whose rollup differs are written. */
  private async writeDays(
    tx: Knex,
    serviceId: number,
    facts: ServiceFacts,
  ): Promise<number> {
    const rows = await query<StoredDay>(
      tx,
      `SELECT day, label_id, is_tier, deployments, changes, covered, failed,
         recovered, rework_base, rework, lead_histogram
       FROM service_day WHERE service_id = ?`,
      [serviceId],
    );
    const stored = new Map(
      rows.map(row => [
        dayKey(row.day, row.label_id, row.is_tier),
        dayContent([
          row.deployments,
          row.changes,
          row.covered,
          row.failed,
          row.recovered,
          row.rework_base,
          row.rework,
          row.lead_histogram,
        ]),
      ]),
    );
    const changed: ServiceDay[] = [];
    for (const day of rollUp(facts)) {
      const key = dayKey(day.day, this.labelId(day.label)!, day.isTier);
      const content = dayContent([
        day.deployments,
        day.changes,
        day.covered,
        day.failed,
        day.recovered,
        day.reworkBase,
        day.rework,
        day.leadHistogram,
      ]);
      if (stored.get(key) !== content) {
        changed.push(day);
      }
      stored.delete(key);
    }
    const gone = [...stored.keys()].map(
      key => JSON.parse(key) as [number, number, boolean],
    );
    if (gone.length > 0) {
      await query(
        tx,
        `DELETE FROM service_day USING unnest(?::integer[], ?::smallint[],
           ?::boolean[]) AS gone (day, label_id, is_tier)
         WHERE service_id = ? AND service_day.day = gone.day
           AND service_day.label_id = gone.label_id
           AND service_day.is_tier = gone.is_tier`,
        [
          gone.map(([day]) => day),
          gone.map(([, label]) => label),
          gone.map(([, , isTier]) => isTier),
          serviceId,
        ],
      );
    }
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO service_day (service_id, day, label_id, is_tier,
           deployments, changes, covered, failed, recovered, rework_base,
           rework, lead_histogram)
         SELECT ?::integer, day, label_id, is_tier, deployments, changes,
           covered, failed, recovered, rework_base, rework,
           lead_histogram::integer[]
         FROM unnest(?::integer[], ?::smallint[], ?::boolean[],
           ?::integer[], ?::integer[], ?::integer[], ?::integer[],
           ?::integer[], ?::integer[], ?::integer[], ?::text[]) AS given
           (day, label_id, is_tier, deployments, changes, covered, failed,
            recovered, rework_base, rework, lead_histogram)
         ON CONFLICT (service_id, day, label_id, is_tier) DO UPDATE SET
           deployments = excluded.deployments, changes = excluded.changes,
           covered = excluded.covered, failed = excluded.failed,
           recovered = excluded.recovered,
           rework_base = excluded.rework_base, rework = excluded.rework,
           lead_histogram = excluded.lead_histogram`,
        [
          serviceId,
          changed.map(({ day }) => day),
          changed.map(({ label }) => this.labelId(label)),
          changed.map(({ isTier }) => isTier),
          changed.map(({ deployments }) => deployments),
          changed.map(({ changes }) => changes),
          changed.map(({ covered }) => covered),
          changed.map(({ failed }) => failed),
          changed.map(({ recovered }) => recovered),
          changed.map(({ reworkBase }) => reworkBase),
          changed.map(({ rework }) => rework),
          changed.map(({ leadHistogram }) => `{${leadHistogram.join(',')}}`),
        ],
      );
    }
    return changed.length + gone.length;
  }

  private async difference<T extends { key: string; digest: string }>(
    tx: Knex,
    table: FactTable,
    serviceId: number,
    rows: T[],
  ): Promise<{ changed: T[]; gone: string[] }> {
    const stored = await query(
      tx,
      `SELECT key, replace(digest::text, '-', '') AS digest FROM ??
       WHERE service_id = ?`,
      [table, serviceId],
    );
    const digests = new Map(
      (stored as { key: string; digest: string }[]).map(({ key, digest }) => [
        key,
        digest,
      ]),
    );
    const changed = rows.filter(
      ({ key, digest }) => digests.get(key) !== digest,
    );
    for (const { key } of rows) {
      digests.delete(key);
    }
    return { changed, gone: [...digests.keys()] };
  }

  private async remove(
    tx: Knex,
    table: FactTable,
    serviceId: number,
    keys: string[],
  ): Promise<void> {
    if (keys.length > 0) {
      await query(
        tx,
        'DELETE FROM ?? WHERE service_id = ? AND key = ANY(?::text[])',
        [table, serviceId, keys],
      );
    }
  }
}

type FactTable = 'deployment' | 'attempt' | 'incident' | 'attribution';

interface StoredDay {
  day: number;
  label_id: number;
  is_tier: boolean;
  deployments: number;
  changes: number;
  covered: number;
  failed: number;
  recovered: number;
  rework_base: number;
  rework: number;
  lead_histogram: number[];
}

interface CommitRow {
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
  fact: T,
): { fact: T; key: string; digest: string } {
  return { fact, key: fact.id, digest: digestKey(JSON.stringify(fact)) };
}

function dayKey(day: number, labelId: number, isTier: boolean): string {
  return JSON.stringify([day, labelId, isTier]);
}

function dayContent(values: (number | number[])[]): string {
  return JSON.stringify(values);
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
