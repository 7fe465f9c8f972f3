// @ts-check

/**
 * The latest incidents of a whole organisation, without reading the others.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    CREATE INDEX incident_recent_idx ON incident (opened_at);
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw('DROP INDEX incident_recent_idx');
};
