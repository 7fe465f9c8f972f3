// @ts-check

/**
 * CDEvents that the portal sends about what it learned.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    -- What was last said about a thing, so that it is said once and corrected.
    CREATE TABLE outgoing_subject (
      service_id integer NOT NULL,
      subject text NOT NULL,
      state text NOT NULL,
      version integer NOT NULL,
      at timestamptz NOT NULL,
      PRIMARY KEY (service_id, subject)
    );
    CREATE INDEX outgoing_subject_at_idx ON outgoing_subject (at);

    CREATE TABLE outgoing_event (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      event_id text NOT NULL UNIQUE,
      type text NOT NULL,
      event text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX outgoing_event_created_idx ON outgoing_event (created_at);

    CREATE TABLE outgoing_delivery (
      event_id bigint NOT NULL REFERENCES outgoing_event (id) ON DELETE CASCADE,
      target text NOT NULL,
      status smallint NOT NULL DEFAULT 0,
      attempts integer NOT NULL DEFAULT 0,
      next_at timestamptz NOT NULL DEFAULT now(),
      error text,
      PRIMARY KEY (event_id, target)
    );
    CREATE INDEX outgoing_delivery_pending_idx
      ON outgoing_delivery (target, event_id) WHERE status = 0;
    CREATE INDEX outgoing_delivery_dead_idx
      ON outgoing_delivery (target, event_id) WHERE status = 2;
    COMMENT ON COLUMN outgoing_delivery.status IS
      '0 pending, 1 delivered, 2 given up';
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    DROP TABLE outgoing_delivery;
    DROP TABLE outgoing_event;
    DROP TABLE outgoing_subject;
  `);
};
