// @ts-check

/** A function of this session that packs the times of one change as `packChangeTimes` does, but for the version in front. */
const PACK = `
  CREATE FUNCTION pg_temp.packed(excluded integer, lead double precision,
    stage_1 double precision, stage_2 double precision, stage_3 double precision,
    stage_4 double precision, stage_5 double precision)
  RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT set_byte('\\x00'::bytea, 0, excluded * 32
        + (stage_1 IS NOT NULL)::integer + (stage_2 IS NOT NULL)::integer * 2
        + (stage_3 IS NOT NULL)::integer * 4 + (stage_4 IS NOT NULL)::integer * 8
        + (stage_5 IS NOT NULL)::integer * 16)
      || float8send(lead)
      || coalesce(float8send(stage_1), ''::bytea) || coalesce(float8send(stage_2), ''::bytea)
      || coalesce(float8send(stage_3), ''::bytea) || coalesce(float8send(stage_4), ''::bytea)
      || coalesce(float8send(stage_5), ''::bytea)
  $$`;

/**
 * The times of a deployment's changes are kept with the deployment, packed, and in its covering index: a year of a service is
 * read from one stretch of one index. What was there is packed here rather than derived anew, because that is many times quicker
 * and because the columns are then right from the first moment on.
 *
 * Rollups wait with the same bytes, and changes no longer repeat what their deployment says.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    ${PACK};
    DROP INDEX deployment_finish_idx;
    ALTER TABLE deployment
      ADD COLUMN change_times bytea DEFAULT '\\x01',
      ADD COLUMN many_change_times bytea;
    COMMENT ON COLUMN deployment.change_times IS
      'Times of its changes, see packChangeTimes; NULL when they are too long for an index, and then in many_change_times';

    WITH delivered AS (
      SELECT deployment_id, '\\x01'::bytea || string_agg(
        pg_temp.packed(excluded, lead_seconds, stage_1, stage_2, stage_3, stage_4, stage_5), ''::bytea
        ORDER BY excluded, lead_seconds, coalesce(stage_1, -1), coalesce(stage_2, -1),
          coalesce(stage_3, -1), coalesce(stage_4, -1), coalesce(stage_5, -1)) AS times
      FROM change GROUP BY deployment_id)
    UPDATE deployment SET
      change_times = CASE WHEN length(times) <= 1900 THEN times END,
      many_change_times = CASE WHEN length(times) > 1900 THEN times END
    FROM delivered WHERE deployment.id = deployment_id;

    ALTER TABLE deployment ADD CONSTRAINT deployment_change_times_check
      CHECK ((change_times IS NULL) = (many_change_times IS NOT NULL));
    CREATE INDEX deployment_finish_idx ON deployment (service_id, finished_at)
      INCLUDE (id, tier_id, environment_id, kind, failed, rework, failure_data,
        first, unknown_history, release_tag, sample, recovery_seconds, change_times);

    DROP INDEX change_finish_idx;
    ALTER TABLE change DROP COLUMN service_id, DROP COLUMN finished_at,
      DROP COLUMN tier_id, DROP COLUMN environment_id;

    -- Of which change a stage is does not matter for sums.
    ALTER TABLE rollup_delta ADD COLUMN change_times bytea;
    UPDATE rollup_delta SET change_times = '\\x01'::bytea || coalesce((
      SELECT string_agg(times, ''::bytea ORDER BY sort, n) FROM (
        SELECT 0 AS sort, n, pg_temp.packed(0, lead[n], stage_1[n], stage_2[n],
          stage_3[n], stage_4[n], stage_5[n]) AS times
        FROM generate_series(1, coalesce(cardinality(lead), 0)) AS n
        UNION ALL
        SELECT code, n, pg_temp.packed(code, 0, NULL, NULL, NULL, NULL, NULL)
        FROM (VALUES (1, excluded_first), (2, excluded_negative), (3, excluded_bot))
            AS left_out (code, changes),
          generate_series(1, changes) AS n
      ) AS counted), ''::bytea);
    ALTER TABLE rollup_delta ALTER COLUMN change_times SET NOT NULL,
      DROP COLUMN lead, DROP COLUMN stage_1, DROP COLUMN stage_2,
      DROP COLUMN stage_3, DROP COLUMN stage_4, DROP COLUMN stage_5,
      DROP COLUMN excluded_first, DROP COLUMN excluded_negative,
      DROP COLUMN excluded_bot;
    DROP FUNCTION pg_temp.packed;
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    ALTER TABLE change ADD COLUMN service_id integer,
      ADD COLUMN finished_at bigint, ADD COLUMN tier_id smallint,
      ADD COLUMN environment_id smallint;
    UPDATE change SET service_id = deployment.service_id,
      finished_at = deployment.finished_at, tier_id = deployment.tier_id,
      environment_id = deployment.environment_id
    FROM deployment WHERE deployment.id = deployment_id;
    ALTER TABLE change ALTER COLUMN service_id SET NOT NULL,
      ALTER COLUMN finished_at SET NOT NULL;
    CREATE INDEX change_finish_idx ON change (service_id, finished_at)
      INCLUDE (deployment_id, tier_id, environment_id, excluded, lead_seconds,
        stage_1, stage_2, stage_3, stage_4, stage_5);

    DROP INDEX deployment_finish_idx;
    ALTER TABLE deployment DROP COLUMN change_times, DROP COLUMN many_change_times;
    CREATE INDEX deployment_finish_idx ON deployment (service_id, finished_at)
      INCLUDE (id, tier_id, environment_id, kind, failed, rework, failure_data,
        first, unknown_history, release_tag, sample, recovery_seconds);

    -- The sums are made anew: what waits for them cannot be taken apart here.
    TRUNCATE rollup_cell, rollup_week, rollup_delta;
    ALTER TABLE rollup_delta DROP COLUMN change_times,
      ADD COLUMN lead double precision[],
      ADD COLUMN stage_1 double precision[],
      ADD COLUMN stage_2 double precision[],
      ADD COLUMN stage_3 double precision[],
      ADD COLUMN stage_4 double precision[],
      ADD COLUMN stage_5 double precision[],
      ADD COLUMN excluded_first integer NOT NULL,
      ADD COLUMN excluded_negative integer NOT NULL,
      ADD COLUMN excluded_bot integer NOT NULL;
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
