/** One field of a line of CSV, by RFC 4180; empty for what is not there. */
export function csvField(value: unknown): string {
  if (value === undefined) {
    return '';
  }
  const text = String(value);
  // A spreadsheet would run texts that begin like a formula.
  const safe =
    typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
