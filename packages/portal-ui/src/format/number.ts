/**
 * A whole number with thousands separated in the reader's language: `12,345`.
 *
 * @param locale - BCP 47 tag; the browser's own when left out.
 */
export function formatCount(count: number, locale?: string): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(
    count,
  );
}

/**
 * A count with its noun in the right number: `1 deployment`, `42 deployments`.
 *
 * @param plural - Needed only where adding an "s" is wrong.
 */
export function formatPlural(
  count: number,
  singular: string,
  plural: string = `${singular}s`,
): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/**
 * A share as a percentage without false precision: one decimal below 10 %, none above.
 *
 * @param rate - Between 0 and 1.
 */
export function formatPercent(rate: number, locale?: string): string {
  const percent = rate * 100;
  const digits = percent > 0 && percent < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(locale, {
    maximumFractionDigits: digits,
  }).format(percent)} %`;
}

/** A rate with the counts it comes from: `3 of 42, 7.1 %`; without a denominator, `none of 0`. */
export function formatRate(numerator: number, denominator: number): string {
  if (denominator === 0) {
    return 'none of 0';
  }
  return `${formatCount(numerator)} of ${formatCount(
    denominator,
  )}, ${formatPercent(numerator / denominator)}`;
}
