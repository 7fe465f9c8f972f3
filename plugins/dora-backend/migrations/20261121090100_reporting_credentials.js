// @ts-check

/**
 * What repositories report their deployments with. Revoked ones stay: they say who reported until when.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    CREATE TABLE reporting_credential (
      id uuid PRIMARY KEY,
      entity_ref text NOT NULL,
      label text NOT NULL,
      -- SHA-256 of the token: whoever reads the database cannot report.
      token_digest bytea NOT NULL,
      created_by text NOT NULL,
      created_at timestamptz NOT NULL,
      last_used_at timestamptz,
      revoked_by text,
      revoked_at timestamptz
    );
    CREATE INDEX reporting_credential_entity_idx
      ON reporting_credential (entity_ref, created_at DESC);
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw('DROP TABLE reporting_credential');
};
