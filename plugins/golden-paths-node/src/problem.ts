/** What the user can do something about; the message is a sentence for them, no stack is shown. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Problem';
  }
}
