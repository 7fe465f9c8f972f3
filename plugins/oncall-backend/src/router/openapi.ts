const instant = { type: 'string', format: 'date-time' };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const list = (items: object) => ({ type: 'array', items });
const object = (
  properties: Record<string, object>,
  optional: string[] = [],
) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(key => !optional.includes(key)),
});
const query = (
  name: string,
  description: string,
  schema: object = { type: 'string' },
  required = false,
) => ({ in: 'query', name, description, schema, required });
const answers = (description: string, schema: object, status = '200') => ({
  [status]: {
    description,
    content: { 'application/json': { schema } },
  },
  '400': {
    description: 'A parameter cannot be read; the message says which and why',
  },
  '401': { description: 'No credentials' },
  '403': { description: 'The permission policy refuses' },
});
const window = [
  query('from', 'Start of the window; now by default', instant),
  query(
    'to',
    'End of the window, exclusive; 14 days later by default',
    instant,
  ),
];
const schedule = (required: boolean) =>
  query(
    'schedule',
    'Name or ref of an OnCallSchedule',
    { type: 'string', example: 'payments' },
    required,
  );
const id = {
  in: 'path',
  name: 'id',
  required: true,
  schema: { type: 'string', format: 'uuid' },
};
const coverage = { type: 'string', enum: ['full', 'gap', 'none'] };
const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };

