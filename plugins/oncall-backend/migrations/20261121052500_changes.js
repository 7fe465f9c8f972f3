// @ts-check

/**
 * Overrides that were made together, and can be taken back together. Every override belongs to a change; those made before there were
 * any get one each, of the same id.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('changes', table => {
    table.comment('Overrides that were made together');
    table.uuid('id').primary();
    table.text('kind').notNullable().comment('What its author called it');
    table.text('reason');
    table.text('author').notNullable().comment('Who made it');
    table
      .timestamp('created_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.timestamp('undone_at', { useTz: true });
    table.text('undone_by').comment('Who took it back');
    table.index(['created_at', 'id']);
  });
  await knex.schema.alterTable('override_versions', table => {
    table.uuid('change_id').comment('The change it was made in');
  });
  await knex.raw(`
    insert into changes (id, kind, reason, author, created_at, undone_at, undone_by)
    select made.override_id, 'override', made.reason, made.author, made.taken_up_at, gone.taken_up_at, gone.author
      from override_versions made
      left join override_versions gone on gone.override_id = made.override_id and gone.removed
     where made.number = 1`);
  await knex.raw('update override_versions set change_id = override_id');
  await knex.schema.alterTable('override_versions', table => {
    table.dropNullable('change_id');
    table.index(['change_id']);
    table.foreign('change_id').references('changes.id');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('override_versions', table => {
    table.dropColumn('change_id');
  });
  await knex.schema.dropTable('changes');
};
