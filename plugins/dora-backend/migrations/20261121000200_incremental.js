// @ts-check

/**
 * Lets a worker read only what came since it last looked.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    -- The transaction that wrote the event. Ids say in which order events were
    -- numbered, not in which order they became visible; this, compared with the
    -- oldest transaction that ran when one last looked, says which are new.
    ALTER TABLE domain_event
      ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
    DROP INDEX domain_event_target_idx;
    DROP INDEX domain_event_repository_idx;
    CREATE INDEX domain_event_target_idx ON domain_event (target_id, txid)
      WHERE target_id IS NOT NULL;
    CREATE INDEX domain_event_repository_idx
      ON domain_event (repository_id, txid)
      WHERE repository_id IS NOT NULL;
    CREATE INDEX domain_event_build_idx ON domain_event (txid)
      WHERE kind = 4;

    -- How much the facts were derived from, to share memory sensibly.
    ALTER TABLE service ADD COLUMN input_size integer NOT NULL DEFAULT 0;

    -- What was recorded before does not say which commits each event brought:
    -- the next start normalises everything anew.
    DELETE FROM setting WHERE name = 'normalisers';
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    ALTER TABLE service DROP COLUMN input_size;
    -- The events that only say which commits came are of this version.
    DELETE FROM domain_event WHERE kind = 2;
    DROP INDEX domain_event_build_idx;
    DROP INDEX domain_event_target_idx;
    DROP INDEX domain_event_repository_idx;
    ALTER TABLE domain_event DROP COLUMN txid;
    CREATE INDEX domain_event_target_idx ON domain_event (target_id)
      WHERE target_id IS NOT NULL;
    CREATE INDEX domain_event_repository_idx ON domain_event (repository_id)
      WHERE repository_id IS NOT NULL;
  `);
};
