import {
  answers,
  id,
  instant,
  list,
  object,
  query,
  ref,
  schedule,
  text,
  type OpenApiPart,
} from './shared';

const mark = (operationId: string, summary: string) => ({
  post: {
    operationId,
    summary,
    parameters: [id],
    responses: {
      ...answers('The note', ref('HandoverNote')),
      '404': { description: 'There is no such note' },
      '409': { description: 'It is closed or open already' },
    },
  },
});

/** Notes that pass from shift to shift. */
export const handoverPart: OpenApiPart = {
  paths: {
    '/handover': {
      get: {
        operationId: 'getHandover',
        summary: 'Notes of a schedule, and what happened in the current shift',
        description:
          'Open notes, oldest first, or the last 50 that were closed. Incidents and pages are those since the current shift of the first level began.',
        parameters: [
          schedule(true),
          query('closed', 'The closed notes instead of the open ones', {
            type: 'boolean',
          }),
        ],
        responses: {
          ...answers(
            'The notes',
            object(
              {
                schedule: ref('Schedule'),
                notes: list(ref('HandoverNote')),
                since: instant,
                incidents: list(
                  object(
                    {
                      id: text,
                      title: text,
                      entityRef: text,
                      openedAt: instant,
                      resolvedAt: instant,
                      url: text,
                    },
                    ['resolvedAt', 'url'],
                  ),
                ),
                pages: list({ type: 'object' }),
                canWrite: { type: 'boolean' },
              },
              ['since'],
            ),
          ),
          '404': { description: 'There is no such schedule' },
        },
      },
      post: {
        operationId: 'writeHandover',
        summary: 'Write a note for whoever is on call next',
        description:
          'For members of the group that owns the schedule, those on call on it now, and administrators. Audited.',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: object({
                scheduleRef: text,
                text: {
                  type: 'string',
                  maxLength: 10_000,
                  description: 'Markdown; whoever shows it makes it safe',
                },
              }),
            },
          },
        },
        responses: {
          ...answers('The note', ref('HandoverNote'), '201'),
          '404': { description: 'There is no such schedule' },
          '409': { description: 'The schedule has 100 open notes' },
        },
      },
    },
    '/handover/{id}/read': mark('readHandover', 'Confirm to have read a note'),
    '/handover/{id}/close': mark(
      'closeHandover',
      'Close a note: it passes on no further',
    ),
    '/handover/{id}/reopen': mark('reopenHandover', 'Open a note again'),
  },
  schemas: {
    HandoverNote: object(
      {
        id: text,
        scheduleRef: text,
        text,
        createdAt: instant,
        createdBy: ref('Contact'),
        closedAt: instant,
        closedBy: ref('Contact'),
        readBy: list(ref('Contact')),
      },
      ['closedAt', 'closedBy'],
    ),
  },
};
