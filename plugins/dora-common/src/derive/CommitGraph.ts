import { CommitRecord } from '../events';

/** Binary max-heap of commits by generation, ties by number. */
class GenerationHeap {
  private readonly items: number[] = [];
  constructor(private readonly generation: Int32Array) {}

  private before(a: number, b: number): boolean {
    const difference = this.generation[a] - this.generation[b];
    return difference > 0 || (difference === 0 && a > b);
  }

  push(n: number): void {
    const items = this.items;
    let i = items.push(n) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!this.before(items[i], items[up])) {
        return;
      }
      [items[i], items[up]] = [items[up], items[i]];
      i = up;
    }
  }

  pop(): number | undefined {
    const items = this.items;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) {
      items[0] = last;
      let i = 0;
      for (;;) {
        let best = i;
        for (const child of [2 * i + 1, 2 * i + 2]) {
          if (child < items.length && this.before(items[child], items[best])) {
            best = child;
          }
        }
        if (best === i) {
          break;
        }
        [items[i], items[best]] = [items[best], items[i]];
        i = best;
      }
    }
    return top;
  }
}

/**
 * The commit graph of a repository, made for many ancestry questions.
 *
 * Commits are numbered; a parent that is named but not known becomes a *ghost* without parents, so
 * that a partial history still answers what it can. Each commit has a generation (longest way to a
 * root), which prunes walks, and the set of its roots and ghosts, which tells at once whether
 * two commits share any ancestor.
 */
export class CommitGraph {
  private readonly seen: Int32Array;
  private stamp = 0;

  private constructor(
    private readonly ids: string[],
    private readonly index: Map<string, number>,
    private readonly records: (CommitRecord | undefined)[],
    private readonly parents: Int32Array[],
    private readonly generation: Int32Array,
    private readonly rootSet: Int32Array,
    private readonly rootSets: number[][],
  ) {
    this.seen = new Int32Array(ids.length);
  }

  /** Builds a graph. Records of the same commit are merged, known fields before unknown. */
  static fromRecords(records: Iterable<CommitRecord>): CommitGraph {
    const index = new Map<string, number>();
    const ids: string[] = [];
    const known: (CommitRecord | undefined)[] = [];
    const number = (id: string) => {
      let n = index.get(id);
      if (n === undefined) {
        n = ids.length;
        index.set(id, n);
        ids.push(id);
        known.push(undefined);
      }
      return n;
    };
    for (const record of records) {
      const n = number(record.id);
      known[n] = mergeRecords(known[n], record);
    }
    const recorded = ids.length;
    const parents: Int32Array[] = [];
    for (let n = 0; n < recorded; n++) {
      parents.push(Int32Array.from(known[n]!.parents, number));
    }
    for (let n = recorded; n < ids.length; n++) {
      parents.push(new Int32Array(0));
    }

    // Parents before children (Kahn). What never becomes ready hangs on a cycle, which git cannot
    // make but a payload can claim: its history is taken as unknown.
    const children: number[][] = ids.map(() => []);
    const waiting = new Int32Array(ids.length);
    parents.forEach((list, n) => {
      waiting[n] = list.length;
      list.forEach(p => children[p].push(n));
    });
    const order: number[] = [];
    waiting.forEach((count, n) => count === 0 && order.push(n));
    for (let i = 0; i < order.length; i++) {
      for (const child of children[order[i]]) {
        if (--waiting[child] === 0) {
          order.push(child);
        }
      }
    }
    if (order.length < ids.length) {
      waiting.forEach((count, n) => {
        if (count > 0) {
          parents[n] = new Int32Array(0);
          known[n] = undefined;
          order.push(n);
        }
      });
    }

    const generation = new Int32Array(ids.length);
    const rootSets: number[][] = [];
    const setIds = new Map<string, number>();
    const intern = (set: number[]) => {
      const key = set.join();
      let id = setIds.get(key);
      if (id === undefined) {
        id = rootSets.push(set) - 1;
        setIds.set(key, id);
      }
      return id;
    };
    const unions = new Map<string, number>();
    const union = (a: number, b: number) => {
      if (a === b) {
        return a;
      }
      const key = a < b ? `${a},${b}` : `${b},${a}`;
      let id = unions.get(key);
      if (id === undefined) {
        id = intern(
          [...new Set([...rootSets[a], ...rootSets[b]])].sort((x, y) => x - y),
        );
        unions.set(key, id);
      }
      return id;
    };
    const rootSet = new Int32Array(ids.length);
    for (const n of order) {
      const list = parents[n];
      if (list.length === 0) {
        rootSet[n] = intern([n]);
        continue;
      }
      let highest = 0;
      let set = rootSet[list[0]];
      for (const p of list) {
        highest = Math.max(highest, generation[p]);
        set = union(set, rootSet[p]);
      }
      generation[n] = highest + 1;
      rootSet[n] = set;
    }
    return new CommitGraph(
      ids,
      index,
      known,
      parents,
      generation,
      rootSet,
      rootSets,
    );
  }

  get size(): number {
    return this.ids.length;
  }

  /** Number of a commit whose record is known. */
  find(id: string | undefined): number | undefined {
    const n = id === undefined ? undefined : this.index.get(id);
    return n !== undefined && this.records[n] ? n : undefined;
  }

  /** Full id that a commit id or an unambiguous abbreviation (7 digits or more) means. */
  resolve(text: string): string | undefined {
    if (this.find(text) !== undefined) {
      return text;
    }
    const short = text.toLowerCase();
    if (!/^[0-9a-f]{7,63}$/.test(short)) {
      return undefined;
    }
    const hits = this.byPrefix(short);
    return hits.length === 1 ? hits[0] : undefined;
  }

