import {
  answers,
  count,
  instant,
  list,
  object,
  query,
  ref,
  text,
  window,
  type OpenApiPart,
} from './shared';

/** Shifts of many schedules side by side, and of the caller. */
export const timelinePart: OpenApiPart = {
  paths: {
    '/timeline': {
      get: {
        operationId: 'getTimeline',
        summary: 'Shifts and gaps of many schedules side by side',
        description:
          'Ordered by title, a page at a time. The past is computed from the versions in force then.',
        parameters: [
          window[0],
          query(
            'to',
            'End of the window, exclusive; 7 days later by default, 92 days at most',
            instant,
          ),
          query(
            'schedule',
            'Name or ref of an OnCallSchedule; may be given several times',
            list(text),
          ),
          query(
            'group',
            'Name or ref of a Group: schedules it owns, or a group below it',
            { type: 'string', example: 'group:default/payments' },
          ),
          query('limit', 'Schedules of a page, 50 by default', {
            type: 'integer',
            minimum: 1,
            maximum: 100,
          }),
          query('cursor', 'nextCursor of the page before'),
        ],
        responses: {
          ...answers('The timeline', ref('Timeline')),
          '404': { description: 'There is no such schedule or group' },
        },
      },
    },
    '/my-shifts': {
      get: {
        operationId: 'getMyShifts',
        summary: 'Shifts of the signed-in user on every schedule',
        description:
          'Those that touch the window, whole, with who has the level before and after.',
        parameters: [
          window[0],
          query(
            'to',
            'End of the window, exclusive; 60 days later by default, 366 days at most',
            instant,
          ),
        ],
        responses: answers('The shifts, in order', ref('MyShifts')),
      },
    },
  },
  schemas: {
    Timeline: object(
      {
        from: instant,
        to: instant,
        schedules: list(
          object(
            {
              schedule: ref('Schedule'),
              editable: { type: 'boolean' },
              levels: list(
                object({
                  level: count,
                  name: text,
                  shifts: list(
                    object(
                      {
                        person: {
                          type: 'string',
                          description: 'A key of people',
                        },
                        from: instant,
                        to: instant,
                        layer: count,
                        override: text,
                        replaces: text,
                      },
                      ['layer', 'override', 'replaces'],
                    ),
                  ),
                  gaps: list(object({ from: instant, to: instant })),
                }),
              ),
              problem: text,
            },
            ['problem'],
          ),
        ),
        people: { type: 'object', additionalProperties: ref('Contact') },
        nextCursor: text,
      },
      ['nextCursor'],
    ),
    MyShifts: object({
      person: ref('Contact'),
      from: instant,
      to: instant,
      shifts: list(
        object(
          {
            scheduleRef: text,
            title: text,
            timeZone: text,
            editable: { type: 'boolean' },
            level: count,
            levelName: text,
            from: instant,
            to: instant,
            layer: { type: 'integer', minimum: 0 },
            turn: { type: 'integer', minimum: 0 },
            override: text,
            replaces: ref('Contact'),
            previous: list(ref('Contact')),
            next: list(ref('Contact')),
          },
          ['layer', 'turn', 'override', 'replaces'],
        ),
      ),
    }),
  },
};
