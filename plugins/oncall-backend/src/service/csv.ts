/**
 * Rows as CSV by RFC 4180. A text that a spreadsheet would take for a formula is quoted as text.
 *
 * @param columns - Each with its heading and what of a row stands in it; undefined is empty.
 */
export function toCsv<T>(
  rows: T[],
  columns: [string, (row: T) => string | number | undefined][],
): string {
  return [
    columns.map(([name]) => name),
    ...rows.map(row => columns.map(([, value]) => field(value(row)))),
  ]
    .map(cells => `${cells.join(',')}\r\n`)
    .join('');
}

function field(value: string | number | undefined): string {
  if (value === undefined || typeof value === 'number') {
    return value === undefined ? '' : String(value);
  }
  const text = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value)
    ? `'${value}`
    : value;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
