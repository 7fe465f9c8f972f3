import { Knex } from 'knex';
import {
  ChangeFact,
  DeploymentFact,
  packChangeTimes,
  ServiceFacts,
  ServiceHistory,
} from '@pavedroad/plugin-dora-common';
import { storableText } from '../inbox/inspectJson';
import { keptFacts } from '../retention/keptFacts';
import { FACTS_FROM } from '../retention/RetentionStore';
import { ATTEMPT_CODE, EXCLUDED_CODE, KIND_CODE } from './codes';
import { BYTES_IN_INDEX, hexOf } from './factBytes';
import { groupBy } from './groupBy';
import { digestKey } from './keys';
import { jsonArray, query, SqlValue } from './query';
import { LOG_WRITTEN, logRollups } from './rollupRows';
import { sameContent } from './sameContent';
import { ServiceInput, ServiceInputs } from './ServiceInputs';
import { DERIVING_LOCK, IS_REPLAYING } from './settings';
import { WeightedCache } from './WeightedCache';
import { withRetries } from './withRetries';

/** Derives the facts of a service, in two parts of which the first often stays as it was. Pure. */
export interface DeriveFacts {
  history(
    service: { entityRef: string; sourcePath?: string },
    input: Pick<ServiceInput, 'events' | 'graph'>,
  ): ServiceHistory;
  facts(history: ServiceHistory, events: ServiceInput['events']): ServiceFacts;
}

/** Told about facts that changed, in the transaction that writes them. */
export type FactsListener = (
  tx: Knex,
  derived: { serviceId: number; facts: ServiceFacts }[],
) => Promise<void>;

/**
 * How many events, commits and facts are kept in memory, for services that come again. About 50 MB: what is kept makes the collector
 * of garbage wait for two and a half times as much.
 */
const KEPT_ITEMS = 50_000;

/** So many of the latest incidents say which services are taken into memory at a start. */
const WARM_INCIDENTS = 500;
/** Facts are kept with what they were derived from: about as much again, and some room for others. */
const ITEMS_PER_INPUT = 2.5;

const FACTS_FROM_SQL = `SELECT value FROM setting WHERE name = '${FACTS_FROM}'`;

const NO_CHANGES: ChangeFact[] = [];

/** Services are derived together up to this many events and commits: statements cost time, inputs memory. */
const ITEMS_AT_ONCE = 10_000;
/** What is supposed of a service that was never derived. */
const ITEMS_SUPPOSED = 2_000;

/** How much is kept of the beginning, and of the end, of why facts could not be derived. */
const REASON_END = 1_000;

/** Thrown when facts could not be derived or written: which services were at it, and the marks that asked for it. */
export class DerivationError extends Error {
  constructor(
    readonly serviceIds: number[],
    readonly marks: string[],
    readonly cause: unknown,
  ) {
    super(
      `Could not derive the facts of ${serviceIds.length} services: ${cause}`,
    );
  }
}

/** Services whose facts are behind their events, by entity ref. */
export interface Backlog {
  /** A service may be in it twice: for its own events, and because all are read anew. */
  pending: {
    serviceRef: string;
    /**
     * When the oldest event that is not counted was recorded, in epoch milliseconds; absent where that cannot be told: while all events
     * are read anew, when older events came to the service by a change of the catalog or of settings, and after it could not be derived.
     */
    since?: number;
    /** How long ago that is by the clock that `since` was read from, in whole seconds. */
    waitedSeconds?: number;
  }[];
  /** Whose facts could not be derived. */
  failed: string[];
  /** From when facts are kept, in epoch milliseconds; absent: all are. */
  factsFrom?: number;
}

interface ClaimedService {
  id: number;
  entity_ref: string;
  source_path: string | null;
  facts_version: string;
  facts: object | null;
  facts_error: string | null;
  input_size: number;
  /** From when facts are kept, in epoch milliseconds; NULL: all are. */
  facts_from: string | null;
}

/** The facts of a service as this process last wrote them. */
interface Written {
  /** The transaction that wrote it. */
  transaction: { committed: boolean };
  /** `facts_version` that it made: another one is the work of another backend. */
  version: string;
  historyKey: string;
  history: ServiceHistory;
  rows: Rows;
}

/** The facts of a service on their way into the database. */
interface Derived {
  serviceId: number;
  facts: ServiceFacts;
  rows: Rows;
  size: number;
  /** The summary that is stored, unless they could not be derived the last time. */
  summary: object | null;
  /** What is stored, where this process knows it. */
  written?: Written;
}

