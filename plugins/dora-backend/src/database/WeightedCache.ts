/** Keeps what was used last, up to a total weight. */
export class WeightedCache {
  private readonly entries = new Map<
    string,
    { value: unknown; weight: number }
  >();
  private total = 0;

  /** @param capacity - most weight to keep */
  constructor(private readonly capacity: number) {}

  get<T>(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (entry) {
      // Used again: to the end of the order of eviction.
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    return entry?.value as T | undefined;
  }

  /** Adds or replaces; what is too heavy for the whole cache is not kept. */
  set(key: string, value: unknown, weight: number): void {
    this.delete(key);
    this.entries.set(key, { value, weight });
    this.total += weight;
    for (const [oldest] of this.entries) {
      if (this.total <= this.capacity) {
        return;
      }
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (entry) {
      this.total -= entry.weight;
      this.entries.delete(key);
    }
  }
}
