// @ts-check

/**
 * Which incident an event is about, where its id names one incident whatever
 * service it concerns: so what is said of it anywhere is found from each service.
 *
 * Sources say it anew when they normalise the inbox at the next start. Events
 * whose payload is no longer kept are told here: their sources had such ids
 * already, but for CDEvents, whose ids are unique within what sent them.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.raw(`
    ALTER TABLE domain_event ADD COLUMN subject uuid;
    CREATE INDEX domain_event_subject_idx ON domain_event (subject, txid)
      WHERE subject IS NOT NULL;
    COMMENT ON COLUMN domain_event.subject IS
      'Digest of the id of an incident that may move between services';

    UPDATE domain_event SET body = (body::jsonb || CASE inbox.normaliser
      WHEN 'cdevents' THEN jsonb_build_object('acrossServices', true,
        'localId', body->>'incidentId',
        'incidentId', inbox.source || ' ' || (body->>'incidentId'))
      ELSE '{"acrossServices": true}'
    END)::json
    FROM inbox
    WHERE inbox.id = inbox_id AND inbox.record IS NULL AND kind = 5
      AND inbox.normaliser IN ('cdevents', 'pagerduty', 'opsgenie',
        'alertmanager', 'github', 'gitlab')
      AND body->>'acrossServices' IS NULL;
  `);
};

/**
 * @param {import('knex').Knex} knex
 */
exports.down = async function down(knex) {
  await knex.schema.raw(`
    UPDATE domain_event SET body = (body::jsonb - 'acrossServices' - 'localId'
      || jsonb_strip_nulls(jsonb_build_object('incidentId', body->>'localId'))
    )::json
    WHERE kind = 5 AND body->>'acrossServices' IS NOT NULL;
    DROP INDEX domain_event_subject_idx;
    ALTER TABLE domain_event DROP COLUMN subject;
  `);
};
