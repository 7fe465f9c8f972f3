import { templateSegments, type TemplateSyntax } from './references';

/** A part of an expression, with where it is in the text. */
type Node = {
  kind:
    | 'name'
    | 'literal'
    | 'member'
    | 'index'
    | 'call'
    | 'filter'
    | 'several'
    | 'choice'
    | 'or'
    | 'and'
    | 'not'
    | 'is'
    | 'in'
    | 'compare'
    | 'math';
  from: number;
  to: number;
  /** Name, member, filter, or text of a string. */
  text?: string;
  parts: Node[];
  /** Names of keyword arguments of a call, whose values are in `parts`. */
  keywords?: string[];
};

type Token = {
  kind: 'name' | 'string' | 'number' | 'symbol' | 'end';
  text: string;
  from: number;
  to: number;
};

const SYMBOLS = /^(?:===|!==|==|!=|<=|>=|\*\*|\/\/|[-+*/%~<>=|.,:()[\]{}])/;

/** Thrown for what these few rules cannot read. */
class Unread extends Error {}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest);
    if (space) {
      at += space[0].length;
      continue;
    }
    const rules: [Token['kind'], RegExp][] = [
      ['string', /^(?:'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*")/],
      ['number', /^\d+(?:\.\d+)?/],
      ['name', /^[A-Za-z_$][\w$]*/],
      ['symbol', SYMBOLS],
    ];
    const rule = rules.find(([, pattern]) => pattern.test(rest));
    const read = rule?.[1].exec(rest)?.[0];
    // `r/…/` is a regular expression, which has rules of its own.
    if (!rule || !read || (read === 'r' && rest[1] === '/')) {
      throw new Unread();
    }
    found.push({ kind: rule[0], text: read, from: at, to: at + read.length });
    at += read.length;
  }
  found.push({ kind: 'end', text: '', from: at, to: at });
  return found;
}

/** Reads an expression by the engine's grammar: what binds how strongly is its parser's. */
class Parser {
  private at = 0;
  private readonly all: Token[];

  constructor(text: string) {
    this.all = tokens(text);
  }

  whole(): Node {
    const node = this.choice();
    if (this.peek().kind !== 'end') {
      throw new Unread();
    }
    return node;
  }

  private peek(ahead = 0): Token {
    return this.all[Math.min(this.at + ahead, this.all.length - 1)];
  }

