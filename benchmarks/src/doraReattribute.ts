import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { Benchmark, numberOption, quantile, round } from './benchmark';
import { withDatabase } from './database';
import { DoraBackend, load, organisation, serviceRef, startDora } from './dora';

const WINDOW = 'from=2024-10-01T00:00:00Z&to=2026-12-01T00:00:00Z';

/**
 * Corrections through the API on a service with a long history: how long until the answer to the correction, by which time
 * every number that it affects is right, which is checked. Once with what the backend remembers of the service, and once
 * right after a start, when it has to read all of it.
 *
 * Options: --deployments (of the service), --rounds.
 */
export const doraReattribute: Benchmark = context =>
  withDatabase(async knex => {
    const size = {
      services: numberOption(context, 'services', 2),
      deployments: numberOption(context, 'deployments', 2_000),
      commitsPerDeployment: 3,
    };
    const rounds = numberOption(context, 'rounds', 40);
    const filling = await startDora(knex, size.services);
    await load(filling, organisation(size), { batch: 1_000, connections: 2 });
    await filling.settled();
    await filling.stop();
    await knex.raw('VACUUM ANALYZE');
    const { rows: deployments } = await knex.raw(
      `SELECT key FROM deployment JOIN service ON service.id = service_id
       WHERE entity_ref = ? AND NOT failed AND kind = 1 AND failure_data
       ORDER BY hashtext(key) LIMIT ?`,
      [serviceRef(0), rounds + 1],
    );
    const keys: string[] = deployments.map(({ key }: { key: string }) => key);

    const backend = await startDora(knex, size.services);
    try {
      const [afterStart] = await correct(backend, keys.slice(0, 1));
      context.note(`after a start: ${round(afterStart)} ms`);
      const times = await correct(backend, keys.slice(1));
      return {
        ...size,
        afterStartMilliseconds: round(afterStart),
        p50Milliseconds: round(quantile(times, 0.5)),
        p95Milliseconds: round(quantile(times, 0.95)),
        residentMegabytes: round(process.memoryUsage().rss / 1e6, 0),
      };
    } finally {
      await backend.stop();
    }
  });

/** Blames each of the deployments and answers the milliseconds that took. @throws when a number is not right at once */
async function correct(
  backend: DoraBackend,
  deployments: string[],
): Promise<number[]> {
  const failed = async (scope: string) => {
    const answer = (await backend.json(
      'GET',
      `/metrics?${scope}&${WINDOW}`,
    )) as MetricsResponse;
    return answer.metrics.changeFailRate.failed ?? 0;
  };
  const scopes = [`entityRef=${serviceRef(0)}`, ''];
  const times: number[] = [];
  for (const id of deployments) {
    const before = await Promise.all(scopes.map(failed));
    const began = performance.now();
    await backend.json('POST', `/deployments/${id}/failures`, {
      reason: 'Measured',
    });
    times.push(performance.now() - began);
    const after = await Promise.all(scopes.map(failed));
    if (after.some((count, index) => count !== before[index] + 1)) {
      throw new Error(
        `After blaming ${id}, ${before} failed deployments are ${after}`,
      );
    }
  }
  return times;
}
