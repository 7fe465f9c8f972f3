import { SeededRandom } from './random';

type Node = { [key: string]: unknown };

const NUL = String.fromCharCode(0);

/** Values that readers stumble over. Built anew each time: some are changed afterwards. */
const HOSTILE: ((random: SeededRandom) => unknown)[] = [
  () => null,
  () => true,
  () => false,
  () => 0,
  () => -1,
  () => 0.5,
  () => 1e308,
  () => -1e308,
  () => Number.MAX_SAFE_INTEGER + 2,
  () => 8.64e15 + 1,
  () => 253402300800000,
  () => '',
  () => ' ',
  () => 'x'.repeat(70_000),
  () => '猫'.repeat(900),
  () => `${'y'.repeat(499)}😀`,
  () => ` ${'😀'.repeat(600)}`,
  () => `a${NUL}b`,
  () => NUL,
  () => 'half \ud83d',
  () => '\udc00 half',
  () => '__proto__',
  () => 'constructor',
  () => 'toString',
  () => 'hasOwnProperty',
  () => 'undefined',
  () => 'NaN',
  () => '0000-00-00T00:00:00Z',
  () => '0001-01-01T00:00:00Z',
  () => '2026-02-30T12:00:00Z',
  () => '9999-12-31T23:59:59.999Z',
  () => '+275760-09-13T00:00:00.000Z',
  () => '2026-05-01T12:00:00',
  () => '2026-05-01T25:61:61Z',
  () => 'yesterday',
  () => 'pkg:',
  () => 'pkg:a/b@',
  () => 'pkg:oci/x@%zz',
  () => 'vbscript:alert',
  () => 'data:text/html,x',
  () => 'https://',
  () => `https://example.org/${'a'.repeat(3_000)}`,
  () => 'component:default/checkout',
  () => ':::',
  () => '../../etc/passwd',
  () => "'; DROP TABLE inbox; --",
  () => '${jndi:ldap://x}',
  () => `${'a'.repeat(40_000)}!`,
  () => `${' '.repeat(40_000)}x`,
  () => `${'0123456789abcdef'.repeat(2)}01234567`,
  () => [],
  () => ({}),
  () => [[]],
  () => [null],
  () => [{}],
  () => ({ id: {} }),
  () => ({ length: 1e9 }),
  () => Array(2_000).fill('x'),
  () => Array(300).fill({}),
  () => withOwn({}, '__proto__', { admin: true }),
  () => withOwn({}, 'constructor', { prototype: {} }),
  () => withOwn({ id: 'x' }, 'toString', 7),
  random => nested(60, random),
  random => nested(1_500, random),
];

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'length',
  'id',
  'type',
  '',
  `a${NUL}b`,
  '\ud800',
  'k'.repeat(2_000),
];

/**
 * Sets an own member, also where the plain assignment would change the prototype.
 * Lists have no names in JSON: there it becomes one more item.
 */
function withOwn(target: Node, key: string, value: unknown): Node {
  if (Array.isArray(target) && !/^\d+$/.test(key)) {
    target.push(value);
    return target;
  }
  Object.defineProperty(target, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
  return target;
}

function nested(depth: number, random: SeededRandom): unknown {
  const asList = random.chance(0.5);
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) {
    value = asList ? [value] : { id: value };
  }
  return value;
}

/** A deep copy that keeps own members of any name. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(copy);
  }
  if (typeof value === 'object' && value !== null) {
    const target: Node = {};
    for (const key of Object.keys(value)) {
      withOwn(target, key, copy((value as Node)[key]));
    }
    return target;
  }
  return value;
}

interface Place {
  parent: Node;
  key: string;
}

/** Every member of every object and list below the root. */
function placesOf(root: Node): Place[] {
  const places: Place[] = [];
  const stack: Node[] = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const key of Object.keys(node)) {
      places.push({ parent: node, key });
      const child = node[key];
      if (typeof child === 'object' && child !== null) {
        stack.push(child as Node);
      }
    }
    if (places.length > 5_000) {
      break;
    }
  }
  return places;
}

