import { JsonObject, JsonValue } from '@backstage/types';

/** Longest text kept; what decides anything is far shorter. */
const MAX_TEXT = 10_000;
const MAX_DEPTH = 60;

/**
 * A copy of a payload without what no reader will ever need: templates of API
 * addresses, pictures of people, and the rest of overlong prose. A payload of a
 * big provider shrinks to about a third, and none is refused for the length of
 * a description.
 *
 * @param drop - true for names of members to leave out
 * @public
 */
export function slimPayload(
  payload: JsonObject,
  drop: (name: string) => boolean,
): JsonObject {
  return slim(payload, drop, 0) as JsonObject;
}

function slim(
  value: JsonValue | undefined,
  drop: (name: string) => boolean,
  depth: number,
): JsonValue | undefined {
  if (typeof value === 'string') {
    // Never between the halves of a character: such text cannot be stored.
    return value.length > MAX_TEXT
      ? value.slice(0, MAX_TEXT).replace(/[\uD800-\uDBFF]$/, '')
      : value;
  }
  // What is deeper is refused by the inbox, with a reason.
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(item => slim(item, drop, depth + 1) as JsonValue);
  }
  const kept: [string, JsonValue | undefined][] = [];
  for (const [name, member] of Object.entries(value)) {
    if (!drop(name)) {
      kept.push([name, slim(member, drop, depth + 1)]);
    }
  }
  // Own members of any name, where plain assignment would change the prototype.
  return Object.fromEntries(kept) as JsonObject;
}
