/** The values one answer may take, by the answer's name. */
export type Dimensions = Record<string, readonly unknown[]>;

/** May two answers have these values together? */
export type Fits = (
  one: string,
  value: unknown,
  other: string,
  otherValue: unknown,
) => boolean;

/**
 * A small set of combinations in which every pair of values of every two answers occurs together, where it may. Greedy and deterministic: the
 * same dimensions give the same rows, the first of which has the first value of each. An answer that decides which values others may have
 * comes before them.
 */
export function pairwise(
  dimensions: Dimensions,
  fits: Fits = () => true,
): Record<string, unknown>[] {
  const names = Object.keys(dimensions).filter(n => dimensions[n].length > 0);
  if (names.length === 0) {
    return [{}];
  }
  if (names.length === 1) {
    return dimensions[names[0]].map(value => ({ [names[0]]: value }));
  }
  const key = (a: number, i: number, b: number, j: number) =>
    a < b ? `${a}:${i},${b}:${j}` : `${b}:${j},${a}:${i}`;
  const open = new Set<string>();
  names.forEach((_, a) =>
    names.forEach((__, b) => {
      if (a < b) {
        dimensions[names[a]].forEach((___, i) =>
          dimensions[names[b]].forEach((____, j) => open.add(key(a, i, b, j))),
        );
      }
    }),
  );
  const rows: number[][] = [];
  const cover = (row: number[]) => {
    rows.push(row);
    row.forEach((i, a) =>
      row.forEach((j, b) => a < b && open.delete(key(a, i, b, j))),
    );
  };
  const fit = (a: number, i: number, b: number, j: number) =>
    fits(names[a], dimensions[names[a]][i], names[b], dimensions[names[b]][j]);
  /** A row with what is given, and of everything else what brings most pairs not yet seen; nothing where no row may have what is given. */
  const complete = (given: (number | undefined)[]): number[] | undefined => {
    const row = [...given];
    for (const [c, name] of names.entries()) {
      const gain = (k: number) =>
        row.filter((l, d) => l !== undefined && open.has(key(c, k, d, l)))
          .length;
      const possible = dimensions[name]
        .map((_, k) => k)
        .filter(
          k =>
            (row[c] ?? k) === k &&
            row.every((l, d) => d === c || l === undefined || fit(c, k, d, l)),
        );
      if (possible.length === 0) {
        return undefined;
      }
      row[c] = possible.reduce((best, k) => (gain(k) > gain(best) ? k : best));
    }
    return row.map(k => k ?? 0);
  };
  cover(names.map(() => 0));
  while (open.size > 0) {
    // Start from a pair not yet seen, so that every row makes progress.
    const [first] = open;
    const [[a, i], [b, j]] = first
      .split(',')
      .map(part => part.split(':').map(Number));
    const row: (number | undefined)[] = names.map(() => undefined);
    row[a] = i;
    row[b] = j;
    const completed = complete(row);
    if (completed) {
      cover(completed);
    } else {
      open.delete(first);
    }
  }
  return rows.map(row =>
    Object.fromEntries(
      names.map((name, a) => [name, dimensions[name][row[a]]]),
    ),
  );
}
