/** A number of the standard normal distribution. G. E. P. Box & M. E. Muller, "A note on the generation of random normal deviates" (1958). */
export function standardNormal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
