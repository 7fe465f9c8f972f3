// @ts-check

/**
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('repositories', table => {
    table.comment('Repositories of the git host; objects and refs are on disk');
    table.uuid('id').primary().comment('Also the name of the folder on disk');
    table.text('owner').notNullable();
    table.text('name').notNullable();
    table.text('description').notNullable();
    table.text('default_branch').notNullable();
    table.text('created_by').notNullable();
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.timestamp('updated_at', { useTz: true }).notNullable();
    table.integer('next_pull').notNullable().defaultTo(1);
    table
      .text('pending_pusher')
      .comment('Who is moving refs now; names the pusher after a crash');
  });
  // Names that differ only in case would collide on many file systems.
  await knex.raw(
    'CREATE UNIQUE INDEX repositories_slug_idx ON repositories (lower(owner), lower(name))',
  );

  await knex.schema.createTable('refs', table => {
    table.comment('Refs as last recorded; what differs on disk is a push');
    table
      .uuid('repository_id')
      .notNullable()
      .references('id')
      .inTable('repositories')
      .onDelete('CASCADE');
    table.text('ref').notNullable();
    table.text('object_id').notNullable();
    table.text('commit_id').comment('The commit an annotated tag names');
    table.primary(['repository_id', 'ref']);
  });

  await knex.schema.createTable('pushes', table => {
    table.comment('Outbox of push events');
    table.bigIncrements('sequence').primary();
    table.uuid('id').notNullable().unique();
    table.uuid('repository_id').notNullable().index();
    table.jsonb('event').notNullable();
    table
      .jsonb('changed_paths')
      .notNullable()
      .comment('Paths catalogs may read');
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.timestamp('published_at', { useTz: true });
    table.integer('attempts').notNullable().defaultTo(0);
    table.text('last_error');
  });
  await knex.raw(
    'CREATE INDEX pushes_unpublished_idx ON pushes (sequence) WHERE published_at IS NULL',
  );

  await knex.schema.createTable('pulls', table => {
    table.comment('Pull requests');
    table
      .uuid('repository_id')
      .notNullable()
      .references('id')
      .inTable('repositories')
      .onDelete('CASCADE');
    table.integer('number').notNullable();
    table.text('title').notNullable();
    table.text('body').notNullable();
    table.text('state').notNullable();
    table.boolean('draft').notNullable();
    table.text('source').notNullable();
    table.text('target').notNullable();
    table.text('head_commit').notNullable();
    table
      .text('base_commit')
      .notNullable()
      .comment('Target when it was opened, merged or closed');
    table.text('created_by').notNullable();
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.timestamp('updated_at', { useTz: true }).notNullable();
    table.text('merged_by');
    table.timestamp('merged_at', { useTz: true });
    table.text('merge_commit');
    table.text('closed_by');
    table.timestamp('closed_at', { useTz: true });
    table.primary(['repository_id', 'number']);
  });
  await knex.raw(
    "CREATE UNIQUE INDEX pulls_open_idx ON pulls (repository_id, source, target) WHERE state = 'open'",
  );

  await knex.schema.createTable('tokens', table => {
    table.comment('Access tokens of users, as hashes');
    table.uuid('id').primary();
    table.text('user_ref').notNullable().index();
    table.text('name').notNullable();
    table.text('hash').notNullable().unique().comment('SHA-256, hexadecimal');
    table.text('hint').notNullable();
    table.jsonb('scopes').notNullable();
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.timestamp('expires_at', { useTz: true }).notNullable();
    table.timestamp('last_used_at', { useTz: true });
    table.timestamp('revoked_at', { useTz: true });
  });
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.dropTable('tokens');
  await knex.schema.dropTable('pulls');
  await knex.schema.dropTable('pushes');
  await knex.schema.dropTable('refs');
  await knex.schema.dropTable('repositories');
};
