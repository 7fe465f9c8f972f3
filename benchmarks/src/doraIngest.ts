import { Knex } from 'knex';
import { Benchmark, numberOption, round } from './benchmark';
import { withDatabase } from './database';
import { load, organisation, startDora } from './dora';

/** What ingestion fills, the inbox included. */
const TABLES = [
  'inbox',
  'domain_event',
  'commit',
  'deployment',
  'change',
  'attempt',
  'incident',
  'attribution',
  'rollup_delta',
];

/**
 * Ingestion through HTTP to committed facts and rollups, against bare inserts of
 * the same rows into copies of the same tables on the same server.
 *
 * Options: --services, --deployments (of each), --batch, --connections.
 */
export const doraIngest: Benchmark = context =>
  withDatabase(async knex => {
    const size = {
      services: numberOption(context, 'services', 100),
      deployments: numberOption(context, 'deployments', 100),
      commitsPerDeployment: 3,
    };
    const batch = numberOption(context, 'batch', 1_000);
    const connections = numberOption(context, 'connections', 2);
    const backend = await startDora(knex, size.services);
    // Made before the clock starts: the sender's work is not what is measured.
    const events = [...organisation(size)];
    context.note(`${events.length} events of ${size.services} services`);

    const began = performance.now();
    await load(backend, events, { batch, connections });
    const acknowledged = (performance.now() - began) / 1_000;
    await backend.settled();
    const seconds = (performance.now() - began) / 1_000;
    const { rss } = process.memoryUsage();
    await backend.stop();
    context.note(
      `acknowledged after ${round(acknowledged)} s, facts after ${round(
        seconds,
      )} s`,
    );

    const bare = await bareInserts(knex);
    context.note(`bare inserts of ${bare.rows} rows: ${round(bare.seconds)} s`);
    return {
      ...size,
      events: events.length,
      eventsPerSecondAcknowledged: round(events.length / acknowledged, 0),
      eventsPerSecondToFacts: round(events.length / seconds, 0),
      rows: bare.rows,
      bareInsertSeconds: round(bare.seconds, 2),
      shareOfBareInsertSpeed: round(bare.seconds / seconds, 3),
      residentMegabytes: round(rss / 1e6, 0),
    };
  });

/** Inserts every row once more, into empty copies with the same indexes. */
async function bareInserts(
  knex: Knex,
): Promise<{ rows: number; seconds: number }> {
  let rows = 0;
  let milliseconds = 0;
  for (const table of TABLES) {
    const { rows: content } = await knex.raw('SELECT * FROM ??', [table]);
    const { rows: jsonColumns } = await knex.raw(
      `SELECT column_name FROM information_schema.columns
       WHERE table_name = ? AND data_type IN ('json', 'jsonb')`,
      [table],
    );
    for (const { column_name: column } of jsonColumns) {
      for (const row of content) {
        row[column] = JSON.stringify(row[column]);
      }
    }
    await knex.raw(
      'CREATE TABLE ?? (LIKE ?? INCLUDING ALL EXCLUDING IDENTITY)',
      [`bare_${table}`, table],
    );
    const began = performance.now();
    await knex.batchInsert(`bare_${table}`, content, 1_000);
    milliseconds += performance.now() - began;
    rows += content.length;
  }
  return { rows, seconds: milliseconds / 1_000 };
}
