// @ts-check

/**
 * What sources remember between runs, and a way to count what they received
 * lately that costs the inbox next to nothing: rows lie in the order of receipt,
 * so a block range index finds them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    CREATE TABLE source_state (
      source text NOT NULL,
      name text NOT NULL,
      -- JSON as text: it is only ever read back whole.
      value text NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (source, name)
    );
    CREATE INDEX IF NOT EXISTS inbox_received_brin
      ON inbox USING brin (received_at) WITH (autosummarize = on);
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    DROP INDEX IF EXISTS inbox_received_brin;
    DROP TABLE source_state;
  `);
};
