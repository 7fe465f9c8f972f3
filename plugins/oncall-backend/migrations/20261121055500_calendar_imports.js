// @ts-check

/**
 * What the calendars said that layers of schedules follow, as it was read last. What they said earlier is in the versions of the schedules,
 * each with the time it was taken up.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('calendar_imports', table => {
    table.comment('Calendars that layers of schedules follow');
    table
      .text('key')
      .primary()
      .comment('Digest of the address and the zone of its floating times');
    table.text('etag');
    table.text('last_modified');
    table
      .integer('year')
      .comment('The middle one of the years its events are known for');
    table.jsonb('events').comment('Absent as long as it was never read');
    table.text('problem').comment('Why it could not be read the last time');
    table.timestamp('read_at', { useTz: true }).comment('Last success');
    table
      .timestamp('tried_at', { useTz: true })
      .notNullable()
      .comment('Last attempt; who changes it makes the next one');
    table.integer('failures').notNullable().defaultTo(0);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('calendar_imports');
};
