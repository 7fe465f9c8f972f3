import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';

/** How long what is kept; absent: for ever. In milliseconds. */
export interface RetentionOptions {
  rawPayloads?: number;
  facts?: number;
}

/** Reads `dora.retention`. @throws InputError for durations that make no sense */
export function readRetentionOptions(config: Config): RetentionOptions {
  const read = (name: keyof RetentionOptions) => {
    const key = `dora.retention.${name}`;
    if (!config.has(key)) {
      return undefined;
    }
    const duration = durationToMilliseconds(
      readDurationFromConfig(config, { key }),
    );
    if (!(duration > 0)) {
      throw new InputError(`${key} must be longer than nothing`);
    }
    return duration;
  };
  return { rawPayloads: read('rawPayloads'), facts: read('facts') };
}
