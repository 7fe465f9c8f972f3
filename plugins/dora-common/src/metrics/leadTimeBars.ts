import { LeadTimeBucket } from '../api';
import { bucketStart, ONE_SECOND_BUCKET } from '../sketch/buckets';

/** Most bars of a distribution. */
const MAXIMUM_BARS = 60;

/**
 * Bars of a distribution from counts per sketch bucket: each joins as many neighbouring buckets as keep the bars at most 60, from the
 * first that has any to the last. Everything below a second is one bar.
 */
export function barsOf(counts: ReadonlyMap<number, number>): LeadTimeBucket[] {
  const filled = [...counts].filter(([, changes]) => changes > 0);
  if (filled.length === 0) {
    return [];
  }
  const fast = filled.some(([bucket]) => bucket < ONE_SECOND_BUCKET);
  const slow = filled
    .map(([bucket]) => bucket - ONE_SECOND_BUCKET)
    .filter(position => position >= 0);
  const first = fast ? 0 : slow.reduce((a, b) => Math.min(a, b), Infinity);
  const last = slow.reduce((a, b) => Math.max(a, b), -1);
  const room = MAXIMUM_BARS - Number(fast);
  let joined = 1;
  const bar = (position: number) => Math.floor(position / joined);
  while (last >= 0 && bar(last) - bar(first) + 1 > room) {
    joined++;
  }
  const bars: LeadTimeBucket[] = fast
    ? [{ fromSeconds: 0, toSeconds: 1, changes: 0 }]
    : [];
  const start = (index: number) =>
    bucketStart(ONE_SECOND_BUCKET + index * joined);
  for (let index = bar(first); last >= 0 && index <= bar(last); index++) {
    bars.push({
      fromSeconds: start(index),
      toSeconds: start(index + 1),
      changes: 0,
    });
  }
  for (const [bucket, changes] of filled) {
    const position = bucket - ONE_SECOND_BUCKET;
    bars[
      position < 0 ? 0 : Number(fast) + bar(position) - bar(first)
    ].changes += changes;
  }
  return bars;
}
