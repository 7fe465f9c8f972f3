import { JsonObject } from '@backstage/types';
import { z } from 'zod';
import { Route } from './routes';

const errorSchema = {
  type: 'object',
  required: ['error', 'response'],
  properties: {
    error: {
      type: 'object',
      required: ['name', 'message'],
      properties: { name: { type: 'string' }, message: { type: 'string' } },
    },
    request: {
      type: 'object',
      properties: { method: { type: 'string' }, url: { type: 'string' } },
    },
    response: {
      type: 'object',
      required: ['statusCode'],
      properties: { statusCode: { type: 'number' } },
    },
  },
};

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  }) as JsonObject;
  return rest;
}

function parameters(schema: z.ZodType | undefined, where: 'path' | 'query') {
  if (!schema) {
    return [];
  }
  const { properties, required } = jsonSchema(schema, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties ?? {}).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || (required?.includes(name) ?? false),
    schema: property,
  }));
}

const text = { 'text/plain': { schema: { type: 'string' } } };

/** Routes outside the table: git's own protocol and the file addresses. */
const fixedPaths = {
  '/{owner}/{name}.git/info/refs': {
    get: {
      tags: ['Git clients'],
      summary: "Advertise refs (git's smart HTTP protocol)",
      parameters: [
        {
          name: 'service',
          in: 'query',
          required: true,
          schema: { enum: ['git-upload-pack', 'git-receive-pack'] },
        },
      ],
      responses: {
        200: { description: 'Refs in pkt-line format' },
        401: { description: 'Credentials are needed; WWW-Authenticate: Basic' },
      },
    },
  },
  '/{owner}/{name}.git/git-upload-pack': {
    post: {
      tags: ['Git clients'],
      summary: 'Clone and fetch',
      responses: { 200: { description: 'A pack' } },
    },
  },
  '/{owner}/{name}.git/git-receive-pack': {
    post: {
      tags: ['Git clients'],
      summary: 'Push',
      responses: { 200: { description: 'A report per ref' } },
    },
  },
  '/{owner}/{name}/blob/{refAndPath}': {
    get: {
      tags: ['Files'],
      summary: 'The bytes of a file; browsers are sent to its page',
      responses: {
        200: { description: 'The file', content: text },
        302: { description: 'A browser asked for HTML' },
        304: { description: 'If-None-Match names the present content' },
      },
    },
  },
  '/{owner}/{name}/tree/{refAndPath}': {
    get: {
      tags: ['Files'],
      summary: 'The entries of a directory; browsers are sent to its page',
      responses: {
        200: { description: 'Entries as JSON' },
        302: { description: 'A browser asked for HTML' },
      },
    },
  },
};

/** The OpenAPI 3.1 document of the plugin, made from the routes themselves. */
export function openApiDocument(routes: Route[]): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, ...route } of routes) {
    const name = `/v1${path.replace(/:([a-zA-Z]+)/g, '{$1}')}`;
    let content: unknown;
    if (typeof route.answer === 'string') {
      content = { [route.answer]: {} };
    } else if (route.answer) {
      content = {
        'application/json': { schema: jsonSchema(route.answer, 'output') },
      };
    }
    paths[name] = {
      ...paths[name],
      [method]: {
        tags: [route.tag],
        summary: route.summary,
        security: [{ bearer: [] }, { basic: [] }],
        parameters: [
          ...parameters(route.params, 'path'),
          ...parameters(route.query, 'query'),
        ],
        ...(route.body
          ? {
              requestBody: {
                required: true,
                content: {
                  'application/json': {
                    schema: jsonSchema(route.body, 'input'),
                  },
                },
              },
            }
          : {}),
        responses: {
          [route.status ?? 200]: {
            description: 'Success',
            ...(content ? { content } : {}),
          },
          default: {
            description: 'Error',
            content: {
              'application/json': {
                schema: { $ref: '#/components/schemas/Error' },
              },
            },
          },
        },
      },
    };
  }
  // The document is plain data by construction; this drops undefined members.
  return JSON.parse(
    JSON.stringify({
      openapi: '3.1.0',
      info: {
        title: 'git',
        version: '1',
        description:
          'The embedded git host: repositories, files, pull requests.',
        license: { name: 'Apache-2.0' },
      },
      servers: [{ url: '/api/git' }],
      paths: { ...paths, ...fixedPaths },
      components: {
        schemas: { Error: errorSchema },
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          basic: {
            type: 'http',
            scheme: 'basic',
            description: 'Any user name; the token as password',
          },
        },
      },
    }),
  ) as JsonObject;
}
