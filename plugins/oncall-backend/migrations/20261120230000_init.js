// @ts-check

/**
 * Every version of every schedule and override, with the time the portal took it up. Rows are only ever added.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('schedule_versions', table => {
    table.comment('Every version of a schedule that the portal took up');
    table.bigIncrements('id');
    table.text('schedule_ref').notNullable().comment('Full entity ref');
    table.integer('number').notNullable().comment('Counted from 1');
    table
      .boolean('removed')
      .notNullable()
      .comment('True for the version that says the schedule is gone');
    table.text('title').notNullable();
    table.text('owner_ref').notNullable().comment('Full ref of a Group');
    table.jsonb('spec').notNullable().comment('The parsed schedule');
    table
      .text('digest')
      .notNullable()
      .comment('Tells one version from another');
    table
      .timestamp('taken_up_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.unique(['schedule_ref', 'number']);
    table.index(['taken_up_at']);
  });
  await knex.schema.createTable('override_versions', table => {
    table.comment('Every version of an override, removal included');
    table.bigIncrements('id');
    table.uuid('override_id').notNullable();
    table.integer('number').notNullable().comment('Counted from 1');
    table.text('schedule_ref').notNullable().comment('Full entity ref');
    table.boolean('removed').notNullable();
    table.text('type').notNullable().comment('replace, add or remove');
    table.text('person').notNullable().comment('Full ref of a User');
    table.text('with_person').comment('Full ref of a User, for replace');
    table.timestamp('starts_at', { useTz: true }).notNullable();
    table.timestamp('ends_at', { useTz: true }).notNullable();
    table.integer('level').comment('Counted from 1; none means every level');
    table.text('reason');
    table.text('author').notNullable().comment('Who made this version');
    table
      .timestamp('taken_up_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.unique(['override_id', 'number']);
    table.index(['schedule_ref', 'ends_at']);
  });
  await knex.schema.createTable('calendar_feeds', table => {
    table.comment('Calendar addresses that were handed out');
    table.uuid('id').primary();
    table
      .text('token_hash')
      .notNullable()
      .unique()
      .comment('SHA-256 of the token; the token itself is not kept');
    table.text('owner_ref').notNullable().comment('The user it was made for');
    table.text('schedule_ref').comment('None means all shifts of the user');
    table
      .timestamp('created_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.timestamp('revoked_at', { useTz: true });
    table.index(['owner_ref']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('calendar_feeds');
  await knex.schema.dropTable('override_versions');
  await knex.schema.dropTable('schedule_versions');
};
