import { LoggerService } from '@backstage/backend-plugin-api';
import { DatabaseFactStore, DeriveFacts } from '../database/DatabaseFactStore';

/** How often marks left by other backends, or by a crash, are looked for. */
const POLL_MILLISECONDS = 500;
const BACKOFF_MILLISECONDS = 5_000;

/**
 * Works off the marks of services whose facts are out of date. Every backend
 * runs one; the database sees to it that each service is derived by one at a
 * time. A mark survives a crash, because it is removed with the facts it asks for.
 */
export class FactWorker {
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;

  static create(options: {
    store: DatabaseFactStore;
    derive: DeriveFacts;
    logger: LoggerService;
  }): FactWorker {
    return new FactWorker(options.store, options.derive, options.logger);
  }

  private constructor(
    private readonly store: DatabaseFactStore,
    private readonly derive: DeriveFacts,
    private readonly logger: LoggerService,
  ) {}

  start(): void {
    this.schedule(0);
  }

  /** Resolves when the service in progress is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Works now instead of at the next poll. */
  wake(): void {
    if (this.running) {
      this.again = true;
    } else {
      this.schedule(0);
    }
  }

  /** Works until nothing waits that no other backend works on. */
  async drain(): Promise<void> {
    while (!this.stopped && (await this.store.deriveNext(this.derive)) > 0) {
      // Requests are answered between two services.
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
  }

  private schedule(delay: number): void {
    if (this.stopped) {
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.running = this.run();
    }, delay);
    this.timer.unref();
  }

  private async run(): Promise<void> {
    let failed = false;
    try {
      await this.drain();
    } catch (error) {
      failed = true;
      this.logger.error(
        'Could not derive delivery facts; trying again',
        error instanceof Error ? error : undefined,
      );
    }
    this.running = undefined;
    const pause = this.again ? 0 : POLL_MILLISECONDS;
    this.again = false;
    this.schedule(failed ? BACKOFF_MILLISECONDS : pause);
  }
}
