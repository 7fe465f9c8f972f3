import { InputError } from '@backstage/errors';
import { IncidentPosition } from '../../database/IncidentStore';
import { storableText } from '../../inbox/inspectJson';

export function encodeIncidentCursor(
  position: IncidentPosition,
  fingerprint: string,
): string {
  return Buffer.from(
    JSON.stringify([
      fingerprint,
      position.openedAt,
      position.serviceRef,
      position.key,
    ]),
  ).toString('base64url');
}

/** @throws InputError when the text is no cursor, or one of another question */
export function decodeIncidentCursor(
  text: string | undefined,
  fingerprint: string,
): IncidentPosition | undefined {
  if (text === undefined) {
    return undefined;
  }
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    parts = undefined;
  }
  const [owner, openedAt, serviceRef, key] = Array.isArray(parts) ? parts : [];
  const texts = [owner, serviceRef, key];
  if (
    !Number.isSafeInteger(openedAt) ||
    texts.some(t => typeof t !== 'string' || storableText(t) !== t)
  ) {
    throw new InputError('cursor is not one that this list gave out');
  }
  if (owner !== fingerprint) {
    throw new InputError('cursor belongs to another query');
  }
  return { openedAt, serviceRef, key };
}
