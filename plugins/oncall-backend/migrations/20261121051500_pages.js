// @ts-check

/**
 * Pages: who was called, when, about what. A page sent from the portal is on record before its provider is asked, so that a crash in
 * between leaves a page whose outcome is unknown and never one that nobody knows of. Of webhooks only what a page needs is kept.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('pages', table => {
    table.comment('Pages sent from the portal or learnt from a provider');
    table.uuid('id').primary();
    table.text('provider').notNullable().comment('native, or a provider id');
    table.text('account').notNullable().comment('Empty for native pages');
    table
      .text('dedup_key')
      .notNullable()
      .comment('Under which the provider knows the page');
    table.text('external_id').comment('The id the provider gave it');
    table.text('schedule_ref');
    table
      .text('provider_schedule_id')
      .comment('What the provider was asked by');
    table.text('entity_ref').comment('What the page is about');
    table.text('title').notNullable();
    table.text('details');
    table.text('urgency').notNullable().comment('high or low');
    table
      .text('status')
      .notNullable()
      .comment('triggered, acknowledged or resolved');
    table
      .timestamp('status_at', { useTz: true })
      .notNullable()
      .comment('When the status came to be; older news changes nothing');
    table
      .text('outcome')
      .notNullable()
      .comment('pending, sent or failed; what became of the sending');
    table.text('outcome_message');
    table.text('url');
    table.timestamp('created_at', { useTz: true }).notNullable();
    table.text('created_by').comment('Absent when a monitor sent it');
    table.text('idempotency_key');
    table.text('request_digest').comment('Tells another request with the key');
    table.timestamp('acknowledged_at', { useTz: true });
    table.text('acknowledged_by');
    table.timestamp('resolved_at', { useTz: true });
    table.text('resolved_by');
    table
      .integer('level')
      .notNullable()
      .defaultTo(1)
      .comment('The escalation level called last, for native pages');
    table
      .timestamp('escalate_at', { useTz: true })
      .comment('When the next level is called, for native pages');
    table.jsonb('names').notNullable().defaultTo('{}');
    table.unique(['created_by', 'idempotency_key']);
    table.unique(['provider', 'account', 'dedup_key']);
    table.index(['provider', 'account', 'external_id']);
    table.index(['created_at', 'id']);
    table.index(['schedule_ref', 'created_at']);
    table.index(['escalate_at']);
  });
  await knex.schema.createTable('page_people', table => {
    table.comment('Who was called by a page, and when');
    table
      .uuid('page_id')
      .notNullable()
      .references('id')
      .inTable('pages')
      .onDelete('CASCADE');
    table.text('person').notNullable();
    table.integer('level').notNullable();
    table.timestamp('called_at', { useTz: true }).notNullable();
    table.primary(['page_id', 'person']);
  });
  await knex.schema.createTable('webhook_deliveries', table => {
    table.comment('Webhooks taken in, so that none counts twice');
    table.text('provider').notNullable();
    table.text('account').notNullable();
    table.text('delivery_id').notNullable();
    table.text('type').notNullable();
    table.text('outcome').notNullable().comment('applied or ignored');
    table
      .timestamp('received_at', { useTz: true })
      .notNullable()
      .defaultTo(knex.raw('clock_timestamp()'));
    table.primary(['provider', 'account', 'delivery_id']);
    table.index(['received_at']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('webhook_deliveries');
  await knex.schema.dropTable('page_people');
  await knex.schema.dropTable('pages');
};