  private next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  private is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind !== 'string' && token.text === text;
  }

  private take(...texts: string[]): boolean {
    if (texts.some(text => this.is(text))) {
      this.at += 1;
      return true;
    }
    return false;
  }

  private expect(text: string): Token {
    if (!this.is(text)) {
      throw new Unread();
    }
    return this.next();
  }

  private name(): Token {
    if (this.peek().kind !== 'name') {
      throw new Unread();
    }
    return this.next();
  }

  private made(kind: Node['kind'], parts: Node[], text?: string): Node {
    return {
      kind,
      parts,
      text,
      from: parts[0].from,
      to: this.all[this.at - 1].to,
    };
  }

  private chain(
    kind: Node['kind'],
    operand: () => Node,
    ...operators: string[]
  ): Node {
    let left = operand();
    while (this.take(...operators)) {
      left = this.made(kind, [left, operand()]);
    }
    return left;
  }

  private choice(): Node {
    const body = this.or();
    if (!this.take('if')) {
      return body;
    }
    const condition = this.or();
    const parts = [condition, body];
    if (this.take('else')) {
      parts.push(this.or());
    }
    return { ...this.made('choice', parts), from: body.from };
  }

  private readonly or = () => this.chain('or', this.and, 'or');
  private readonly and = () => this.chain('and', this.not, 'and');

  private readonly not = (): Node => {
    const { from } = this.peek();
    return this.take('not')
      ? { ...this.made('not', [this.not()]), from }
      : this.membership();
  };

  private membership(): Node {
    let left = this.test();
    for (;;) {
      if (this.is('not') && this.is('in', 1)) {
        this.at += 2;
      } else if (!this.take('in')) {
        return left;
      }
      left = this.made('in', [left, this.test()]);
    }
  }

  private test(): Node {
    const left = this.compare();
    if (!this.take('is')) {
      return left;
    }
    this.take('not');
    return this.made('is', [left, this.compare()]);
  }

  private compare(): Node {
    return this.chain(
      'compare',
      () =>
        this.chain(
          'compare',
          () => this.chain('math', this.product, '+', '-', '~'),
          '<',
          '<=',
          '>',
          '>=',
        ),
      '==',
      '===',
      '!=',
      '!==',
    );
  }

  private readonly product = () =>
    this.chain('math', this.filtered, '*', '/', '//', '%', '**');

  private readonly filtered = (): Node => {
    let input = this.unary();
    while (this.take('|')) {
      let { text } = this.name();
      while (this.take('.')) {
        text += `.${this.name().text}`;
      }
      const given = this.take('(') ? this.given() : { parts: [] };
      input = this.made('filter', [input, ...given.parts], text);
    }
    return input;
  };

  private unary(): Node {
    const { from } = this.peek();
    return this.take('-', '+')
      ? { ...this.made('math', [this.unary()]), from }
      : this.postfix();
  }

  private postfix(): Node {
    let target = this.primary();
    for (;;) {
      if (this.take('.')) {
        const { text } = this.name();
        target = this.made('member', [target], text);
      } else if (this.is('[')) {
        target = this.subscript(target);
      } else if (this.take('(')) {
        const { parts, keywords } = this.given();
        target = { ...this.made('call', [target, ...parts]), keywords };
      } else {
        return target;
      }
    }
  }

  private subscript(target: Node): Node {
    this.expect('[');
    const parts: Node[] = [];
    while (!this.is(']')) {
      if (!this.take(':')) {
        parts.push(this.choice());
      }
    }
    this.expect(']');
    const [key] = parts;
    return parts.length === 1 &&
      key.kind === 'literal' &&
      key.text !== undefined
      ? this.made('member', [target], key.text)
      : this.made('index', [target, ...parts]);
  }

  /** Arguments, after the opening bracket. */
  private given(): { parts: Node[]; keywords: string[] } {
    const parts: Node[] = [];
    const keywords: string[] = [];
    if (!this.take(')')) {
      do {
        if (this.peek().kind === 'name' && this.is('=', 1)) {
          keywords.push(this.next().text);
          this.next();
        }
        parts.push(this.choice());
      } while (this.take(','));
      this.expect(')');
    }
    return { parts, keywords };
  }

  private several(close: string, from: number): Node {
    const parts: Node[] = [];
    if (!this.take(close)) {
      do {
        if (close === '}') {
          this.next();
          this.expect(':');
        }
        parts.push(this.choice());
      } while (this.take(','));
      this.expect(close);
    }
    return { kind: 'several', parts, from, to: this.all[this.at - 1].to };
  }

  private primary(): Node {
    const token = this.next();
    const { kind, text, from, to } = token;
    if (kind === 'string') {
      return { kind: 'literal', text: text.slice(1, -1), parts: [], from, to };
    }
    if (
      kind === 'number' ||
      (kind === 'name' && /^(true|false|none|null)$/.test(text))
    ) {
      return { kind: 'literal', parts: [], from, to };
    }
    if (kind === 'name') {
      return { kind: 'name', text, parts: [], from, to };
    }
    const close = { '(': ')', '[': ']', '{': '}' }[text];
    if (kind !== 'symbol' || !close) {
      throw new Unread();
    }
    const node = this.several(close, from);
    // Brackets around one expression change nothing but what binds.
    return close === ')' && node.parts.length === 1
      ? { ...node.parts[0], from, to: node.to }
      : node;
  }
}

/**
 * How the value of an expression is used: its text, members or items are needed (`value`); it is only asked whether it is there
 * (`test`); or it is compared.
 */
type Use = 'value' | 'test' | 'compare';

/** An expression of a template: where it is, and how its value is used. */
type Place = { text: string; at: number; use: Use };

