import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
  stringify,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/** The end of a path: a value, or everything below `*`. */
export type YamlPath = readonly (string | number)[];

/**
 * One change to a YAML text. `path` leads to it from the top of a document; `*` stands for every item of a list or every value of a map.
 * Exactly one of `set`, `default`, `add` and `delete` says what is done there.
 */
export type YamlEdit = {
  /** Only in documents of this kind and name, as catalog entities and Kubernetes objects have them. */
  document?: { kind?: string; name?: string };
  path: YamlPath;
  /** Only where the value there is one of these. */
  is?: readonly unknown[];
  /** The value that is to be there. Below `*`, or with `is`, only what is there already changes. */
  set?: unknown;
  /** The value that is to be there when there is none. */
  default?: unknown;
  /** An item that is to be in the list there. */
  add?: unknown;
  delete?: boolean;
};

/** Thrown for a text that cannot be changed without harm; the message is a sentence without a period. */
export class YamlEditError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'YamlEditError';
  }
}

/** A piece of text in another's place, and what that means for the document. */
type Splice = { from: number; to: number; text: string };
type Change = Splice & { means(document: Document): void };

/** A place in a document: where it hangs, and what is there. */
type Place = { parents: Node[]; keys: (string | number)[]; node?: Node };

const MANY = 'it has aliases, so that one change is many';

const same = (a: unknown, b: unknown) =>
  JSON.stringify(a) === JSON.stringify(b);

const keyOf = (pair: Pair) =>
  isScalar(pair.key) ? String(pair.key.value) : undefined;

function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  return map.items.find(pair => keyOf(pair) === String(key));
}

const anchorOf = (node: Node) =>
  isAlias(node) ? undefined : (node as { anchor?: string }).anchor;

const nodeOf = (value: unknown): Node | undefined =>
  isNode(value) ? value : undefined;

function jsonOf(node: Node | undefined, document: Document): unknown {
  return node?.toJS(document) as unknown;
}

function containsAlias(node: Node | undefined): boolean {
  let found = false;
  if (node) {
    visit(node, {
      Alias() {
        found = true;
        return visit.BREAK;
      },
    });
  }
  return found;
}

/** Whether a place is a single value that stands for itself alone, in a document in which others may stand for many. */
const standsAlone = ({ parents, node }: Place) =>
  isScalar(node) && [...parents, node].every(part => !anchorOf(part));

/** All places a path leads to; the last step may lead to nothing. */
function placesOf(document: Document, path: YamlPath): Place[] {
  let places: Place[] = [
    { parents: [], keys: [], node: nodeOf(document.contents) },
  ];
  for (const step of path) {
    places = places.flatMap(({ parents, keys, node }): Place[] => {
      const below = (key: string | number, child?: Node): Place => ({
        parents: node ? [...parents, node] : parents,
        keys: [...keys, key],
        node: child,
      });
      // What is meant stands elsewhere, and for others too. Readers such as Prometheus look behind `<<` as well.
      const merged = isMap(node) && !pairOf(node, step) && pairOf(node, '<<');
      if (isAlias(node) || (merged && containsAlias(nodeOf(merged.value)))) {
        throw new YamlEditError(MANY);
      }
      if (step === '*') {
        if (isSeq(node)) {
          return node.items.map((item, i) => below(i, nodeOf(item)));
        }
        return isMap(node)
          ? node.items.map(p => below(keyOf(p) ?? '', nodeOf(p.value)))
          : [];
      }
      if (isSeq(node)) {
        return [below(step, nodeOf(node.items[Number(step)]))];
      }
      return [
        below(
          step,
          isMap(node) ? nodeOf(pairOf(node, step)?.value) : undefined,
        ),
      ];
    });
  }
  return places;
}

const indentOf = (text: string, at: number) =>
  at - (text.lastIndexOf('\n', at - 1) + 1);

/** The first position of the line after the one a node ends on. */
function lineAfter(text: string, end: number): number {
  if (end > 0 && text[end - 1] === '\n') {
    return end;
  }
  const next = text.indexOf('\n', end);
  return next < 0 ? text.length : next + 1;
}

function rangeOf(node: Node): [number, number] {
  if (!node.range) {
    throw new YamlEditError('it has a part without a place');
  }
  return [node.range[0], node.range[1]];
}

/** Where the text of a pair or item ends, comments on its last line included. */
function endOf(text: string, node: Node): number {
  let end = rangeOf(node)[1];
  // Collections may count the blank lines that follow them.
  while (end > 0 && /\s/.test(text[end - 1])) {
    end -= 1;
  }
  return lineAfter(text, end);
}

function indented(text: string, columns: number): string {
  const pad = ' '.repeat(columns);
  return text
    .split('\n')
    .map(line => (line === '' ? line : pad + line))
    .join('\n');
}

const block = (value: unknown) =>
  stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** A value on one line, as it may stand anywhere. */
