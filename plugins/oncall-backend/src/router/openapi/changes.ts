import { MAX_CHANGE_OVERRIDES } from '@pavedroad/plugin-oncall-common';

import {
  answers,
  count,
  id,
  idempotencyHeader,
  idempotencyKey,
  instant,
  list,
  object,
  query,
  ref,
  schedule,
  text,
  type OpenApiPart,
} from './shared';

const body = {
  required: true,
  content: { 'application/json': { schema: ref('ChangeRequest') } },
};
const conflictCode = {
  type: 'string',
  enum: [
    'no-effect',
    'leaves-gap',
    'double-booking',
    'beats-override',
    'in-the-past',
    'long-stretch',
  ],
};
const kind = {
  type: 'string',
  enum: ['override', 'take-shift', 'give-shift', 'swap', 'holiday-cover'],
};

/** Overrides made together, and taken back together. */
export const changesPart: OpenApiPart = {
  paths: {
    '/changes/preview': {
      post: {
        operationId: 'previewChange',
        summary: 'What a change would do; nothing is kept',
        requestBody: body,
        responses: {
          ...answers(
            'Conflicts, the shifts as they are and would be, and who would be told',
            ref('ChangePreview'),
          ),
          '404': { description: 'There is no such schedule' },
        },
      },
    },
    '/changes': {
      get: {
        operationId: 'getChanges',
        summary: 'Changes, newest first',
        parameters: [
          schedule(false),
          query('limit', 'Changes of a page, 20 by default', {
            type: 'integer',
            minimum: 1,
            maximum: 100,
          }),
          query('cursor', 'nextCursor of the page before'),
        ],
        responses: {
          ...answers(
            'The changes',
            object(
              {
                changes: list(ref('Change')),
                people: {
                  type: 'object',
                  description: 'Everybody the overrides name, by ref',
                  additionalProperties: ref('Contact'),
                },
                schedules: {
                  type: 'object',
                  description: 'The schedules of the overrides, by ref',
                  additionalProperties: ref('Schedule'),
                },
                nextCursor: text,
              },
              ['nextCursor'],
            ),
          ),
          '404': { description: 'There is no such schedule' },
        },
      },
      post: {
        operationId: 'makeChange',
        summary: 'Make a change: all of its overrides, or none',
        description:
          'For members of the groups that own the schedules, and administrators. Changes of one schedule happen one after the other, each decided with those before in force. Audited; those affected are notified, but for the author.',
        parameters: [idempotencyHeader],
        requestBody: body,
        responses: {
          '200': {
            description: 'The change that the same request made before',
            content: { 'application/json': { schema: ref('Change') } },
          },
          ...answers('The change', ref('Change'), '201'),
          '404': { description: 'There is no such schedule' },
          '409': {
            description:
              'Something is refused, or a warning was not accepted: error.conflicts holds them as ChangeConflict',
          },
        },
      },
    },
    '/changes/{id}': {
      delete: {
        operationId: 'undoChange',
        summary:
          'Take back what is left of a change; what it did until now stays history',
        parameters: [id, idempotencyHeader],
        responses: {
          ...answers('The change, undone', ref('Change')),
          '404': { description: 'There is no such change' },
          '409': { description: 'It was undone before, or has passed' },
        },
      },
    },
  },
  schemas: {
    ChangeRequest: object(
      {
        kind,
        overrides: {
          type: 'array',
          minItems: 1,
          maxItems: MAX_CHANGE_OVERRIDES,
          items: object(
            {
              scheduleRef: text,
              type: { type: 'string', enum: ['replace', 'add', 'remove'] },
              person: text,
              with: text,
              from: instant,
              to: instant,
              level: { type: 'integer', minimum: 1 },
            },
            ['with', 'level'],
          ),
        },
        reason: { type: 'string', maxLength: 500 },
        accepted: list(conflictCode),
        idempotencyKey,
      },
      ['reason', 'accepted', 'idempotencyKey'],
    ),
    ChangeConflict: object(
      {
        code: conflictCode,
        severity: { type: 'string', enum: ['refused', 'warning'] },
        message: text,
        scheduleRef: text,
        from: instant,
        to: instant,
        level: count,
        people: list(ref('Contact')),
      },
      ['level'],
    ),
    ChangePreview: object({
      conflicts: list(ref('ChangeConflict')),
      schedules: list(
        object({
          schedule: ref('Schedule'),
          from: instant,
          to: instant,
          before: list(ref('Shift')),
          after: list(ref('Shift')),
        }),
      ),
      notified: list(ref('Contact')),
    }),
    Change: object(
      {
        id: text,
        kind,
        reason: text,
        createdAt: instant,
        createdBy: ref('Contact'),
        overrides: list(ref('Override')),
        undoneAt: instant,
        undoneBy: ref('Contact'),
        canUndo: { type: 'boolean' },
      },
      ['reason', 'undoneAt', 'undoneBy'],
    ),
  },
};
