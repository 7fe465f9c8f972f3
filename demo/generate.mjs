import { serviceEvents } from './history/events.mjs';
import { simulate } from './history/simulate.mjs';

/** Seed of the history that ships with the portal. */
export const SEED = 'fernhill';

/**
 * The delivery history of the sample organisation as batches of CloudEvents. Pure: the same seed and moment give the same
 * bytes on every machine.
 *
 * @param {object} options
 * @param {string} [options.seed]
 * @param {string} options.now ISO instant at which the history ends; it begins two years before
 * @param {number} [options.batchSize] most events in one batch
 * @returns {object[][]} batches; each holds events of one service, services in a fixed order
 */
export function generateHistory({ seed = SEED, now, batchSize = 500 }) {
  const anchor = Date.parse(now);
  if (Number.isNaN(anchor)) {
    throw new TypeError(`now must be an ISO instant, not '${now}'`);
  }
  return simulate({ seed, anchor }).flatMap(history => {
    const events = serviceEvents(history);
    const batches = [];
    for (let first = 0; first < events.length; first += batchSize) {
      batches.push(events.slice(first, first + batchSize));
    }
    return batches;
  });
}
