import type { JsonObject } from '@backstage/types';
import { previewRequestSchema } from '@pavedroad/plugin-golden-paths-common';
import { z } from 'zod';

function requestSchema(): JsonObject {
  const { $schema: _, ...schema } = z.toJSONSchema(
    previewRequestSchema,
  ) as JsonObject;
  return schema;
}

const text = { type: 'string' };
const texts = { type: 'array', items: text };

const previewSchema = {
  type: 'object',
  required: [
    'templateRef',
    'version',
    'makes',
    'files',
    'bytes',
    'later',
    'notes',
  ],
  properties: {
    templateRef: text,
    version: text,
    makes: { enum: ['repository', 'change'] },
    files: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'bytes', 'executable'],
        properties: {
          path: text,
          bytes: { type: 'integer', description: 'Once written' },
          executable: { type: 'boolean' },
          ownership: { enum: ['managed', 'merged', 'seed'] },
          change: {
            enum: ['new', 'changed', 'deleted'],
            description: 'Only where a repository exists',
          },
          contents: { ...text, description: 'Absent where it is left out' },
          before: {
            ...text,
            description: 'As it is now; of changed and deleted files',
          },
          leftOut: { enum: ['binary', 'too-large'] },
        },
      },
    },
    bytes: { type: 'integer' },
    later: {
      type: 'array',
      description: 'Steps that run only once it is created',
      items: {
        type: 'object',
        required: ['step', 'words'],
        properties: { step: text, words: text },
      },
    },
    notes: texts,
    proposal: {
      type: 'object',
      required: ['branch', 'title', 'description'],
      properties: { branch: text, title: text, description: text },
    },
    nothing: { ...text, description: 'Why nothing would be proposed' },
    refused: {
      ...text,
      description:
        'Why a change with these answers would be refused: a component of others, another name typed as confirmation, a repository that it is not for; there are no files then',
    },
  },
};

const error = (description: string) => ({
  description,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['error', 'response'],
        properties: {
          error: {
            type: 'object',
            required: ['name', 'message'],
            properties: { name: text, message: text },
          },
          response: {
            type: 'object',
            required: ['statusCode'],
            properties: { statusCode: { type: 'integer' } },
          },
        },
      },
    },
  },
});

/** What the plugin serves, as OpenAPI 3.1. */
export function openApiDocument(): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Golden paths',
      version: '1',
      description: 'What a template would write, before anything is created.',
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/api/golden-paths' }],
    paths: {
      '/preview': {
        post: {
          operationId: 'preview',
          summary: 'Render a template without creating anything',
          description:
            'For people only. Needs the permission to create tasks and to see the template. A change is rendered against the repository as it is now, for those who may propose it.',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: requestSchema() } },
          },
          responses: {
            200: {
              description: 'The files',
              content: { 'application/json': { schema: previewSchema } },
            },
            400: error('The form refuses the answers; the message says which'),
            401: error('Nobody is signed in'),
            403: error('The user may not create from it, or not see all of it'),
            404: error('No such template, or its files cannot be read'),
            413: error('The answers are too long'),
            429: error('Too many in a minute; Retry-After says when'),
            503: error('It took too long, or too many are being made'),
          },
        },
      },
    },
  };
}
