import { MANUAL_SOURCE } from '@pavedroad/plugin-dora-backend/src/manual/manualSource';
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
import { BackendProcess, startBackendProcess } from './backendProcess';
import { load, organisation, serviceRef, settled, startDora } from './dora';
import { FACTS_FROM, FACTS_TO, generateFacts } from './doraFacts';

const SIZES = '100000,1000000,10000000';
const DAY = 86_400_000;
const HALF_YEAR = 182;
/** Questions of a sort before those that are timed: a process that runs for weeks has compiled what it runs often. */
const WARM_UP = 60;

/** Milliseconds; `cpu` is what the process of the backend computed for one answer, on average. */
interface Figure {
  p50: number;
  p95: number;
  cpu: number;
}

/** A backend on a database of some size, in a process of its own. */
interface Subject {
  deployments: number;
  knex: Knex;
  backend: BackendProcess;
  foldSeconds: number;
}

/** How long answers took, and what they cost, so far. */
class Stopwatch {
  private times: number[] = [];
  private microseconds = 0;

  constructor(private readonly backend: BackendProcess) {}

  async measure(run: () => Promise<number>): Promise<void> {
    const before = await this.backend.usage();
    this.times.push(await run());
    const after = await this.backend.usage();
    this.microseconds += after.cpuMicroseconds - before.cpuMicroseconds;
  }

  /** Forgets what it measured. */
  reset(): void {
    this.times = [];
    this.microseconds = 0;
  }

  get figure(): Figure {
    return {
      p50: round(quantile(this.times, 0.5)),
      p95: round(quantile(this.times, 0.95)),
      cpu: round(this.microseconds / 1_000 / this.times.length),
    };
  }
}

const REATTRIBUTION = 'reattribution';

/**
 * Answers of the query API by how much is stored, over HTTP of a running backend. Every question is about another window, so that no
 * answer is a repeated one. The sizes take turns, question by question, so that whatever else the machine does weighs on all alike. Each
 * backend is a process of its own: its memory is that of one backend, and its time that of its answers.
 *
 * Options: --sizes (deployments over two years, separated by commas), --services, --rounds, --only (questions, separated by commas),
 * --keep (name of databases to keep and, where they are there, measure again). Kept ones are refused where another version generated them.
 */
export const doraScale: Benchmark = context =>
  withServer(async connection => {
    const { keep, sizes: given = SIZES } = context.options;
    const services = numberOption(context, 'services', 5_000);
    const rounds = numberOption(context, 'rounds', 60);
    const sizes = given.split(',').map(Number);
    if (!sizes.every(size => Number.isInteger(size) && size > 0)) {
      throw new Error('--sizes must be whole numbers separated by commas');
    }
    if (keep) {
      await refuseOutdated(
        connection,
        sizes.map(size => `${keep}_${size}`),
      );
    }
    const subjects: Subject[] = [];
    /** Databases are there as long as what runs on them. */
    const onAll = async (): Promise<Record<string, unknown>> => {
      const deployments = sizes[subjects.length];
      if (deployments === undefined) {
        return measure(context, subjects, { services, rounds });
      }
      return onDatabase(
        connection,
        async (knex, address) => {
          const subject = await start(context, knex, address, {
            services,
            deployments,
          });
          subjects.push(subject);
          try {
            return await onAll();
          } finally {
            await subject.backend.stop();
          }
        },
        keep && `${keep}_${deployments}`,
      );
    };
    return { services, ...(await onAll()) };
  });

async function measure(
  context: BenchmarkContext,
  subjects: Subject[],
  { services, rounds }: { services: number; rounds: number },
) {
  const only = context.options.only?.split(',');
  const figures: Record<string, Figure[]> = {};
  for (const [name, question] of Object.entries(questions(services))) {
    if (only && !only.includes(name)) {
      continue;
    }
    const watches = subjects.map(({ backend }) => new Stopwatch(backend));
    for (let number = rounds; number < rounds + WARM_UP; number++) {
      for (const { backend } of subjects) {
        await backend.time(question(number));
      }
    }
    for (let number = 0; number < rounds; number++) {
      for (const [i, { backend }] of subjects.entries()) {
        await watches[i].measure(() => backend.time(question(number)));
      }
    }
    figures[name] = watches.map(({ figure }) => figure);
    context.note(`${name} ${JSON.stringify(figures[name])}`);
  }
  if (!only || only.includes(REATTRIBUTION)) {
    figures[REATTRIBUTION] = await reattribute(subjects, { services, rounds });
    context.note(`reattribution ${JSON.stringify(figures[REATTRIBUTION])}`);
  }
  const sizes = subjects.map(({ deployments }) => deployments);
  table(context, sizes, figures);
  return {
    flags: process.execArgv.filter(flag => flag.includes('-size=')),
    results: await Promise.all(
      subjects.map(async ({ deployments, foldSeconds, knex, backend }, i) => ({
        deployments,
        foldSeconds,
        // Of its backend at its largest, folding included where that was done in this run.
        mostResidentMegabytes: round(
          (await backend.usage()).residentBytes / 1e6,
          0,
        ),
        databaseGigabytes: await databaseSize(knex),
        milliseconds: Object.fromEntries(
          Object.entries(figures).map(([name, bySize]) => [name, bySize[i]]),
        ),
      })),
    ),
  };
}

