import { JsonValue } from '@backstage/types';
import { DeliverySourceState } from '@pavedroad/plugin-dora-node';
import { Knex } from 'knex';
import { storableText } from '../inbox/inspectJson';
import { query } from './query';

/** What came in through one source lately. */
export interface SourceActivity {
  received: number;
  rejected: number;
  /** ISO instant in UTC of the last receipt in the time asked for. */
  lastReceivedAt?: string;
}

/** What sources remember, and what was received through them. */
export class SourceStore {
  static create(options: { knex: Knex }): SourceStore {
    return new SourceStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  /** The memory of one source. */
  stateOf(sourceId: string): DeliverySourceState {
    return {
      get: async name => {
        const [row] = await query<{ value: string }>(
          this.knex,
          'SELECT value FROM source_state WHERE source = ? AND name = ?',
          [sourceId, storableText(name)],
        );
        return row && (JSON.parse(row.value) as JsonValue);
      },
      set: async (name, value) => {
        await query(
          this.knex,
          `INSERT INTO source_state (source, name, value) VALUES (?, ?, ?)
           ON CONFLICT (source, name)
           DO UPDATE SET value = excluded.value, updated_at = now()`,
          [sourceId, storableText(name), storableText(JSON.stringify(value))],
        );
      },
    };
  }

  /** Values whose names begin alike, by source. */
  async states(
    prefix: string,
  ): Promise<{ source: string; name: string; value: JsonValue }[]> {
    const rows = await query<{ source: string; name: string; value: string }>(
      this.knex,
      `SELECT source, name, value FROM source_state
       WHERE starts_with(name, ?) ORDER BY source, name`,
      [prefix],
    );
    return rows.map(row => ({ ...row, value: JSON.parse(row.value) }));
  }

  /** Receipts since a moment, by source id. Refusals count for the source they name. */
  async activitySince(since: Date): Promise<Map<string, SourceActivity>> {
    const received = await query<{
      source: string;
      count: string;
      last: Date;
    }>(
      this.knex,
      `SELECT normaliser AS source, count(*) AS count, max(received_at) AS last
       FROM inbox WHERE received_at >= ? GROUP BY normaliser`,
      [since.toISOString()],
    );
    const rejected = await query<{ source: string; count: string }>(
      this.knex,
      `SELECT coalesce(substring(source from '^/webhooks/([a-z0-9-]+)$'),
         substring(source from '^urn:pavedroad:([a-z0-9-]+)'), 'cdevents')
         AS source, count(*) AS count
       FROM rejection WHERE received_at >= ? GROUP BY 1`,
      [since.toISOString()],
    );
    const activity = new Map<string, SourceActivity>();
    for (const { source, count, last } of received) {
      activity.set(source, {
        received: Number(count),
        rejected: 0,
        lastReceivedAt: last.toISOString(),
      });
    }
    for (const { source, count } of rejected) {
      activity.set(source, {
        received: 0,
        ...activity.get(source),
        rejected: Number(count),
      });
    }
    return activity;
  }
}
