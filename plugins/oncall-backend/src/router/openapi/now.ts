import {
  answers,
  count,
  coverage,
  instant,
  list,
  object,
  query,
  ref,
  text,
  type OpenApiPart,
} from './shared';

/** Who is on call. */
export const nowPart: OpenApiPart = {
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
  },
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
        canChange: {
          type: 'boolean',
          description:
            'Whether the caller may propose a change of the schedule that answers, or of the schedule asked for when it is not in force, by its owner now',
        },
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
              canChange: {
                type: 'boolean',
                description: 'Whether the caller may propose a change of it',
              },
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
  },
};
