/** A line of a comparison; `gap` stands for lines that are the same and far from any change. */
export type DiffLine = {
  kind: 'same' | 'added' | 'removed' | 'gap';
  text: string;
};

/** Lines around a change that are shown with it. */
const CONTEXT = 3;

/** Longest middle part that is compared line by line; a longer one is shown as replaced. */
const MAX_LINES = 2_000;

const linesOf = (text: string) =>
  text === '' ? [] : text.replace(/\n$/, '').split('\n');

/** What changes from one text to another, with three lines around each change. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end += 1;
  }
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return withGaps([
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ]);
}

/** The shortest way from one list of lines to another, by their longest common part. */
function middle(a: string[], b: string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ kind: 'removed', text });
  const added = (text: string): DiffLine => ({ kind: 'added', text });
  if (a.length > MAX_LINES || b.length > MAX_LINES) {
    return [...a.map(removed), ...b.map(added)];
  }
  const longest = Array.from(
    { length: a.length + 1 },
    () => new Uint16Array(b.length + 1),
  );
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i][j] =
        a[i] === b[j]
          ? longest[i + 1][j + 1] + 1
          : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i] });
      i += 1;
      j += 1;
    } else if (
      i < a.length &&
      (j === b.length || longest[i + 1][j] >= longest[i][j + 1])
    ) {
      lines.push(removed(a[i]));
      i += 1;
    } else {
      lines.push(added(b[j]));
      j += 1;
    }
  }
  return lines;
}

function withGaps(lines: DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  lines.forEach(({ kind }, at) => {
    if (kind !== 'same') {
      for (let i = at - CONTEXT; i <= at + CONTEXT; i += 1) {
        near.add(i);
      }
    }
  });
  return lines.flatMap((line, at): DiffLine[] => {
    if (near.has(at)) {
      return [line];
    }
    return at === 0 || near.has(at - 1) ? [{ kind: 'gap', text: '' }] : [];
  });
}
