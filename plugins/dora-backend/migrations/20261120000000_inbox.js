// @ts-check

/**
 * The inbox: what was received, append-only, one row per delivery.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    CREATE TABLE inbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      -- First 128 bits of SHA-256 over source and delivery id: short keys
      -- whatever the senders' ids look like, in an index of fixed width.
      key uuid NOT NULL,
      source text NOT NULL,
      delivery_id text NOT NULL,
      type text NOT NULL,
      received_at timestamptz NOT NULL,
      status smallint NOT NULL,
      reason text,
      sample boolean NOT NULL,
      normaliser text NOT NULL,
      normaliser_version integer NOT NULL,
      -- Text, not jsonb: jsonb refuses escapes that JSON allows, and the record
      -- is only ever read back whole.
      record text NOT NULL
    );
    CREATE UNIQUE INDEX inbox_key_uniq ON inbox (key);
    COMMENT ON COLUMN inbox.status IS '1 accepted, 2 ignored';

    -- Refused events, kept for a while so that their sender can be helped. They
    -- take no key: the corrected event may come again under the same id.
    CREATE TABLE rejection (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      received_at timestamptz NOT NULL,
      source text,
      delivery_id text,
      reason text NOT NULL
    );
    CREATE INDEX rejection_received_idx ON rejection (received_at);
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    DROP TABLE rejection;
    DROP TABLE inbox;
  `);
};
