import type { AuditorServiceEvent } from '@backstage/backend-plugin-api';

/** Does what is audited, and puts on record how it went. */
export async function settled<T>(
  event: AuditorServiceEvent,
  work: () => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await event.fail({ error: error as Error });
    throw error;
  }
  await event.success();
  return result;
}
