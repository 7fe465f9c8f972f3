/** A stretch of text of one kind. */
export interface Token {
  kind: 'plain' | 'comment' | 'string' | 'number' | 'keyword';
  text: string;
}

interface Language {
  line?: string[];
  block?: [open: string, close: string];
  quotes: string[];
  keywords: Set<string>;
  /** Texts need no quotes there: one inside of a word is an apostrophe, and words mean something only where they are all of a value. */
  prose?: boolean;
}

const words = (text: string) => new Set(text.split(' '));

const C_LIKE: Language = {
  line: ['//'],
  block: ['/*', '*/'],
  quotes: ['"', "'", '`'],
  keywords: words(
    'abstract as async await break case catch class const continue default defer delete do else enum export extends false final finally fn for func function go if impl implements import in instanceof interface let match mod mut namespace new nil null of package private protected pub public readonly return self static struct super switch this throw trait true try type typeof undefined use var void while yield',
  ),
};
/** What comments from a hash on. Each has words of its own: most words of one are prose in another. */
const hash = (keywords: string): Language => ({
  line: ['#'],
  quotes: ['"', "'"],
  keywords: words(keywords),
});
const SETTINGS: Language = { ...hash('false null true'), prose: true };
const SHELL = hash(
  'case do done elif else esac export fi for function if in local readonly return then until while',
);
const PYTHON = hash(
  'and as assert async await break class continue def del elif else except finally for from False if import in is lambda None nonlocal not or pass raise return True try while with yield',
);
const RUBY = hash(
  'and begin break case class def do else elsif end ensure false for if in module next nil not or rescue return self then true unless until when while yield',
);
const TERRAFORM = hash(
  'data dynamic false for if in locals module null output provider resource terraform true variable',
);
const DOCKERFILE = hash(
  'ADD ARG AS CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR',
);
const MAKE = hash(
  'define else endef endif export ifdef ifeq ifndef ifneq include',
);
// A map: files may be called `constructor` or `__proto__`.
const LANGUAGES = new Map<string, Language>([
  ...'c cc cpp cs css go h java js json jsx kt less mjs cjs php rs scala scss swift ts tsx groovy gradle'
    .split(' ')
    .map((extension): [string, Language] => [extension, C_LIKE]),
  ...'cfg conf ini properties toml yaml yml'
    .split(' ')
    .map((extension): [string, Language] => [extension, SETTINGS]),
  ['bash', SHELL],
  ['sh', SHELL],
  ['py', PYTHON],
  ['rb', RUBY],
  ['hcl', TERRAFORM],
  ['tf', TERRAFORM],
  ['tfvars', TERRAFORM],
  ['dockerfile', DOCKERFILE],
  ['makefile', MAKE],
  ['mk', MAKE],
  [
    'sql',
    {
      line: ['--'],
      block: ['/*', '*/'],
      quotes: ["'", '"'],
      keywords: words(
        'alter and as create delete drop from group insert into join not null on or order select set table update values where',
      ),
    },
  ],
  ['html', { block: ['<!--', '-->'], quotes: ['"'], keywords: new Set() }],
  ['xml', { block: ['<!--', '-->'], quotes: ['"'], keywords: new Set() }],
]);

/** The language of a file by its name, or `undefined` when it is not known. */
function languageOf(path: string): Language | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const extension = name.slice(name.lastIndexOf('.') + 1);
  if (/^jenkinsfile/.test(name)) {
    return C_LIKE;
  }
  return LANGUAGES.get(extension) ?? LANGUAGES.get(name.replace(/\..*$/, ''));
}

/** Colouring more lines than this would make a page slow. */
const MAX_COLOURED_LINES = 5000;

/**
 * Splits a file into lines of tokens. It knows comments, texts, numbers and
 * common keywords, which is what helps a reader; it is no parser. The tokens
 * of a line always add up to the line. A very long file is plain.
 */
export function highlight(path: string, content: string): Token[][] {
  const language = languageOf(path);
  const lines = content.replace(/\r\n/g, '\n').replace(/\n$/, '').split('\n');
  if (!language || lines.length > MAX_COLOURED_LINES) {
    return lines.map(text => [{ kind: 'plain', text }]);
  }
  let inBlock = false;
  return lines.map(line => {
    const tokens: Token[] = [];
    const push = (kind: Token['kind'], text: string) => {
      const last = tokens[tokens.length - 1];
      if (last?.kind === kind) {
        last.text += text;
      } else if (text !== '') {
        tokens.push({ kind, text });
      }
    };
    let position = 0;
    while (position < line.length) {
      const rest = line.slice(position);
      const block = language.block;
      if (block && (inBlock || rest.startsWith(block[0]))) {
        const from = inBlock ? 0 : block[0].length;
        const end = rest.indexOf(block[1], from);
        inBlock = end < 0;
        const text = end < 0 ? rest : rest.slice(0, end + block[1].length);
        push('comment', text);
        position += text.length;
        continue;
      }
      const startsWord = position === 0 || /\s/.test(line[position - 1]);
      if (
        language.line?.some(
          // A hash inside a word, as in a URL, starts no comment.
          mark => rest.startsWith(mark) && (mark !== '#' || startsWord),
        )
      ) {
        push('comment', rest);
        break;
      }
      if (
        language.quotes.includes(rest[0]) &&
        !(language.prose && /\w/.test(line[position - 1] ?? ''))
      ) {
        let end = 1;
        while (end < rest.length && rest[end] !== rest[0]) {
          end += rest[end] === '\\' ? 2 : 1;
        }
        const text = rest.slice(0, end + 1);
        push('string', text);
        position += text.length;
        continue;
      }
      const word = /^[A-Za-z_$][\w$]*/.exec(rest)?.[0];
      const number = word ? undefined : /^\d[\w.]*/.exec(rest)?.[0];
      if (word) {
        const isKeyword =
          language.keywords.has(word) &&
          (!language.prose ||
            (/(^|[:=,[{-])\s*$/.test(line.slice(0, position)) &&
              /^\s*($|[,\]}#])/.test(rest.slice(word.length))));
        push(isKeyword ? 'keyword' : 'plain', word);
        position += word.length;
      } else if (number) {
        push('number', number);
        position += number.length;
      } else {
        push('plain', rest[0]);
        position += 1;
      }
    }
    return tokens;
  });
}
