/** A page as a fake server keeps it. */
export type FakePage = {
  id: string;
  dedupKey: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  /** How often people were called. */
  calls: number;
};

/** The pages of a fake server that makes one page of one key. */
export class FakePages {
  readonly #pages = new Map<string, FakePage>();

  constructor(private readonly prefix = 'P') {}

  /** The page of a key, and whether it is a new one, for which people are called. */
  trigger(dedupKey: string): { page: FakePage; fresh: boolean } {
    const known = this.#pages.get(dedupKey);
    const page = known ?? {
      id: `${this.prefix}${this.#pages.size + 1}`,
      dedupKey,
      status: 'triggered',
      calls: 1,
    };
    this.#pages.set(dedupKey, page);
    return { page, fresh: !known };
  }

  /** The page of a key, if there is one. */
  byKey(dedupKey: string | null | undefined): FakePage | undefined {
    return this.#pages.get(dedupKey ?? '');
  }

  /** The page of an id, if there is one. */
  byId(id: string | null | undefined): FakePage | undefined {
    return this.#list().find(page => page.id === id);
  }

  /** Pages in the order they were made, with what the contract looks at. */
  all(): Omit<FakePage, 'id'>[] {
    return this.#list().map(({ id: _, ...page }) => page);
  }

  /** Pages, the newest first. */
  newest(): FakePage[] {
    return this.#list().reverse();
  }

  #list(): FakePage[] {
    return [...this.#pages.values()];
  }
}
