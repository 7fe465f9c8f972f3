import { ListPosition } from '../../database/QueryStore';
import { decodeCursor, encodeCursor } from './cursor';

/** Names where a list of deployments goes on. */
export function encodeDeploymentCursor(
  { finishedAt, key }: ListPosition,
  fingerprint: string,
): string {
  return encodeCursor({ at: finishedAt, key }, fingerprint);
}

/** @throws InputError when the text is no cursor, or one of another question */
export function decodeDeploymentCursor(
  text: string | undefined,
  fingerprint: string,
): ListPosition | undefined {
  const position = decodeCursor(text, fingerprint);
  return position && { finishedAt: position.at, key: position.key };
}
