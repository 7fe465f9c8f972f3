import { answer, errorResponse, queryParameter, text } from './parts';

const kind = {
  type: 'string',
  enum: ['weekly_digest', 'change_beyond_chance', 'failed_deployment'],
} as const;

const subscriber = queryParameter(
  'subscriber',
  text(500),
  'A User or Group entity ref.',
);

const entityRef = queryParameter(
  'entityRef',
  text(500),
  'What it is about, as in `/metrics`.',
);

const changeResponse = {
  200: answer(
    'What holds now for the subscriber and scope.',
    'SubscriptionChange',
  ),
  default: errorResponse,
} as const;

export const subscriptionSchemas = {
  Subscription: {
    type: 'object',
    required: ['subscriber', 'kind', 'timeZone', 'createdBy', 'createdAt'],
    properties: {
      subscriber: { type: 'string' },
      entityRef: { type: 'string', description: 'Absent: everything.' },
      kind,
      timeZone: { type: 'string', description: 'IANA time zone.' },
      createdBy: { type: 'string' },
      createdAt: { type: 'string', format: 'date-time' },
    },
  },
  SubscriptionRequest: {
    type: 'object',
    required: ['kinds'],
    additionalProperties: false,
    properties: {
      subscriber: {
        type: 'string',
        minLength: 1,
        maxLength: 500,
        description: 'A User or Group entity ref. Default: the asker.',
      },
      entityRef: {
        type: 'string',
        minLength: 1,
        maxLength: 500,
        description: 'As in `/metrics`. Absent: everything.',
      },
      kinds: {
        type: 'array',
        maxItems: 10,
        description: 'Exactly these; an empty list ends all of them.',
        items: kind,
      },
      timeZone: {
        type: 'string',
        minLength: 1,
        maxLength: 100,
        description:
          'IANA time zone in which weeks begin and it is eight in the morning. Default: UTC.',
      },
    },
  },
  SubscriptionChange: {
    type: 'object',
    required: ['items', 'changed'],
    properties: {
      items: {
        type: 'array',
        items: { $ref: '#/components/schemas/Subscription' },
      },
      changed: {
        type: 'boolean',
        description: 'False when it was so already.',
      },
    },
  },
} as const;

export const subscriptionPaths = {
  '/subscriptions': {
    get: {
      operationId: 'GetSubscriptions',
      description:
        'What the asker and their groups are told about, and for whom the asker may change that.',
      parameters: [subscriber, entityRef],
      responses: {
        200: {
          description: 'The subscriptions.',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['items', 'subscribers'],
                properties: {
                  items: {
                    type: 'array',
                    items: { $ref: '#/components/schemas/Subscription' },
                  },
                  subscribers: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['ref', 'displayName', 'kind'],
                      properties: {
                        ref: { type: 'string' },
                        displayName: { type: 'string' },
                        kind: { type: 'string', enum: ['user', 'group'] },
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
    put: {
      operationId: 'SetSubscriptions',
      description:
        'Sets what one subscriber is told about one scope. Needs the permission dora.subscriptions.manage; everybody manages their own, members and administrators those of a group.',
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/SubscriptionRequest' },
          },
        },
      },
      responses: changeResponse,
    },
    delete: {
      operationId: 'EndSubscriptions',
      description:
        'Ends what one subscriber is told about one scope (without `entityRef`: about everything): one kind, or all of them.',
      parameters: [
        subscriber,
        entityRef,
        { name: 'kind', in: 'query', allowReserved: true, schema: kind },
      ],
      responses: changeResponse,
    },
  },
} as const;
