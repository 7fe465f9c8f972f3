/** One reference of a skeleton to a value, such as `values.name`. */
export type TemplateReference = {
  /** Root and members: `['values', 'name']`. Stops at a member that is computed when rendering. */
  path: string[];
  /** Line of the skeleton, from 1. */
  line: number;
  /** The text says what happens without a value: `… is defined`, `… | default(…)`. */
  guarded: boolean;
};

/** Which delimiters a skeleton uses; `fetch:template` prints with `${{ }}`. */
export type TemplateSyntax = { variableStart: string; variableEnd: string };

const BACKSTAGE_SYNTAX: TemplateSyntax = {
  variableStart: '${{',
  variableEnd: '}}',
};

const KEYWORDS: ReadonlySet<string> = new Set([
  'and',
  'as',
  'block',
  'call',
  'caller',
  'else',
  'elif',
  'elseif',
  'endblock',
  'endcall',
  'endfilter',
  'endfor',
  'endif',
  'endmacro',
  'endraw',
  'endset',
  'endswitch',
  'extends',
  'false',
  'filter',
  'for',
  'from',
  'if',
  'import',
  'in',
  'include',
  'is',
  'macro',
  'none',
  'not',
  'null',
  'or',
  'set',
  'switch',
  'case',
  'true',
  'loop',
  'with',
  'context',
  'without',
  'super',
  'range',
  'cycler',
  'joiner',
]);

type Token =
  | { kind: 'name'; text: string; at: number }
  | { kind: 'string'; text: string; at: number }
  | { kind: 'number'; text: string; at: number }
  | { kind: 'symbol'; text: string; at: number };

function isNameStart(c: string): boolean {
  return /[A-Za-z_$]/.test(c);
}

function isNamePart(c: string): boolean {
  return /[A-Za-z0-9_$]/.test(c);
}

/** Where a string that opens at `at` ends (index after the closing quote). */
function endOfString(text: string, at: number): number {
  const quote = text[at];
  let i = at + 1;
  while (i < text.length && text[i] !== quote) {
    i += text[i] === '\\' ? 2 : 1;
  }
  return Math.min(i + 1, text.length);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    const at = i;
    if (c === '"' || c === "'") {
      i = endOfString(text, i);
      tokens.push({ kind: 'string', text: text.slice(at + 1, i - 1), at });
    } else if (isNameStart(c)) {
      while (i < text.length && isNamePart(text[i])) {
        i += 1;
      }
      tokens.push({ kind: 'name', text: text.slice(at, i), at });
    } else if (/[0-9]/.test(c)) {
      while (i < text.length && /[0-9.]/.test(text[i])) {
        i += 1;
      }
      tokens.push({ kind: 'number', text: text.slice(at, i), at });
    } else {
      i += 1;
      if (c.trim() !== '') {
        tokens.push({ kind: 'symbol', text: c, at });
      }
    }
  }
  return tokens;
}

type Segment = { block: boolean; text: string; at: number };

/** Cuts a skeleton into its printed expressions and its block tags; comments and `raw` blocks are passed over. */
export function templateSegments(
  source: string,
  syntax: TemplateSyntax = BACKSTAGE_SYNTAX,
): Segment[] {
  const found: Segment[] = [];
  const kinds = [
    { open: syntax.variableStart, close: syntax.variableEnd, kind: 'variable' },
    { open: '{%', close: '%}', kind: 'block' },
    { open: '{#', close: '#}', kind: 'comment' },
  ] as const;
  const nextAfter = (from: number) =>
    kinds
      .map(kind => ({ ...kind, at: source.indexOf(kind.open, from) }))
      .filter(kind => kind.at >= 0)
      .sort((a, b) => a.at - b.at)[0];
  let i = 0;
  while (i < source.length) {
    const next = nextAfter(i);
    if (!next) {
      break;
    }
    const start = next.at + next.open.length;
    let end = start;
    if (next.kind === 'comment') {
      end = source.indexOf(next.close, start);
    } else {
      while (end < source.length && !source.startsWith(next.close, end)) {
        end =
          source[end] === '"' || source[end] === "'"
            ? endOfString(source, end)
            : end + 1;
      }
    }
    if (end < 0 || end >= source.length) {
      break;
    }
    const text = source.slice(start, end);
    i = end + next.close.length;
    if (next.kind === 'comment') {
      continue;
    }
    if (next.kind === 'block' && /^-?\s*(raw|verbatim)\s*-?$/.test(text)) {
      const close = /\{%-?\s*end(raw|verbatim)\s*-?%\}/g;
      close.lastIndex = i;
      const match = close.exec(source);
      i = match ? match.index + match[0].length : source.length;
      continue;
    }
    found.push({ block: next.kind === 'block', text, at: start });
  }
  return found;
}

