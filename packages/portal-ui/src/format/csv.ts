/** A value that can stand in a cell. `undefined` becomes an empty cell. */
export type CsvValue = string | number | boolean | undefined;

// A spreadsheet runs a cell that begins like this as a formula (OWASP, "CSV injection").
const FORMULA_START = /^[=+\-@\t\r]/;

function cell(value: CsvValue): string {
  if (value === undefined) {
    return '';
  }
  if (typeof value !== 'string') {
    return String(value);
  }
  const text = FORMULA_START.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/**
 * Rows as RFC 4180 text, the first row naming the columns in the order in which they first appear.
 *
 * Text that a spreadsheet would run as a formula is disarmed with a leading apostrophe; numbers are left as they are.
 */
export function toCsv(rows: Record<string, CsvValue>[]): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))];
  return [columns, ...rows.map(row => columns.map(column => row[column]))]
    .map(values => values.map(cell).join(','))
    .map(line => `${line}\r\n`)
    .join('');
}

/**
 * Hands the reader a file made in the browser.
 *
 * @param mime - Media type, such as `text/csv`.
 */
export function downloadText(
  filename: string,
  mime: string,
  text: string,
): void {
  const url = URL.createObjectURL(
    new Blob([text], { type: `${mime};charset=utf-8` }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
  // The click has only queued the download; the address must outlive this turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