/** What a start compares with the code: where it differs, everything is derived anew from events. */
type Derivation = Record<'facts' | 'normalisers', string | undefined>;

async function derivationOf(knex: Knex): Promise<Derivation | undefined> {
  if (!(await knex.schema.hasTable('deployment'))) {
    return undefined;
  }
  const rows: { name: string; value: string }[] = await knex('setting')
    .whereIn('name', ['facts', 'normalisers'])
    .select('name', 'value');
  const value = (name: string) => rows.find(row => row.name === name)?.value;
  return { facts: value('facts'), normalisers: value('normalisers') };
}

/**
 * Generated facts rest on no events. A start that derives anew, because the code is not the one they were generated with, would empty
 * the database, and what is measured then is nothing: so it is not started.
 *
 * @throws Error naming the databases to drop
 */
async function refuseOutdated(
  connection: string,
  names: string[],
): Promise<void> {
  const kept = new Map<string, Derivation>();
  for (const name of names) {
    const derivation = await onDatabase(connection, derivationOf, name);
    if (derivation) {
      kept.set(name, derivation);
    }
  }
  if (kept.size === 0) {
    return;
  }
  const current = await onDatabase(connection, async knex => {
    const backend = await startDora(knex, 1);
    try {
      // Said at the end of a replay of nothing, in the background of the start.
      for (;;) {
        const derivation = await derivationOf(knex);
        if (derivation?.normalisers !== undefined) {
          return derivation;
        }
        await new Promise(resolve => {
          setTimeout(resolve, 50);
        });
      }
    } finally {
      await backend.stop();
    }
  });
  const outdated = [...kept].flatMap(([name, { facts, normalisers }]) =>
    facts === current?.facts && normalisers === current?.normalisers
      ? []
      : name,
  );
  if (outdated.length > 0) {
    throw new Error(
      `${outdated.join(
        ', ',
      )}: generated by a version that derives facts or reads events differently. A start would derive everything anew, from no events, and leave nothing to measure. Drop it (DROP DATABASE) or choose another --keep`,
    );
  }
}

/** Starts a backend, generates the facts where there are none, and waits until all is folded into the rollups. */
async function start(
  { note }: BenchmarkContext,
  knex: Knex,
  connection: string,
  size: { services: number; deployments: number },
): Promise<Subject> {
  const { deployments } = size;
  const options = { connection, services: size.services + 1 };
  if (!(await knex.schema.hasTable('deployment'))) {
    const backend = await startBackendProcess(options);
    await settled(knex);
    await backend.stop();
    const began = performance.now();
    await generateFacts(knex, size, note);
    note(`generated after ${round((performance.now() - began) / 1_000)} s`);
    await knex.raw('VACUUM ANALYZE');
  } else {
    note(`${deployments} deployments are there already`);
    await forgetCorrections(knex);
  }
  const before = await deploying(knex);
  const backend = await startBackendProcess(options);
  const after = await deploying(knex);
  if (after !== before) {
    throw new Error(
      `${before} services had deployments before the start, ${after} after it: they were derived from the events they have not`,
    );
  }
  const folding = performance.now();
  if (await folded(knex)) {
    await knex.raw('VACUUM ANALYZE');
  }
  return {
    deployments,
    knex,
    backend,
    foldSeconds: round((performance.now() - folding) / 1_000),
  };
}

