/** Rows by a key, each group in the order of the rows. */
export function groupBy<T, TKey>(
  rows: readonly T[],
  keyOf: (row: T) => TKey,
): Map<TKey, T[]> {
  const groups = new Map<TKey, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) {
      group.push(row);
    } else {
      groups.set(keyOf(row), [row]);
    }
  }
  return groups;
}
