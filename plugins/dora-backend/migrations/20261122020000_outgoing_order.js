// @ts-check

/** Facts are derived under this lock, shared, and what they make to say is recorded with them. */
const DERIVING_LOCK = 712_300_002;

/**
 * What is said about a service arrives in the order in which it became so: a delivery knows whose it is. Those that wait already are
 * nobody's, and so in order among themselves.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw('SELECT pg_advisory_xact_lock(?)', [DERIVING_LOCK]);
  await knex.schema.raw(`
    ALTER TABLE outgoing_delivery ADD COLUMN service_id integer NOT NULL DEFAULT 0;
    CREATE INDEX outgoing_delivery_order_idx
      ON outgoing_delivery (target, service_id, event_id) WHERE status = 0;
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('SELECT pg_advisory_xact_lock(?)', [DERIVING_LOCK]);
  await knex.schema.raw('ALTER TABLE outgoing_delivery DROP COLUMN service_id');
};
