/** Natural logarithm of the gamma function; C. Lanczos (1964), g = 7, nine terms. Relative error below 1e-14. */
export function logGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028,
    771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) {
    return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  }
  const t = x + 6.5;
  let sum = c[0];
  for (let i = 1; i < 9; i++) {
    sum += c[i] / (x - 1 + i);
  }
  return (
    0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
  );
}

/**
 * Regularised incomplete beta function I_x(a, b), by its continued fraction with Lentz's method
 * (DLMF 8.17.22; W. J. Lentz 1976).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) {
    return 0;
  }
  if (x >= 1) {
    return 1;
  }
  if (x > (a + 1) / (a + b + 2)) {
    return 1 - incompleteBeta(1 - x, b, a);
  }
  const front = Math.exp(
    logGamma(a + b) -
      logGamma(a) -
      logGamma(b) +
      a * Math.log(x) +
      b * Math.log1p(-x),
  );
  const tiny = 1e-300;
  const guard = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-14) {
      break;
    }
  }
  return (front * fraction) / a;
}

/** P(X ≤ k) of a binomial distribution. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) {
    return 0;
  }
  return k >= n ? 1 : incompleteBeta(1 - p, n - k, k + 1);
}

/**
 * Two-sided exact test that two counts have the same rate: given their sum, the first is binomial with
 * its share of the exposure. J. Przyborowski & H. Wilenski, Biometrika 31 (1940); p-value by doubling the
 * smaller tail.
 *
 * @param exposures - how long each was counted, in the same unit
 */
export function conditionalBinomialTest(
  counts: [number, number],
  exposures: [number, number],
): number {
  const [first, second] = counts;
  const n = first + second;
  if (n === 0) {
    return 1;
  }
  const p = exposures[0] / (exposures[0] + exposures[1]);
  const lower = binomialCdf(first, n, p);
  const upper = 1 - binomialCdf(first - 1, n, p);
  return Math.min(1, 2 * Math.min(lower, upper));
}