/** The expressions of a template's segments; tags that hold none the engine evaluates on the spot are left out. */
function places(source: string, syntax?: TemplateSyntax): Place[] {
  return templateSegments(source, syntax).flatMap(({ block, text, at }) => {
    // Dashes at both ends trim white space.
    const start = text.startsWith('-') ? 1 : 0;
    const end = text.length > 1 && text.endsWith('-') ? -1 : undefined;
    const inner = text.slice(start, end);
    const place = (offset: number, use: Use): Place[] => [
      { text: inner.slice(offset), at: at + start + offset, use },
    ];
    if (!block) {
      return place(0, 'value');
    }
    const tag =
      /^\s*(?:(if|elif|elseif|case)\b|for\s[^]*?\s(in)\b|set\s[^=]*(=)|(switch)\b)/.exec(
        inner,
      );
    if (!tag) {
      return [];
    }
    const [whole, tested, , set] = tag;
    return place(whole.length, tested || set ? 'test' : 'value');
  });
}

function parsed(text: string): Node | undefined {
  try {
    return new Parser(text).whole();
  } catch (error) {
    if (error instanceof Unread) {
      return undefined;
    }
    throw error;
  }
}

/** Filters whose answer may be nothing, though what they are given is something. */
const MAY_FIND_NOTHING: ReadonlySet<string> = new Set([
  'first',
  'last',
  'pick',
  'random',
]);

/** The parts of an expression whose value is needed, in the order they begin. */
function needed(node: Node, use: Use, compared: boolean): Node[] {
  const wanted = use === 'value' || (use === 'compare' && compared);
  const within = (part: Node, as: Use) => needed(part, as, compared);
  const [first, ...rest] = node.parts;
  switch (node.kind) {
    case 'literal':
      return [];
    case 'name':
      return wanted ? [node] : [];
    case 'member':
    case 'index':
    case 'call': {
      // What a macro answers is text; other functions are the engine's.
      const own = node.kind === 'call' && first.kind === 'name';
      return [
        ...(wanted && !own ? [node] : []),
        ...(own ? [] : within(first, 'test')),
        ...rest.flatMap(part => within(part, 'value')),
      ];
    }
    case 'filter': {
      const given = /^(default|d)$/.test(node.text ?? '') ? 'test' : 'value';
      return [
        ...(wanted && MAY_FIND_NOTHING.has(node.text ?? '') ? [node] : []),
        ...within(first, given),
        ...rest.flatMap(part => within(part, 'value')),
      ];
    }
    case 'choice':
      return [
        ...within(first, 'test'),
        ...rest.flatMap(part => within(part, use)),
      ];
    case 'or':
    case 'and':
      return [...within(first, 'test'), ...within(rest[0], use)];
    case 'not':
      return within(first, 'test');
    case 'is':
      return [
        ...within(first, 'test'),
        // The test's own arguments; its name is no value.
        ...rest[0].parts.slice(1).flatMap(part => within(part, 'value')),
      ];
    case 'in':
      return [...within(first, 'compare'), ...within(rest[0], 'value')];
    case 'compare':
      return node.parts.flatMap(part => within(part, 'compare'));
    default:
      return node.parts.flatMap(part => within(part, 'value'));
  }
}

/** A line of the source, from 1. */
function lineAt(source: string, at: number): number {
  return source.slice(0, at).split('\n').length;
}

/** A part of a template that was guarded, or an expression that could not be read. */
export type GuardedPlace = { line: number; expression: string };

/**
 * A template in which whatever is printed, filtered, looped over or computed with goes through the filter `asked`, which is given the
 * value and the number of its place. The engine prints nothing for what is not there, so that this is how such a place is found when
 * rendering. A filter that answers what it is given changes nothing else. Places where an answer may be missing on purpose are left:
 * conditions, `x or y`, `x and y`, `x is defined`, `x | default(y)`, and what `set` puts aside, which counts where it is used. Pure.
 */
