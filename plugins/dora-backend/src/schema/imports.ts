import { errorResponse } from './parts';

/** The part of the contract that is about files of delivery history. */

const counts = {
  accepted: { type: 'integer' },
  duplicate: {
    type: 'integer',
    description: 'Known before, or twice in the file.',
  },
  ignored: { type: 'integer' },
  rejected: { type: 'integer' },
} as const;
const required = ['accepted', 'duplicate', 'ignored', 'rejected'] as const;

export const importSchemas = {
  ImportReport: {
    type: 'object',
    required: [
      'dryRun',
      'applied',
      'applicable',
      'format',
      'records',
      'counts',
      'kinds',
      'services',
      'servicesTotal',
      'environments',
      'problems',
      'problemsTotal',
      'ignoredColumns',
    ],
    properties: {
      dryRun: { type: 'boolean' },
      applied: { type: 'boolean', description: 'Something may be kept.' },
      applicable: {
        type: 'boolean',
        description: 'False when problems refuse the whole file.',
      },
      format: { type: 'string', enum: ['csv', 'ndjson'] },
      records: { type: 'integer' },
      counts: { type: 'object', required, properties: counts },
      kinds: {
        type: 'array',
        items: {
          type: 'object',
          required: ['kind', ...required],
          properties: { kind: { type: 'string' }, ...counts },
        },
      },
      services: {
        type: 'array',
        description: 'At most 200, most records first.',
        items: {
          type: 'object',
          required: ['name', 'records'],
          properties: {
            name: { type: 'string' },
            entityRef: {
              type: 'string',
              description: 'Absent where the catalog knows none.',
            },
            records: { type: 'integer' },
          },
        },
      },
      servicesTotal: { type: 'integer' },
      environments: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'records'],
          properties: {
            name: { type: 'string' },
            records: { type: 'integer' },
          },
        },
      },
      from: { type: 'string', format: 'date-time' },
      to: { type: 'string', format: 'date-time' },
      problems: {
        type: 'array',
        description: 'The first 100.',
        items: {
          type: 'object',
          required: ['line', 'message', 'remedy'],
          properties: {
            line: { type: 'integer', description: 'Counted from 1.' },
            kind: { type: 'string' },
            column: { type: 'string' },
            message: { type: 'string' },
            remedy: { type: 'string', description: 'How to mend it.' },
          },
        },
      },
      problemsTotal: { type: 'integer' },
      ignoredColumns: { type: 'array', items: { type: 'string' } },
    },
  },
} as const;

const flag = (name: string, description: string) =>
  ({
    name,
    in: 'query',
    description,
    schema: { type: 'string', enum: ['true', 'false'] },
  } as const);

export const importPaths = {
  '/imports': {
    post: {
      operationId: 'ImportHistory',
      description:
        'A file of deployments, incidents or pull requests as CSV, or of such rows and CloudEvents as one JSON object per line; optionally compressed with gzip. The same file again changes nothing. Needs what sending events needs.',
      parameters: [
        flag('dryRun', 'Say what the file would do, and do nothing.'),
        {
          name: 'onError',
          in: 'query',
          description:
            'What a broken record does: refuse the whole file (default), or be left out.',
          schema: { type: 'string', enum: ['stop', 'skip'] },
        },
        {
          name: 'kind',
          in: 'query',
          description: 'What the rows are. Default: told from the columns.',
          schema: {
            type: 'string',
            enum: ['deployment', 'incident', 'change'],
          },
        },
        {
          name: 'format',
          in: 'query',
          description: 'Default: told from the content type.',
          schema: { type: 'string', enum: ['csv', 'ndjson'] },
        },
        flag('sample', 'Mark everything as sample data.'),
      ],
      requestBody: {
        required: true,
        content: {
          'text/csv': { schema: { type: 'string' } },
          'application/x-ndjson': { schema: { type: 'string' } },
        },
      },
      responses: {
        200: {
          description: 'What became, or would become, of the file.',
          content: {
            'application/json': {
              schema: { $ref: '#/components/schemas/ImportReport' },
            },
            'application/x-ndjson': {
              schema: {
                type: 'string',
                description:
                  'Where it is accepted: lines of { done, total } while records are kept, then { report }, or { error } where it broke off.',
              },
            },
          },
        },
        422: {
          description:
            'The file has problems and nothing of it was kept; `report` lists them.',
          content: {
            'application/json': {
              schema: {
                allOf: [
                  { $ref: '#/components/schemas/Error' },
                  {
                    type: 'object',
                    required: ['report'],
                    properties: {
                      report: { $ref: '#/components/schemas/ImportReport' },
                    },
                  },
                ],
              },
            },
          },
        },
        default: errorResponse,
      },
    },
  },
  '/imports/formats': {
    get: {
      operationId: 'DescribeImportFormats',
      description: 'The columns of every kind of CSV file, and size limits.',
      responses: {
        200: {
          description: 'The formats.',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        default: errorResponse,
      },
    },
  },
  '/imports/examples/{name}': {
    get: {
      operationId: 'GetImportExample',
      description: 'A file to begin from.',
      parameters: [
        {
          name: 'name',
          in: 'path',
          required: true,
          schema: {
            type: 'string',
            enum: ['deployments.csv', 'incidents.csv', 'changes.csv'],
          },
        },
      ],
      responses: {
        200: {
          description: 'The header and one row.',
          content: { 'text/csv': { schema: { type: 'string' } } },
        },
        default: errorResponse,
      },
    },
  },
} as const;
