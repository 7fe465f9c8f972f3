import { randomBytes } from 'crypto';
import type { Knex } from 'knex';

/** The secret of that name: 32 random bytes, the same for every back end and after every start. */
export async function sharedSecret(db: Knex, name: string): Promise<Buffer> {
  await db('secrets')
    .insert({ name, value: randomBytes(32) })
    .onConflict('name')
    .ignore();
  const row = await db<{ name: string; value: Buffer }>('secrets')
    .where({ name })
    .first();
  return row!.value;
}
