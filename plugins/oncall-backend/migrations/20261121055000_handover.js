// @ts-check

/**
 * Notes that pass from shift to shift, who has read them, and who was told that a shift of theirs began.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('handover_notes', table => {
    table.comment('Notes for whoever is on call next');
    table.uuid('id').primary();
    table.text('schedule_ref').notNullable().comment('Full entity ref');
    table.text('text').notNullable().comment('Markdown');
    table.text('author').notNullable();
    table
      .timestamp('created_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.timestamp('closed_at', { useTz: true });
    table.text('closed_by');
    table.index(['schedule_ref', 'created_at']);
  });
  await knex.schema.createTable('handover_reads', table => {
    table.comment('Who has confirmed to have read a note');
    table
      .uuid('note_id')
      .notNullable()
      .references('handover_notes.id')
      .onDelete('CASCADE');
    table.text('reader').notNullable().comment('Full ref of a User');
    table
      .timestamp('read_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.primary(['note_id', 'reader']);
  });
  await knex.schema.createTable('handoff_notices', table => {
    table.comment('Who was told that a shift of theirs began, once for each');
    table.text('schedule_ref').notNullable();
    table.integer('level').notNullable();
    table.text('person').notNullable();
    table.timestamp('begins_at', { useTz: true }).notNullable();
    table
      .timestamp('claimed_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table
      .timestamp('sent_at', { useTz: true })
      .comment('None while it is being sent, or was given up by a crash');
    table.primary(['schedule_ref', 'level', 'person', 'begins_at']);
    table.index(['begins_at']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('handoff_notices');
  await knex.schema.dropTable('handover_reads');
  await knex.schema.dropTable('handover_notes');
};
