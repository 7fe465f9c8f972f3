import { LoggerService } from '@backstage/backend-plugin-api';
import { RollupStore } from '../database/RollupStore';

const POLL_MILLISECONDS = 1_000;
const BACKOFF_MILLISECONDS = 10_000;
/** Most deltas folded in one transaction: the more, the fewer cells are written again and again after a long load. */
const DELTAS_AT_ONCE = 60_000;

/**
 * Folds what has changed about facts into the rollups. Every backend runs one; one of them folds at a time. Answers do not
 * wait for it: they are merely quicker when little waits.
 */
export class RollupWorker {
  private running: Promise<void> | undefined;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;

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

  private schedule(delay: number): void {
    if (!this.stopped) {
      this.timer = setTimeout(() => {
        this.running = this.run();
      }, delay);
      this.timer.unref();
    }
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
