import { answer, errorResponse, scopeParameter } from './parts';

/** The part of the contract that is about what services deploy to. */

export const environmentSchemas = {
  Environments: {
    type: 'object',
    required: ['items', 'definition', 'sampleData'],
    properties: {
      items: {
        type: 'array',
        description:
          'By tier and name; at most 100, those that most services have.',
        items: {
          type: 'object',
          required: ['name', 'tier', 'services', 'deployments'],
          properties: {
            name: { type: 'string' },
            tier: {
              type: 'string',
              description: 'Where services differ in it, that of most.',
            },
            services: {
              type: 'integer',
              description: 'How many services deploy there.',
            },
            deployments: {
              type: 'integer',
              description: 'Succeeded deployments that are kept, of any kind.',
            },
            lastDeploymentAt: { type: 'string', format: 'date-time' },
          },
        },
      },
      definition: { type: 'object' },
      sampleData: { type: 'boolean' },
    },
  },
} as const;

export const environmentPaths = {
  '/environments': {
    get: {
      operationId: 'GetEnvironments',
      description:
        'The environments that services of a scope deploy to. Each name, and each tier, is an `environment` of the other routes.',
      parameters: [scopeParameter],
      responses: {
        200: answer('The environments.', 'Environments'),
        default: errorResponse,
      },
    },
  },
} as const;
