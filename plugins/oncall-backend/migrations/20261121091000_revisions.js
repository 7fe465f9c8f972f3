// @ts-check

/**
 * One number for each thing that back ends keep in memory, raised by whoever changes it, in the same transaction. Looking at it costs the
 * same however many versions there are, and a back end that finds another number than it knows reads anew.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('revisions', table => {
    table.comment('How often each thing was changed that is kept in memory');
    table.text('topic').primary().comment('schedules, or provider:id:account');
    table.bigInteger('number').notNullable();
  });
  await knex('revisions').insert({ topic: 'schedules', number: 1 });
  // The schema is named: who writes may have another search path.
  await knex.raw(`
    create function raise_schedules_revision() returns trigger language plpgsql as $$
    begin
      execute format('update %I.revisions set number = number + 1 where topic = ''schedules''', tg_table_schema);
      return null;
    end $$`);
  for (const table of ['schedule_versions', 'override_versions']) {
    await knex.raw(
      `create trigger raise_revision after insert or update or delete on ${table}
         for each statement execute function raise_schedules_revision()`,
    );
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const table of ['schedule_versions', 'override_versions']) {
    await knex.raw(`drop trigger raise_revision on ${table}`);
  }
  await knex.raw('drop function raise_schedules_revision()');
  await knex.schema.dropTable('revisions');
};
