/** What a benchmark gets. */
export interface BenchmarkContext {
  /** `--name=value` arguments. */
  options: Record<string, string | undefined>;
  /** Says how far it is. */
  note: (text: string) => void;
}

/** Measures something and answers figures; throws when it cannot. */
export type Benchmark = (
  context: BenchmarkContext,
) => Promise<Record<string, unknown>>;

/** A whole number among the options. */
export function numberOption(
  { options }: BenchmarkContext,
  name: string,
  fallback: number,
): number {
  const value = options[name] === undefined ? fallback : Number(options[name]);
  if (!Number.isInteger(value) || value <= 0) {
    throw new Error(`--${name} must be a positive whole number`);
  }
  return value;
}

/** A value below which the given share of the values lies. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[
    Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)
  ];
}

/** Rounded for reading. */
export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
