// @ts-check
/** The user asked to stop; nothing went wrong. */
export class Interrupted extends Error {
  constructor() {
    super('Stopped.');
    this.name = 'Interrupted';
  }
}

/**
 * @param {AbortSignal | undefined} signal
 * @throws {Interrupted} once stopping has begun
 */
export function throwIfAborted(signal) {
  if (signal?.aborted) {
    throw new Interrupted();
  }
}
