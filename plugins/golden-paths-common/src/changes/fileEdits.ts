import { matchesOwnershipPattern } from '../ownership';
import type { RepositoryFiles } from './facts';
import { editYaml, type YamlEdit, YamlEditError } from './yamlEdits';

/** One change to a text. All texts are literal. */
export type TextEdit =
  | {
      /** Replaced wherever it stands. */
      find: string;
      replace: string;
      /** Only as a whole word: not where a letter, digit, `_`, `-` or `/` comes next. */
      word?: boolean;
    }
  | {
      /** Inserted after the last line that begins so; nothing happens where the inserted text is there already. */
      after: string;
      insert: string;
      /** After the first such line instead: a headline, which lines of code further down can look like. */
      first?: boolean;
    };

/** What is to be changed in the files a pattern names. */
export type FileEdit = {
  /** Path from the root; `*`, `**` and a slash at the end as in ownership patterns. */
  path: string;
  yaml?: readonly YamlEdit[];
  text?: readonly TextEdit[];
  /** What the change is, for the pull request: `the owner`. */
  says: string;
};

/** Outcome of {@link applyFileEdits}. */
export type FileEdits = {
  /** New content of the files that change, by path. */
  changed: Record<string, string>;
  /** What was done to each, by path. */
  done: Record<string, string[]>;
  /** What could not be done, with the reason; nothing was written there. */
  problems: { path: string; why: string }[];
};

/** Longest text that is edited, in characters. */
export const MAX_EDITED_LENGTH = 1_000_000;

const WORD = /[\p{L}\p{N}_/-]/u;

function replaceWords(text: string, find: string, replace: string): string {
  let result = '';
  let rest = text;
  for (;;) {
    const at = rest.indexOf(find);
    if (at < 0) {
      return result + rest;
    }
    const before = (result + rest.slice(0, at)).slice(-1);
    const after = rest.slice(at + find.length, at + find.length + 1);
    const whole = !WORD.test(after) && !/[\p{L}\p{N}_]/u.test(before);
    result += rest.slice(0, at) + (whole ? replace : find);
    rest = rest.slice(at + find.length);
  }
}

/** Changes a text. Pure. */
export function editText(text: string, edits: readonly TextEdit[]): string {
  return edits.reduce((current, edit) => {
    if ('find' in edit) {
      if (edit.find === '' || edit.find === edit.replace) {
        return current;
      }
      return edit.word
        ? replaceWords(current, edit.find, edit.replace)
        : current.split(edit.find).join(edit.replace);
    }
    const inserted = edit.insert.replace(/\n+$/, '');
    const lines = current.split('\n');
    const begins = (line: string) => line.startsWith(edit.after);
    const at = edit.first
      ? lines.findIndex(begins)
      : lines.findLastIndex(begins);
    if (at < 0 || current.includes(inserted)) {
      return current;
    }
    return [...lines.slice(0, at + 1), inserted, ...lines.slice(at + 1)].join(
      '\n',
    );
  }, text);
}

/** Whether every line of a text ends as on Windows. */
const endsInCrlf = (text: string) =>
  /\r\n/.test(text) && !/(^|[^\r])\n/.test(text);

/** Applies an edit to a text whose lines end in `\n` or, all of them, in `\r\n`: they go on ending so. */
function withLineEnds(text: string, edit: (text: string) => string): string {
  return endsInCrlf(text)
    ? edit(text.replaceAll('\r\n', '\n')).replaceAll('\n', '\r\n')
    : edit(text);
}

/** Applies edits to the files of a repository. Pure; what is as it should be already is no change, and line ends stay as they are. */
export function applyFileEdits(
  files: RepositoryFiles,
  edits: readonly FileEdit[],
): FileEdits {
  const result: FileEdits = { changed: {}, done: {}, problems: [] };
  for (const edit of edits) {
    const paths = files.paths.filter(path =>
      matchesOwnershipPattern(edit.path, path),
    );
    for (const path of paths) {
      const before = Object.hasOwn(result.changed, path)
        ? result.changed[path]
        : files.text(path);
      if (before === undefined) {
        continue;
      }
      if (before.length > MAX_EDITED_LENGTH) {
        result.problems.push({ path, why: 'it is too long to be edited' });
        continue;
      }
      try {
        const after = withLineEnds(before, text =>
          editText(
            edit.yaml ? editYaml(text, edit.yaml) : text,
            edit.text ?? [],
          ),
        );
        if (after !== before) {
          result.changed[path] = after;
          result.done[path] = [...(result.done[path] ?? []), edit.says];
        }
      } catch (error) {
        if (!(error instanceof YamlEditError)) {
          throw error;
        }
        result.problems.push({ path, why: error.message });
      }
    }
  }
  return result;
}

/** What edits did, and what they left alone, in Markdown for a pull request. */
export function describeFileEdits({
  changed,
  done,
  problems,
}: FileEdits): string {
  return [
    ...Object.keys(changed)
      .sort()
      .map(path => `- \`${path}\`: ${done[path].join('; ')}`),
    ...problems.map(
      ({ path, why }) =>
        `- \`${path}\` was left alone: ${why}. Change it by hand.`,
    ),
  ].join('\n');
}
