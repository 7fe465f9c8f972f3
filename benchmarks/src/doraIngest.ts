import { Knex } from 'knex';
import { Benchmark, numberOption, round } from './benchmark';
import { withDatabase } from './database';
import { startDora } from './dora';
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

/**
 * Ingestion through HTTP to committed facts and rollups, against bare inserts of
 * the same rows into copies of the same tables on the same server.
 *
 * Options: --services, --deployments (of each), --batch, --connections, --builds (sends those too: whoever records a build keeps others
 * that record something about its artifact waiting).
 */
export const doraIngest: Benchmark = context =>
  withDatabase(async knex => {
    const size = {
      services: numberOption(context, 'services', 100),
      deployments: numberOption(context, 'deployments', 100),
      commitsPerDeployment: 3,
      builds: 'builds' in context.options,
    };
    const batch = numberOption(context, 'batch', 1_000);
    const connections = numberOption(context, 'connections', 2);
    const backend = await startDora(knex, size.services);
    const sender = await startSender({
      ...size,
      port: backend.port,
      batch,
      connections,
    });
    context.note(`${sender.events} events of ${size.services} services`);
    const before = process.memoryUsage().rss;
    let most = process.memoryUsage();
    const watch = setInterval(() => {
      const now = process.memoryUsage();
      most = now.rss > most.rss ? now : most;
    }, 50);

    const began = performance.now();
    const cpu = process.cpuUsage();
    await sender.send();
    const acknowledged = (performance.now() - began) / 1_000;
    await backend.settled();
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    clearInterval(watch);
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
      backendCpuSeconds: round((user + system) / 1e6, 2),
      rows: bare.rows,
      bareInsertSeconds: round(bare.seconds, 2),
      shareOfBareInsertSpeed: round(bare.seconds / seconds, 3),
      residentMegabytesBefore: round(before / 1e6, 0),
      mostResidentMegabytes: round(most.rss / 1e6, 0),
      // At that moment: objects, garbage among them, and bytes outside of the heap.
      heapMegabytesThen: round(most.heapUsed / 1e6, 0),
      externalMegabytesThen: round(most.external / 1e6, 0),
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
