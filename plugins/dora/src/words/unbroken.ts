/** A sentence whose numbers stay with their units where it wraps: `41 %`, `20 h 51 min`. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (%|(?:d|h|min|s)(?=[\s.,;:)]|$))/g, '$1\u00a0$2');
}
