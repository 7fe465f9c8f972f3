import { logRollupsBetween } from '@pavedroad/plugin-dora-backend/src/database/rollupRows';
import { Knex } from 'knex';

/** Facts of a generated organisation. */
export interface FactsSize {
  services: number;
  deployments: number;
}

/** The two years that facts are generated for, in epoch milliseconds. */
export const FACTS_FROM = Date.UTC(2024, 10, 1);
export const FACTS_TO = Date.UTC(2026, 10, 1);

/** How many pieces the two years are generated in. */
const PIECES = 40;

/** Deployments that the rollups are told of in one statement. */
const LOGGED_AT_ONCE = 50_000;

/**
 * What is said of the services to be read for their facts, in events. More than a backend has room for: at its start it takes services
 * into memory that have room, and would derive these to what they rest on, nothing.
 */
const BEYOND_ROOM = 1_000_000_000;

const TABLES = ['deployment', 'change', 'incident', 'attribution'];

/**
 * Generates facts inside the database, as their derivation would leave them: services that deploy evenly over two years, three changes
 * a deployment with log-normal lead times, one deployment in fifty failed by an incident. Indexes are made at the end.
 *
 * The rollups are told as ingestion tells them; a running backend folds what they were told.
 *
 * @param knex - a database on which the backend has run, so that it does not derive everything anew
 */
