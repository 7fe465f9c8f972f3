import { createHash } from 'node:crypto';
import { Knex } from 'knex';
import { Benchmark, numberOption, round } from './benchmark';
import { withDatabase } from './database';
import { organisation } from './dora';

const MONTHS = 24;

/**
 * Why the inbox is one table: what it costs to write raw records, and to drop those of the oldest month, when they are in one table
 * with the keys by which repeated events are known, and when they are in a table of their own that is partitioned by month. The
 * keys have to be unique over all time, so they cannot be in a partitioned table themselves.
 *
 * Options: --events, --batch.
 */
export const doraInbox: Benchmark = context =>
  withDatabase(async knex => {
    const events = numberOption(context, 'events', 120_000);
    const batch = numberOption(context, 'batch', 1_000);
    const records: string[] = [];
    for (const event of organisation({
      services: 100,
      deployments: Math.ceil(events / 200),
      commitsPerDeployment: 3,
    })) {
      records.push(JSON.stringify(event));
      if (records.length === events) {
        break;
      }
    }
    await knex.raw(`
      CREATE TABLE one (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key uuid NOT NULL UNIQUE, received_at timestamptz NOT NULL, record text);
      CREATE TABLE keyed (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key uuid NOT NULL UNIQUE, received_at timestamptz NOT NULL);
      CREATE TABLE payload (inbox_id bigint NOT NULL,
        received_at timestamptz NOT NULL, record text NOT NULL,
        PRIMARY KEY (inbox_id, received_at)) PARTITION BY RANGE (received_at)`);
    for (let month = 0; month < MONTHS; month++) {
      await knex.raw(
        `CREATE TABLE ?? PARTITION OF payload FOR VALUES FROM (${quoted(
          month,
        )}) TO (${quoted(month + 1)})`,
        [`payload_${month}`],
      );
    }
    // Turn about, so that what else the machine does weighs on both alike.
    const seconds = { one: 0, partitioned: 0 };
    for (let start = 0; start < records.length; start += batch) {
      const rows = records.slice(start, start + batch);
      const moments = rows.map((_, index) =>
        at(((start + index) / records.length) * MONTHS),
      );
      const keys = rows.map(row =>
        createHash('sha256').update(row).digest('hex').slice(0, 32),
      );
      seconds.one += await timed(() =>
        knex.raw(
          `INSERT INTO one (key, received_at, record)
           SELECT * FROM unnest(?::uuid[], ?::timestamptz[], ?::text[])
           ON CONFLICT (key) DO NOTHING RETURNING id`,
          [keys, moments, rows],
        ),
      );
      seconds.partitioned += await timed(() =>
        knex.raw(
          `WITH given AS (
             SELECT * FROM unnest(?::uuid[], ?::timestamptz[], ?::text[])
               AS given (key, received_at, record)
           ), fresh AS (
             INSERT INTO keyed (key, received_at)
             SELECT key, received_at FROM given
             ON CONFLICT (key) DO NOTHING RETURNING id, key
           )
           INSERT INTO payload (inbox_id, received_at, record)
           SELECT fresh.id, received_at, record FROM given JOIN fresh USING (key)`,
          [keys, moments, rows],
        ),
      );
    }
    context.note(`written: ${JSON.stringify(seconds)}`);
    const dropOne = await timed(() =>
      knex.raw('UPDATE one SET record = NULL WHERE received_at < ?', [at(1)]),
    );
    const dropPartition = await timed(() => knex.raw('DROP TABLE payload_0'));
    return {
      events: records.length,
      writeSecondsOneTable: round(seconds.one, 2),
      writeSecondsPartitioned: round(seconds.partitioned, 2),
      partitionedCostsTimes: round(seconds.partitioned / seconds.one, 2),
      dropMonthSecondsOneTable: round(dropOne, 3),
      dropMonthSecondsPartitioned: round(dropPartition, 3),
      megabytesOneTable: await megabytes(knex, 'one'),
      megabytesPartitioned:
        (await megabytes(knex, 'keyed')) + (await megabytes(knex, 'payload%')),
    };
  });

function at(month: number): string {
  const whole = Math.floor(month);
  const first = Date.UTC(2024, whole);
  return new Date(
    first + (month - whole) * (Date.UTC(2024, whole + 1) - first),
  ).toISOString();
}

function quoted(month: number): string {
  return `'${at(month)}'`;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1_000;
}

async function megabytes(knex: Knex, table: string): Promise<number> {
  const { rows } = await knex.raw(
    `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
     WHERE relname LIKE ? AND relkind = 'r'`,
    [table],
  );
  return round(Number(rows[0].bytes) / 1e6);
}