export function guardTemplate(
  source: string,
  options: {
    /** The number of the first place. */
    from?: number;
    /** Guards both sides of `==` and its like, too. */
    compared?: boolean;
    /** A source that is one expression may answer nothing: a step's input is then left out, and counts where it is used. */
    mayBeNothing?: boolean;
    syntax?: TemplateSyntax;
  } = {},
): { text: string; places: GuardedPlace[]; unread: GuardedPlace[] } {
  const { from = 0, compared = false, mayBeNothing = false, syntax } = options;
  const guarded: GuardedPlace[] = [];
  const unread: GuardedPlace[] = [];
  const insertions: { at: number; text: string; opens: boolean }[] = [];
  const all = places(source, syntax);
  const trimmed = source.trim();
  const alone =
    all.length === 1 &&
    trimmed.startsWith('${{') &&
    trimmed.indexOf('}}') === trimmed.length - 2;
  for (const { text, at, use } of all) {
    const node = parsed(text);
    const said = (n: { from: number; to: number }) => ({
      line: lineAt(source, at + n.from),
      expression: text.slice(n.from, n.to),
    });
    if (!node) {
      unread.push(said({ from: 0, to: text.length }));
      continue;
    }
    const as = alone && mayBeNothing ? 'test' : use;
    for (const part of needed(node, as, compared)) {
      const id = from + guarded.length;
      guarded.push(said(part));
      insertions.push(
        { at: at + part.from, text: '(', opens: true },
        { at: at + part.to, text: ` | asked(${id}))`, opens: false },
      );
    }
  }
  // At one place, what closes comes before what opens; of several that close there, the inner one was found last.
  const order = insertions
    .map((insertion, index) => ({ ...insertion, index }))
    .sort(
      (a, b) =>
        a.at - b.at ||
        Number(a.opens) - Number(b.opens) ||
        (a.opens ? a.index - b.index : b.index - a.index),
    );
  let text = '';
  let read = 0;
  for (const insertion of order) {
    text += source.slice(read, insertion.at) + insertion.text;
    read = insertion.at;
  }
  return { text: text + source.slice(read), places: guarded, unread };
}

/** All parts of an expression. */
function partsOf(node: Node): Node[] {
  return [node, ...node.parts.flatMap(partsOf)];
}

/** What a macro must be given. */
function macrosOf(source: string): Map<string, string[]> {
  return new Map(
    templateSegments(source)
      .filter(segment => segment.block)
      .flatMap(({ text }) => {
        const macro = /^-?\s*macro\s+(\w+)\s*\(([^]*)\)\s*-?$/.exec(text);
        if (!macro) {
          return [];
        }
        // Defaults have commas of their own in brackets and strings.
        const call = parsed(`f(${macro[2]})`);
        const given = call?.parts.slice(1) ?? [];
        const required = given
          .slice(0, given.length - (call?.keywords?.length ?? 0))
          .map(part => part.text ?? '');
        return [[macro[1], required] as const];
      }),
  );
}

/** A mistake in an expression that the engine renders as empty text, or as what nobody meant, without a word. */
export type ExpressionProblem = { line: number; message: string };

/**
 * Expressions of a template that say too little to be checked, or too much: members of `values`, `parameters` or `steps` under a name
 * that is computed, and macros that are called with too few arguments. Pure.
 */
export function expressionProblems(source: string): ExpressionProblem[] {
  const macros = macrosOf(source);
  return places(source).flatMap(({ text, at }) => {
    const node = parsed(text);
    if (!node) {
      return [];
    }
    return partsOf(node).flatMap((part): ExpressionProblem[] => {
      const [target, ...given] = part.parts;
      const line = lineAt(source, at + part.from);
      const said = text.slice(part.from, part.to);
      if (
        part.kind === 'index' &&
        target.kind === 'name' &&
        /^(values|parameters|steps|secrets)$/.test(target.text ?? '')
      ) {
        return [
          {
            line,
            message: `${said} computes the name of what it reads, so that nobody can tell whether it is there`,
          },
        ];
      }
      const required =
        part.kind === 'call' && target.kind === 'name'
          ? macros.get(target.text ?? '')
          : undefined;
      const keywords = new Set(part.keywords);
      const missing = (required ?? [])
        .slice(given.length - keywords.size)
        .filter(name => !keywords.has(name));
      return missing.length > 0
        ? [
            {
              line,
              message: `${said} leaves out ${missing.join(
                ', ',
              )}, which the macro needs`,
            },
          ]
        : [];
    });
  });
}
