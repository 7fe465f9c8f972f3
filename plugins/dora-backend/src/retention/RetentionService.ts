import { LoggerService } from '@backstage/backend-plugin-api';
import { RetentionOptions } from './options';
import { RetentionStore } from './RetentionStore';

const DAY = 86_400_000;

/** Removes what is kept longer than the configuration says. */
export class RetentionService {
  static create(options: {
    store: RetentionStore;
    retention: RetentionOptions;
    logger: LoggerService;
    /** Called when facts are to be derived again. */
    onRestored: () => void;
  }): RetentionService {
    return new RetentionService(
      options.store,
      options.retention,
      options.logger,
      options.onRestored,
    );
  }

  private constructor(
    private readonly store: RetentionStore,
    private readonly retention: RetentionOptions,
    private readonly logger: LoggerService,
    private readonly onRestored: () => void,
  ) {}

  /** @param now - epoch milliseconds */
  async run(now: number): Promise<void> {
    await this.keepFacts(now);
    const { rawPayloads } = this.retention;
    if (rawPayloads !== undefined) {
      const dropped = await this.store.dropRawPayloads(
        new Date(now - rawPayloads),
      );
      if (dropped > 0) {
        this.logger.info(
          `Dropped the raw payloads of ${dropped} delivery events; what they were normalised to stays`,
        );
      }
    }
  }

  private async keepFacts(now: number): Promise<void> {
    const { facts } = this.retention;
    const before = await this.store.factsFrom();
    // Whole days: history does not crumble away while one looks at it.
    const from =
      facts === undefined ? undefined : Math.floor((now - facts) / DAY) * DAY;
    // Said first, removed second: no answer is ever short of what it says.
    if (from !== before) {
      await this.store.keepFactsFrom(from);
    }
    if (before !== undefined && (from === undefined || from < before)) {
      this.onRestored();
    }
    // Each time: services that a worker was at are left out.
    if (from !== undefined) {
      const removed = await this.store.removeFactsBefore(from);
      if (removed > 0) {
        this.logger.info(
          `Removed ${removed} deployments from before ${new Date(
            from,
          ).toISOString()}`,
        );
      }
    }
  }
}
