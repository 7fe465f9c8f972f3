import { errorResponse, text } from './parts';

/** The part of the contract that is about what the portal sends. */

export const outgoingPaths = {
  '/outgoing': {
    get: {
      operationId: 'GetOutgoingStatus',
      description:
        'How deliveries of the events that the portal sends stand, per target, with the latest that were given up. Needs the permission dora.outgoing.manage.',
      responses: {
        200: {
          description: 'Every target that is configured.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['source', 'targets'],
                properties: {
                  source: {
                    type: 'string',
                    description:
                      'CloudEvents source of everything that is sent.',
                  },
                  targets: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: [
                        'id',
                        'pending',
                        'delivered',
                        'dead',
                        'deadLetters',
                      ],
                      properties: {
                        id: { type: 'string' },
                        pending: { type: 'integer' },
                        delivered: { type: 'integer' },
                        dead: { type: 'integer', description: 'Given up.' },
                        oldestPendingAt: {
                          type: 'string',
                          format: 'date-time',
                        },
                        lastError: { type: 'string' },
                        deadLetters: {
                          type: 'array',
                          items: {
                            type: 'object',
                            required: [
                              'eventId',
                              'type',
                              'createdAt',
                              'attempts',
                            ],
                            properties: {
                              eventId: { type: 'string' },
                              type: { type: 'string' },
                              createdAt: {
                                type: 'string',
                                format: 'date-time',
                              },
                              attempts: { type: 'integer' },
                              error: { type: 'string' },
                            },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
        default: errorResponse,
      },
    },
  },
  '/outgoing/retry': {
    post: {
      operationId: 'RetryOutgoing',
      description: 'Tries again what was given up for a target.',
      parameters: [
        {
          name: 'target',
          in: 'query',
          required: true,
          allowReserved: true,
          schema: text(2000),
        },
      ],
      responses: {
        200: {
          description: 'How many events are tried again.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['retried'],
                properties: { retried: { type: 'integer' } },
              },
            },
          },
        },
        default: errorResponse,
      },
    },
  },
} as const;
