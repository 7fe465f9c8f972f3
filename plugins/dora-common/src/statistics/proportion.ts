/** The two-sided 95 % point of the standard normal distribution. */
export const Z95 = 1.959963984540054;

/**
 * Wilson score interval of a proportion, without continuity correction.
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 *
 * @returns bounds within 0–1; undefined without trials
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  z = Z95,
): [number, number] | undefined {
  if (trials === 0) {
    return undefined;
  }
  const p = successes / trials;
  const z2 = z * z;
  const centre = p + z2 / (2 * trials);
  const spread =
    z * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials));
  const scale = 1 + z2 / trials;
  // At the ends the bound is 0 or 1 exactly; arithmetic alone would miss it by an ulp.
  return [
    successes === 0 ? 0 : Math.max(0, (centre - spread) / scale),
    successes === trials ? 1 : Math.min(1, (centre + spread) / scale),
  ];
}

/**
 * Interval of the difference of two independent proportions (first − second), from their Wilson intervals.
 * R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
 * Medicine 17 (1998), method 10.
 */
export function newcombeInterval(
  first: { successes: number; trials: number },
  second: { successes: number; trials: number },
  z = Z95,
): [number, number] | undefined {
  const a = wilsonInterval(first.successes, first.trials, z);
  const b = wilsonInterval(second.successes, second.trials, z);
  if (!a || !b) {
    return undefined;
  }
  const p1 = first.successes / first.trials;
  const p2 = second.successes / second.trials;
  return [
    p1 - p2 - Math.hypot(p1 - a[0], b[1] - p2),
    p1 - p2 + Math.hypot(a[1] - p1, p2 - b[0]),
  ];
}
