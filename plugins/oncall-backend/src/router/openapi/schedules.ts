import {
  answers,
  count,
  instant,
  list,
  object,
  ref,
  schedule,
  text,
  window,
  type OpenApiPart,
} from './shared';

/** Schedules, their shifts and their gaps. */
export const schedulesPart: OpenApiPart = {
  paths: {
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
            object(
              {
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
                      entityRefs: list(text),
                    },
                    ['problem', 'entityRefs'],
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
                notCompared: list(object({ scheduleRef: text, problem: text })),
              },
              ['notCompared'],
            ),
          ),
          '404': { description: 'There is no such schedule' },
        },
      },
    },
  },
  schemas: {
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
  },
};
