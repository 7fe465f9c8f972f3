import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { HumanDuration } from '@backstage/types';

/**
 * When, and from when on, history is read.
 *
 * @public
 */
export interface BackfillOptions {
  /** ISO instant; absent: the default of the backfill. */
  since?: string;
  frequency: HumanDuration;
}

/**
 * Reads the configuration of a source's backfill; `undefined` where it is not switched on.
 *
 * @param key - where it is, for messages, e.g. `dora.github.backfill`
 * @throws InputError for values that make no sense
 * @public
 */
export function readBackfillOptions(
  config: Config | undefined,
  key: string,
): BackfillOptions | undefined {
  if (!config?.getOptionalBoolean('enabled')) {
    return undefined;
  }
  const since = config.getOptionalString('since');
  if (since !== undefined && Number.isNaN(Date.parse(since))) {
    throw new InputError(`${key}.since is not a date: ${since}`);
  }
  return {
    since: since && new Date(since).toISOString(),
    frequency: config.has('frequency')
      ? readDurationFromConfig(config, { key: 'frequency' })
      : { hours: 6 },
  };
}
