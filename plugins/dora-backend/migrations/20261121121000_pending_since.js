// @ts-check

/**
 * Facts are derived under this lock, shared. Under it alone no derivation is half done: otherwise the table would be waited for, and
 * whoever records events would wait behind that, for as long as the longest derivation takes.
 */
const DERIVING_LOCK = 712_300_002;

/**
 * A mark says since when it stands: readers are told of events that wait, not of those that came a moment ago. Marks that do not come of
 * an event that was just recorded have no moment, and those that stand already neither: what they wait for is older than they are.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw('SELECT pg_advisory_xact_lock(?)', [DERIVING_LOCK]);
  await knex.schema.raw(`
    ALTER TABLE dirty_service ADD COLUMN marked_at timestamptz;
    ALTER TABLE dirty_service ALTER COLUMN marked_at SET DEFAULT now();
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.raw('SELECT pg_advisory_xact_lock(?)', [DERIVING_LOCK]);
  await knex.schema.raw('ALTER TABLE dirty_service DROP COLUMN marked_at');
};