type Operation = (random: SeededRandom, places: Place[]) => void;

const read = ({ parent, key }: Place) => parent[key];
const write = ({ parent, key }: Place, value: unknown) =>
  withOwn(parent, key, value);

function remove({ parent, key }: Place): void {
  if (Array.isArray(parent)) {
    parent.splice(Number(key), 1);
  } else {
    delete parent[key];
  }
}

const OPERATIONS: Operation[] = [
  // Absent.
  (random, places) => remove(random.pick(places)),
  // Of another type, size or meaning.
  (random, places) => write(random.pick(places), random.pick(HOSTILE)(random)),
  (random, places) => write(random.pick(places), random.pick(HOSTILE)(random)),
  (random, places) => write(random.pick(places), random.pick(HOSTILE)(random)),
  // Under another name.
  (random, places) => {
    const place = random.pick(places);
    const value = read(place);
    if (!Array.isArray(place.parent)) {
      remove(place);
    }
    withOwn(
      place.parent,
      random.chance(0.5) ? random.pick(KEYS) : random.pick(places).key,
      value,
    );
  },
  // Twice, spelled alike.
  (random, places) => {
    const place = random.pick(places);
    if (Array.isArray(place.parent)) {
      place.parent.push(copy(read(place)));
    } else {
      withOwn(
        place.parent,
        random.pick([
          place.key.toUpperCase(),
          ` ${place.key}`,
          `${place.key} `,
        ]),
        copy(read(place)),
      );
    }
  },
  // Something nobody asked for.
  (random, places) =>
    withOwn(
      random.pick(places).parent,
      random.pick(KEYS),
      random.pick(HOSTILE)(random),
    ),
  // Two fields swapped.
  (random, places) => {
    const one = random.pick(places);
    const other = random.pick(places);
    const [first, second] = [copy(read(one)), copy(read(other))];
    write(one, second);
    write(other, first);
  },
  // Retyped: the number as text, the text as a list of it, and so on.
  (random, places) => {
    const place = random.pick(places);
    const value = read(place);
    write(
      place,
      random.pick<() => unknown>([
        () => [value],
        () => ({ value }),
        () => ({ id: value }),
        () => String(typeof value === 'object' ? typeof value : value),
        () => Number.parseFloat(typeof value === 'object' ? '' : String(value)),
        () => (typeof value === 'string' ? value.toUpperCase() : !value),
        () =>
          typeof value === 'string'
            ? value.slice(0, random.below(value.length + 1))
            : value,
        () => (typeof value === 'string' ? `${value}${value}` : value),
      ])(),
    );
  },
  // Moments elsewhere in time.
  (random, places) => {
    const moments = places.filter(place => {
      const value = read(place);
      return (
        (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) ||
        (typeof value === 'number' && value > 1e9)
      );
    });
    if (moments.length > 0) {
      const place = random.pick(moments);
      write(
        place,
        typeof read(place) === 'number'
          ? random.pick([0, -1, 1e18, 8.64e15, -8.64e15, 1e9, 0.1])
          : random.pick([
              '1600-01-01T00:00:00Z',
              '1999-12-31T23:59:59Z',
              '2026-05-01T12:00:00+99:99',
              '2026-05-01T12:00:00.123456789123Z',
              '2026-13-01T00:00:00Z',
              '2999-01-01T00:00:00Z',
              '2026-05-01t12:00:00z',
            ]),
      );
    }
  },
];

/**
 * A copy of a JSON value in which one to four things are not as they should be:
 * members missing, doubled, renamed, swapped, of another type, hostile.
 */
export function mutateJson(value: unknown, random: SeededRandom): unknown {
  // A root above the value, so that the value itself may be replaced too.
  const root: Node = { root: copy(value) };
  for (let count = 1 + random.below(4); count > 0; count--) {
    // Seldom the root, which makes a dull case.
    const places = placesOf(root).slice(random.chance(0.03) ? 0 : 1);
    if (places.length > 0) {
      random.pick(OPERATIONS)(random, places);
    }
  }
  return root.root;
}

