import { Subscription, SubscriptionKind } from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { query } from '../database/query';

/** A subscription with what the database knows it by. */
export interface StoredSubscription extends Subscription {
  id: string;
}

interface SubscriptionRow {
  id: string;
  subscriber: string;
  scope_ref: string;
  kind: SubscriptionKind;
  time_zone: string;
  created_by: string;
  created_at: Date;
}

const ORDER = `ORDER BY subscriber COLLATE "C", scope_ref COLLATE "C", kind COLLATE "C"`;

/** Subscriptions in PostgreSQL. */
export class SubscriptionStore {
  static create(options: { knex: Knex }): SubscriptionStore {
    return new SubscriptionStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /** @param entityRef - only those about it; empty text: those about everything */
  async of(
    subscribers: string[],
    entityRef?: string,
  ): Promise<StoredSubscription[]> {
    const rows = await query<SubscriptionRow>(
      this.knex,
      `SELECT * FROM subscription WHERE subscriber = ANY(?::text[])
       ${entityRef === undefined ? '' : 'AND scope_ref = ?'} ${ORDER}`,
      entityRef === undefined ? [subscribers] : [subscribers, entityRef],
    );
    return rows.map(fromRow);
  }

  async ofKind(kind: SubscriptionKind): Promise<StoredSubscription[]> {
    const rows = await query<SubscriptionRow>(
      this.knex,
      `SELECT * FROM subscription WHERE kind = ? ${ORDER}`,
      [kind],
    );
    return rows.map(fromRow);
  }

  async count(subscriber: string): Promise<number> {
    const [row] = await query<{ count: string }>(
      this.knex,
      'SELECT count(*) AS count FROM subscription WHERE subscriber = ?',
      [subscriber],
    );
    return Number(row.count);
  }

  /**
   * Makes the kinds of a subscriber and scope exactly these. What stays keeps its beginning and what is known of it.
   *
   * @returns whether anything changed
   */
  async set(given: {
    subscriber: string;
    /** Empty: everything. */
    entityRef: string;
    kinds: SubscriptionKind[];
    timeZone: string;
    author: string;
  }): Promise<boolean> {
    const { subscriber, entityRef, kinds, timeZone, author } = given;
    return this.knex.transaction(async tx => {
      const gone = await query(
        tx,
        `DELETE FROM subscription WHERE subscriber = ? AND scope_ref = ?
           AND kind <> ALL(?::text[]) RETURNING id`,
        [subscriber, entityRef, kinds],
      );
      const written = await query(
        tx,
        `INSERT INTO subscription (subscriber, scope_ref, kind, time_zone, created_by)
         SELECT ?, ?, kind, ?, ? FROM unnest(?::text[]) AS kind
         ON CONFLICT (subscriber, scope_ref, kind) DO UPDATE
           SET time_zone = excluded.time_zone
           WHERE subscription.time_zone <> excluded.time_zone
         RETURNING id`,
        [subscriber, entityRef, timeZone, author, kinds],
      );
      return gone.length + written.length > 0;
    });
  }

  /** Ends subscriptions whose scope or subscriber the catalog does not have any more. */
  async remove(ids: string[]): Promise<void> {
    await query(
      this.knex,
      'DELETE FROM subscription WHERE id = ANY(?::bigint[])',
      [ids],
    );
  }
}

function fromRow(row: SubscriptionRow): StoredSubscription {
  return {
    id: row.id,
    subscriber: row.subscriber,
    ...(row.scope_ref !== '' && { entityRef: row.scope_ref }),
    kind: row.kind,
    timeZone: row.time_zone,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}
