/** A failure that a person can do something about; its message is printed alone. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Problem';
  }
}
