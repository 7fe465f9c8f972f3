interface Kept<T> {
  answer: Promise<T>;
  weight: number;
}

/** Keeps the answers that were asked for last, as long as they are not too many and too large. Failures are not kept. */
export class AnswerCache<T> {
  private readonly answers = new Map<string, Kept<T>>();
  private weight = 0;

  /**
   * @param capacity - what the answers kept may weigh together
   * @param weigh - what one weighs; 1 unless told
   */
  constructor(
    private readonly capacity: number,
    private readonly weigh: (answer: T) => number = () => 1,
  ) {}

  /** The answer under the key, made once however many ask at the same time. */
  async get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key);
    if (known) {
      // Asked for again: to the end of the order of eviction.
      this.answers.delete(key);
      this.answers.set(key, known);
      return known.answer;
    }
    const kept: Kept<T> = { answer: make(), weight: 0 };
    this.answers.set(key, kept);
    kept.answer.then(
      answer => {
        if (this.answers.get(key) === kept) {
          kept.weight = this.weigh(answer);
          this.weight += kept.weight;
          this.evict();
        }
      },
      () => {
        if (this.answers.get(key) === kept) {
          this.answers.delete(key);
        }
      },
    );
    return kept.answer;
  }

  private evict(): void {
    for (const [key, { weight }] of this.answers) {
      if (this.weight <= this.capacity) {
        return;
      }
      this.answers.delete(key);
      this.weight -= weight;
    }
  }
}
