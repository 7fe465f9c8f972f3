// @ts-check

/**
 * Lets the inbox forget what an accepted event looked like; what it was normalised to, and its key, stay.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    ALTER TABLE inbox ALTER COLUMN record DROP NOT NULL;
    COMMENT ON COLUMN inbox.record IS
      'NULL when its retention is over. What it was normalised to stays.';
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    -- What is gone stays gone: such events are read as ones of no known type.
    UPDATE inbox SET record = json_build_object('id', delivery_id,
      'source', source, 'type', 'dropped', 'data', NULL,
      'extensions', '{}'::json, 'sample', sample, 'receivedAt', received_at)
    WHERE record IS NULL;
    ALTER TABLE inbox ALTER COLUMN record SET NOT NULL;
  `);
};
