// @ts-check
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout this launcher belongs to. */
export const ROOT = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../..',
);
