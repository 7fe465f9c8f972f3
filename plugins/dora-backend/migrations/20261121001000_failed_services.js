// @ts-check

/**
 * Every answer asks which services failed, and mostly none did.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(
    'CREATE INDEX service_failed_idx ON service (entity_ref) WHERE facts_error IS NOT NULL',
  );
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw('DROP INDEX service_failed_idx');
};