export async function generateFacts(
  knex: Knex,
  { services, deployments }: FactsSize,
  note: (text: string) => void,
): Promise<void> {
  await knex.raw(
    `INSERT INTO label (name) VALUES ('production') ON CONFLICT DO NOTHING`,
  );
  const { rows: labels } = await knex.raw(
    `SELECT id FROM label WHERE name = 'production'`,
  );
  const label = labels[0].id;
  await knex.raw(
    `INSERT INTO service (entity_ref, repository, facts, facts_at, facts_version, input_size)
     SELECT 'component:default/service-' || n, 'bench/service-' || n,
       jsonb_build_object(
         'definitionVersion', 1,
         'environments', '[{"name": "production", "tier": "production"}]'::jsonb,
         'failureDataSince', ?::bigint, 'connectedSince', ?::bigint,
         'sample', false,
         'quality', '{"hasDeployments": true, "hasFailureData": true,
           "hasCommits": true, "hasPullRequests": true, "hasBuilds": true,
           "onlyReleaseTags": false, "unknownHistory": 0, "clampedChanges": 0,
           "unattributedIncidents": 0}'::jsonb),
       now(), 1, ?
     FROM generate_series(0, ? - 1) AS n
     ON CONFLICT (entity_ref) DO UPDATE SET facts = excluded.facts,
       facts_at = excluded.facts_at, facts_version = excluded.facts_version,
       input_size = excluded.input_size`,
    [FACTS_FROM, FACTS_FROM, BEYOND_ROOM, services],
  );
  const { rows: constraints } = await knex.raw(
    `SELECT conrelid::regclass::text AS "table", conname AS name,
       pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conrelid::regclass::text = ANY(?) AND contype IN ('p', 'u')`,
    [TABLES],
  );
  for (const { table, name } of constraints) {
    await knex.raw('ALTER TABLE ?? DROP CONSTRAINT ??', [table, name]);
  }
  const { rows: indexes } = await knex.raw(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE schemaname = current_schema() AND tablename = ANY(?)`,
    [TABLES],
  );
  for (const { name } of indexes) {
    await knex.raw('DROP INDEX ??', [name]);
  }
  await knex.raw(
    `SELECT setval(pg_get_serial_sequence('deployment', 'id'), ?)`,
    [deployments],
  );
  const perPiece = Math.ceil(deployments / PIECES);
  const span = (FACTS_TO - FACTS_FROM) / PIECES;
  for (let piece = 0; piece < PIECES; piece++) {
    const first = piece * perPiece;
    const count = Math.min(perPiece, deployments - first);
    if (count <= 0) {
      break;
    }
    await generatePiece(knex, {
      label,
      services,
      first,
      count,
      from: Math.round(FACTS_FROM + piece * span),
      span: Math.round(span),
      seed: (piece + 1) / (PIECES + 2),
    });
    if ((piece + 1) % 10 === 0) {
      note(`${first + count} deployments generated`);
    }
  }
  for (const { table, name, definition } of constraints) {
    await knex.raw(`ALTER TABLE ?? ADD CONSTRAINT ?? ${definition}`, [
      table,
      name,
    ]);
  }
  for (const { definition } of indexes) {
    await knex.raw(definition);
  }
  note('indexed');
  const { rows: ids } = await knex.raw(
    'SELECT min(id) AS first, max(id) AS last FROM deployment',
  );
  const last = Number(ids[0].last);
  for (let id = Number(ids[0].first); id <= last; id += LOGGED_AT_ONCE) {
    await logRollupsBetween(knex, id, id + LOGGED_AT_ONCE - 1);
  }
}

async function generatePiece(
  knex: Knex,
  piece: {
    label: number;
    services: number;
    first: number;
    count: number;
    from: number;
    span: number;
    seed: number;
  },
): Promise<void> {
  const { label, services, first, count, from, span, seed } = piece;
  await knex.transaction(async tx => {
    await tx.raw('SELECT setseed(?)', [seed]);
    await tx.raw(
      `CREATE TEMPORARY TABLE piece ON COMMIT DROP AS
       SELECT n, numbered.id AS service_id,
         :from::bigint + floor((n - :first) * (:span::double precision / :count))::bigint
           + (random() * 1000)::bigint AS finished_at,
         random() < 0.02 AS failed, random() < 0.03 AS rolled_back,
         round((exp(8.5 + 1.1 * random_normal()))::numeric, 3)::double precision AS recovery
       FROM generate_series(:first::bigint, :first::bigint + :count - 1) AS n
       JOIN (SELECT id, substring(entity_ref FROM '-([0-9]+)$')::integer AS number
         FROM service) AS numbered ON number = n % :services`,
      { services, from, first, span, count },
    );
    await tx.raw(
      `CREATE TEMPORARY TABLE delivered ON COMMIT DROP AS
       SELECT n, c, finished_at, lead,
         CASE WHEN n < :services THEN 1 WHEN bot THEN 3 ELSE 0 END AS excluded,
         lead * 0.5 AS stage_1, lead * 0.2 AS stage_2,
         CASE WHEN c > 1 THEN lead * 0.1 END AS stage_3, lead * 0.15 AS stage_4,
         lead * CASE WHEN c > 1 THEN 0.05 ELSE 0.15 END AS stage_5
       FROM (SELECT *, random() < 0.05 AS bot,
           round((pace * exp(0.7 * random_normal()))::numeric, 1)::double precision AS lead
         FROM (SELECT *, exp(10 + 1.2 * random_normal()) AS pace FROM piece) AS paced
         CROSS JOIN generate_series(1, 3) AS c) AS given`,
      { services },
    );
    // As packChangeTimes packs them.
    await tx.raw(
      `CREATE TEMPORARY TABLE packed ON COMMIT DROP AS
       SELECT n, '\\x01'::bytea || string_agg(
         set_byte('\\x00'::bytea, 0, excluded * 32 + CASE WHEN c > 1 THEN 31 ELSE 27 END)
           || float8send(lead) || float8send(stage_1) || float8send(stage_2)
           || coalesce(float8send(stage_3), ''::bytea) || float8send(stage_4) || float8send(stage_5),
         ''::bytea ORDER BY excluded, lead) AS times
       FROM delivered GROUP BY n`,
    );
    await tx.raw(
      `INSERT INTO deployment (id, service_id, key, finished_at, tier_id,
         environment_id, kind, failed, rework, failure_data, first,
         unknown_history, release_tag, sample, recovery_seconds, changes,
         lead_p50_seconds, change_times, fact, digest)
       OVERRIDING SYSTEM VALUE
       SELECT 1 + n, piece.service_id, key, finished_at, :label, :label,
         CASE WHEN rolled_back THEN 3 ELSE 1 END, failed AND NOT rolled_back,
         rolled_back, true, n < :services, false, false, false,
         CASE WHEN failed AND NOT rolled_back THEN recovery END, 3, 7200, times,
         jsonb_build_object('id', key, 'serviceRef', entity_ref,
           'tier', 'production', 'environment', 'production',
           'members', jsonb_build_array(key), 'environments', '["production"]'::jsonb,
           'kind', CASE WHEN rolled_back THEN 'rollback' ELSE 'change' END,
           'finishedAt', finished_at, 'finishedEverywhereAt', finished_at,
           'revision', md5(n::text), 'sequence', n / :services, 'first', n < :services,
           'changes', 3, 'origin', 'event', 'failureData', true,
           'failed', failed AND NOT rolled_back, 'rework', rolled_back,
           'labels', '[]'::jsonb, 'source', '/bench', 'sample', false),
         md5(key)::uuid
       FROM (SELECT *, 'd' || md5(n::text) AS key FROM piece) AS piece
       JOIN packed USING (n)
       JOIN service ON service.id = piece.service_id
       ORDER BY n`,
      { label, services },
    );
    await tx.raw(
      `INSERT INTO change (deployment_id, excluded, lead_seconds, stage_1,
         stage_2, stage_3, stage_4, stage_5, commit, committed_at,
         pull_request, author_name, subject, clamped, bot)
       SELECT 1 + n, excluded, lead, stage_1, stage_2, stage_3, stage_4,
         stage_5, md5(n || ' ' || c), finished_at - (lead * 1000)::bigint, c,
         'Someone', 'Change something', false, excluded = 3
       FROM delivered ORDER BY n`,
    );
    await tx.raw(
      `INSERT INTO incident (service_id, key, opened_at, resolved_at, tier_id,
         environment_id, attributed, fact, digest)
       SELECT service_id, key, finished_at + 600000,
         finished_at + 600000 + (recovery * 1000)::bigint, :label, :label,
         n % 20 <> 0, jsonb_build_object('id', key), md5(key)::uuid
       FROM (SELECT *, 'i' || md5(n::text) AS key FROM piece WHERE failed) AS piece`,
      { label },
    );
    await tx.raw(
      `INSERT INTO attribution (service_id, key, blamed, fact, digest)
       SELECT service_id, key, 'd' || md5(n::text), jsonb_build_object('id', key), md5(key)::uuid
       FROM (SELECT *, 'a' || md5(n::text) AS key FROM piece WHERE failed) AS piece`,
    );
  });
}
