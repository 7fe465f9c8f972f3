/** An ISO 8601 instant. */
export const instant = { type: 'string', format: 'date-time' };
/** A schema of the document. */
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
/** An array of something. */
export const list = (items: object) => ({ type: 'array', items });
/** An object; every property is required unless it is named as optional. */
export const object = (
  properties: Record<string, object>,
  optional: string[] = [],
) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(key => !optional.includes(key)),
});
/** A parameter of the query. */
export const query = (
  name: string,
  description: string,
  schema: object = { type: 'string' },
  required = false,
) => ({ in: 'query', name, description, schema, required });
/** The answers of an operation: the good one, and those every operation can give. */
export const answers = (
  description: string,
  schema: object,
  status = '200',
) => ({
  [status]: {
    description,
    content: { 'application/json': { schema } },
  },
  '400': {
    description: 'A parameter cannot be read; the message says which and why',
  },
  '401': { description: 'No credentials' },
  '403': { description: 'The permission policy refuses' },
});
/** The window most lists take. */
export const window = [
  query('from', 'Start of the window; now by default', instant),
  query(
    'to',
    'End of the window, exclusive; 14 days later by default',
    instant,
  ),
];
/** The schedule a question is about. */
export const schedule = (required: boolean) =>
  query(
    'schedule',
    'Name or ref of an OnCallSchedule',
    { type: 'string', example: 'payments' },
    required,
  );
/** The id in the path. */
export const id = {
  in: 'path',
  name: 'id',
  required: true,
  schema: { type: 'string', format: 'uuid' },
};
/** The key by which a request can be repeated. */
export const idempotencyKey = {
  type: 'string',
  minLength: 8,
  maxLength: 200,
  description:
    'A random UUID of the client. The same request again with it changes nothing and answers what the first one did; another request with it is refused with 409',
};
/** The same in a header. */
export const idempotencyHeader = {
  in: 'header',
  name: 'Idempotency-Key',
  description: idempotencyKey.description,
  required: false,
  schema: { type: 'string', minLength: 8, maxLength: 200 },
};
/** How well somebody can be reached. */
export const coverage = { type: 'string', enum: ['full', 'gap', 'none'] };
/** A text. */
export const text = { type: 'string' };
/** A whole number from 0. */
export const count = { type: 'integer', minimum: 0 };

/** What one topic adds to the document. */
export type OpenApiPart = {
  paths: Record<string, object>;
  schemas?: Record<string, object>;
};