/** JSON of a value, however deep: the built-in serialiser would overflow the stack. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return 'null';
  }
}

/**
 * A copy of a body with bytes changed: cut off, flipped, inserted, doubled, in
 * another encoding, with a name given twice.
 */
export function mutateBytes(body: Buffer, random: SeededRandom): Buffer {
  const at = random.below(body.length + 1);
  switch (random.below(9)) {
    case 0:
      return body.subarray(0, at);
    case 1:
      return body.subarray(at);
    case 2: {
      const flipped = Buffer.from(body);
      for (let count = 1 + random.below(8); count > 0; count--) {
        flipped[random.below(flipped.length)] ^= 2 ** random.below(8);
      }
      return flipped;
    }
    case 3:
      return Buffer.concat([
        body.subarray(0, at),
        Buffer.from([random.below(256)]),
        body.subarray(at),
      ]);
    case 4:
      return Buffer.concat([body.subarray(0, at), body.subarray(at), body]);
    case 5:
      return Buffer.from(
        body
          .toString('utf8')
          .replace(/"(\w+)":/g, (member, name) =>
            random.chance(0.2)
              ? `"${name}":${random.pick([
                  'null',
                  '7',
                  '[]',
                  '{}',
                  '"x"',
                ])},${member}`
              : member,
          ),
      );
    case 6:
      return Buffer.from(body.toString('utf8'), 'utf16le');
    case 7:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
    default: {
      const depth = random.pick([70, 5_000, 200_000]);
      return Buffer.from(
        body
          .toString('utf8')
          .replace(/"[^"\\]{1,40}"(?=[,}])/, text =>
            random.chance(0.8)
              ? `${'['.repeat(depth)}${']'.repeat(depth)}`
              : text,
          ),
      );
    }
  }
}

/** Headers in which what authenticates is missing, forged, cut or encoded otherwise. */
export function forgeHeaders(
  headers: Record<string, string>,
  names: readonly string[],
  random: SeededRandom,
): Record<string, string | string[] | undefined> {
  const name = random.pick(names);
  const value = headers[name] ?? '';
  const [, prefix, rest] = /^([A-Za-z0-9]+[= ])?([^]*)$/.exec(value)!;
  const scheme = prefix ?? '';
  const forged = random.pick<() => string | string[] | undefined>([
    () => undefined,
    () => '',
    () => scheme,
    () => `${rest.slice(0, random.below(Math.max(1, rest.length)))}!`,
    () => value.slice(0, Math.max(0, value.length - 1 - random.below(8))),
    () => `${value}0`,
    () => flipOne(value, random),
    () => flipOne(value, random),
    () => `${scheme}${Buffer.from(`${rest}~`).toString('base64')}`,
    () => `${scheme}${Buffer.from(rest, 'hex').toString('base64url')}.`,
    () => `${scheme}${'0'.repeat(rest.length)}`,
    () => `${scheme}${'f'.repeat(100_000)}`,
    () => `${scheme}${rest.split('').reverse().join('')}~`,
    () => `sha1=${rest}~`,
    () => `${scheme}${NUL}${rest}`,
    () => `${scheme}é${rest}`,
    () => [flipOne(value, random), 'x'],
    () => ',,,,=,=v1',
    () => 'v1=,v1=,v1=',
    () => '__proto__',
    () => 'Basic ',
    () => 'Basic !!!!',
    () => `Basic ${Buffer.from(':').toString('base64')}`,
    () => 'Bearer ',
    () => 'Bearer undefined',
  ])();
  return { ...headers, [name]: forged };
}

function flipOne(text: string, random: SeededRandom): string {
  if (text === '') {
    return 'x';
  }
  // Never in the name of the scheme, where case may not matter.
  const start = /^[A-Za-z0-9]+[= ]/.exec(text)?.[0].length ?? 0;
  const at = start + random.below(Math.max(1, text.length - start));
  const replacement = text[at] === '0' ? '1' : '0';
  return text.slice(0, at) + replacement + text.slice(at + 1);
}
