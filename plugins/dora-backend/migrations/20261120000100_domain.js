// @ts-check

/**
 * What the inbox was normalised to: domain events by the service or repository
 * they belong to, commits by repository, and the marks of work to do.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    CREATE TABLE service (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      entity_ref text NOT NULL UNIQUE,
      -- As the catalog last said.
      repository text,
      source_path text,
      sample boolean NOT NULL DEFAULT false,
      -- Summary of the facts.
      facts jsonb,
      facts_at timestamptz,
      -- Counts the derivations that changed anything.
      facts_version bigint NOT NULL DEFAULT 0,
      -- Why they could not be derived the last time.
      facts_error text
    );
    CREATE INDEX service_repository_idx ON service (repository)
      WHERE repository IS NOT NULL;

    CREATE TABLE repository (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      slug text NOT NULL UNIQUE,
      default_branch text
    );

    -- Each distinct way in which events name a service. Events point here, so
    -- mapping one anew moves all its events without touching them.
    CREATE TABLE target (
      id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      key uuid NOT NULL UNIQUE,
      hint jsonb NOT NULL,
      service_id integer REFERENCES service (id),
      unresolved text,
      first_seen timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX target_service_idx ON target (service_id);

    -- Repositories that events name together with a service.
    CREATE TABLE target_repository (
      target_id integer NOT NULL REFERENCES target (id),
      repository_id integer NOT NULL REFERENCES repository (id),
      PRIMARY KEY (target_id, repository_id)
    );
    CREATE INDEX target_repository_repository_idx
      ON target_repository (repository_id);

    CREATE TABLE domain_event (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      inbox_id bigint NOT NULL,
      kind smallint NOT NULL,
      target_id integer,
      repository_id integer,
      artifact uuid,
      body json NOT NULL
    );
    CREATE INDEX domain_event_target_idx ON domain_event (target_id)
      WHERE target_id IS NOT NULL;
    CREATE INDEX domain_event_repository_idx ON domain_event (repository_id)
      WHERE repository_id IS NOT NULL;
    CREATE INDEX domain_event_artifact_idx ON domain_event (artifact, kind)
      WHERE artifact IS NOT NULL;
    COMMENT ON COLUMN domain_event.inbox_id IS
      'The inbox row it was normalised from. No foreign key: the check would cost more than the insert.';

    CREATE TABLE commit (
      repository_id integer NOT NULL,
      id text NOT NULL,
      parents text[] NOT NULL,
      committed_at bigint NOT NULL,
      authored_at bigint,
      author_name text,
      author_email text,
      subject text,
      paths text[],
      reverts text[],
      PRIMARY KEY (repository_id, id)
    );

    -- One row per reason to derive the facts of a service anew. Rows are only
    -- ever added by ingestion and only ever removed by the worker, so neither
    -- waits for the other.
    CREATE TABLE dirty_service (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      service_id integer NOT NULL
    );
    CREATE INDEX dirty_service_service_idx ON dirty_service (service_id);

    CREATE TABLE setting (
      name text PRIMARY KEY,
      value text NOT NULL
    );
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    DROP TABLE setting;
    DROP TABLE dirty_service;
    DROP TABLE commit;
    DROP TABLE domain_event;
    DROP TABLE target_repository;
    DROP TABLE target;
    DROP TABLE repository;
    DROP TABLE service;
  `);
};
