import type { FastifyPluginAsync } from 'fastify';
import type { Flags } from '../flags.js';

/**
 * The example endpoint: replace it with the first thing this service is for, and with it `test/greetings.test.ts`,
 * `acceptance/greetings.test.mjs` and the path in `docs/openapi.yaml`.
 */
export const greetings: FastifyPluginAsync<{ flags: Flags }> = async (app, { flags }) => {
  app.get<{ Params: { name: string } }>(
    '/greetings/:name',
    {
      schema: {
        params: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', minLength: 1, maxLength: 100 } },
        },
        response: {
          200: {
            type: 'object',
            required: ['greeting'],
            properties: { greeting: { type: 'string' } },
          },
        },
      },
    },
    async request => {
      const greeting = `Hello, ${request.params.name}!`;
      const longer = await flags.getBooleanValue('longer-greeting', false);
      return { greeting: longer ? `${greeting} Nice to meet you.` : greeting };
    },
  );
};
