import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';

/** How large a file may be. */
export interface ImportLimits {
  /** After decompression. */
  maxBytes: number;
  maxRecords: number;
}

/** Reads `dora.imports`. @throws InputError for values that make no sense */
export function readImportLimits(rootConfig: Config): ImportLimits {
  const config = rootConfig.getOptionalConfig('dora.imports');
  const positive = (key: string, fallback: number) => {
    const value = config?.getOptionalNumber(key) ?? fallback;
    if (!Number.isInteger(value) || value <= 0) {
      throw new InputError(
        `dora.imports.${key} must be a positive whole number`,
      );
    }
    return value;
  };
  return {
    maxBytes: positive('maxBytes', 50_000_000),
    maxRecords: positive('maxRecords', 200_000),
  };
}
