export type TaskOptions = {
  /** How much of a processor it keeps busy: 1 for one, less for what mostly waits. */
  weight?: number;
  /** What has more starts earlier; tasks that have the same start in their order. */
  priority?: number;
};

type Task = Required<TaskOptions> & { start: () => Promise<void> };

/**
 * Runs tasks as long as what runs keeps no more than `capacity` processors busy. Tasks of the highest priority start first, and one that has
 * to wait for room lets none of a lower priority past it.
 */
export class Pool {
  private readonly queue: Task[] = [];
  private busy = 0;

  constructor(private readonly capacity: number) {}

  /** Adds a task, which starts when there is room. Settles as the task does. */
  add<T>(run: () => Promise<T>, options: TaskOptions = {}): Promise<T> {
    const { weight = 1, priority = 0 } = options;
    return new Promise<T>((resolve, reject) => {
      const task: Task = {
        start: () => run().then(resolve, reject),
        priority,
        // One that asks for more than there is runs alone.
        weight: Math.min(weight, this.capacity),
      };
      const place = this.queue.findIndex(other => other.priority < priority);
      this.queue.splice(place < 0 ? this.queue.length : place, 0, task);
      // Not at once: who adds several decides their order first.
      queueMicrotask(() => this.fill());
    });
  }

  private fill(): void {
    // Room is counted in thousandths: sums of fractions are never exact.
    const fits = (task: Task) =>
      Math.round((this.busy + task.weight) * 1000) <=
      Math.round(this.capacity * 1000);
    while (this.queue.length > 0 && fits(this.queue[0])) {
      const [task] = this.queue.splice(0, 1);
      this.busy += task.weight;
      task.start().finally(() => {
        this.busy -= task.weight;
        this.fill();
      });
    }
  }
}

/** Tasks of one purpose in a pool they may share with others; each may add more. */
export class TaskGroup {
  private open = 0;
  private failure: { error: unknown } | undefined;
  private readonly waiting: (() => void)[] = [];

  /** `priority` is added to that of every task. */
  constructor(private readonly pool: Pool, private readonly priority = 0) {}

  add(run: () => Promise<void>, options: TaskOptions = {}): void {
    this.open += 1;
    this.pool
      // After a failure nothing more is begun.
      .add(async () => (this.failure ? undefined : run()), {
        ...options,
        priority: this.priority + (options.priority ?? 0),
      })
      .catch(error => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.open -= 1;
        if (this.open === 0) {
          this.waiting.splice(0).forEach(resolve => resolve());
        }
      });
  }

  /** Resolves when nothing of the group runs or waits; rejects with its first failure. */
  async done(): Promise<void> {
    if (this.open > 0) {
      await new Promise<void>(resolve => {
        this.waiting.push(resolve);
      });
    }
    if (this.failure) {
      throw this.failure.error;
    }
  }
}
