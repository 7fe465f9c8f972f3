import { ConflictError } from '@backstage/errors';
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

/** A request for a change as its client named it. */
export type NamedRequest = {
  /** Who asks; keys of different people have nothing to do with each other. */
  author: string;
  key: string;
  /** Of all that is asked for, so that another request with the key is told from the same one. */
  digest: string;
};

type Row = {
  author: string;
  key: string;
  request_digest: string;
  change_id: string;
};

/** The first of two keys of the locks that requests take; the second is made of who asks and the key. */
const REQUEST_LOCK = 7_150_003;

/** What tells one request from another. Pure. */
export function requestDigest(action: string, content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([action, content]))
    .digest('hex');
}

/**
 * Keeps others from carrying out a request with the same key at the same time, until the transaction ends, and answers the id of the change
 * that this request has led to before, if it has. Comes before every other lock, so that two requests never wait for each other.
 * @throws ConflictError when the key was used for another request.
 */
export async function beginRequest(
  tx: Knex.Transaction,
  request: NamedRequest,
): Promise<string | undefined> {
  await tx.raw('select pg_advisory_xact_lock(?, hashtext(?))', [
    REQUEST_LOCK,
    `${request.author} ${request.key}`,
  ]);
  return await changeOfRequest(tx, request);
}

/**
 * The change that a request has led to before, by its id; undefined when it was never carried out.
 * @throws ConflictError when its key was used for another request.
 */
export async function changeOfRequest(
  db: Knex,
  { author, key, digest }: NamedRequest,
): Promise<string | undefined> {
  const row = await db<Row>('change_requests').where({ author, key }).first();
  if (row && row.request_digest !== digest) {
    throw new ConflictError(
      'This idempotency key was used for another request; take a new one for something new',
    );
  }
  return row?.change_id;
}

/** Puts on record that a request was carried out. */
export async function keepRequest(
  tx: Knex.Transaction,
  { author, key, digest }: NamedRequest,
  changeId: string,
): Promise<void> {
  await tx<Row>('change_requests').insert({
    author,
    key,
    request_digest: digest,
    change_id: changeId,
  });
}

/** Forgets the requests made before an instant in milliseconds. */
export async function forgetRequests(db: Knex, before: number): Promise<void> {
  await db('change_requests').where('created_at', '<', new Date(before)).del();
}
