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

const seconds = { type: 'number', minimum: 0 };
const window = [
  query('from', 'Start of the window; 28 days ago by default', instant),
  query(
    'to',
    'End of the window, exclusive; 28 days after the start by default, 366 days at most',
    instant,
  ),
];

/** What being on call weighs, and how long recovery takes. */
export const loadPart: OpenApiPart = {
  paths: {
    '/load': {
      get: {
        operationId: 'getLoad',
        summary: 'Time, nights, weekends, pages and incidents by person',
        description:
          'Of one schedule, or of those of a group and the groups below it; only for members of the group, of groups below and above it, and administrators. Nights are from 22:00 to 07:00 and weekends Saturday and Sunday of the zone. CSV with `format=csv` or `Accept: text/csv`.',
        parameters: [
          schedule(false),
          query('group', 'Name or ref of a Group'),
          ...window,
          query(
            'timeZone',
            'IANA zone in which nights and weekends are counted; that of the schedules by default, UTC when they differ',
          ),
          query('format', 'json by default', {
            type: 'string',
            enum: ['json', 'csv'],
          }),
        ],
        responses: {
          ...answers(
            'What everybody carried, most time first',
            object({
              from: instant,
              to: instant,
              timeZone: text,
              scheduleRefs: list(text),
              people: list(
                object({
                  person: ref('Contact'),
                  seconds,
                  nightSeconds: seconds,
                  weekendSeconds: seconds,
                  shifts: count,
                  pages: count,
                  nightPages: count,
                  incidents: count,
                  coveredForOthersSeconds: seconds,
                }),
              ),
              totals: object({ seconds, pages: count, incidents: count }),
              notes: list(object({ code: text, message: text })),
            }),
          ),
          '404': { description: 'There is no such schedule or group' },
        },
      },
    },
    '/recovery': {
      get: {
        operationId: 'getRecovery',
        summary:
          'Incidents and how long they took, by the schedule that answered when they were opened',
        parameters: window,
        responses: answers(
          'Most incidents first; percentiles are continuous, `insufficient_data` below 6 recoveries',
          object({
            from: instant,
            to: instant,
            schedules: list(
              object(
                {
                  scheduleRef: text,
                  title: text,
                  incidents: count,
                  recovered: count,
                  p50Seconds: seconds,
                  p90Seconds: seconds,
                  status: {
                    type: 'string',
                    enum: ['ok', 'insufficient_data', 'no_data'],
                  },
                },
                ['scheduleRef', 'p50Seconds', 'p90Seconds'],
              ),
            ),
          }),
        ),
      },
    },
  },
};
