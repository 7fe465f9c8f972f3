/** One line of a diff. */
export interface DiffLine {
  kind: 'context' | 'added' | 'removed' | 'note';
  text: string;
  /** Line number before, for context and removed lines. */
  before?: number;
  /** Line number after, for context and added lines. */
  after?: number;
}

/** Lines that belong together, with the heading git gives them. */
export interface DiffHunk {
  heading: string;
  lines: DiffLine[];
}

/** What a diff says about one file. */
export interface DiffFile {
  path: string;
  previousPath?: string;
  binary: boolean;
  hunks: DiffHunk[];
}

/** Undoes the quoting git gives to paths with unusual characters. */
function unquote(path: string): string {
  if (!path.startsWith('"') || !path.endsWith('"')) {
    return path;
  }
  const bytes: number[] = [];
  const inner = path.slice(1, -1);
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r' };
  const encoder = new TextEncoder();
  for (let index = 0; index < inner.length; index += 1) {
    const octal = /^\\([0-7]{3})/.exec(inner.slice(index, index + 4));
    if (octal) {
      bytes.push(Number.parseInt(octal[1], 8));
      index += 3;
    } else if (inner[index] === '\\') {
      index += 1;
      bytes.push(...encoder.encode(escapes[inner[index]] ?? inner[index]));
    } else {
      bytes.push(...encoder.encode(inner[index]));
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function pathAfter(line: string, prefix: string): string | undefined {
  const value = unquote(line.slice(prefix.length).replace(/\t$/, ''));
  return value === '/dev/null' ? undefined : value.replace(/^[ab]\//, '');
}

/** Reads git's unified diff. What it cannot place is left out; it never throws. */
export function parseDiff(diff: string): DiffFile[] {
  const files: DiffFile[] = [];
  let file: DiffFile | undefined;
  let hunk: DiffHunk | undefined;
  let before = 0;
  let after = 0;
  let beforeLeft = 0;
  let afterLeft = 0;
  const lines = diff.split('\n');
  for (const [index, line] of lines.entries()) {
    const inside = hunk && (beforeLeft > 0 || afterLeft > 0);
    if (hunk && inside && /^[ +-]/.test(line)) {
      const text = line.slice(1);
      if (line[0] === '+') {
        hunk.lines.push({ kind: 'added', text, after });
        after += 1;
        afterLeft -= 1;
      } else if (line[0] === '-') {
        hunk.lines.push({ kind: 'removed', text, before });
        before += 1;
        beforeLeft -= 1;
      } else {
        hunk.lines.push({ kind: 'context', text, before, after });
        before += 1;
        after += 1;
        beforeLeft -= 1;
        afterLeft -= 1;
      }
    } else if (hunk && line.startsWith('\\ ')) {
      hunk.lines.push({ kind: 'note', text: line.slice(2) });
    } else if (line.startsWith('diff --git ')) {
      // For files without lines, such as binary ones, this is the only name.
      const same = /^diff --git ("?)a\/(.*)\1 \1b\/\2\1$/.exec(line);
      file = { path: same ? same[2] : '', binary: false, hunks: [] };
      hunk = undefined;
      files.push(file);
    } else if (file && !hunk && line.startsWith('--- ')) {
      file.path = pathAfter(line, '--- ') ?? file.path;
    } else if (file && !hunk && line.startsWith('+++ ')) {
      file.path = pathAfter(line, '+++ ') ?? file.path;
    } else if (file && !hunk && line.startsWith('rename from ')) {
      file.previousPath = unquote(line.slice('rename from '.length));
    } else if (file && !hunk && line.startsWith('rename to ')) {
      file.path = unquote(line.slice('rename to '.length));
    } else if (file && line.startsWith('Binary files ')) {
      file.binary = true;
    } else if (file) {
      const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/.exec(
        line,
      );
      if (match) {
        before = Number(match[1]);
        beforeLeft = Number(match[2] ?? 1);
        after = Number(match[3]);
        afterLeft = Number(match[4] ?? 1);
        hunk = {
          heading: match[5] || `From line ${after || before}`,
          lines: [],
        };
        file.hunks.push(hunk);
      } else if (inside && line === '' && index < lines.length - 1) {
        // Some tools drop the space of an empty context line.
        hunk?.lines.push({ kind: 'context', text: '', before, after });
        before += 1;
        after += 1;
        beforeLeft -= 1;
        afterLeft -= 1;
      }
    }
  }
  return files;
}
