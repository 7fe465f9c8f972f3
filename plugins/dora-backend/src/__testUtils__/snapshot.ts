import { Knex } from 'knex';
import { RollupStore } from '../database/RollupStore';

/** Every fact and rollup, without what only names rows. */
export async function snapshot(knex: Knex) {
  const { rows: deployments } = await knex.raw(
    `SELECT entity_ref, fact FROM deployment
     JOIN service ON service.id = service_id ORDER BY key, entity_ref`,
  );
  const { rows: changes } = await knex.raw(
    `SELECT deployment.key, commit, lead_seconds, stage_1, stage_2, stage_3,
       stage_4, stage_5, excluded
     FROM change JOIN deployment ON deployment.id = deployment_id
     ORDER BY 1, 2`,
  );
  const rollups = RollupStore.create({ knex });
  // A running back end may be folding at this moment, and then nobody else does.
  while (await anyDelta(knex)) {
    await rollups.fold(1_000);
  }
  const { rows: cells } = await knex.raw(
    `SELECT entity_ref, tier.name AS tier, environment.name AS environment,
       level, slot, counts, lead, stages
     FROM (
       SELECT NULL::integer AS service_id, partition_id, level, slot,
         counts::text, lead::text, stages::text FROM rollup_cell
       UNION ALL
       SELECT service_id, partition_id, 3, slot,
         counts::text, lead::text, stages::text FROM rollup_week
     ) AS cell
     LEFT JOIN service ON service.id = service_id
     JOIN rollup_partition ON rollup_partition.id = partition_id
     LEFT JOIN label AS tier ON tier.id = tier_id
     LEFT JOIN label AS environment ON environment.id = environment_id
     ORDER BY 1, 2, 3, 4, 5`,
  );
  const { rows: others } = await knex.raw(
    `SELECT key, fact::text FROM incident UNION ALL SELECT key, fact::text FROM attribution
     UNION ALL SELECT key, fact::text FROM attempt ORDER BY 1, 2`,
  );
  const { rows: services } = await knex.raw(
    'SELECT entity_ref, facts FROM service ORDER BY 1',
  );
  return JSON.parse(
    JSON.stringify({ deployments, changes, cells, others, services }),
  );
}

async function anyDelta(knex: Knex): Promise<boolean> {
  const { rows } = await knex.raw('SELECT FROM rollup_delta LIMIT 1');
  return rows.length > 0;
}
