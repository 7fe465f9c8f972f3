import { InputError } from '@backstage/errors';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;

/**
 * Rows of a page.
 *
 * @throws InputError when the text is no whole number from 1 to 200
 */
export function parseLimit(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_PAGE : Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new InputError(`limit must be a whole number from 1 to ${MAX_PAGE}`);
  }
  return limit;
}
