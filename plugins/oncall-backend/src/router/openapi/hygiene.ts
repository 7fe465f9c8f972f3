import { OWNERSHIP_FINDING_CODES } from '@pavedroad/plugin-oncall-common';

import {
  answers,
  count,
  instant,
  list,
  object,
  query,
  ref,
  text,
  type OpenApiPart,
} from './shared';

const code = { type: 'string', enum: [...OWNERSHIP_FINDING_CODES] };

/** What about ownership wants mending. */
export const hygienePart: OpenApiPart = {
  paths: {
    '/hygiene': {
      get: {
        operationId: 'getHygiene',
        summary: 'What about ownership wants mending, and where',
        description:
          'Services without coverage, owners and people that do not exist, gaps and double bookings in the next 14 days, each with what mends it. What is bad comes first. CSV of all of it with `format=csv` or `Accept: text/csv`.',
        parameters: [
          query(
            'code',
            'Only findings of this kind; may be given several times',
            list(code),
          ),
          query(
            'group',
            'Name or ref of a Group: findings about it, what it owns, and groups below it',
          ),
          query('limit', 'Findings of a page, 100 by default', {
            type: 'integer',
            minimum: 1,
            maximum: 500,
          }),
          query('cursor', 'nextCursor of the page before'),
          query('format', 'json by default', {
            type: 'string',
            enum: ['json', 'csv'],
          }),
        ],
        responses: {
          ...answers(
            'The findings; counts are of the group, whatever page or kind',
            object(
              {
                at: instant,
                services: count,
                servicesCovered: count,
                counts: list(object({ code, count })),
                findings: list(ref('OwnershipFinding')),
                nextCursor: text,
              },
              ['nextCursor'],
            ),
          ),
          '404': { description: 'There is no such group' },
        },
      },
    },
  },
  schemas: {
    OwnershipFinding: object(
      {
        code,
        severity: { type: 'string', enum: ['bad', 'warning'] },
        entityRef: text,
        title: text,
        ownerRef: text,
        scheduleRefs: list(text),
        message: text,
        fix: object({ text, url: text }, ['url']),
      },
      ['ownerRef', 'scheduleRefs'],
    ),
  },
};
