import {
  answers,
  count,
  id,
  instant,
  list,
  object,
  query,
  ref,
  text,
  type OpenApiPart,
} from './shared';

const refusals = {
  '409': {
    description:
      'Nobody can be called, the provider refuses it as it is, or the key was used for another page',
  },
  '502': { description: 'The provider fails; the message says with what' },
  '504': { description: 'The provider does not answer in time' },
};
const act = (operationId: string, summary: string) => ({
  post: {
    operationId,
    summary,
    description:
      'At the provider too. For those who were called, the sender, members of the owning groups, administrators and services. Doing it again changes nothing.',
    parameters: [id],
    responses: {
      ...answers('The page', ref('Page')),
      '404': { description: 'There is no such page' },
      ...refusals,
    },
  },
});
const account = {
  in: 'path',
  name: 'account',
  required: true,
  schema: text,
  description: 'An account of the provider',
};
const provider = { ...account, name: 'provider', description: 'Its id' };
const webhook = {
  summary: 'Takes in what a provider tells of its pages',
  description:
    'Proved by the means the provider has: a signature, or a secret in a header. Each delivery counts once.',
  security: [],
  requestBody: { content: { 'application/json': { schema: {} } } },
  responses: {
    '202': {
      description: 'Everything in it is kept',
      content: {
        'application/json': {
          schema: object({
            results: list(
              object({
                id: text,
                outcome: { enum: ['accepted', 'duplicate', 'ignored'] },
              }),
            ),
          }),
        },
      },
    },
    '400': { description: 'The body cannot be read' },
    '401': { description: 'It does not come from the provider' },
    '404': { description: 'No webhooks of that account are taken in' },
    '413': { description: 'The body is larger than 1 MB' },
  },
};

/** Who was called, and calling. */
export const pagesPart: OpenApiPart = {
  paths: {
    '/pages': {
      get: {
        operationId: 'getPages',
        summary: 'Pages, newest first',
        parameters: [
          query('schedule', 'Name or ref of a schedule, a provider’s too'),
          query('entityRef', 'What they are about'),
          query('status', 'Their status', {
            enum: ['triggered', 'acknowledged', 'resolved'],
          }),
          query('from', 'Sent at or after', instant),
          query('to', 'Sent before', instant),
          query('limit', 'Pages at once, 50 by default', {
            type: 'integer',
            minimum: 1,
            maximum: 200,
          }),
          query('cursor', 'nextCursor of the answer before'),
        ],
        responses: answers(
          'The pages',
          object({ pages: list(ref('Page')), nextCursor: text }, [
            'nextCursor',
          ]),
        ),
      },
      post: {
        operationId: 'sendPage',
        summary: 'Calls whoever is on call',
        description:
          'On record before anybody is called. The same idempotencyKey of the same caller is one page: sending it again calls nobody twice, and sends what was not sent. 201 for a new page, 200 for one there was.',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                ...object(
                  {
                    entityRef: text,
                    scheduleRef: text,
                    title: { type: 'string', maxLength: 200 },
                    details: { type: 'string', maxLength: 5000 },
                    urgency: { enum: ['high', 'low'] },
                    idempotencyKey: {
                      type: 'string',
                      minLength: 8,
                      maxLength: 200,
                    },
                  },
                  ['entityRef', 'scheduleRef', 'details'],
                ),
                additionalProperties: false,
              },
            },
          },
        },
        responses: {
          ...answers('The page', ref('Page'), '201'),
          ...refusals,
        },
      },
    },
    '/pages/{id}/acknowledge': act('acknowledgePage', 'Takes care of a page'),
    '/pages/{id}/resolve': act('resolvePage', 'Closes a page'),
    '/webhooks/{provider}': {
      post: {
        operationId: 'receiveWebhook',
        parameters: [provider],
        ...webhook,
      },
    },
    '/webhooks/{provider}/{account}': {
      post: {
        operationId: 'receiveWebhookOfAccount',
        parameters: [provider, account],
        ...webhook,
      },
    },
  },
  schemas: {
    Page: object(
      {
        id: text,
        provider: text,
        scheduleRef: text,
        entityRef: text,
        title: text,
        urgency: { enum: ['high', 'low'] },
        status: { enum: ['triggered', 'acknowledged', 'resolved'] },
        createdAt: instant,
        createdBy: ref('Contact'),
        people: list(ref('Contact')),
        acknowledgedAt: instant,
        acknowledgedBy: ref('Contact'),
        resolvedAt: instant,
        url: text,
        canAcknowledge: { type: 'boolean' },
        canResolve: { type: 'boolean' },
        outcome: { enum: ['sending', 'sent', 'failed', 'unknown'] },
        problem: text,
        level: count,
        escalatesAt: instant,
      },
      [
        'scheduleRef',
        'entityRef',
        'createdBy',
        'acknowledgedAt',
        'acknowledgedBy',
        'resolvedAt',
        'url',
        'outcome',
        'problem',
        'level',
        'escalatesAt',
      ],
    ),
  },
};