interface FactOf {
  deployment: DeploymentFact;
  attempt: ServiceFacts['attempts'][number];
  incident: ServiceFacts['incidents'][number];
  attribution: ServiceFacts['attributions'][number];
}

type FactTable = keyof FactOf;

/** A fact and, for a deployment, the changes it brought. */
type FactRow<TTable extends FactTable = FactTable> = RowKey & {
  fact: FactOf[TTable];
  delivered?: ChangeFact[];
};

/** Rows by key, per table. */
type Rows = { [TTable in FactTable]: Map<string, FactRow<TTable>> };

/**
 * Facts and rollups in PostgreSQL. Any number of backends may work on one
 * database: each service is derived by one of them at a time.
 */
export class DatabaseFactStore {
  private readonly labels = new Map<string, number>();
  private readonly cache: WeightedCache;
  private readonly inputs: ServiceInputs;

  /** @param options - `keptItems`: how much is kept in memory; 0 for nothing */
  static create(options: {
    knex: Knex;
    keptItems?: number;
    onFactsChanged?: FactsListener;
  }): DatabaseFactStore {
    return new DatabaseFactStore(
      options.knex,
      options.keptItems ?? KEPT_ITEMS,
      options.onFactsChanged,
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly keptItems: number,
    private readonly onFactsChanged: FactsListener | undefined,
  ) {
    this.cache = new WeightedCache(keptItems);
    this.inputs = new ServiceInputs(this.cache);
  }

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
      `SELECT id, entity_ref, source_path, facts_version, facts,
         facts_error, input_size, (${FACTS_FROM_SQL}) AS facts_from
       FROM service
       WHERE id IN (SELECT service_id FROM dirty_service ORDER BY id LIMIT 1000)
         AND NOT ${IS_REPLAYING}
       ORDER BY id LIMIT ?
       FOR NO KEY UPDATE SKIP LOCKED`,
      [limit],
    );
  }

  /**
   * Derives one service now, after whoever is at it: for changes whose maker
   * waits to see their effect. While the inbox is being normalised anew nothing is
   * derived, for half of the events would be of the past: that follows at its end.
   *
   * @returns whether it was derived
   */
  async deriveService(
    entityRef: string,
    derive: DeriveFacts,
  ): Promise<boolean> {
    const derived = await this.deriveClaimed(
      derive,
      `SELECT id, entity_ref, source_path, facts_version, facts,
         facts_error, input_size, (${FACTS_FROM_SQL}) AS facts_from
       FROM service
       WHERE entity_ref = ? AND NOT ${IS_REPLAYING}
       FOR NO KEY UPDATE`,
      [entityRef],
    );
    return derived > 0;
  }

  /**
   * Takes the services with the latest incidents into memory, as far as there is room. They are what people correct, and
   * the first correction after a start would otherwise wait until all of a service's history is read. Writes nothing,
   * unless facts are behind.
   *
   * @returns how many
   */
  async warm(derive: DeriveFacts): Promise<number> {
    return this.deriveClaimed(
      derive,
      `WITH recent AS (
         SELECT service_id, max(opened_at) AS at
         FROM (SELECT service_id, opened_at FROM incident
           ORDER BY opened_at DESC LIMIT ?) AS latest
         GROUP BY service_id
       ), sized AS (
         SELECT service_id, sum(input_size) OVER (ORDER BY at DESC, service_id) AS size
         FROM recent JOIN service ON id = service_id
       )
       SELECT id, entity_ref, source_path, facts_version, facts,
         facts_error, input_size, (${FACTS_FROM_SQL}) AS facts_from
       FROM service
       WHERE id IN (SELECT service_id FROM sized WHERE size <= ?)
         AND facts_error IS NULL AND NOT ${IS_REPLAYING}
       ORDER BY id
       FOR NO KEY UPDATE SKIP LOCKED`,
      [WARM_INCIDENTS, Math.floor(this.keptItems / ITEMS_PER_INPUT)],
    );
  }

  private async deriveClaimed(
    derive: DeriveFacts,
    claim: string,
    values: SqlValue[],
  ): Promise<number> {
    let claimed: number[] = [];
    let marks: string[] = [];
    let transaction = { committed: false };
    const run = () =>
      this.knex.transaction(async tx => {
        transaction = { committed: false };
        await query(tx, 'SELECT pg_advisory_xact_lock_shared(?)', [
          DERIVING_LOCK,
        ]);
        const services = await query<ClaimedService>(tx, claim, values);
        if (services.length === 0) {
          return 0;
        }
        claimed = services.map(({ id }) => id);
        // Marks first, events second: what is committed in between is read
        // already and merely marked once more.
        const removed = await query<{ id: string }>(
          tx,
          'DELETE FROM dirty_service WHERE service_id = ANY(?::integer[]) RETURNING id',
          [services.map(({ id }) => id)],
        );
        marks = removed.map(({ id }) => id);
        for (const group of bySize(services)) {
          await this.deriveGroup(tx, derive, group, transaction);
        }
        return services.length;
      });
    try {
      const count = await withRetries(run);
      transaction.committed = true;
      return count;
    } catch (error) {
      throw claimed.length > 0
        ? new DerivationError(claimed, marks, error)
        : error;
    }
  }

  private async deriveGroup(
    tx: Knex,
    derive: DeriveFacts,
    services: ClaimedService[],
    transaction: Written['transaction'],
  ): Promise<void> {
    const inputs = await this.inputs.read(
      tx,
      services.map(({ id, source_path: sourcePath }) => ({
        id,
        sourcePath: sourcePath ?? undefined,
      })),
    );
    const states: Written[] = [];
    const derived: Derived[] = [];
    for (const [index, service] of services.entries()) {
      const input = inputs[index];
      const kept = this.cache.get<Written>(`f${service.id}`);
      const stored =
        kept?.transaction.committed && kept.version === service.facts_version
          ? kept
          : undefined;
      const history =
        kept?.historyKey === input.historyKey
          ? kept.history
          : derive.history(
              {
                entityRef: service.entity_ref,
                sourcePath: service.source_path ?? undefined,
              },
              input,
            );
      const facts = keptFacts(
        derive.facts(history, input.events),
        service.facts_from === null ? undefined : Number(service.facts_from),
      );
      const rows = rowsOf(service.id, facts);
      derived.push({
        serviceId: service.id,
        facts,
        rows,
        size: input.size,
        summary: service.facts_error === null ? service.facts : null,
        written: stored,
      });
      states.push({
        transaction,
        version: '',
        historyKey: input.historyKey,
        history,
        rows,
      });
      // A large service takes a while; requests are answered in between.
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
    const versions = await this.write(tx, derived);
    if (this.onFactsChanged && versions.size > 0) {
      await this.onFactsChanged(
        tx,
        derived.filter(({ serviceId }) => versions.has(serviceId)),
      );
    }
    for (const [index, { serviceId, facts }] of derived.entries()) {
      states[index].version =
        versions.get(serviceId) ?? services[index].facts_version;
      this.cache.set(
        `f${serviceId}`,
        states[index],
        2 * facts.deployments.length + facts.changes.length,
      );
    }
  }

  /**
   * Takes a service whose facts cannot be derived out of the queue, so that it
   * does not hold up the others. Its next event, or the next start, tries again:
   * also an event that came since it failed.
   *
   * @param marks - what asked for the derivation that failed
   * @returns whether it was set aside; not when another backend has derived it meanwhile
   */
  async setAside(
    serviceId: number,
    marks: string[],
    reason: string,
  ): Promise<boolean> {
    return this.knex.transaction(async tx => {
      // After whoever is at it: what that one works off is not aside.
      await query(tx, 'SELECT FROM service WHERE id = ? FOR NO KEY UPDATE', [
        serviceId,
      ]);
      const removed = await query(
        tx,
        `DELETE FROM dirty_service
         WHERE service_id = ? AND id = ANY(?::bigint[]) RETURNING id`,
        [serviceId, marks],
      );
      if (removed.length === 0) {
        return false;
      }
      await query(tx, `UPDATE service SET facts_error = ? WHERE id = ?`, [
        storableText(shortened(reason)),
        serviceId,
      ]);
      return true;
    });
  }

  /**
   * Which services' facts are behind their events, and from when facts are kept: in one statement, for every question asks. A service
   * counts as pending until the transaction that brings its facts up to date is committed.
   */
  async backlog(): Promise<Backlog> {
    const rows = await query<{
      entity_ref: string;
      state: 'pending' | 'failed' | 'kept';
      since: Date | null;
      waited: number | null;
      facts_from: string | null;
    }>(
      this.knex,
      // Each part by itself: together they would have all services read, for an answer that mostly is none.
      // The clock of the database marks and measures: those of back ends differ. A mark without a moment asks for events that were
      // recorded at any time before, and so does every mark of a service that was set aside: the marks it failed on are gone.
      `SELECT entity_ref, 'pending' AS state, since,
           greatest(0, floor(extract(epoch FROM clock_timestamp() - since)))::integer AS waited,
           NULL AS facts_from
         FROM (SELECT service_id,
                 CASE WHEN bool_and(marked_at IS NOT NULL) THEN min(marked_at) END AS oldest
               FROM dirty_service GROUP BY service_id) AS mark
         JOIN service ON service.id = mark.service_id
         CROSS JOIN LATERAL (SELECT
           CASE WHEN facts_error IS NULL THEN oldest END AS since) AS told
       UNION ALL
       SELECT entity_ref, 'pending', NULL, NULL, NULL FROM service
         WHERE facts IS NOT NULL AND ${IS_REPLAYING}
       UNION ALL
       SELECT entity_ref, 'failed', NULL, NULL, NULL FROM service
         WHERE facts_error IS NOT NULL
       UNION ALL
       SELECT '', 'kept', NULL, NULL, facts_from
         FROM (${FACTS_FROM_SQL}) AS setting (facts_from)`,
    );
    const of = (state: string) => rows.filter(row => row.state === state);
    const [kept] = of('kept');
    return {
      pending: of('pending').map(({ entity_ref: serviceRef, ...row }) => ({
        serviceRef,
        ...(row.since !== null && {
          since: row.since.getTime(),
          waitedSeconds: row.waited ?? 0,
        }),
      })),
      failed: of('failed').map(row => row.entity_ref),
      ...(kept && { factsFrom: Number(kept.facts_from) }),
    };
  }

  /** Puts services that were set aside back into the queue. */
  async resume(): Promise<void> {
    await query(
      this.knex,
      `INSERT INTO dirty_service (service_id, marked_at)
       SELECT id, NULL FROM service WHERE facts_error IS NOT NULL`,
    );
  }

  /** Writes what differs from what is stored; answers the new version of each service of which something did. */
  private async write(
    tx: Knex,
    derived: Derived[],
  ): Promise<Map<number, string>> {
    await this.internLabels(derived);
    const touched = new Set<number>();
    for (const changed of [
      await this.writeDeployments(tx, derived),
      await this.writeAttempts(tx, derived),
      await this.writeIncidents(tx, derived),
      await this.writeAttributions(tx, derived),
    ]) {
      changed.forEach(id => touched.add(id));
    }
    const news = derived.filter(
      ({ serviceId, facts, summary }) =>
        touched.has(serviceId) || !sameContent(summary, summaryOf(facts)),
    );
    if (news.length === 0) {
      return new Map();
    }
    const rows = await query<{ id: number; facts_version: string }>(
      tx,
      `UPDATE service SET facts = given.facts, facts_at = now(),
         facts_version = facts_version + 1, facts_error = NULL,
         input_size = given.input_size
       FROM unnest(?::integer[], ?::jsonb[], ?::integer[])
         AS given (id, facts, input_size)
       WHERE service.id = given.id
       RETURNING service.id, facts_version`,
      [
        news.map(({ serviceId }) => serviceId),
        news.map(({ facts }) => JSON.stringify(summaryOf(facts))),
        news.map(({ size }) => size),
      ],
    );
    return new Map(rows.map(row => [row.id, row.facts_version]));
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
    // What is there already is not even tried: each try would use up one of 32,767 ids.
    await query(
      this.knex,
      `INSERT INTO label (name)
       SELECT name FROM unnest(?::text[]) AS given (name)
       WHERE NOT EXISTS (SELECT FROM label AS known WHERE known.name = given.name)
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
    derived: Derived[],
  ): Promise<number[]> {
    const { changed, gone, known } = await this.difference(
      tx,
      'deployment',
      derived,
    );
    const replaced = [
      ...gone,
      ...changed.filter(row => known.has(rowName(row))),
    ];
    const stored = new Map(
      derived.map(({ serviceId, written }) => [serviceId, written?.rows]),
    );
    // A deployment that failed, or recovered, still brought the same changes.
    const sameChanges = (row: (typeof changed)[number]) => {
      const before = stored.get(row.serviceId)?.deployment.get(row.key);
      return (
        before !== undefined && sameContent(before.delivered, row.delivered)
      );
    };
    const kept = new Set(changed.filter(sameChanges).map(rowName));
    const emptied = replaced.filter(row => !kept.has(rowName(row)));
    await logRollups(tx, -1, replaced);
    if (emptied.length > 0) {
      await query(
        tx,
        `DELETE FROM change USING deployment,
           unnest(?::integer[], ?::text[]) AS given (service_id, key)
         WHERE change.deployment_id = deployment.id
           AND deployment.service_id = given.service_id
           AND deployment.key = given.key`,
        [
          emptied.map(({ serviceId }) => serviceId),
          emptied.map(({ key }) => key),
        ],
      );
    }
    await this.remove(tx, 'deployment', gone);
    const touched = [...gone, ...changed].map(({ serviceId }) => serviceId);
    if (changed.length === 0) {
      return touched;
    }
    const times = changed.map(({ delivered }) =>
      packChangeTimes(delivered ?? NO_CHANGES),
    );
    const written = await query(
      tx,
      // What the rollups are told is what was written: no need to look it up.
      `WITH written AS (
       INSERT INTO deployment (service_id, key, finished_at, tier_id,
         environment_id, kind, failed, rework, failure_data, first,
         unknown_history, release_tag, sample, recovery_seconds, changes,
         lead_p50_seconds, digest, change_times, many_change_times, fact)
       SELECT * FROM ROWS FROM (unnest(?::integer[], ?::text[], ?::bigint[],
         ?::smallint[], ?::smallint[], ?::smallint[], ?::boolean[],
         ?::boolean[], ?::boolean[], ?::boolean[], ?::boolean[],
         ?::boolean[], ?::boolean[], ?::double precision[], ?::integer[],
         ?::double precision[], ?::uuid[], ?::bytea[], ?::bytea[]),
         jsonb_array_elements(?::jsonb))
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
         fact = excluded.fact, digest = excluded.digest,
         change_times = excluded.change_times,
         many_change_times = excluded.many_change_times
       RETURNING *
       ), logged AS (${LOG_WRITTEN})
       SELECT id, service_id AS "serviceId", key FROM written`,
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
        changed.map(
          ({ delivered }) => leadMedian(delivered ?? NO_CHANGES) ?? null,
        ),
        changed.map(digestOf),
        times.map(bytes =>
          bytes.length <= BYTES_IN_INDEX ? hexOf(bytes) : null,
        ),
        times.map(bytes =>
          bytes.length > BYTES_IN_INDEX ? hexOf(bytes) : null,
        ),
        jsonArray(changed.map(({ fact }) => JSON.stringify(fact))),
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
      changed
        .filter(row => !kept.has(rowName(row)))
        .flatMap(row =>
          (row.delivered ?? NO_CHANGES).map(change => ({
            deploymentId: ids.get(rowName(row))!,
            change,
          })),
        ),
    );
    return touched;
  }

  private async insertChanges(
    tx: Knex,
    rows: { deploymentId: string; change: ChangeFact }[],
  ): Promise<void> {
    if (rows.length === 0) {
      return;
    }
    const stage = (index: number) =>
      rows.map(({ change }) => change.stages[index] ?? null);
    await query(
      tx,
      `INSERT INTO change (deployment_id, excluded, lead_seconds, stage_1,
         stage_2, stage_3, stage_4, stage_5, commit, committed_at,
         pull_request, author_name, subject, clamped, bot)
       SELECT * FROM unnest(?::bigint[], ?::smallint[], ?::double precision[],
         ?::double precision[], ?::double precision[], ?::double precision[],
         ?::double precision[], ?::double precision[], ?::text[],
         ?::bigint[], ?::integer[], ?::text[], ?::text[], ?::boolean[],
         ?::boolean[])`,
      [
        rows.map(({ deploymentId }) => deploymentId),
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

  private async writeAttempts(tx: Knex, derived: Derived[]): Promise<number[]> {
    const { changed, gone } = await this.difference(tx, 'attempt', derived);
    await this.remove(tx, 'attempt', gone);
    if (changed.length > 0) {
      await query(
        tx,
        `INSERT INTO attempt (service_id, key, finished_at, tier_id,
           environment_id, status, digest, fact)
         SELECT * FROM ROWS FROM (unnest(?::integer[], ?::text[], ?::bigint[],
           ?::smallint[], ?::smallint[], ?::smallint[], ?::uuid[]),
           jsonb_array_elements(?::jsonb))
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
          changed.map(digestOf),
          jsonArray(changed.map(({ fact }) => JSON.stringify(fact))),
        ],
      );
    }
    return [...gone, ...changed].map(({ serviceId }) => serviceId);
  }

  private async writeIncidents(
    tx: Knex,
    derived: Derived[],
  ): Promise<number[]> {
    const { changed, gone } = await this.difference(tx, 'incident', derived);
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
          changed.map(digestOf),
        ],
      );
    }
    return [...gone, ...changed].map(({ serviceId }) => serviceId);
  }

  private async writeAttributions(
    tx: Knex,
    derived: Derived[],
  ): Promise<number[]> {
    const { changed, gone } = await this.difference(tx, 'attribution', derived);
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
          changed.map(digestOf),
        ],
      );
    }
    return [...gone, ...changed].map(({ serviceId }) => serviceId);
  }

  /** Compares derived rows with stored ones: with what this process wrote, else by digest with what the database has. */
  private async difference<TTable extends FactTable>(
    tx: Knex,
    table: TTable,
    derived: Derived[],
  ): Promise<{
    changed: FactRow<TTable>[];
    gone: RowKey[];
    known: Set<string>;
  }> {
    const strange = derived.flatMap(({ serviceId, written }) =>
      written ? [] : [serviceId],
    );
    const digests = groupBy(
      strange.length === 0
        ? []
        : await query<RowKey & { digest: string }>(
            tx,
            `SELECT service_id AS "serviceId", key,
               replace(digest::text, '-', '') AS digest
             FROM ?? WHERE service_id = ANY(?::integer[])`,
            [table, strange],
          ),
      row => row.serviceId,
    );
    const changed: FactRow<TTable>[] = [];
    const gone: RowKey[] = [];
    const known = new Set<string>();
    for (const { serviceId, rows, written } of derived) {
      const now: Map<string, FactRow<TTable>> = rows[table];
      const before: ReadonlyMap<string, FactRow | string> = written
        ? written.rows[table]
        : new Map(
            digests.get(serviceId)?.map(({ key, digest }) => [key, digest]),
          );
      for (const key of before.keys()) {
        if (!now.has(key)) {
          gone.push({ serviceId, key });
        }
      }
      for (const [key, row] of now) {
        const stored = before.get(key);
        if (stored !== undefined) {
          known.add(rowName(row));
        }
        const same =
          typeof stored === 'string'
            ? stored === digestOf(row)
            : stored !== undefined && sameRow(stored, row);
        if (!same) {
          changed.push(row);
        }
      }
    }
    return { changed, gone, known };
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

/** Errors of the database begin with the statement, however long, and end with what is wrong: of a long one both ends are kept. */
function shortened(reason: string): string {
  return reason.length <= 2 * REASON_END
    ? reason
    : `${reason.slice(0, REASON_END)} … ${reason.slice(-REASON_END)}`;
}

interface RowKey {
  serviceId: number;
  key: string;
}

function rowName({ serviceId, key }: RowKey): string {
  return `${serviceId} ${key}`;
}

function digestOf({ fact, delivered }: FactRow): string {
  return digestKey(JSON.stringify(delivered ? [fact, delivered] : fact));
}

function sameRow(a: FactRow, b: FactRow): boolean {
  return sameContent(a.fact, b.fact) && sameContent(a.delivered, b.delivered);
}

/** Services in groups that are worked on together. */
function bySize(services: ClaimedService[]): ClaimedService[][] {
  const groups: ClaimedService[][] = [];
  let size = Infinity;
  for (const service of services) {
    const items = service.input_size || ITEMS_SUPPOSED;
    size += items;
    if (size > ITEMS_AT_ONCE) {
      groups.push([]);
      size = items;
    }
    groups[groups.length - 1].push(service);
  }
  return groups;
}

function rowsOf(serviceId: number, facts: ServiceFacts): Rows {
  const delivered = groupBy(facts.changes, change => change.deploymentId);
  const byKey = <T extends { id: string }>(list: readonly T[]) =>
    new Map(
      list.map(fact => [fact.id, { serviceId, key: fact.id, fact }] as const),
    );
  return {
    deployment: new Map(
      facts.deployments.map(fact => [
        fact.id,
        {
          serviceId,
          key: fact.id,
          fact,
          delivered: delivered.get(fact.id) ?? NO_CHANGES,
        },
      ]),
    ),
    attempt: byKey(facts.attempts),
    incident: byKey(facts.incidents),
    attribution: byKey(facts.attributions),
  };
}

/** What the service's own row keeps of its facts. */
function summaryOf(facts: ServiceFacts): object {
  return {
    definitionVersion: facts.definitionVersion,
    environments: facts.environments,
    failureDataSince: facts.failureDataSince,
    connectedSince: facts.connectedSince,
    quality: facts.quality,
    sample: facts.sample,
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
