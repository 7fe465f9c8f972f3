import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import {
  Benchmark,
  BenchmarkContext,
  numberOption,
  quantile,
  round,
} from './benchmark';
import { onDatabase, withServer } from './database';
import { DoraBackend, load, organisation, serviceRef, startDora } from './dora';
import { FACTS_FROM, FACTS_TO, generateFacts } from './doraFacts';

const SIZES = '100000,1000000,10000000';
const DAY = 86_400_000;
const HALF_YEAR = 182;

/** Milliseconds; `cpu` is what the process with the backend computed for one answer, on average. */
type Figures = Record<string, { p50: number; p95: number; cpu?: number }>;

/**
 * Answers of the query API by how much is stored, over HTTP of a running backend. Every question is about another window, so that no
 * answer is a repeated one.
 *
 * Options: --sizes (deployments over two years, separated by commas), --services, --rounds, --only (questions, separated by commas),
 * --keep (name of databases to keep and, where they are there, measure again with the same version).
 */
export const doraScale: Benchmark = context =>
  withServer(async connection => {
    const services = numberOption(context, 'services', 5_000);
    const rounds = numberOption(context, 'rounds', 60);
    const sizes = (context.options.sizes ?? SIZES).split(',').map(Number);
    if (!sizes.every(size => Number.isInteger(size) && size > 0)) {
      throw new Error('--sizes must be whole numbers separated by commas');
    }
    const measured: { deployments: number; figures: Figures }[] = [];
    const results: Record<string, unknown>[] = [];
    for (const deployments of sizes) {
      const { keep } = context.options;
      await onDatabase(
        connection,
        async knex => {
          const result = await measure(context, knex, {
            services,
            deployments,
            rounds,
          });
          measured.push({ deployments, figures: result.milliseconds });
          results.push({ deployments, ...result });
        },
        keep && `${keep}_${deployments}`,
      );
    }
    table(context, measured);
    return { services, results };
  });

async function measure(
  context: BenchmarkContext,
  knex: Knex,
  size: { services: number; deployments: number; rounds: number },
) {
  await prepare(context, knex, size);
  const backend = await startDora(knex, size.services + 1);
  try {
    const folding = performance.now();
    await folded(knex);
    const foldSeconds = (performance.now() - folding) / 1_000;
    await knex.raw('VACUUM ANALYZE');
    const milliseconds: Figures = {};
    const only = context.options.only?.split(',');
    for (const [name, question] of Object.entries(questions(size.services))) {
      if (only && !only.includes(name)) {
        continue;
      }
      await backend.time(question(size.rounds));
      const times: number[] = [];
      const before = process.cpuUsage();
      for (let number = 0; number < size.rounds; number++) {
        times.push(await backend.time(question(number)));
      }
      const { user, system } = process.cpuUsage(before);
      milliseconds[name] = {
        p50: round(quantile(times, 0.5)),
        p95: round(quantile(times, 0.95)),
        cpu: round((user + system) / 1_000 / size.rounds),
      };
      context.note(`${name} ${JSON.stringify(milliseconds[name])}`);
    }
    const reattribution = await reattribute(backend, knex, size.services);
    context.note(`reattribution ${JSON.stringify(reattribution)}`);
    milliseconds.reattribution = reattribution;
    return {
      milliseconds,
      foldSeconds: round(foldSeconds),
      residentMegabytes: round(process.memoryUsage().rss / 1e6, 0),
      databaseGigabytes: await databaseSize(knex),
    };
  } finally {
    await backend.stop();
  }
}

/** Lets the backend make its schema, and generates the facts where there are none. */
async function prepare(
  { note }: BenchmarkContext,
  knex: Knex,
  size: { services: number; deployments: number },
): Promise<void> {
  const backend = await startDora(knex, size.services + 1);
  await backend.settled();
  await backend.stop();
  const { rows } = await knex.raw('SELECT FROM deployment LIMIT 1');
  if (rows.length > 0) {
    note(`${size.deployments} deployments are there already`);
    return;
  }
  const began = performance.now();
  await generateFacts(knex, size, note);
  note(`generated after ${round((performance.now() - began) / 1_000)} s`);
  await knex.raw('VACUUM ANALYZE');
}