/** Names a block tag brings into being: loop variables, `set`, macro names and parameters, imports. */
function declaredNames(tokens: Token[]): string[] {
  const names = tokens.filter(t => t.kind === 'name').map(t => t.text);
  const symbols = (until: (t: Token) => boolean) => {
    const stop = tokens.findIndex(until);
    return tokens
      .slice(1, stop < 0 ? undefined : stop)
      .filter(t => t.kind === 'name')
      .map(t => t.text);
  };
  switch (names[0]) {
    case 'for':
      return symbols(t => t.kind === 'name' && t.text === 'in');
    case 'set':
      return symbols(t => t.kind === 'symbol' && t.text === '=');
    case 'macro':
    case 'call':
      return names.slice(1);
    case 'import':
    case 'from':
      return names.slice(names[0] === 'from' ? 1 : 2);
    default:
      return [];
  }
}

/** Index of the first token of the expression part: `for x in` and `set x =` declare, they do not refer. */
function expressionStart(tokens: Token[]): number {
  const first = tokens.find(t => t.kind === 'name')?.text;
  if (first === 'for') {
    return tokens.findIndex(t => t.kind === 'name' && t.text === 'in') + 1;
  }
  if (first === 'set') {
    const equals = tokens.findIndex(t => t.text === '=');
    return equals < 0 ? tokens.length : equals + 1;
  }
  return first === 'macro' ? tokens.length : 0;
}

function referencesIn(
  tokens: Token[],
  line: (at: number) => number,
): TemplateReference[] {
  const found: TemplateReference[] = [];
  for (let i = expressionStart(tokens); i < tokens.length; i += 1) {
    const token = tokens[i];
    const before = tokens[i - 1];
    if (
      token.kind !== 'name' ||
      KEYWORDS.has(token.text) ||
      before?.text === '.' ||
      // A filter or a test is not a value.
      (before?.kind === 'symbol' && before.text === '|') ||
      (before?.kind === 'name' && before.text === 'is') ||
      (before?.text === 'not' && tokens[i - 2]?.text === 'is')
    ) {
      continue;
    }
    // A keyword argument or an object key names nothing.
    const after = tokens[i + 1];
    if (
      (after?.text === '=' && tokens[i + 2]?.text !== '=') ||
      (after?.text === ':' && ['{', ','].includes(before?.text ?? ''))
    ) {
      continue;
    }
    const path = [token.text];
    let next = i + 1;
    for (;;) {
      if (tokens[next]?.text === '.' && tokens[next + 1]?.kind === 'name') {
        path.push(tokens[next + 1].text);
        next += 2;
      } else if (
        tokens[next]?.text === '[' &&
        tokens[next + 1]?.kind === 'string' &&
        tokens[next + 2]?.text === ']'
      ) {
        path.push(tokens[next + 1].text);
        next += 3;
      } else {
        break;
      }
    }
    const guarded =
      (tokens[next]?.text === 'is' &&
        (tokens[next + 1]?.text === 'defined' ||
          tokens[next + 1]?.text === 'undefined' ||
          (tokens[next + 1]?.text === 'not' &&
            tokens[next + 2]?.text === 'defined'))) ||
      (tokens[next]?.text === '|' && tokens[next + 1]?.text === 'default');
    found.push({ path, line: line(token.at), guarded });
  }
  return found;
}

/**
 * Every reference of a skeleton to a value that comes from outside it. The template engine has no strict mode: a reference to nothing
 * renders as empty text, so it has to be found before rendering. Names the skeleton declares itself (loops, `set`, macros) are left
 * out, wherever they are declared.
 */
export function findTemplateReferences(
  source: string,
  syntax: TemplateSyntax = BACKSTAGE_SYNTAX,
): TemplateReference[] {
  const starts = [0];
  for (let i = source.indexOf('\n'); i >= 0; i = source.indexOf('\n', i + 1)) {
    starts.push(i + 1);
  }
  const line = (at: number) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (starts[middle] <= at) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low + 1;
  };
  const all = templateSegments(source, syntax).map(segment => ({
    ...segment,
    tokens: tokenize(segment.text),
  }));
  const declared = new Set(
    all.filter(s => s.block).flatMap(s => declaredNames(s.tokens)),
  );
  return all
    .flatMap(segment =>
      referencesIn(segment.tokens, at => line(segment.at + at)),
    )
    .filter(reference => !declared.has(reference.path[0]));
}

/**
 * What a skeleton may refer to: `true` for a value whose members are not known (anything below it is accepted), or its members.
 */
export type KnownValues = { [name: string]: true | KnownValues };

/** The references that `known` does not hold. Guarded ones count too: a guard around a misspelt name hides the mistake for good. */
export function findUndefinedReferences(
  source: string,
  known: KnownValues,
  syntax: TemplateSyntax = BACKSTAGE_SYNTAX,
): TemplateReference[] {
  return findTemplateReferences(source, syntax).filter(reference => {
    let level: true | KnownValues = known;
    for (const name of reference.path) {
      if (level === true) {
        return false;
      }
      if (!Object.hasOwn(level, name)) {
        return true;
      }
      level = level[name];
    }
    return false;
  });
}

/** A sentence for one undefined reference. */
export function undefinedReferenceMessage(
  file: string,
  reference: TemplateReference,
): string {
  return `${file}:${reference.line} refers to "${reference.path.join(
    '.',
  )}", which nothing provides: it would render as empty text.`;
}
