// @ts-check

/**
 * Rollups that answer for any number of services: counts and histograms that add up, by day and half-hour in UTC
 * over all services, and by ISO week in UTC per service. What a transaction changes about facts it also appends to
 * `rollup_delta`, so facts and rollups are always right together; deltas are folded into the cells later.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    -- Deployments that count for the same tier and environment. Every deployment is in exactly one partition.
    CREATE TABLE rollup_partition (
      id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      tier_id smallint,
      environment_id smallint,
      UNIQUE NULLS NOT DISTINCT (tier_id, environment_id)
    );

    CREATE TABLE rollup_delta (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      -- 1: the deployment is there now; -1: it no longer is.
      sign smallint NOT NULL,
      service_id integer NOT NULL,
      tier_id smallint,
      environment_id smallint,
      finished_at bigint NOT NULL,
      kind smallint NOT NULL,
      failed boolean NOT NULL,
      rework boolean NOT NULL,
      failure_data boolean NOT NULL,
      first boolean NOT NULL,
      unknown_history boolean NOT NULL,
      release_tag boolean NOT NULL,
      sample boolean NOT NULL,
      recovery_seconds double precision,
      -- Of the changes that count for lead time, ascending; NULL when there is none.
      lead double precision[],
      stage_1 double precision[],
      stage_2 double precision[],
      stage_3 double precision[],
      stage_4 double precision[],
      stage_5 double precision[],
      excluded_first integer NOT NULL,
      excluded_negative integer NOT NULL,
      excluded_bot integer NOT NULL
    );

    CREATE SEQUENCE rollup_version;

    -- Over all services.
    CREATE TABLE rollup_cell (
      partition_id smallint NOT NULL,
      level smallint NOT NULL,
      slot integer NOT NULL,
      version bigint NOT NULL,
      counts bytea NOT NULL,
      lead bytea NOT NULL,
      stages bytea NOT NULL,
      PRIMARY KEY (partition_id, level, slot)
    );
    COMMENT ON COLUMN rollup_cell.level IS '1 day, 2 half-hour';
    COMMENT ON COLUMN rollup_cell.slot IS 'Number of days or half-hours since 1970-01-01 in UTC';

    -- Per service and ISO week.
    CREATE TABLE rollup_week (
      service_id integer NOT NULL,
      partition_id smallint NOT NULL,
      slot integer NOT NULL,
      version bigint NOT NULL,
      counts bytea NOT NULL,
      lead bytea NOT NULL,
      stages bytea NOT NULL,
      PRIMARY KEY (service_id, partition_id, slot)
    );
    COMMENT ON COLUMN rollup_week.slot IS 'Number of weeks since Monday 1969-12-29 in UTC';

    -- Dense already: to compress them costs time and saves nothing.
    ALTER TABLE rollup_cell ALTER COLUMN lead SET STORAGE EXTERNAL,
      ALTER COLUMN stages SET STORAGE EXTERNAL;
    ALTER TABLE rollup_week ALTER COLUMN lead SET STORAGE EXTERNAL,
      ALTER COLUMN stages SET STORAGE EXTERNAL;

    -- Lists over many services, newest first.
    CREATE INDEX deployment_partition_idx ON deployment
      (tier_id, environment_id, finished_at, key COLLATE "C")
      INCLUDE (id, service_id, kind, failed, rework, failure_data);
    CREATE INDEX attempt_partition_idx ON attempt
      (tier_id, environment_id, finished_at, key COLLATE "C")
      INCLUDE (service_id)
      WHERE status = 2;
    CREATE INDEX incident_unattributed_idx ON incident (tier_id, opened_at)
      INCLUDE (service_id)
      WHERE NOT attributed;

    DROP TABLE service_day;

    INSERT INTO rollup_delta (sign, service_id, tier_id, environment_id,
      finished_at, kind, failed, rework, failure_data, first, unknown_history,
      release_tag, sample, recovery_seconds, lead, stage_1, stage_2, stage_3,
      stage_4, stage_5, excluded_first, excluded_negative, excluded_bot)
    SELECT 1, deployment.service_id, deployment.tier_id, deployment.environment_id,
      deployment.finished_at, kind, failed, rework, failure_data, first,
      unknown_history, release_tag, sample, recovery_seconds, delivered.*
    FROM deployment CROSS JOIN LATERAL (
      SELECT array_agg(lead_seconds ORDER BY lead_seconds) FILTER (WHERE excluded = 0),
        array_agg(stage_1) FILTER (WHERE excluded = 0 AND stage_1 IS NOT NULL),
        array_agg(stage_2) FILTER (WHERE excluded = 0 AND stage_2 IS NOT NULL),
        array_agg(stage_3) FILTER (WHERE excluded = 0 AND stage_3 IS NOT NULL),
        array_agg(stage_4) FILTER (WHERE excluded = 0 AND stage_4 IS NOT NULL),
        array_agg(stage_5) FILTER (WHERE excluded = 0 AND stage_5 IS NOT NULL),
        count(*) FILTER (WHERE excluded = 1),
        count(*) FILTER (WHERE excluded = 2),
        count(*) FILTER (WHERE excluded = 3)
      FROM change WHERE deployment_id = deployment.id
    ) AS delivered;
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
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
      lead_histogram integer[] NOT NULL,
      PRIMARY KEY (service_id, day, label_id, is_tier)
    );
    DROP INDEX incident_unattributed_idx;
    DROP INDEX attempt_partition_idx;
    DROP INDEX deployment_partition_idx;
    DROP TABLE rollup_week;
    DROP TABLE rollup_cell;
    DROP SEQUENCE rollup_version;
    DROP TABLE rollup_delta;
    DROP TABLE rollup_partition;
  `);
};
