import { InputError } from '@backstage/errors';
import { RequestHandler } from 'express';
import { storableText } from '../../inbox/inspectJson';

/** Deeper than any body the document describes, so the walk ends. */
const MAX_DEPTH = 16;

/** Whether a text in a value, or a name, holds what the database cannot. */
export function isUnstorable(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') {
    return storableText(value) !== value;
  }
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) {
    return false;
  }
  return Object.entries(value).some(
    ([name, member]) => isUnstorable(name) || isUnstorable(member, depth + 1),
  );
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // The router answers this one.
    return path;
  }
}

/**
 * Answers 400 to a request whose path, query or body holds a NUL or half a character: PostgreSQL refuses them in whatever
 * statement they reach, which would be a 500.
 */
export const refuseUnstorable: RequestHandler = (req, _res, next) => {
  if ([decodedPath(req.path), req.query, req.body].some(v => isUnstorable(v))) {
    throw new InputError('The request holds characters that no name has');
  }
  next();
};
