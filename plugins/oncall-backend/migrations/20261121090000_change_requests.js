// @ts-check

/**
 * The names that clients give to their requests for changes, so that a request sent again, because its answer was lost, changes nothing a
 * second time.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('change_requests', table => {
    table.comment('Requests for changes that were carried out, by their keys');
    table.text('author').notNullable().comment('Who asked');
    table.text('key').notNullable().comment('The idempotency key');
    table
      .text('request_digest')
      .notNullable()
      .comment('Tells another request with the key');
    table.uuid('change_id').notNullable().references('changes.id');
    table
      .timestamp('created_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.primary(['author', 'key']);
    table.index(['created_at']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('change_requests');
};
