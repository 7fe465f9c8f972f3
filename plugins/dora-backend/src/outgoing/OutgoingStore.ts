import { ServiceFacts, stableId } from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { minimatch } from 'minimatch';
import { query } from '../database/query';
import { storableText } from '../inbox/inspectJson';
import { OutgoingOptions, OutgoingTarget } from './options';
import { Announced, cloudEventOf, statementsOf } from './statements';

const STATUS = { pending: 0, delivered: 1, dead: 2 } as const;
const MAX_DEAD_LISTED = 50;

/** An event on its way to one target. */
export interface OutgoingDelivery {
  /** Key of the event. */
  key: string;
  /** The CloudEvent as JSON. */
  event: string;
  type: string;
  /** Attempts with this one. */
  attempts: number;
}

/** How deliveries to a target stand. */
export interface TargetStatus {
  id: string;
  pending: number;
  delivered: number;
  dead: number;
  oldestPendingAt?: string;
  lastError?: string;
  deadLetters: {
    eventId: string;
    type: string;
    createdAt: string;
    attempts: number;
    error?: string;
  }[];
}

/** The outbox: events that are to be sent, and who has them. */
export class OutgoingStore {
  static create(options: {
    knex: Knex;
    outgoing: OutgoingOptions;
    now?: () => number;
  }): OutgoingStore {
    return new OutgoingStore(
      options.knex,
      options.outgoing,
      options.now ?? Date.now,
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly options: OutgoingOptions,
    private readonly now: () => number,
  ) {}

  /**
   * Records what there is to say about facts, in the transaction that writes
   * them: neither is there without the other. The caller holds the lock of each
   * service, so what was said before does not change meanwhile.
   */
  async record(
    tx: Knex,
    derived: { serviceId: number; facts: ServiceFacts }[],
  ): Promise<void> {
    const announced = await this.announced(
      tx,
      derived.map(({ serviceId }) => serviceId),
    );
    const now = this.now();
    const since = now - this.options.maxAgeMilliseconds;
    const { source } = this.options;
    const said = derived.flatMap(({ serviceId, facts }) => {
      const before = announced.get(serviceId) ?? new Map<string, Announced>();
      return statementsOf(facts, before, since, now).map(statement => {
        const version = (before.get(statement.subject)?.version ?? 0) + 1;
        const id = stableId(
          'delivery-',
          facts.serviceRef,
          statement.subject,
          statement.state,
          String(version),
        );
        const event = JSON.stringify(cloudEventOf(statement, { id, source }));
        return { serviceId, statement, version, id, event };
      });
    });
    if (said.length === 0) {
      return;
    }
    await query(
      tx,
      `INSERT INTO outgoing_subject (service_id, subject, state, version, at)
       SELECT * FROM unnest(?::integer[], ?::text[], ?::text[],
         ?::integer[], ?::timestamptz[])
       ON CONFLICT (service_id, subject) DO UPDATE SET
         state = excluded.state, version = excluded.version, at = excluded.at`,
      [
        said.map(({ serviceId }) => serviceId),
        said.map(({ statement }) => statement.subject),
        said.map(({ statement }) => statement.state),
        said.map(({ version }) => version),
        said.map(({ statement }) => new Date(statement.at).toISOString()),
      ],
    );
    const rows = await query<{ id: string; eventId: string; type: string }>(
      tx,
      `INSERT INTO outgoing_event (event_id, type, event)
       SELECT * FROM unnest(?::text[], ?::text[], ?::text[])
       ON CONFLICT (event_id) DO NOTHING
       RETURNING id, event_id AS "eventId", type`,
      [
        said.map(({ id }) => id),
        said.map(({ statement }) => statement.type),
        said.map(({ event }) => event),
      ],
    );
    const services = new Map(said.map(({ id, serviceId }) => [id, serviceId]));
    const deliveries = rows.flatMap(({ id, eventId, type }) =>
      this.options.targets
        .filter(target => takes(target, type))
        .map(target => ({
          id,
          target: target.id,
          serviceId: services.get(eventId)!,
        })),
    );
    if (deliveries.length > 0) {
      await query(
        tx,
        `INSERT INTO outgoing_delivery (event_id, target, service_id)
         SELECT * FROM unnest(?::bigint[], ?::text[], ?::integer[])`,
        [
          deliveries.map(({ id }) => id),
          deliveries.map(({ target }) => target),
          deliveries.map(({ serviceId }) => serviceId),
        ],
      );
    }
  }

  private async announced(
    tx: Knex,
    serviceIds: number[],
  ): Promise<Map<number, Map<string, Announced>>> {
    const rows = await query<
      Announced & { service_id: number; subject: string }
    >(
      tx,
      `SELECT service_id, subject, state, version FROM outgoing_subject
       WHERE service_id = ANY(?::integer[])`,
      [serviceIds],
    );
    const byService = new Map<number, Map<string, Announced>>();
    for (const { service_id: serviceId, subject, state, version } of rows) {
      const subjects = byService.get(serviceId) ?? new Map();
      byService.set(serviceId, subjects.set(subject, { state, version }));
    }
    return byService;
  }

  /**
   * Takes deliveries that are due for a target, oldest first, and keeps them from
   * everybody else for a while. Should this process die, they are due again then.
   * Nothing about a service overtakes what waits, or is being sent, about it: its
   * receiver would end with what does not hold any more.
   */
  async claim(
    target: string,
    limit: number,
    leaseMilliseconds: number,
  ): Promise<OutgoingDelivery[]> {
    return this.knex.transaction(async tx => {
      // One backend after the other: who looks meanwhile would not see what is being taken.
      await query(tx, 'SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [
        `outgoing ${target}`,
      ]);
      return query<OutgoingDelivery>(
        tx,
        `WITH due AS (
         SELECT event_id, target FROM outgoing_delivery AS delivery
         WHERE target = ? AND status = ${STATUS.pending} AND next_at <= now()
           AND NOT EXISTS (
             SELECT 1 FROM outgoing_delivery AS earlier
             WHERE earlier.target = delivery.target
               AND earlier.service_id = delivery.service_id
               AND earlier.event_id < delivery.event_id
               AND earlier.status = ${STATUS.pending}
               AND earlier.next_at > now()
           )
         ORDER BY event_id LIMIT ?
         FOR UPDATE
       ), taken AS (
         UPDATE outgoing_delivery AS delivery
         SET attempts = attempts + 1,
           next_at = now() + ? * interval '1 millisecond'
         FROM due
         WHERE delivery.event_id = due.event_id
           AND delivery.target = due.target
         RETURNING delivery.event_id, delivery.attempts
       )
       SELECT event.id AS key, event.event, event.type, taken.attempts
       FROM taken JOIN outgoing_event AS event ON event.id = taken.event_id
       ORDER BY event.id`,
        [target, limit, leaseMilliseconds],
      );
    });
  }

