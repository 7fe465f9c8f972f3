import { answer, errorResponse, queryParameter, text } from './parts';

const credentialProperties = {
  id: { type: 'string', format: 'uuid' },
  entityRef: { type: 'string' },
  label: { type: 'string' },
  createdBy: { type: 'string' },
  createdAt: { type: 'string', format: 'date-time' },
  lastUsedAt: {
    type: 'string',
    format: 'date-time',
    description: 'To the minute. Absent: never.',
  },
  revokedAt: { type: 'string', format: 'date-time' },
  revokedBy: { type: 'string' },
} as const;

export const reportingCredentialSchemas = {
  ReportingCredential: {
    type: 'object',
    required: ['id', 'entityRef', 'label', 'createdBy', 'createdAt'],
    properties: credentialProperties,
  },
  CreatedReportingCredential: {
    type: 'object',
    required: ['id', 'entityRef', 'label', 'createdBy', 'createdAt', 'token'],
    properties: {
      ...credentialProperties,
      token: {
        type: 'string',
        description: 'The bearer token. It is answered this once.',
      },
    },
  },
  ReportingCredentials: {
    type: 'object',
    required: ['items', 'mayManage'],
    properties: {
      items: {
        type: 'array',
        items: { $ref: '#/components/schemas/ReportingCredential' },
      },
      mayManage: { type: 'boolean' },
    },
  },
  ReportingCredentialRequest: {
    type: 'object',
    required: ['entityRef', 'label'],
    additionalProperties: false,
    properties: {
      entityRef: { ...text(500), description: 'A Component.' },
      label: { ...text(120), description: 'Where it is used.' },
    },
  },
} as const;

export const reportingCredentialPaths = {
  '/reporting-credentials': {
    get: {
      operationId: 'GetReportingCredentials',
      description:
        'What pipelines report the deployments of a service with: without tokens, and only for owners of the service and administrators.',
      parameters: [
        {
          ...queryParameter('entityRef', text(500), 'A Component.'),
          required: true,
        },
      ],
      responses: {
        200: answer('The newest first.', 'ReportingCredentials'),
        default: errorResponse,
      },
    },
    post: {
      operationId: 'CreateReportingCredential',
      description:
        'Makes a token that may send deployments of this one service to `/events`, and nothing else, until it is revoked. For owners of the service and administrators; audited.',
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              $ref: '#/components/schemas/ReportingCredentialRequest',
            },
          },
        },
      },
      responses: {
        201: answer(
          'The credential with its token.',
          'CreatedReportingCredential',
        ),
        default: errorResponse,
      },
    },
  },
  '/reporting-credentials/{id}': {
    delete: {
      operationId: 'RevokeReportingCredential',
      description:
        'Revokes one at once. It stays in the list. For owners of the service and administrators; audited.',
      parameters: [
        {
          name: 'id',
          in: 'path',
          required: true,
          schema: { type: 'string', format: 'uuid' },
        },
      ],
      responses: {
        200: answer('As it is now.', 'ReportingCredential'),
        default: errorResponse,
      },
    },
  },
} as const;
