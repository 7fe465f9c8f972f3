import {
  answers,
  id,
  instant,
  list,
  object,
  ref,
  text,
  type OpenApiPart,
} from './shared';

/** Calendar addresses. */
export const calendarsPart: OpenApiPart = {
  paths: {
    '/calendars': {
      get: {
        operationId: 'getCalendars',
        summary: 'Your calendar addresses in use',
        responses: answers(
          'The addresses, without their tokens',
          object({ calendars: list(ref('Calendar')) }),
        ),
      },
      post: {
        operationId: 'createCalendar',
        summary: 'Make a calendar address, of a schedule or of your shifts',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: object({ schedule: text }, ['schedule']),
            },
          },
        },
        responses: answers(
          'The address, shown this once',
          { allOf: [ref('Calendar'), object({ url: text })] },
          '201',
        ),
      },
    },
    '/calendars/{id}': {
      delete: {
        operationId: 'revokeCalendar',
        summary: 'Revoke a calendar address',
        parameters: [id],
        responses: {
          '204': { description: 'It is revoked' },
          '404': { description: 'You have no such address' },
        },
      },
    },
    '/calendar/{token}.ics': {
      get: {
        operationId: 'getCalendar',
        summary: 'A calendar feed; the token is all it needs',
        security: [],
        parameters: [
          { in: 'path', name: 'token', required: true, schema: text },
        ],
        responses: {
          '200': {
            description: 'Shifts from 14 days ago to 90 days ahead',
            content: { 'text/calendar': { schema: text } },
          },
          '404': { description: 'Never given out, or revoked' },
        },
      },
    },
  },
  schemas: {
    Calendar: object({ id: text, scheduleRef: text, createdAt: instant }, [
      'scheduleRef',
    ]),
  },
};