  async delivered(target: string, keys: string[]): Promise<void> {
    await query(
      this.knex,
      `UPDATE outgoing_delivery SET status = ${STATUS.delivered}, error = NULL
       WHERE target = ? AND event_id = ANY(?::bigint[])`,
      [target, keys],
    );
  }

  /** @param retryMilliseconds - absent: it is given up */
  async failed(
    target: string,
    key: string,
    error: string,
    retryMilliseconds: number | undefined,
  ): Promise<void> {
    await query(
      this.knex,
      `UPDATE outgoing_delivery SET status = ?, error = ?,
         next_at = now() + ? * interval '1 millisecond'
       WHERE target = ? AND event_id = ?::bigint`,
      [
        retryMilliseconds === undefined ? STATUS.dead : STATUS.pending,
        storableText(error).slice(0, 500),
        retryMilliseconds ?? 0,
        target,
        key,
      ],
    );
  }

  /** Gives back deliveries that were claimed and not tried. */
  async release(
    target: string,
    keys: string[],
    retryMilliseconds: number,
  ): Promise<void> {
    await query(
      this.knex,
      `UPDATE outgoing_delivery SET attempts = attempts - 1,
         next_at = now() + ? * interval '1 millisecond'
       WHERE target = ? AND event_id = ANY(?::bigint[])`,
      [retryMilliseconds, target, keys],
    );
  }