function inline(value: unknown, like?: Node): string {
  if (typeof value === 'string' && isScalar(like)) {
    if (like.type === 'QUOTE_DOUBLE') {
      return JSON.stringify(value);
    }
    if (like.type === 'QUOTE_SINGLE' && !/[\n'\\]/.test(value)) {
      return `'${value}'`;
    }
  }
  const plain = block(value).trimEnd();
  return typeof value === 'object' || /[\n,[\]{}]/.test(plain)
    ? JSON.stringify(value)
    : plain;
}

/** Puts a line where another ends, also at the end of a text without a last line break. */
function insertedLines(text: string, at: number, lines: string): Splice {
  const missing = at > 0 && text[at - 1] !== '\n' ? '\n' : '';
  return { from: at, to: at, text: missing + lines };
}

function withKey(
  text: string,
  map: YAMLMap,
  key: string | number,
  value: unknown,
): Splice {
  if (map.flow) {
    const at = rangeOf(map)[1] - 1;
    const separator = map.items.length > 0 ? ', ' : '';
    let from = at;
    while (/\s/.test(text[from - 1])) {
      from -= 1;
    }
    return {
      from,
      to: from,
      text: `${separator}${inline(key)}: ${inline(value)}`,
    };
  }
  const last = map.items[map.items.length - 1];
  const first = nodeOf(map.items[0]?.key);
  const end = nodeOf(last?.value) ?? nodeOf(last?.key);
  if (!first || !end) {
    throw new YamlEditError('a map of it is empty in a way that is not known');
  }
  const column = indentOf(text, rangeOf(first)[0]);
  // An empty value stands where its key ends.
  return insertedLines(
    text,
    Math.max(endOf(text, end), endOf(text, nodeOf(last?.key) ?? end)),
    indented(block({ [key]: value }), column),
  );
}

function withItem(text: string, list: YAMLSeq, value: unknown): Splice {
  const last = nodeOf(list.items[list.items.length - 1]);
  if (list.flow || !last) {
    const at = rangeOf(list)[1] - 1;
    return {
      from: at,
      to: at,
      text: `${list.items.length > 0 ? ', ' : ''}${inline(value)}`,
    };
  }
  const start = rangeOf(list)[0];
  return insertedLines(
    text,
    endOf(text, last),
    indented(block([value]), indentOf(text, start)),
  );
}

/** The splice that puts a value at a place that has none, making the maps on the way. */
function created(text: string, place: Place, value: unknown): Splice {
  const { parents, keys } = place;
  const parent = parents[parents.length - 1];
  let wanted = value;
  for (let i = keys.length - 1; i >= parents.length; i -= 1) {
    wanted = { [keys[i]]: wanted };
  }
  const key = keys[parents.length - 1];
  if (isMap(parent)) {
    return withKey(text, parent, key, wanted);
  }
  // `key:` with nothing after it.
  if (isScalar(parent) && parent.value === null && parents.length > 1) {
    const holder = parents[parents.length - 2];
    const pair = isMap(holder)
      ? pairOf(holder, keys[parents.length - 2])
      : undefined;
    const name = nodeOf(pair?.key);
    if (name && isMap(holder) && !holder.flow) {
      const [start, end] = rangeOf(name);
      return insertedLines(
        text,
        lineAfter(text, end),
        indented(block({ [key]: wanted }), indentOf(text, start) + 2),
      );
    }
  }
  throw new YamlEditError(`"${keys.join('.')}" has no map to be put into`);
}

function removed(text: string, place: Place): Change {
  const { parents, keys } = place;
  const parent = parents[parents.length - 1];
  const key = keys[keys.length - 1];
  if (isMap(parent) && !parent.flow) {
    const pair = pairOf(parent, key);
    const name = nodeOf(pair?.key);
    if (pair && name) {
      if (parent.items.length === 1 && parents.length > 1) {
        return removed(text, {
          parents: parents.slice(0, -1),
          keys: keys.slice(0, -1),
          node: parent,
        });
      }
      const from = text.lastIndexOf('\n', rangeOf(name)[0] - 1) + 1;
      const value = nodeOf(pair.value);
      const end = Math.max(endOf(text, name), value ? endOf(text, value) : 0);
      return {
        from,
        to: end,
        text: '',
        means: twin => twin.deleteIn(keys),
      };
    }
  }
  throw new YamlEditError(`"${keys.join('.')}" cannot be taken out`);
}

/** What a place comes to, and the splice that brings it there; nothing when it is so already. */
function spliceFor(
  text: string,
  document: Document,
  place: Place,
  edit: YamlEdit,
): Change | undefined {
  const { node, keys } = place;
  const set = (splice: Splice, value: unknown): Change => ({
    ...splice,
    means: twin => setDeep(twin, keys, value),
  });
  const current = jsonOf(node, document);
  const empty = current === undefined || current === null;
  if (edit.is && !edit.is.some(value => same(value, current))) {
    return undefined;
  }
  if (edit.delete) {
    return node ? removed(text, place) : undefined;
  }
  if (edit.add !== undefined) {
    if (isSeq(node)) {
      const there = (current as unknown[]).some(item => same(item, edit.add));
      return there
        ? undefined
        : {
            ...withItem(text, node, edit.add),
            means: twin => twin.addIn(keys, twin.createNode(edit.add)),
          };
    }
    if (!empty) {
      throw new YamlEditError(`"${keys.join('.')}" is no list`);
    }
    if (edit.path.includes('*')) {
      return undefined;
    }
    return set(created(text, place, [edit.add]), [edit.add]);
  }
  const onlyThere = edit.is !== undefined || edit.path.includes('*');
  const wanted = edit.default !== undefined ? edit.default : edit.set;
  if (edit.default !== undefined && !empty) {
    return undefined;
  }
  if (same(current, wanted) || (onlyThere && node === undefined)) {
    return undefined;
  }
  if (isScalar(node)) {
    const [from, to] = rangeOf(node);
    if (from === to) {
      // A key with nothing after it: the value goes behind its colon.
      const colon = text.lastIndexOf(':', from) + 1;
      return set(
        { from: colon, to: colon, text: ` ${inline(wanted)}` },
        wanted,
      );
    }
    const line = text.slice(from, to).endsWith('\n') ? '\n' : '';
    return set({ from, to, text: inline(wanted, node) + line }, wanted);
  }
  if (node) {
    throw new YamlEditError(
      `"${keys.join('.')}" is more than one value, which is not replaced`,
    );
  }
  return set(created(text, place, wanted), wanted);
}

/** `setIn` for documents in which a key on the way has nothing after it. */
function setDeep(
  document: Document,
  keys: readonly (string | number)[],
  value: unknown,
): void {
  for (let length = 1; length < keys.length; length += 1) {
    const start = keys.slice(0, length);
    if (document.hasIn(start) && document.getIn(start) === null) {
      document.setIn(start, document.createNode({}));
    }
  }
  document.setIn(keys, document.createNode(value));
}

function matches(document: Document, edit: YamlEdit): boolean {
  const { kind, name } = edit.document ?? {};
  return (
    (kind === undefined || document.get('kind') === kind) &&
    (name === undefined || document.getIn(['metadata', 'name']) === name)
  );
}

function parseDocuments(text: string): Document[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  for (const document of documents) {
    const [error] = document.errors;
    if (error) {
      throw new YamlEditError(
        `it is no valid YAML (${error.message.split('\n')[0]})`,
      );
    }
  }
  return documents;
}

/** What documents that are not needed any more say. Aliases count as what is written: resolved, a few of them are more than memory holds. */
const jsonOfAll = (documents: Document[]) =>
  JSON.stringify(
    documents.map(document => {
      visit(document, { Alias: (_, { source }) => new Scalar(`*${source}`) });
      return document.toJS() as unknown;
    }),
  );

function appliedOnce(text: string, edit: YamlEdit): string {
  const documents = parseDocuments(text);
  const twins = parseDocuments(text);
  const changes = documents
    .flatMap((document, index) => {
      if (!matches(document, edit)) {
        return [];
      }
      const aliased = containsAlias(nodeOf(document.contents));
      return placesOf(document, edit.path).flatMap(place => {
        if (aliased && place.node && !isScalar(place.node)) {
          throw new YamlEditError(MANY);
        }
        const change = spliceFor(text, document, place, edit);
        if (aliased && change && (edit.delete || !standsAlone(place))) {
          throw new YamlEditError(MANY);
        }
        change?.means(twins[index]);
        return change ?? [];
      });
    })
    .sort((a, b) => b.from - a.from);
  if (changes.length === 0) {
    return text;
  }
  const result = changes.reduce(
    (all, change) =>
      all.slice(0, change.from) + change.text + all.slice(change.to),
    text,
  );
  // The text was changed as little as possible; that it means what it should is checked against the library's own way.
  let outcome: string;
  try {
    outcome = jsonOfAll(parseDocuments(result));
  } catch {
    outcome = '';
  }
  if (outcome !== jsonOfAll(twins)) {
    throw new YamlEditError(
      `"${edit.path.join('.')}" cannot be changed in the way it is written`,
    );
  }
  return result;
}

/**
 * Changes values in a YAML text and leaves every other byte as it is: comments, order, quotes, blank lines. Pure; an edit that is done
 * already changes nothing.
 *
 * @throws {@link YamlEditError} when the text is no YAML, would be changed where an anchor or alias makes one value many, or is written in a
 * way that one value cannot be changed in. In a document with aliases only single values are set.
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  return edits.reduce(appliedOnce, text);
}
