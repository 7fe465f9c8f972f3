import { Knex } from 'knex';

type Scalar = string | number | boolean | null;

/** A value for a placeholder: `?` takes all of these, `??` the name of a column or table. */
export type SqlValue = Scalar | readonly Scalar[];

/**
 * Runs a statement and answers its rows. Arrays become PostgreSQL arrays, which
 * knex's own types do not say for arrays that hold null.
 */
export async function query<TRow = Record<string, unknown>>(
  db: Knex,
  sql: string,
  values: readonly SqlValue[] = [],
): Promise<TRow[]> {
  const result = await db.raw(sql, values as readonly Knex.RawBinding[]);
  return result.rows ?? [];
}

/**
 * Documents as one value for `json_array_elements` or `jsonb_array_elements`. As an array of PostgreSQL, every quote of every document
 * would be escaped here and unescaped there.
 *
 * @param documents - JSON each
 */
export function jsonArray(documents: readonly string[]): string {
  return `[${documents.join(',')}]`;
}
