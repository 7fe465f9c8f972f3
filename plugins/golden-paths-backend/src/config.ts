import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';

/** Bounds of previews. */
export type PreviewConfig = {
  concurrency: number;
  requestsPerMinute: number;
  timeoutMs: number;
};

/**
 * Reads `goldenPaths.preview`.
 *
 * @throws InputError at start-up for what is no positive whole number
 */
export function readPreviewConfig(config: RootConfigService): PreviewConfig {
  const positive = (name: string, fallback: number) => {
    const key = `goldenPaths.preview.${name}`;
    const value = config.getOptionalNumber(key) ?? fallback;
    if (!Number.isInteger(value) || value < 1) {
      throw new InputError(`${key} must be a whole number of at least 1`);
    }
    return value;
  };
  return {
    concurrency: positive('concurrency', 2),
    requestsPerMinute: positive('requestsPerMinute', 60),
    timeoutMs: positive('timeoutSeconds', 20) * 1000,
  };
}
