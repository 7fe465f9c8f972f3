import {
  answers,
  count,
  id,
  idempotencyHeader,
  idempotencyKey,
  instant,
  list,
  object,
  ref,
  schedule,
  text,
  type OpenApiPart,
} from './shared';

/** Single overrides. */
export const overridesPart: OpenApiPart = {
  paths: {
    '/overrides': {
      get: {
        operationId: 'getOverrides',
        summary: 'Overrides of a schedule that have not ended',
        parameters: [schedule(true)],
        responses: {
          ...answers(
            'The overrides',
            object({ overrides: list(ref('Override')) }),
          ),
          '404': { description: 'There is no such schedule' },
        },
      },
      post: {
        operationId: 'createOverride',
        summary: 'Replace, add or remove a person for an interval',
        description:
          'For members of the group that owns the schedule, and administrators. Audited.',
        parameters: [idempotencyHeader],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: object(
                {
                  schedule: text,
                  type: { type: 'string', enum: ['replace', 'add', 'remove'] },
                  person: text,
                  with: text,
                  from: instant,
                  to: instant,
                  level: { type: 'integer', minimum: 1 },
                  reason: { type: 'string', maxLength: 500 },
                  idempotencyKey,
                },
                ['with', 'level', 'reason', 'idempotencyKey'],
              ),
            },
          },
        },
        responses: {
          '200': {
            description: 'The override that the same request made before',
            content: { 'application/json': { schema: ref('Override') } },
          },
          ...answers('The override', ref('Override'), '201'),
          '404': { description: 'There is no such schedule' },
        },
      },
    },
    '/overrides/{id}': {
      delete: {
        operationId: 'deleteOverride',
        summary: 'Take an override back; what it did until now stays history',
        parameters: [id, idempotencyHeader],
        responses: {
          '204': { description: 'It is taken back' },
          '403': { description: 'Not a member of the owning group' },
          '404': { description: 'There is no such override' },
        },
      },
    },
  },
  schemas: {
    Override: object(
      {
        id: text,
        scheduleRef: text,
        type: { type: 'string', enum: ['replace', 'add', 'remove'] },
        person: text,
        with: text,
        from: instant,
        to: instant,
        level: count,
        reason: text,
        createdAt: instant,
        createdBy: text,
      },
      ['with', 'level', 'reason'],
    ),
  },
};
