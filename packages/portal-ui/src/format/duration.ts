const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const;

/**
 * A duration in words, two neighbouring units at most: `2 h 14 min`, `3 d`, `38 s`.
 *
 * Rounds to the smaller of the two units shown, and carries, so 59 min 59.6 s reads `1 h`, never `60 min`.
 *
 * @param seconds - Duration in seconds. Negative values get a minus sign; values that are not finite read `unknown`.
 */
export function formatDurationSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) {
    return 'unknown';
  }
  const sign = seconds < 0 ? '−' : '';
  const magnitude = Math.abs(seconds);
  if (magnitude < 0.5) {
    return '0 s';
  }
  // The larger unit decides the precision; rounding may carry into the next larger one, so look again after it.
  const largest = (value: number) =>
    Math.max(
      UNITS.findIndex(unit => value >= unit.seconds),
      0,
    );
  const precisionOf = (index: number) =>
    UNITS[Math.min(index + 1, UNITS.length - 1)].seconds;
  const first = magnitude < 1 ? UNITS.length - 1 : largest(magnitude);
  const precision = precisionOf(first);
  const rounded = Math.round(magnitude / precision) * precision;
  const index = largest(rounded);
  const unit = UNITS[index];
  const whole = Math.floor(rounded / unit.seconds);
  const next = UNITS[index + 1];
  const rest = next
    ? Math.floor((rounded - whole * unit.seconds) / next.seconds)
    : 0;
  return next && rest > 0
    ? `${sign}${whole} ${unit.name} ${rest} ${next.name}`
    : `${sign}${whole} ${unit.name}`;
}
