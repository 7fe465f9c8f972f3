import { setTimeout as sleep } from 'node:timers/promises';

export type ShutdownOptions = {
  delayMs: number;
  graceMs: number;
  /** Makes readiness fail. */
  drain: () => void;
  /** Stops accepting, finishes what is in flight, and flushes telemetry. */
  close: () => Promise<void>;
};

/**
 * Graceful shutdown: fail readiness, keep serving while load balancers notice, then finish and close. Resolves to the exit
 * code: 0 when everything closed within the grace period, 1 when it did not.
 */
export async function shutDown(options: ShutdownOptions): Promise<number> {
  const { delayMs, graceMs, drain, close } = options;
  const deadline = new AbortController();
  const gaveUp = sleep(graceMs, 1, { signal: deadline.signal }).catch(() => 0);
  drain();
  const closed = sleep(delayMs)
    .then(close)
    .then(
      () => 0,
      () => 1,
    );
  const code = await Promise.race([closed, gaveUp]);
  deadline.abort();
  return code;
}