/** How many services have deployments. */
async function deploying(knex: Knex): Promise<number> {
  const { rows } = await knex.raw(
    `SELECT count(*)::integer AS count FROM service
     WHERE EXISTS (SELECT FROM deployment WHERE service_id = service.id)`,
  );
  return rows[0].count;
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

/** Resolves when no change to facts waits to be folded into the rollups, with whether one did. */
async function folded(knex: Knex): Promise<boolean> {
  for (let looks = 0; ; looks++) {
    const { rows } = await knex.raw('SELECT FROM rollup_delta LIMIT 1');
    if (rows.length === 0) {
      return looks > 0;
    }
    await new Promise(resolve => {
      setTimeout(resolve, 100);
    });
  }
}

/** Corrections before those that are timed, see {@link WARM_UP}; `dora-reattribute` times the first one after a start. */
const WARM_UP_CORRECTIONS = 30;

/**
 * Milliseconds that telling that a deployment failed takes. It is answered when every affected number is right, and the number of
 * the whole organisation is looked at straight away to see that it is.
 */
async function reattribute(
  subjects: Subject[],
  { services: service, rounds }: { services: number; rounds: number },
): Promise<Figure[]> {
  const question = `/metrics?from=${new Date(
    FACTS_FROM,
  ).toISOString()}&to=${new Date(FACTS_TO).toISOString()}`;
  const failures = async ({ backend }: Subject) => {
    const answer = (await backend.json('GET', question)) as MetricsResponse;
    return answer.metrics.changeFailRate.failed ?? 0;
  };
  const corrected = [];
  for (const subject of subjects) {
    const { backend, knex } = subject;
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
    await settled(knex);
    const { rows } = await knex.raw(
      `SELECT deployment.key FROM deployment JOIN service ON service.id = service_id
       WHERE entity_ref = ? AND kind = 1 AND NOT failed
       ORDER BY finished_at DESC LIMIT ?`,
      [serviceRef(service), WARM_UP_CORRECTIONS + rounds],
    );
    corrected.push({
      subject,
      keys: rows.map(({ key }: { key: string }) => key),
      expected: await failures(subject),
      watch: new Stopwatch(backend),
    });
  }
  for (let number = 0; number < WARM_UP_CORRECTIONS + rounds; number++) {
    for (const one of corrected) {
      if (number === WARM_UP_CORRECTIONS) {
        one.watch.reset();
      }
      await one.watch.measure(async () => {
        const began = performance.now();
        await one.subject.backend.json(
          'POST',
          `/deployments/${one.keys[number]}/failures`,
          { reason: 'It broke the checkout' },
        );
        return performance.now() - began;
      });
      one.expected += 1;
      // The answer came when every affected number was right.
      const counted = await failures(one.subject);
      if (counted !== one.expected) {
        throw new Error(
          `The organisation counts ${counted} failures instead of ${one.expected}`,
        );
      }
    }
  }
  return corrected.map(({ watch }) => watch.figure);
}

/**
 * Removes what people said in a run before, on a database that was kept: a service with hundreds of corrections is another one to correct.
 * Nothing runs on it meanwhile.
 */
async function forgetCorrections(knex: Knex): Promise<void> {
  await knex.transaction(async tx => {
    const said = tx('inbox').where('source', MANUAL_SOURCE).select('id');
    const corrected = await tx('domain_event')
      .join('target', 'target.id', 'target_id')
      .whereIn('inbox_id', said)
      .distinct('service_id');
    await tx('domain_event').whereIn('inbox_id', said).delete();
    await tx('inbox').where('source', MANUAL_SOURCE).delete();
    if (corrected.length > 0) {
      await tx('dirty_service').insert(corrected);
    }
  });
}

async function databaseSize(knex: Knex): Promise<number> {
  const { rows } = await knex.raw(
    'SELECT pg_database_size(current_database()) AS bytes',
  );
  return round(Number(rows[0].bytes) / 1e9);
}

/** One line per question: for each size p50, p95 and CPU, each with its ratio to the smallest size. */
function table(
  { note }: BenchmarkContext,
  sizes: number[],
  figures: Record<string, Figure[]>,
): void {
  const smallest = sizes.indexOf(Math.min(...sizes));
  const width = Math.max(...Object.keys(figures).map(name => name.length));
  const line = (name: string, cells: string[]) =>
    note(
      `${name.padEnd(width)} ${cells.map(cell => cell.padStart(42)).join('')}`,
    );
  note('milliseconds: p50, p95, CPU (each as a ratio to the smallest size)');
  line(
    '',
    sizes.map(size => `${size} deployments`),
  );
  for (const [name, bySize] of Object.entries(figures)) {
    line(
      name,
      bySize.map((figure, i) =>
        (['p50', 'p95', 'cpu'] as const)
          .map(what =>
            i === smallest
              ? `${figure[what]}`
              : `${figure[what]} (${round(
                  figure[what] / bySize[smallest][what],
                  2,
                )})`,
          )
          .join('  '),
      ),
    );
  }
}