/** The OpenAPI document of `/api/oncall`. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'On-call',
    version: '1',
    description:
      'Who owns this right now. Intervals are half-open; instants are ISO 8601 with an offset. Errors have the shape all of Backstage uses.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/api/oncall' }],
  paths: {
    '/now': {
      get: {
        operationId: 'getNow',
        summary: 'Who is on call for an entity, or everybody on call',
        parameters: [
          query(
            'entityRef',
            'Entity ref with kind; left out, everybody on call is answered',
            { type: 'string', example: 'component:default/ledger' },
          ),
          query(
            'at',
            'The instant; now by default. The past is computed from the versions in force then',
            instant,
          ),
          query('services', 'Without entityRef: list every service as well', {
            type: 'boolean',
          }),
        ],
        responses: {
          ...answers('Who is on call', {
            oneOf: [ref('EntityNow'), ref('EverybodyNow')],
          }),
          '404': { description: 'The catalog has no such entity' },
        },
      },
    },
    '/schedules': {
      get: {
        operationId: 'getSchedules',
        summary: 'Every schedule in force',
        responses: answers(
          'The schedules',
          object({ schedules: list(ref('Schedule')) }),
        ),
      },
    },
    '/shifts': {
      get: {
        operationId: 'getShifts',
        summary: 'Resolved shifts of a schedule, overrides applied',
        parameters: [schedule(true), ...window],
        responses: {
          ...answers(
            'The shifts, cut to the window, of at most 366 days',
            object({
              schedule: ref('Schedule'),
              from: instant,
              to: instant,
              shifts: list(ref('Shift')),
            }),
          ),
          '404': { description: 'There is no such schedule' },
        },
      },
    },
    '/coverage': {
      get: {
        operationId: 'getCoverage',
        summary: 'Gaps and double bookings',
        parameters: [schedule(false), ...window],
        responses: {
          ...answers(
            'What is missing and what is doubled, in at most 92 days',
            object({
              from: instant,
              to: instant,
              schedules: list(
                object(
                  {
                    scheduleRef: text,
                    title: text,
                    timeZone: text,
                    gaps: list(
                      object({ level: count, from: instant, to: instant }),
                    ),
                    doubleBookings: list(
                      object({
                        person: text,
                        levels: list(count),
                        from: instant,
                        to: instant,
                      }),
                    ),
                    problem: text,
                  },
                  ['problem'],
                ),
              ),
              doubleBookings: list(
                object({
                  person: text,
                  schedules: list(text),
                  from: instant,
                  to: instant,
                }),
              ),
            }),
          ),
          '404': { description: 'There is no such schedule' },
        },
      },
    },
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
                },
                ['with', 'level', 'reason'],
              ),
            },
          },
        },
        responses: {
          ...answers('The override', ref('Override'), '201'),
          '404': { description: 'There is no such schedule' },
        },
      },
    },
    '/overrides/{id}': {
      delete: {
        operationId: 'deleteOverride',
        summary: 'Take an override back; what it did until now stays history',
        parameters: [id],
        responses: {
          '204': { description: 'It is taken back' },
          '403': { description: 'Not a member of the owning group' },
          '404': { description: 'There is no such override' },
        },
      },
    },
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
  security: [{ backstage: [] }],
  components: {
    securitySchemes: { backstage: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Reason: object({ code: text, message: text, fix: text }),
      Contact: object(
        {
          ref: text,
          displayName: text,
          known: { type: 'boolean' },
          email: text,
          picture: text,
          links: list(object({ url: text, title: text, type: text }, ['type'])),
        },
        ['email', 'picture'],
      ),
      Next: object(
        { from: instant, level: count, people: list(ref('Contact')) },
        ['level'],
      ),
      Level: object(
        {
          level: { type: 'integer', minimum: 1 },
          name: text,
          people: list({
            allOf: [
              ref('Contact'),
              object(
                {
                  until: instant,
                  override: text,
                  replaces: object({ ref: text, displayName: text }),
                },
                ['until', 'override', 'replaces'],
              ),
            ],
          }),
          until: instant,
          next: ref('Next'),
        },
        ['until', 'next'],
      ),
      Schedule: object(
        {
          ref: text,
          title: text,
          ownerRef: text,
          timeZone: text,
          provider: text,
          version: object({
            number: count,
            takenUpAt: instant,
            assumed: {
              type: 'boolean',
              description:
                'The instant is earlier than the first version the portal knows',
            },
          }),
          sampleData: { type: 'boolean' },
          ageSeconds: count,
          stale: { type: 'boolean' },
        },
        ['version', 'sampleData', 'ageSeconds', 'stale'],
      ),
      TrailStep: object(
        {
          step: {
            type: 'string',
            enum: ['schedule', 'annotation', 'provider', 'owner', 'parent'],
          },
          entityRef: text,
          outcome: {
            type: 'string',
            enum: ['found', 'nothing', 'missing', 'ambiguous', 'failed'],
          },
          message: text,
          scheduleRef: text,
        },
        ['scheduleRef'],
      ),
      EntityNow: object(
        {
          entityRef: text,
          at: instant,
          coverage,
          reason: ref('Reason'),
          schedule: ref('Schedule'),
          levels: list(ref('Level')),
          until: instant,
          next: ref('Next'),
          trail: list(ref('TrailStep')),
        },
        ['reason', 'schedule', 'until', 'next'],
      ),
      EverybodyNow: object(
        {
          at: instant,
          schedules: list(
            object(
              {
                schedule: ref('Schedule'),
                coverage,
                reason: ref('Reason'),
                levels: list(ref('Level')),
                until: instant,
                next: ref('Next'),
                services: count,
                mine: { type: 'boolean' },
              },
              ['reason', 'until', 'next'],
            ),
          ),
          totals: object({
            services: count,
            full: count,
            gap: count,
            none: count,
          }),
          services: list(
            object(
              {
                entityRef: text,
                title: text,
                ownerRef: text,
                coverage,
                scheduleRef: text,
                reason: ref('Reason'),
              },
              ['ownerRef', 'scheduleRef', 'reason'],
            ),
          ),
        },
        ['services'],
      ),
      Shift: object(
        {
          level: count,
          person: ref('Contact'),
          from: instant,
          to: instant,
          layer: count,
          turn: count,
          override: text,
          replaces: text,
        },
        ['layer', 'turn', 'override', 'replaces'],
      ),
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
      Calendar: object({ id: text, scheduleRef: text, createdAt: instant }, [
        'scheduleRef',
      ]),
    },
  },
};