  private sortedIds: string[] | undefined;
  private byPrefix(prefix: string): string[] {
    this.sortedIds ??= this.ids.filter((_, n) => this.records[n]).sort();
    const sorted = this.sortedIds;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < prefix) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return sorted.slice(low, low + 2).filter(id => id.startsWith(prefix));
  }

  id(n: number): string {
    return this.ids[n];
  }

  record(n: number): CommitRecord | undefined {
    return this.records[n];
  }

  isMerge(n: number): boolean {
    return this.parents[n].length > 1;
  }

  parentsOf(n: number): Int32Array {
    return this.parents[n];
  }

  /** Whether two commits have any ancestor in common, unknown ones included. */
  sharesAncestor(a: number, b: number): boolean {
    if (this.rootSet[a] === this.rootSet[b]) {
      return true;
    }
    const other = new Set(this.rootSets[this.rootSet[b]]);
    return this.rootSets[this.rootSet[a]].some(root => other.has(root));
  }

  /** Whether the history of `a` ends in the unknown somewhere where that of `b` does not. */
  hasUnknownBeyond(a: number, b: number): boolean {
    if (this.rootSet[a] === this.rootSet[b]) {
      return false;
    }
    const other = new Set(this.rootSets[this.rootSet[b]]);
    return this.rootSets[this.rootSet[a]].some(
      root => !this.records[root] && !other.has(root),
    );
  }

  /** Whether `ancestor` is `of` or reachable from it. */
  reaches(of: number, ancestor: number): boolean {
    if (of === ancestor) {
      return true;
    }
    const floor = this.generation[ancestor];
    const stamp = ++this.stamp;
    const stack = [of];
    this.seen[of] = stamp;
    while (stack.length) {
      for (const p of this.parents[stack.pop()!]) {
        if (p === ancestor) {
          return true;
        }
        if (this.generation[p] > floor && this.seen[p] !== stamp) {
          this.seen[p] = stamp;
          stack.push(p);
        }
      }
    }
    return false;
  }

  /** Number of commits reachable from `n`, itself included, unknown ones not. */
  countReachable(n: number): number {
    let count = 0;
    this.walk(n, m => {
      count += this.records[m] ? 1 : 0;
      return true;
    });
    return count;
  }

  /** Visits `n` and its ancestors once each; does not go beyond one for which `visit` is false. */
  walk(n: number, visit: (n: number) => boolean): void {
    const stamp = ++this.stamp;
    const stack = [n];
    this.seen[n] = stamp;
    while (stack.length) {
      const m = stack.pop()!;
      if (!visit(m)) {
        continue;
      }
      for (const p of this.parents[m]) {
        if (this.seen[p] !== stamp) {
          this.seen[p] = stamp;
          stack.push(p);
        }
      }
    }
  }

  /**
   * Commits reachable from `from` and from none of `without`, highest generation first. The cost
   * follows the size of the difference, not of the history.
   */
  *difference(from: number, without: readonly number[]): Generator<number> {
    const INCLUDED = 1;
    const EXCLUDED = 2;
    const flags = new Map<number, number>();
    const heap = new GenerationHeap(this.generation);
    let open = 0; // queued commits that are not known to be excluded
    const reach = (n: number, flag: number) => {
      const before = flags.get(n);
      if (before === undefined) {
        heap.push(n);
        open += flag & EXCLUDED ? 0 : 1;
        flags.set(n, flag);
      } else if (flag & EXCLUDED && !(before & EXCLUDED)) {
        // A parent has a lower generation than its child, so it is still queued.
        open--;
        flags.set(n, before | flag);
      }
    };
    without.forEach(n => reach(n, EXCLUDED));
    reach(from, INCLUDED);
    while (open > 0) {
      const n = heap.pop()!;
      const flag = flags.get(n)!;
      if (!(flag & EXCLUDED)) {
        open--;
        yield n;
      }
      for (const p of this.parents[n]) {
        reach(p, flag & EXCLUDED ? EXCLUDED : INCLUDED);
      }
    }
  }
}

function mergeRecords(
  a: CommitRecord | undefined,
  b: CommitRecord,
): CommitRecord {
  if (!a || a === b) {
    return b;
  }
  return {
    id: b.id,
    parents: pick(a.parents, b.parents)!,
    committedAt: earlier(a.committedAt, b.committedAt)!,
    authoredAt: earlier(a.authoredAt, b.authoredAt),
    authorName: pick(a.authorName, b.authorName),
    authorEmail: pick(a.authorEmail, b.authorEmail),
    paths: pick(a.paths, b.paths),
    subject: pick(a.subject, b.subject),
    reverts: pick(a.reverts, b.reverts),
  };
}

/**
 * The known value; of two different ones, the same one whichever came first: the later in order, so that of
 * lists a longer one beats its beginning, and parents beat the none of a shallow history.
 */
function pick<T extends string | string[]>(
  a: T | undefined,
  b: T | undefined,
): T | undefined {
  if (a === undefined || b === undefined) {
    return a ?? b;
  }
  const [left, right] = [[a].flat(), [b].flat()];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) {
      return left[i] > right[i] ? a : b;
    }
  }
  return left.length >= right.length ? a : b;
}

/** The earlier of two moments; of the same moment in two spellings, the same one whichever came first. */
function earlier(
  a: string | undefined,
  b: string | undefined,
): string | undefined {
  if (a === undefined || b === undefined) {
    return a ?? b;
  }
  const [left, right] = [Date.parse(a), Date.parse(b)];
  if (left === right || Number.isNaN(left) === Number.isNaN(right)) {
    return left < right || (!(right < left) && a < b) ? a : b;
  }
  return Number.isNaN(left) ? b : a;
}
