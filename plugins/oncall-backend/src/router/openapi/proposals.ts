import {
  answers,
  count,
  instant,
  list,
  object,
  query,
  ref,
  schedule,
  text,
  type OpenApiPart,
} from './shared';

const json = (schema: object) => ({
  required: true,
  content: { 'application/json': { schema } },
});
const yaml = {
  type: 'string',
  maxLength: 90_000,
  description: 'The source of one OnCallSchedule',
};

/** Schedules as code: their source, what is wrong with it, and pull requests that change it. */
export const proposalsPart: OpenApiPart = {
  paths: {
    '/schedules/check': {
      post: {
        operationId: 'checkSchedule',
        summary: 'What is wrong with a schedule, and where; nothing is kept',
        description:
          'Problems carry line and column, counted from 1. A schedule without errors is answered with its next eight weeks, and as they are now when it exists. Overrides made in the portal are part of both.',
        requestBody: json(object({ yaml })),
        responses: answers(
          'Problems by line, and the next eight weeks',
          ref('ScheduleCheck'),
        ),
      },
    },
    '/schedules/source': {
      get: {
        operationId: 'getScheduleSource',
        summary: 'Where a schedule is kept, and its source',
        description:
          'For members of the group that owns the schedule, and administrators.',
        parameters: [schedule(true)],
        responses: {
          ...answers('The source', ref('ScheduleSource')),
          '404': { description: 'The catalog has no such schedule' },
        },
      },
    },
    '/schedules/targets': {
      get: {
        operationId: 'getScheduleTargets',
        summary: 'Where a new schedule of a group may be kept',
        parameters: [
          query('owner', 'Name or ref of a Group', text, true),
          query('name', 'Name of the new schedule', text, true),
        ],
        responses: answers(
          'The places, the default first',
          object({
            targets: list(
              object({ url: text, label: text, append: { type: 'boolean' } }),
            ),
          }),
        ),
      },
    },
    '/schedules/proposals': {
      post: {
        operationId: 'proposeSchedule',
        summary: 'Open a pull request that adds or changes a schedule',
        description:
          'For members of the group that owns the schedule as it is and as it would be, and administrators. Audited. The same content is proposed once: 200 answers with the pull request that is open.',
        requestBody: json(
          object(
            {
              yaml,
              basedOn: {
                ...text,
                description: 'From /schedules/source; for one that exists',
              },
              targetUrl: {
                ...text,
                description: 'From /schedules/targets; for a new one',
              },
              title: text,
              message: text,
            },
            ['basedOn', 'targetUrl', 'title', 'message'],
          ),
        ),
        responses: {
          ...answers('The pull request', ref('ScheduleProposal'), '201'),
          '200': {
            description: 'The pull request that is open already',
            content: {
              'application/json': { schema: ref('ScheduleProposal') },
            },
          },
          '409': {
            description:
              'The file has changed since it was opened, nothing would change, or the branch holds something else',
          },
          '503': { description: 'The host cannot be reached' },
        },
      },
    },
  },
  schemas: {
    ScheduleCheck: object(
      {
        problems: list(
          object(
            {
              severity: { type: 'string', enum: ['error', 'warning'] },
              message: text,
              path: text,
              line: { type: 'integer', minimum: 1 },
              column: { type: 'integer', minimum: 1 },
              fix: text,
            },
            ['fix'],
          ),
        ),
        scheduleRef: text,
        preview: object(
          {
            from: instant,
            to: instant,
            timeZone: text,
            shifts: list({ type: 'object' }),
            before: list({ type: 'object' }),
            gaps: list(object({ level: count, from: instant, to: instant })),
          },
          ['before'],
        ),
      },
      ['scheduleRef', 'preview'],
    ),
    ScheduleSource: object(
      {
        scheduleRef: text,
        yaml: text,
        url: text,
        basedOn: text,
        proposable: { type: 'boolean' },
        reason: text,
      },
      ['reason'],
    ),
    ScheduleProposal: object({
      url: text,
      number: count,
      branch: text,
      scheduleRef: text,
      created: { type: 'boolean' },
    }),
  },
};
