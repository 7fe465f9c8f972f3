import { JsonValue } from '@backstage/types';

/** How large a piece of JSON may be before an event is refused. */
export interface JsonLimits {
  /** Longest text, in UTF-16 code units. */
  maxFieldLength: number;
  /** Deepest nesting of arrays and objects. */
  maxDepth: number;
}

const NUL = String.fromCharCode(0);
const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * Text that PostgreSQL can hold: no NUL, no lone surrogates. The replacement
 * character marks the place, as Unicode recommends for undecodable input.
 */
export function storableText(text: string): string {
  const wellFormed = text.replace(LONE_SURROGATES, '\uFFFD');
  return wellFormed.includes(NUL)
    ? wellFormed.split(NUL).join('\uFFFD')
    : wellFormed;
}

/**
 * Checks parsed JSON against the limits and makes every text in it storable.
 * It walks with its own stack, because recursion over a hostile document would
 * end in a stack overflow. Arrays and objects are changed in place.
 */
export function inspectJson(
  value: unknown,
  limits: JsonLimits,
  name: string,
): { value: JsonValue | undefined } | { problem: string } {
  if (value === undefined) {
    return { value: undefined };
  }
  const root: { [key: string]: unknown } = { [name]: value };
  const stack: {
    node: Record<string, unknown>;
    depth: number;
    path: string;
  }[] = [{ node: root, depth: 0, path: '' }];

  for (let frame = stack.pop(); frame; frame = stack.pop()) {
    const { node, depth, path } = frame;
    for (const key of Object.keys(node)) {
      const child = node[key];
      if (key.length > limits.maxFieldLength) {
        return {
          problem: `a name in ${path || name} is longer than ${
            limits.maxFieldLength
          } characters`,
        };
      }
      if (typeof child === 'string') {
        if (child.length > limits.maxFieldLength) {
          return {
            problem: `${join(path, key)} is longer than ${
              limits.maxFieldLength
            } characters`,
          };
        }
        const text = storableText(child);
        if (text !== child) {
          node[key] = text;
        }
      } else if (typeof child === 'object' && child !== null) {
        if (depth >= limits.maxDepth) {
          return {
            problem: `${name} is nested deeper than ${limits.maxDepth} levels`,
          };
        }
        stack.push({
          node: child as Record<string, unknown>,
          depth: depth + 1,
          path: join(path, key),
        });
      }
    }
    renameUnstorableKeys(node);
  }
  return { value: root[name] as JsonValue };
}

function renameUnstorableKeys(node: Record<string, unknown>): void {
  if (Array.isArray(node)) {
    return;
  }
  for (const key of Object.keys(node)) {
    const storable = storableText(key);
    if (storable !== key) {
      const value = node[key];
      delete node[key];
      node[storable] = value;
    }
  }
}

function join(path: string, key: string): string {
  const name = storableText(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  return path ? `${path}.${name}` : name;
}
