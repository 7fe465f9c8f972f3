// @ts-check

/**
 * Lets the inbox be normalised anew in steps: each row that follows from events says by which run they were read last,
 * so that what no event says any more can be told at the end.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    ALTER TABLE target ADD COLUMN generation integer NOT NULL DEFAULT 0;
    ALTER TABLE target_repository ADD COLUMN generation integer NOT NULL DEFAULT 0;
    ALTER TABLE commit ADD COLUMN generation integer NOT NULL DEFAULT 0;
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    -- A run that is under way has no way to go on: the next start begins it anew, in one piece.
    DELETE FROM setting WHERE name = 'normalisers'
      AND EXISTS (SELECT FROM setting WHERE name = 'replay');
    DELETE FROM setting WHERE name IN ('replay', 'replay_generation');
    DROP INDEX IF EXISTS domain_event_inbox_idx;
    ALTER TABLE commit DROP COLUMN generation;
    ALTER TABLE target_repository DROP COLUMN generation;
    ALTER TABLE target DROP COLUMN generation;
  `);
};
