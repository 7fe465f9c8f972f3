import type { JsonObject, JsonValue } from '@backstage/types';

/** Names of all questions below that are answered by a secret, on whatever condition they are asked. */
function secretsIn(schema: JsonValue | undefined): string[] {
  if (typeof schema !== 'object' || schema === null) {
    return [];
  }
  const { properties } = schema as JsonObject;
  return [
    ...Object.entries((properties ?? {}) as JsonObject)
      .filter(
        ([, question]) => (question as JsonObject)?.['ui:field'] === 'Secret',
      )
      .map(([name]) => name),
    ...Object.values(schema).flatMap(secretsIn),
  ];
}

/**
 * The answers that an address brings along for a form to begin with, such as those of a task that is started over. Of a secret only stars are
 * brought, which would pass for its answer: it is asked again.
 *
 * @param search - of the address
 * @param pages - the JSON schemas of all pages
 */
export function answersFromAddress(
  search: string,
  pages: JsonObject[],
): Record<string, JsonValue> {
  const secrets = new Set(secretsIn(pages));
  try {
    const answers = JSON.parse(
      new URLSearchParams(search).get('formData') ?? '{}',
      (name, value) => (secrets.has(name) ? undefined : value),
    );
    return typeof answers === 'object' && answers !== null ? answers : {};
  } catch {
    return {};
  }
}