function questions(
  services: number,
): Record<string, (number: number) => string> {
  const at = (daysBefore: number) =>
    new Date(FACTS_TO - daysBefore * DAY).toISOString();
  const window = (number: number, days: number) =>
    `from=${at(days + number)}&to=${at(number)}`;
  // Another minute each time: the default window ends now.
  const ragged = (number: number) =>
    `from=${new Date(
      FACTS_TO - (HALF_YEAR + number) * DAY - number * 61_003,
    ).toISOString()}&to=${new Date(
      FACTS_TO - number * DAY - number * 61_003,
    ).toISOString()}`;
  const service = (number: number) =>
    `entityRef=${serviceRef((number * 37) % services)}`;
  return {
    organisationHalfYear: number =>
      `/metrics?${window(number, HALF_YEAR)}&interval=week`,
    organisationLisbon: number =>
      `/metrics?${ragged(number)}&interval=week&timeZone=Europe/Lisbon`,
    organisationKolkataDaily: number =>
      `/metrics?${ragged(number)}&interval=day&timeZone=Asia/Kolkata`,
    serviceYear: number =>
      `/metrics?${service(number)}&${window(number, 365)}&interval=week`,
    group50HalfYear: number =>
      `/metrics?entityRef=system:default/fifty&${window(
        number,
        HALF_YEAR,
      )}&interval=week`,
    group500HalfYear: number =>
      `/metrics?entityRef=system:default/fivehundred&${window(
        number,
        HALF_YEAR,
      )}&interval=week`,
    servicesTable: number =>
      `/services?entityRef=system:default/fivehundred&${window(number, 90)}`,
    leadTimes: number => `/lead-times?${window(number, HALF_YEAR)}`,
    listOrganisation: number => `/deployments?${ragged(number)}`,
    listOrganisationFailed: number =>
      `/deployments?${ragged(number)}&outcome=failed&failureData=true`,
    listService: number => `/deployments?${service(number)}&${ragged(number)}`,
    listGroup50: number =>
      `/deployments?entityRef=system:default/fifty&${ragged(number)}`,
  };
}

/** Resolves when no change to facts waits to be folded into the rollups. */
async function folded(knex: Knex): Promise<void> {
  for (;;) {
    const { rows } = await knex.raw('SELECT FROM rollup_delta LIMIT 1');
    if (rows.length === 0) {
      return;
    }
    await new Promise(resolve => {
      setTimeout(resolve, 100);
    });
  }
}

/**
 * Milliseconds that telling that a deployment failed takes. It is answered when every affected number is right, and the number of
 * the whole organisation is looked at straight away to see that it is.
 */
async function reattribute(
  backend: DoraBackend,
  knex: Knex,
  service: number,
): Promise<{ p50: number; p95: number }> {
  await load(
    backend,
    organisation({
      services: 1,
      firstService: service,
      deployments: 500,
      commitsPerDeployment: 3,
    }),
    { batch: 1_000, connections: 1 },
  );
  await backend.settled();
  const { rows } = await knex.raw(
    `SELECT deployment.key FROM deployment JOIN service ON service.id = service_id
     WHERE entity_ref = ? AND kind = 1 AND NOT failed ORDER BY finished_at DESC LIMIT 30`,
    [serviceRef(service)],
  );
  const question = `/metrics?from=${new Date(
    FACTS_FROM,
  ).toISOString()}&to=${new Date(FACTS_TO).toISOString()}`;
  const failed = async () => {
    const answer = await backend.json('GET', question);
    return (answer as MetricsResponse).metrics.changeFailRate.failed ?? 0;
  };
  const times: number[] = [];
  let expected = await failed();
  for (const { key } of rows) {
    const began = performance.now();
    await backend.json('POST', `/deployments/${key}/failures`, {
      reason: 'It broke the checkout',
    });
    times.push(performance.now() - began);
    expected += 1;
    // The answer came when every affected number was right.
    const counted = await failed();
    if (counted !== expected) {
      throw new Error(
        `The organisation counts ${counted} failures instead of ${expected}`,
      );
    }
  }
  return {
    p50: round(quantile(times, 0.5)),
    p95: round(quantile(times, 0.95)),
  };
}

async function databaseSize(knex: Knex): Promise<number> {
  const { rows } = await knex.raw(
    'SELECT pg_database_size(current_database()) AS bytes',
  );
  return round(Number(rows[0].bytes) / 1e9);
}

/** One line per question: 95th percentiles by size, and each as a ratio to the size before. */
function table(
  { note }: BenchmarkContext,
  measured: { deployments: number; figures: Figures }[],
): void {
  const names = Object.keys(measured[0]?.figures ?? {});
  const width = Math.max(...names.map(name => name.length));
  note(
    `${'p95 in ms (ratio to the size before)'.padEnd(width)} ${measured
      .map(({ deployments }) => String(deployments).padStart(18))
      .join('')}`,
  );
  for (const name of names) {
    const cells = measured.map(({ figures }, i) => {
      const { p95 } = figures[name];
      const before = measured[i - 1]?.figures[name].p95;
      return before ? `${p95} (${round(p95 / before, 2)})` : String(p95);
    });
    note(
      `${name.padEnd(width)} ${cells.map(cell => cell.padStart(18)).join('')}`,
    );
  }
}
