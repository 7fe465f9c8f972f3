// @ts-check

/**
 * Who is told about what, what was told already, and what is known to have
 * changed. None of it follows from the inbox: it is kept by replays.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    CREATE TABLE subscription (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      subscriber text NOT NULL,
      -- Empty: everything.
      scope_ref text NOT NULL,
      kind text NOT NULL,
      time_zone text NOT NULL,
      created_by text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (subscriber, scope_ref, kind)
    );
    CREATE INDEX subscription_kind_idx ON subscription (kind);

    -- One row per thing to tell. Whoever inserts it, or takes it over after its
    -- claim ran out, is the one to tell it.
    CREATE TABLE notice (
      occasion text PRIMARY KEY,
      state text NOT NULL,
      claimed_at timestamptz NOT NULL,
      attempts integer NOT NULL DEFAULT 1,
      told_at timestamptz
    );
    CREATE INDEX notice_claimed_idx ON notice (claimed_at);
    COMMENT ON COLUMN notice.state IS
      'claimed, told, passed (nothing to tell or nobody to tell it to), given_up';

    -- Per subscription to changes: what each metric was last known to do.
    CREATE TABLE metric_watch (
      subscription_id bigint NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
      metric text NOT NULL,
      state jsonb NOT NULL,
      PRIMARY KEY (subscription_id, metric)
    );

    -- Failures are rare: those of the last days are found without reading anything else.
    CREATE INDEX deployment_failed_idx ON deployment (finished_at)
      WHERE failed;
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    DROP INDEX deployment_failed_idx;
    DROP TABLE metric_watch;
    DROP TABLE notice;
    DROP TABLE subscription;
  `);
};
