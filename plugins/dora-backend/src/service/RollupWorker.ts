import { LoggerService } from '@backstage/backend-plugin-api';
import { RollupStore } from '../database/RollupStore';

const POLL_MILLISECONDS = 1_000;
const BACKOFF_MILLISECONDS = 10_000;
/** Most deltas folded in one transaction: the more, the fewer cells are written again and again after a long load. */
const DELTAS_AT_ONCE = 60_000;
/** Corrections come in rows: for this long after one, the next is expected. */
const CALM_MILLISECONDS = 300;
/** Folding that is due begins after this long at the latest, whatever somebody waits for. */
const LONGEST_HOLD_MILLISECONDS = 3_000;

/**
 * Folds what has changed about facts into the rollups. Every backend runs one; one of them folds at a time. Answers do not
 * wait for it: they are merely quicker when little waits. It waits for what a person waits for, see {@link RollupWorker.ahead}.
 */
export class RollupWorker {
  private running: Promise<void> | undefined;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  /** How much of what somebody waits for is being done. */
  private inProgress = 0;
  private dueSince: number | undefined;
  private calmAt = -Infinity;

  static create(options: {
    store: RollupStore;
    logger: LoggerService;
  }): RollupWorker {
    return new RollupWorker(options.store, options.logger);
  }

  private constructor(
    private readonly store: RollupStore,
    private readonly logger: LoggerService,
  ) {}

  start(): void {
    this.schedule(0);
  }

  /** Resolves when the transaction in progress is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /**
   * Does what somebody waits for before anything is folded: the two would share one processor. What folds already goes on to its end,
   * and what is due begins after three seconds in any case.
   */
  async ahead<T>(work: () => Promise<T>): Promise<T> {
    this.inProgress += 1;
    try {
      return await work();
    } finally {
      this.inProgress -= 1;
      this.calmAt = performance.now() + CALM_MILLISECONDS;
    }
  }

  private schedule(delay: number): void {
    if (!this.stopped) {
      this.timer = setTimeout(() => this.due(), delay);
      this.timer.unref();
    }
  }

  private due(): void {
    const now = performance.now();
    this.dueSince ??= now;
    const hold = Math.min(
      this.dueSince + LONGEST_HOLD_MILLISECONDS - now,
      this.inProgress > 0 ? CALM_MILLISECONDS : this.calmAt - now,
    );
    if (hold > 0) {
      this.schedule(hold);
      return;
    }
    this.dueSince = undefined;
    this.running = this.run();
  }

  private async run(): Promise<void> {
    let pause = POLL_MILLISECONDS;
    try {
      let folded: number;
      do {
        folded = await this.store.fold(DELTAS_AT_ONCE);
      } while (folded === DELTAS_AT_ONCE && !this.stopped);
    } catch (error) {
      this.logger.error(
        'Could not fold what changed into the rollups; trying again',
        error instanceof Error ? error : undefined,
      );
      pause = BACKOFF_MILLISECONDS;
    }
    this.running = undefined;
    this.schedule(pause);
  }
}
