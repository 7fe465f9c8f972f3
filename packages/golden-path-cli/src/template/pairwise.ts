/** The values one answer may take, by the answer's name. */
export type Dimensions = Record<string, readonly unknown[]>;

/**
 * A small set of combinations in which every pair of values of every two answers occurs together. Greedy and deterministic: the same
 * dimensions give the same rows, the first of which has the first value of each.
 */
export function pairwise(dimensions: Dimensions): Record<string, unknown>[] {
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
    names.forEach((name, c) => {
      if (row[c] !== undefined) {
        return;
      }
      const gain = (k: number) =>
        row.filter((l, d) => l !== undefined && open.has(key(c, k, d, l)))
          .length;
      const values = dimensions[name].map((_, k) => k);
      row[c] = values.reduce((best, k) => (gain(k) > gain(best) ? k : best), 0);
    });
    cover(row.map(k => k ?? 0));
  }
  return rows.map(row =>
    Object.fromEntries(
      names.map((name, a) => [name, dimensions[name][row[a]]]),
    ),
  );
}
