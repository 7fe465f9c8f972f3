// @ts-check

/**
 * Facts and rollups, derived per service. Moments are epoch milliseconds,
 * durations seconds. Everything here can be dropped and derived again.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    -- Names of tiers and environments.
    CREATE TABLE label (
      id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL UNIQUE
    );

    CREATE TABLE deployment (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      service_id integer NOT NULL,
      key text NOT NULL,
      finished_at bigint NOT NULL,
      tier_id smallint,
      environment_id smallint,
      kind smallint NOT NULL,
      failed boolean NOT NULL,
      rework boolean NOT NULL,
      failure_data boolean NOT NULL,
      first boolean NOT NULL,
      unknown_history boolean NOT NULL,
      release_tag boolean NOT NULL,
      sample boolean NOT NULL,
      recovery_seconds double precision,
      changes integer NOT NULL,
      lead_p50_seconds double precision,
      fact jsonb NOT NULL,
      digest uuid NOT NULL,
      UNIQUE (service_id, key)
    );
    CREATE INDEX deployment_key_idx ON deployment (key);
    -- Serves every count and list without reading the table.
    CREATE INDEX deployment_finish_idx ON deployment (service_id, finished_at)
      INCLUDE (id, tier_id, environment_id, kind, failed, rework, failure_data,
        first, unknown_history, release_tag, sample, recovery_seconds);

    CREATE TABLE change (
      deployment_id bigint NOT NULL,
      service_id integer NOT NULL,
      finished_at bigint NOT NULL,
      tier_id smallint,
      environment_id smallint,
      excluded smallint NOT NULL,
      lead_seconds double precision NOT NULL,
      stage_1 double precision,
      stage_2 double precision,
      stage_3 double precision,
      stage_4 double precision,
      stage_5 double precision,
      commit text NOT NULL,
      committed_at bigint NOT NULL,
      pull_request integer,
      author_name text,
      subject text,
      clamped boolean NOT NULL,
      bot boolean NOT NULL
    );
    CREATE INDEX change_deployment_idx ON change (deployment_id);
    CREATE INDEX change_finish_idx ON change (service_id, finished_at)
      INCLUDE (deployment_id, tier_id, environment_id, excluded, lead_seconds,
        stage_1, stage_2, stage_3, stage_4, stage_5);
    COMMENT ON COLUMN change.excluded IS
      '0 counted, 1 first_deployment, 2 negative_total_time, 3 bot';

    CREATE TABLE attempt (
      service_id integer NOT NULL,
      key text NOT NULL,
      finished_at bigint,
      tier_id smallint NOT NULL,
      environment_id smallint NOT NULL,
      status smallint NOT NULL,
      fact jsonb NOT NULL,
      digest uuid NOT NULL,
      PRIMARY KEY (service_id, key)
    );
    CREATE INDEX attempt_failed_idx ON attempt (service_id, finished_at)
      WHERE status = 2;

    CREATE TABLE incident (
      service_id integer NOT NULL,
      key text NOT NULL,
      opened_at bigint NOT NULL,
      resolved_at bigint,
      tier_id smallint NOT NULL,
      environment_id smallint,
      attributed boolean NOT NULL,
      fact jsonb NOT NULL,
      digest uuid NOT NULL,
      PRIMARY KEY (service_id, key)
    );
    CREATE INDEX incident_opened_idx ON incident (service_id, opened_at)
      INCLUDE (tier_id, environment_id, attributed);

    CREATE TABLE attribution (
      service_id integer NOT NULL,
      key text NOT NULL,
      blamed text,
      fact jsonb NOT NULL,
      digest uuid NOT NULL,
      PRIMARY KEY (service_id, key)
    );
    CREATE INDEX attribution_blamed_idx ON attribution (service_id, blamed);

    -- Per service, label and day in UTC.
    CREATE TABLE service_day (
      service_id integer NOT NULL,
      day integer NOT NULL,
      label_id smallint NOT NULL,
      is_tier boolean NOT NULL,
      deployments integer NOT NULL,
      changes integer NOT NULL,
      covered integer NOT NULL,
      failed integer NOT NULL,
      recovered integer NOT NULL,
      rework_base integer NOT NULL,
      rework integer NOT NULL,
      -- Lead times in buckets whose bounds grow by 2 %: bucket, count, bucket, count …
      lead_histogram integer[] NOT NULL,
      PRIMARY KEY (service_id, day, label_id, is_tier)
    );
    COMMENT ON COLUMN service_day.day IS 'Days since 1970-01-01';
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    DROP TABLE service_day;
    DROP TABLE attribution;
    DROP TABLE incident;
    DROP TABLE attempt;
    DROP TABLE change;
    DROP TABLE deployment;
    DROP TABLE label;
  `);
};
