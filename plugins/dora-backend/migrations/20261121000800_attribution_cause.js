// @ts-check

/**
 * Finds what is said about the cause of an incident without reading all that is
 * said about its service.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    CREATE INDEX attribution_cause_idx
      ON attribution (service_id, (fact->'cause'->>'id'));
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw('DROP INDEX attribution_cause_idx');
};