  /** Tries again what was given up. @returns how many deliveries */
  async retry(target: string): Promise<number> {
    const rows = await query(
      this.knex,
      `UPDATE outgoing_delivery
       SET status = ${STATUS.pending}, attempts = 0, next_at = now()
       WHERE target = ? AND status = ${STATUS.dead} RETURNING event_id`,
      [target],
    );
    return rows.length;
  }

  async status(): Promise<TargetStatus[]> {
    const ids = this.options.targets.map(({ id }) => id);
    const counts = await query<{
      target: string;
      pending: string;
      delivered: string;
      dead: string;
      oldest: Date | null;
      error: string | null;
    }>(
      this.knex,
      `SELECT target,
         count(*) FILTER (WHERE status = ${STATUS.pending}) AS pending,
         count(*) FILTER (WHERE status = ${STATUS.delivered}) AS delivered,
         count(*) FILTER (WHERE status = ${STATUS.dead}) AS dead,
         min(created_at) FILTER (WHERE status = ${STATUS.pending}) AS oldest,
         (array_agg(error ORDER BY event.id DESC)
           FILTER (WHERE error IS NOT NULL))[1] AS error
       FROM outgoing_delivery
       JOIN outgoing_event AS event ON event.id = outgoing_delivery.event_id
       WHERE target = ANY(?::text[]) GROUP BY target`,
      [ids],
    );
    const dead = await query<{
      target: string;
      event_id: string;
      type: string;
      created_at: Date;
      attempts: number;
      error: string | null;
    }>(
      this.knex,
      `SELECT target, event.event_id, type, created_at, attempts, error
       FROM outgoing_delivery
       JOIN outgoing_event AS event ON event.id = outgoing_delivery.event_id
       WHERE status = ${STATUS.dead} AND target = ANY(?::text[])
       ORDER BY event.id DESC LIMIT ${MAX_DEAD_LISTED}`,
      [ids],
    );
    return ids.map(id => {
      const row = counts.find(({ target }) => target === id);
      return {
        id,
        pending: Number(row?.pending ?? 0),
        delivered: Number(row?.delivered ?? 0),
        dead: Number(row?.dead ?? 0),
        ...(row?.oldest && { oldestPendingAt: row.oldest.toISOString() }),
        ...(row?.error && { lastError: row.error }),
        deadLetters: dead
          .filter(({ target }) => target === id)
          .map(letter => ({
            eventId: letter.event_id,
            type: letter.type,
            createdAt: letter.created_at.toISOString(),
            attempts: letter.attempts,
            ...(letter.error !== null && { error: letter.error }),
          })),
      };
    });
  }

  /**
   * Forgets events that are older than the retention, sent or not, and what was
   * said about things that are too old to be told again.
   */
  async prune(): Promise<void> {
    const { retentionMilliseconds, maxAgeMilliseconds } = this.options;
    const before = (age: number) => new Date(this.now() - age).toISOString();
    await query(
      this.knex,
      'DELETE FROM outgoing_event WHERE created_at < ?::timestamptz',
      [before(retentionMilliseconds)],
    );
    await query(
      this.knex,
      'DELETE FROM outgoing_subject WHERE at < ?::timestamptz',
      [before(Math.max(retentionMilliseconds, maxAgeMilliseconds))],
    );
  }
}

function takes(target: OutgoingTarget, type: string): boolean {
  return (
    target.types === undefined ||
    target.types.some(pattern => minimatch(type, pattern, { dot: true }))
  );
}
