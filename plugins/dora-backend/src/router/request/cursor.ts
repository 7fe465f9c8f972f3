import { InputError } from '@backstage/errors';
import { digestKey } from '../../database/keys';

/** Names the question a cursor belongs to: its parts in one order. */
export function queryFingerprint(
  parts: Record<string, string | number | boolean | undefined>,
): string {
  return digestKey(
    ...Object.keys(parts)
      .sort()
      .map(name => `${name}=${parts[name] ?? ''}`),
  ).slice(0, 16);
}

/** Where a list by time goes on: behind the row of this moment and key. What the moment is of, each list says itself. */
export interface CursorPosition {
  /** Epoch milliseconds. */
  at: number;
  key: string;
}

export function encodeCursor(
  position: CursorPosition,
  fingerprint: string,
): string {
  return Buffer.from(
    JSON.stringify([fingerprint, position.at, position.key]),
  ).toString('base64url');
}

/**
 * @throws InputError when the text is no cursor, or one of another question:
 *   continuing that would skip rows without a word
 */
export function decodeCursor(
  text: string | undefined,
  fingerprint: string,
): CursorPosition | undefined {
  if (text === undefined) {
    return undefined;
  }
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw new InputError('cursor is not one that this list gave out');
  }
  if (
    !Array.isArray(parts) ||
    parts.length !== 3 ||
    typeof parts[0] !== 'string' ||
    !Number.isSafeInteger(parts[1]) ||
    typeof parts[2] !== 'string' ||
    !/^[\w.-]{1,200}$/.test(parts[2])
  ) {
    throw new InputError('cursor is not one that this list gave out');
  }
  if (parts[0] !== fingerprint) {
    throw new InputError('cursor belongs to another query');
  }
  return { at: parts[1], key: parts[2] };
}
