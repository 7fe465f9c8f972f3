import type { Finding } from './types';

/** A line of Ruby without its texts and comments. */
const bare = (line: string) =>
  line
    .replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/g, "''")
    .replace(/#.*$/, '');

const PAIRS: Readonly<Record<string, string>> = {
  ')': '(',
  ']': '[',
  '}': '{',
};

/** What begins a block that `end` closes: at the start of a statement, or `do` behind a call. */
const BEGINS =
  /^\s*(?:if|unless|while|until|case|def|class|module|begin|for)\b|\bdo\b(?:\s*\|[^|]*\|)?\s*$|=\s*(?:if|case|begin)\b/g;

/** Blocks and brackets of a Vagrantfile that do not fit. Ruby says more; it is on few machines that prove templates. */
export function vagrantFindings(file: string, text: string): Finding[] {
  const open: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = bare(raw);
    const where = `${file}:${index + 1}`;
    const close = (wanted: string, word: string): Finding | undefined =>
      open.pop() === wanted
        ? undefined
        : { where, message: `${word} closes nothing` };
    const begun = line.match(BEGINS)?.length ?? 0;
    for (let i = 0; i < begun; i += 1) {
      open.push('block');
    }
    for (const token of line.match(/[()[\]{}]|\bend\b/g) ?? []) {
      if ('([{'.includes(token)) {
        open.push(token);
      } else {
        const wrong = close(PAIRS[token] ?? 'block', token);
        if (wrong) {
          return [wrong];
        }
      }
    }
  }
  return open.length === 0
    ? []
    : [{ where: file, message: `does not close ${open.length} of its blocks` }];
}

/** Variables of the role that something speaks of and nothing sets. `files` are those below infra/vm, with their texts. */
export function variableFindings(
  files: readonly { file: string; text: string }[],
): Finding[] {
  const set = new Set(
    files.flatMap(({ text }) =>
      Array.from(
        text.matchAll(/^\s*(?:- )?(service_\w+):|\bregister: *(\w+)/gm),
        ([, key, registered]) => key ?? registered,
      ),
    ),
  );
  return files
    .filter(({ file }) => /\/(tasks|handlers|templates)\//.test(file))
    .flatMap(({ file, text }) =>
      text.split('\n').flatMap((line, index) =>
        Array.from(
          line.replace(/(^|\s)#.*$/, '').matchAll(/(?<![\w.])service_\w+/g),
          ([name]) => name,
        )
          .filter(name => !set.has(name))
          .map(name => ({
            where: `${file}:${index + 1}`,
            message: `speaks of ${name}, which nothing sets`,
          })),
      ),
    );
}
