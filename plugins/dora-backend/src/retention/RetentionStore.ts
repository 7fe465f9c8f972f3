import { Knex } from 'knex';
import { markDirty } from '../database/DatabaseDeliveryStore';
import { query } from '../database/query';
import { logRollups } from '../database/rollupRows';
import { DROPPED_TO, IS_REPLAYING, MAPPING_LOCK } from '../database/settings';

/** Name of the setting that says from when facts are kept, in epoch milliseconds. */
export const FACTS_FROM = 'facts_from';

const EVENTS_AT_ONCE = 5_000;
const SERVICES_AT_ONCE = 10;

/** What is removed when its time is over. */
export class RetentionStore {
  static create(options: { knex: Knex }): RetentionStore {
    return new RetentionStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /** From when facts are kept, in epoch milliseconds; undefined: all are. */
  async factsFrom(): Promise<number | undefined> {
    const rows = await query<{ value: string }>(
      this.knex,
      'SELECT value FROM setting WHERE name = ?',
      [FACTS_FROM],
    );
    return rows.length === 0 ? undefined : Number(rows[0].value);
  }

  /** Of some services, those that were deployed, or whose failures were reported, before a moment. */
  async knownBefore(serviceRefs: string[], moment: number): Promise<string[]> {
    const rows = await query<{ entity_ref: string }>(
      this.knex,
      `SELECT entity_ref FROM service WHERE entity_ref = ANY(?::text[])
         AND least(
           (facts->>'connectedSince')::bigint,
           (facts->>'failureDataSince')::bigint
         ) < ?`,
      [serviceRefs, moment],
    );
    return rows.map(({ entity_ref: ref }) => ref);
  }

  /**
   * Sets from when facts are kept. Where that is earlier than before, or facts are kept for ever again, what was removed
   * is derived again, for the events are kept.
   *
   * @param from - epoch milliseconds
   */
  async keepFactsFrom(from: number | undefined): Promise<void> {
    await this.knex.transaction(async tx => {
      const [before] = await query<{ value: string }>(
        tx,
        'SELECT value FROM setting WHERE name = ? FOR UPDATE',
        [FACTS_FROM],
      );
      if (from === undefined) {
        await query(tx, 'DELETE FROM setting WHERE name = ?', [FACTS_FROM]);
      } else {
        await query(
          tx,
          `INSERT INTO setting (name, value) VALUES (?, ?)
           ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
          [FACTS_FROM, String(from)],
        );
      }
      if (before && (from === undefined || from < Number(before.value))) {
        const services = await query<{ id: number }>(
          tx,
          'SELECT id FROM service',
        );
        await markDirty(
          tx,
          services.map(({ id }) => id),
        );
      }
    });
  }

  /**
   * Removes facts from before a moment, of some services at a time. The rollups follow in the same transaction.
   *
   * @returns how many deployments were removed; services that a worker is at are left for the next time
   */
  async removeFactsBefore(from: number): Promise<number> {
    let removed = 0;
    let after: number | undefined = 0;
    while (after !== undefined) {
      const step = await this.removeFactsOfSome(from, after);
      removed += step.removed;
      after = step.last;
    }
    return removed;
  }

  private async removeFactsOfSome(
    from: number,
    after: number,
  ): Promise<{ removed: number; last?: number }> {
    return this.knex.transaction(async tx => {
      const services = await query<{ id: number }>(
        tx,
        `SELECT id FROM service
         WHERE id > ? AND (
           EXISTS (SELECT FROM deployment
             WHERE service_id = service.id AND finished_at < ?)
           OR EXISTS (SELECT FROM incident
             WHERE service_id = service.id AND opened_at < ?)
           OR EXISTS (SELECT FROM attempt
             WHERE service_id = service.id AND finished_at < ?))
         ORDER BY id LIMIT ?
         FOR NO KEY UPDATE SKIP LOCKED`,
        [after, from, from, from, SERVICES_AT_ONCE],
      );
      const ids = services.map(({ id }) => id);
      return {
        removed: ids.length > 0 ? await removeFacts(tx, ids, from) : 0,
        last: ids[ids.length - 1],
      };
    });
  }

  /**
   * Forgets what accepted events looked like that were received before a moment, in the order of their receipt.
   *
   * @returns how many
   */
  async dropRawPayloads(before: Date): Promise<number> {
    let dropped = 0;
    for (;;) {
      const chunk = await this.knex.transaction(async tx => {
        // A replay that begins takes it alone, and counts on payloads until it ends. The first time there is no setting to lock.
        await query(tx, 'SELECT pg_advisory_xact_lock_shared(?)', [
          MAPPING_LOCK,
        ]);
        const [setting] = await query<{ value: string }>(
          tx,
          'SELECT value FROM setting WHERE name = ? FOR UPDATE',
          [DROPPED_TO],
        );
        const [{ replaying }] = await query<{ replaying: boolean }>(
          tx,
          `SELECT ${IS_REPLAYING} AS replaying`,
        );
        if (replaying) {
          return { ids: [], more: false };
        }
        const rows = await query<{
          id: string;
          over: boolean;
          accepted: boolean;
        }>(
          tx,
          `SELECT id, received_at < ?::timestamptz AS over,
             status = 1 AND record IS NOT NULL AS accepted
           FROM inbox WHERE id > ? ORDER BY id LIMIT ?`,
          [before.toISOString(), setting?.value ?? '0', EVENTS_AT_ONCE],
        );
        // Backends number and commit at their own pace: up to the first that is not over is surely complete.
        const end = rows.findIndex(({ over }) => !over);
        const over = end === -1 ? rows : rows.slice(0, end);
        const ids = over.flatMap(({ id, accepted }) => (accepted ? [id] : []));
        if (over.length === 0) {
          return { ids, more: false };
        }
        await query(
          tx,
          'UPDATE inbox SET record = NULL WHERE id = ANY(?::bigint[])',
          [ids],
        );
        await query(
          tx,
          `INSERT INTO setting (name, value) VALUES (?, ?)
           ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
          [DROPPED_TO, over[over.length - 1].id],
        );
        return { ids, more: over.length === EVENTS_AT_ONCE };
      });
      dropped += chunk.ids.length;
      if (!chunk.more) {
        return dropped;
      }
    }
  }
}

/** The same rows as `keptFacts` leaves out. */
async function removeFacts(
  tx: Knex,
  services: number[],
  from: number,
): Promise<number> {
  const deployments = await query<{ serviceId: number; key: string }>(
    tx,
    `SELECT service_id AS "serviceId", key FROM deployment
     WHERE service_id = ANY(?::integer[]) AND finished_at < ?`,
    [services, from],
  );
  await logRollups(tx, -1, deployments);
  await query(
    tx,
    `DELETE FROM change USING deployment
     WHERE change.deployment_id = deployment.id
       AND deployment.service_id = ANY(?::integer[])
       AND deployment.finished_at < ?`,
    [services, from],
  );
  for (const table of ['deployment', 'attempt']) {
    await query(
      tx,
      'DELETE FROM ?? WHERE service_id = ANY(?::integer[]) AND finished_at < ?',
      [table, services, from],
    );
  }
  await query(
    tx,
    `DELETE FROM incident
     WHERE service_id = ANY(?::integer[]) AND opened_at < ?
       AND NOT EXISTS (SELECT FROM attempt
         WHERE attempt.service_id = incident.service_id
           AND attempt.key = incident.fact->>'blamed')`,
    [services, from],
  );
  await query(
    tx,
    `DELETE FROM attribution
     WHERE service_id = ANY(?::integer[])
       AND NOT EXISTS (SELECT FROM attempt
         WHERE attempt.service_id = attribution.service_id
           AND attempt.key = attribution.blamed)
       AND NOT EXISTS (SELECT FROM incident
         WHERE incident.service_id = attribution.service_id
           AND incident.key = attribution.fact->'cause'->>'id'
           AND attribution.fact->'cause'->>'kind' = 'incident')
       AND NOT EXISTS (SELECT FROM attempt
         WHERE attempt.service_id = attribution.service_id
           AND attempt.key =
             split_part(attribution.fact->'cause'->>'id', ':', 1)
           AND attribution.fact->'cause'->>'kind' <> 'incident')`,
    [services],
  );
  // Answers and facts that are kept in memory are of what was.
  await query(
    tx,
    'UPDATE service SET facts_version = facts_version + 1 WHERE id = ANY(?::integer[])',
    [services],
  );
  return deployments.length;
}
