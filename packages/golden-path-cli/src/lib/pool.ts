export type TaskOptions = {
  /** How much of a processor it keeps busy: 1 for one, less for what leaves some of it to others. */
  weight?: number;
  /** Whether it mostly waits, for a process to drain or a deployment to get ready. */
  waits?: boolean;
  /** What has more starts earlier; tasks that have the same start in their order. */
  priority?: number;
};

type Task = Required<TaskOptions> & { start: () => Promise<void> };

/** Tasks that compute, or those that wait: as many at once as their weights allow. */
class Lane {
  private readonly queue: Task[] = [];
  private busy = 0;

  constructor(private readonly capacity: number) {}

  add(task: Task): void {
    const place = this.queue.findIndex(other => other.priority < task.priority);
    this.queue.splice(place < 0 ? this.queue.length : place, 0, {
      ...task,
      // One that asks for more than there is runs alone.
      weight: Math.min(task.weight, this.capacity),
    });
    // Not at once: who adds several decides their order first.
    queueMicrotask(() => this.fill());
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

/**
 * Runs tasks as long as those that compute keep no more than `processors` busy, and those that mostly wait, beside them, no more than
 * `waiting`: what waits takes its time whether somebody computes meanwhile or not. Of each sort, tasks of the highest priority start first,
 * and one that has to wait for room lets none of a lower priority past it.
 */
export class Pool {
  private readonly computing: Lane;
  private readonly waiting: Lane;

  constructor(processors: number, waiting: number) {
    this.computing = new Lane(processors);
    this.waiting = new Lane(waiting);
  }

  /** Adds a task, which starts when there is room. Settles as the task does. */
  add<T>(run: () => Promise<T>, options: TaskOptions = {}): Promise<T> {
    const { weight = 1, waits = false, priority = 0 } = options;
    return new Promise<T>((resolve, reject) => {
      (waits ? this.waiting : this.computing).add({
        start: () => run().then(resolve, reject),
        priority,
        waits,
        weight,
      });
    });
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
