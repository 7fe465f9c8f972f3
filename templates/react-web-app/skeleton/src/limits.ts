/**
 * Lets `ratePerSecond` through on average and `burst` at once; the rest is refused. One for the process: whoever sends too much, metrics
 * and logs stay readable.
 */
export function createLimit(ratePerSecond: number, burst: number, now: () => number = () => performance.now()): () => boolean {
  let tokens = burst;
  let at = now();
  return () => {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - at) / 1000) * ratePerSecond);
    at = time;
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  };
}
