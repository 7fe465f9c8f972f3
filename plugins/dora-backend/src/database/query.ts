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
