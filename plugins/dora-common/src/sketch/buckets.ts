/**
 * Bounds of neighbouring buckets differ by 2 %, so the geometric middle of a bucket is less than 1 % away from any value in it.
 * The scheme of C. Masson, J. E. Rim & H. K. Lee, "DDSketch", PVLDB 12 (2019), with fixed bounds, so that histograms of any two
 * spans and scopes add up.
 */
const GROWTH = Math.log(1.02);
/** The bucket that begins at one second. Everything below a millisecond, the resolution of moments, is in bucket 0. */
export const ONE_SECOND_BUCKET = 350;
/** How many buckets there are: the last one begins beyond a century. */
export const BUCKETS = ONE_SECOND_BUCKET + 1_120;
/** Largest relative error of a quantile that is read from buckets. */
export const SKETCH_ERROR = 0.01;

/** Bucket of a duration in seconds. */
export function bucketOf(seconds: number): number {
  return seconds < 0.001
    ? 0
    : Math.min(
        BUCKETS - 1,
        Math.max(1, ONE_SECOND_BUCKET + Math.floor(Math.log(seconds) / GROWTH)),
      );
}

/** Where a bucket begins, in seconds. */
export function bucketStart(bucket: number): number {
  return bucket === 0 ? 0 : Math.exp((bucket - ONE_SECOND_BUCKET) * GROWTH);
}

/** The value a bucket stands for, in seconds. */
export function bucketValue(bucket: number): number {
  return bucket === 0
    ? 0
    : Math.exp((bucket - ONE_SECOND_BUCKET + 0.5) * GROWTH);
}
