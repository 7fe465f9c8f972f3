import { ChangePosition } from '../../database/QueryStore';
import { decodeCursor, encodeCursor, queryFingerprint } from './cursor';

const fingerprintOf = (deployment: string) =>
  queryFingerprint({ list: 'changes', deployment });

/** Names where the changes of a deployment go on. */
export function encodeChangeCursor(
  deployment: string,
  { committedAt, commit }: ChangePosition,
): string {
  return encodeCursor(
    { at: committedAt, key: commit },
    fingerprintOf(deployment),
  );
}

/** @throws InputError when the text is no cursor, or one of another deployment */
export function decodeChangeCursor(
  deployment: string,
  text: string | undefined,
): ChangePosition | undefined {
  const position = decodeCursor(text, fingerprintOf(deployment));
  return position && { committedAt: position.at, commit: position.key };
}
