import type { Knex } from 'knex';

/** The first of two keys of the locks that changes of one schedule take; the second is made of the schedule's ref. */
const CHANGE_LOCK = 7_150_002;

/**
 * Keeps others from changing who is on call on some schedules until the transaction ends, whichever back end they ask: what is made, undone and
 * taken back happens one after the other. Comes after the lock of the request and before those of rows.
 */
export async function lockSchedules(
  tx: Knex.Transaction,
  scheduleRefs: string[],
): Promise<void> {
  // In one order everywhere, so that two changes never wait for each other.
  for (const ref of [...new Set(scheduleRefs)].sort()) {
    await tx.raw('select pg_advisory_xact_lock(?, hashtext(?))', [
      CHANGE_LOCK,
      ref,
    ]);
  }
}
