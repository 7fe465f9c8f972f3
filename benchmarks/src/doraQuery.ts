import { Benchmark, numberOption, quantile, round } from './benchmark';
import { withDatabase } from './database';
import { load, organisation, serviceRef, startDora } from './dora';

/**
 * Answers of the query API, the first ones of their kind (nothing cached).
 *
 * Options: --services, --deployments (of each), --rounds.
 */
export const doraQuery: Benchmark = context =>
  withDatabase(async knex => {
    const size = {
      services: numberOption(context, 'services', 100),
      deployments: numberOption(context, 'deployments', 100),
      commitsPerDeployment: 3,
    };
    const rounds = numberOption(context, 'rounds', 20);
    const backend = await startDora(knex, size.services);
    await load(backend, organisation(size), { batch: 1_000, connections: 2 });
    await backend.settled();
    await knex.raw('VACUUM ANALYZE');
    context.note('loaded');

    // Each round asks about another window, so that no answer is a repeated one.
    const day = (start: string, number: number) =>
      new Date(Date.parse(start) + number * 86_400_000).toISOString();
    const questions: Record<string, (number: number) => string> = {
      organisationHalfYear: number =>
        `/metrics?from=${day('2025-11-01', number)}&to=${day(
          '2026-05-01',
          number,
        )}&interval=week`,
      serviceYear: number =>
        `/metrics?entityRef=${serviceRef(number % size.services)}&from=${day(
          '2025-05-01',
          number,
        )}&to=${day('2026-05-01', number)}&interval=week`,
      deploymentPage: number =>
        `/deployments?from=${day('2025-11-01', number)}&to=${day(
          '2026-05-01',
          number,
        )}`,
    };
    const figures: Record<string, unknown> = {};
    for (const [name, question] of Object.entries(questions)) {
      await backend.time(question(rounds));
      const times: number[] = [];
      for (let number = 0; number < rounds; number++) {
        times.push(await backend.time(question(number)));
      }
      figures[name] = {
        p50Milliseconds: round(quantile(times, 0.5)),
        p95Milliseconds: round(quantile(times, 0.95)),
      };
      context.note(`${name} ${JSON.stringify(figures[name])}`);
    }
    await backend.stop();
    return {
      ...size,
      totalDeployments: size.services * size.deployments,
      ...figures,
      residentMegabytes: round(process.memoryUsage().rss / 1e6, 0),
    };
  });
