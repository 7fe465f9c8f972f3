/** Keeps the answers that were asked for last. Failures are not kept. */
export class AnswerCache<T> {
  private readonly answers = new Map<string, Promise<T>>();

  constructor(private readonly capacity: number) {}

  /** The answer under the key, made once however many ask at the same time. */
  async get(key: string, make: () => Promise<T>): Promise<T> {
    let answer = this.answers.get(key);
    if (answer) {
      // Asked for again: to the end of the order of eviction.
      this.answers.delete(key);
    } else {
      answer = make();
      answer.catch(() => this.answers.delete(key));
    }
    this.answers.set(key, answer);
    if (this.answers.size > this.capacity) {
      const [oldest] = this.answers.keys();
      this.answers.delete(oldest);
    }
    return answer;
  }
}
