import { Knex } from 'knex';
import { Benchmark, numberOption, round } from './benchmark';
import { startBackendProcess } from './backendProcess';
import { withDatabase } from './database';
import { settled } from './dora';
import { startSender } from './sender';

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

/** Rows that are held to be inserted once more. */
const READ_AT_ONCE = 10_000;

/**
 * Ingestion through HTTP to committed facts and rollups, against bare inserts of
 * the same rows into copies of the same tables on the same server.
 *
 * Options: --services, --deployments (of each), --batch, --connections, --builds (sends those too: whoever records a build keeps others
 * that record something about its artifact waiting).
 */
export const doraIngest: Benchmark = context =>
  withDatabase(async (knex, connection) => {
    const size = {
      services: numberOption(context, 'services', 100),
      deployments: numberOption(context, 'deployments', 100),
      commitsPerDeployment: 3,
      builds: 'builds' in context.options,
    };
    const batch = numberOption(context, 'batch', 1_000);
    const connections = numberOption(context, 'connections', 2);
    const backend = await startBackendProcess({
      connection,
      services: size.services,
    });
    const sender = await startSender({
      ...size,
      port: backend.port,
      batch,
      connections,
    });
    context.note(`${sender.events} events of ${size.services} services`);

    const before = await backend.usage();
    const began = performance.now();
    await sender.send();
    const acknowledged = (performance.now() - began) / 1_000;
    await settled(knex);
    const seconds = (performance.now() - began) / 1_000;
    const after = await backend.usage();
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
      events: sender.events,
      eventsPerSecondAcknowledged: round(sender.events / acknowledged, 0),
      eventsPerSecondToFacts: round(sender.events / seconds, 0),
      backendCpuSeconds: round(
        (after.cpuMicroseconds - before.cpuMicroseconds) / 1e6,
        2,
      ),
      rows: bare.rows,
      bareInsertSeconds: round(bare.seconds, 2),
      shareOfBareInsertSpeed: round(bare.seconds / seconds, 3),
      // Of the backend, at its largest: until it is started, and until the facts are committed.
      residentMegabytesBefore: round(before.residentBytes / 1e6, 0),
      mostResidentMegabytes: round(after.residentBytes / 1e6, 0),
    };
  });

/** Inserts every row once more, into empty copies with the same indexes. */
async function bareInserts(
  knex: Knex,
): Promise<{ rows: number; seconds: number }> {
  let rows = 0;
  let milliseconds = 0;
  for (const table of TABLES) {
    const { rows: jsonColumns } = await knex.raw(
      `SELECT column_name FROM information_schema.columns
       WHERE table_name = ? AND data_type IN ('json', 'jsonb')`,
      [table],
    );
    await knex.raw(
      'CREATE TABLE ?? (LIKE ?? INCLUDING ALL EXCLUDING IDENTITY)',
      [`bare_${table}`, table],
    );
    await knex.transaction(async tx => {
      await tx.raw('DECLARE content NO SCROLL CURSOR FOR SELECT * FROM ??', [
        table,
      ]);
      for (;;) {
        const { rows: content } = await tx.raw(`FETCH ${READ_AT_ONCE} content`);
        if (content.length === 0) {
          return;
        }
        for (const { column_name: column } of jsonColumns) {
          for (const row of content) {
            row[column] = JSON.stringify(row[column]);
          }
        }
        const began = performance.now();
        await knex.batchInsert(`bare_${table}`, content, 1_000);
        milliseconds += performance.now() - began;
        rows += content.length;
      }
    });
  }
  return { rows, seconds: milliseconds / 1_000 };
}
