/** One part of a declarative Jenkinsfile: a directive with what stands beside it and, in braces, below it. */
export type Block = {
  /** First word: `stage`, `agent`, `sh`, … */
  name: string;
  /** Text between the word and the braces, or to the end of the line. */
  argument: string;
  children: Block[];
  /** Line, from 1. */
  line: number;
};

/** Index behind the text literal that begins at `at`. */
function literalEnd(text: string, at: number): number {
  const quote = ["'''", '"""'].find(q => text.startsWith(q, at)) ?? text[at];
  let index = at + quote.length;
  while (index < text.length && !text.startsWith(quote, index)) {
    index += text[index] === '\\' ? 2 : 1;
  }
  return index + quote.length;
}

/** The text with comments blanked out, lines kept. Text literals are left alone. */
function withoutComments(text: string): string {
  let result = '';
  let index = 0;
  while (index < text.length) {
    const rest = text.slice(index, index + 2);
    let end = index + 1;
    if (text[index] === "'" || text[index] === '"') {
      end = literalEnd(text, index);
      result += text.slice(index, end);
    } else if (rest === '//' || rest === '/*') {
      const close = rest === '//' ? '\n' : '*/';
      const found = text.indexOf(close, index + 2);
      end = found < 0 ? text.length : found + (close === '*/' ? 2 : 0);
      result += text.slice(index, end).replace(/[^\n]/g, ' ');
    } else {
      result += text[index];
    }
    index = end;
  }
  return result;
}

/**
 * Reads the block structure of a declarative Jenkinsfile: enough to ask which stages there are and what each says, not a Groovy parser.
 * Whether the file is Groovy at all, npm-groovy-lint decides.
 */
export function readDeclarative(source: string): Block[] {
  const text = withoutComments(source);
  let at = 0;
  const blocks = (): Block[] => {
    const found: Block[] = [];
    let statement = '';
    let started = 0;
    let depth = 0;
    const finish = (children: Block[]) => {
      const match = /^\s*([A-Za-z_]\w*)\s*([\s\S]*)$/.exec(statement);
      if (match) {
        const lead = statement.length - statement.trimStart().length;
        found.push({
          name: match[1],
          argument: match[2].trim(),
          children,
          line: text.slice(0, started + lead).split('\n').length,
        });
      }
      statement = '';
    };
    while (at < text.length) {
      const character = text[at];
      if (statement === '') {
        started = at;
      }
      if (character === "'" || character === '"') {
        const end = literalEnd(text, at);
        statement += text.slice(at, end);
        at = end;
      } else if (character === '{' && depth === 0) {
        at += 1;
        const children = blocks();
        finish(children);
      } else if (character === '}' && depth === 0) {
        at += 1;
        finish([]);
        return found;
      } else {
        if ('([{'.includes(character)) {
          depth += 1;
        } else if (')]}'.includes(character)) {
          depth -= 1;
        }
        statement += character;
        at += 1;
        if ((character === '\n' || character === ';') && depth === 0) {
          finish([]);
        }
      }
    }
    finish([]);
    return found;
  };
  return blocks();
}

/** All blocks at and below these, outermost first. */
export function allBlocks(blocks: Block[]): Block[] {
  return blocks.flatMap(block => [block, ...allBlocks(block.children)]);
}
