/** What the parts of the contract have in common. */

/** A text that is not empty. */
export function text<const N extends number>(maxLength: N) {
  return { type: 'string', minLength: 1, maxLength } as const;
}

/** A parameter of the query. Reserved characters are allowed: refs hold colons and slashes. */
export function queryParameter<const Name extends string, const Schema>(
  name: Name,
  schema: Schema,
  description?: string,
) {
  return {
    name,
    in: 'query',
    allowReserved: true,
    ...(description !== undefined && { description }),
    schema,
  } as const;
}

/** An answer in JSON by one of the schemas of the document. */
export function answer<const Name extends string>(
  description: string,
  schema: Name,
) {
  return {
    description,
    content: {
      'application/json': {
        schema: { $ref: `#/components/schemas/${schema}` },
      },
    },
  } as const;
}

/** The same, or the same rows as CSV. */
export function answerOrCsv<const Name extends string>(
  description: string,
  schema: Name,
) {
  const { content } = answer(description, schema);
  return {
    description,
    content: { ...content, 'text/csv': { schema: { type: 'string' } } },
  } as const;
}

export const errorResponse = answer(
  'An error in the shape all plugins answer errors in.',
  'Error',
);

export const limitParameter = queryParameter(
  'limit',
  { type: 'string', pattern: '^[0-9]{1,4}$' },
  'Rows of a page, 1 to 200. Default: 50.',
);

/** @param maxLength - of the cursor */
export function cursorParameter(maxLength: number) {
  return queryParameter(
    'cursor',
    text(maxLength),
    '`nextCursor` of the page before. It belongs to one query.',
  );
}

export const formatParameter = queryParameter('format', {
  type: 'string',
  enum: ['json', 'csv'],
});

export const scopeParameter = queryParameter(
  'entityRef',
  text(500),
  'A Component, System, Domain, Group (with the groups below it) or Template. Everything, when absent.',
);
