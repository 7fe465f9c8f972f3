import { LoggerService } from '@backstage/backend-plugin-api';
import {
  DatabaseFactStore,
  DerivationError,
  DeriveFacts,
} from '../database/DatabaseFactStore';

/** How often marks left by other backends, or by a crash, are looked for. */
const POLL_MILLISECONDS = 500;
const BACKOFF_MILLISECONDS = 5_000;
/** Events come in bursts: what follows within this time is worked off together. */
const GATHER_MILLISECONDS = 100;
/** While events keep coming, this many times as long as working is left to them. */
const YIELD_FACTOR = 2;
const MAX_YIELD_MILLISECONDS = 1_000;
/** Services derived in one transaction: enough that statements are not what takes the time. */
const SERVICES_AT_ONCE = 25;
/** A service that fails this often in a row is set aside. */
const MAX_FAILURES = 3;

/**
 * Works off the marks of services whose facts are out of date. Every backend
 * runs one; the database sees to it that each service is derived by one at a
 * time. A mark survives a crash, because it is removed with the facts it asks for.
 *
 * During a long load the same services are touched again and again, and each
 * time their facts follow from all their events: so the worker holds back until
 * it quietens.
 */
export class FactWorker {
  private running: Promise<void> | undefined;
  private wokenAt = -Infinity;
  private again = false;
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  /** Turns in which services are derived one by one, to find one that fails. */
  private singly = 0;
  private readonly failures = new Map<number, number>();

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

  /** Resolves when what is likely to be needed first is in memory: that is bounded, and takes part of a second. */
  async start(): Promise<void> {
    const began = performance.now();
    try {
      const services = await this.store.warm(this.derive);
      this.logger.debug(
        `Took ${services} services into memory in ${Math.round(
          performance.now() - began,
        )} ms`,
      );
    } catch (error) {
      // Whatever is wrong with one of them, its turn comes, and is told then.
      this.logger.debug(`Took no service into memory: ${error}`);
    }
    this.schedule(0);
  }

  /** Resolves when the services in progress are done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Works soon instead of at the next poll. */
  wake(): void {
    this.wokenAt = performance.now();
    if (this.running) {
      this.again = true;
    } else if (this.timerAt > this.wokenAt + GATHER_MILLISECONDS) {
      this.schedule(GATHER_MILLISECONDS);
    }
  }

  private schedule(delay: number): void {
    if (this.stopped) {
      return;
    }
    clearTimeout(this.timer);
    this.timerAt = performance.now() + delay;
    this.timer = setTimeout(() => {
      this.timerAt = Infinity;
      this.running = this.run();
    }, delay);
    this.timer.unref();
  }

  private async run(): Promise<void> {
    let pause = POLL_MILLISECONDS;
    try {
      await this.drain();
    } catch (error) {
      this.logger.error(
        'Could not derive delivery facts; trying again',
        error instanceof Error ? error : undefined,
      );
      pause = BACKOFF_MILLISECONDS;
      this.again = false;
    }
    this.running = undefined;
    if (this.again) {
      pause = GATHER_MILLISECONDS;
    }
    this.again = false;
    this.schedule(pause);
  }

  private async turn(): Promise<number> {
    const limit = this.singly > 0 ? 1 : SERVICES_AT_ONCE;
    try {
      const derived = await this.store.deriveNext(this.derive, limit);
      this.singly = Math.max(0, this.singly - 1);
      return derived;
    } catch (error) {
      if (!(error instanceof DerivationError)) {
        throw error;
      }
      const { serviceIds } = error;
      if (serviceIds.length > 1) {
        this.singly = serviceIds.length;
        return serviceIds.length;
      }
      const [serviceId] = serviceIds;
      const failures = (this.failures.get(serviceId) ?? 0) + 1;
      this.failures.set(serviceId, failures);
      if (failures < MAX_FAILURES) {
        throw error;
      }
      this.failures.delete(serviceId);
      const aside = await this.store.setAside(
        serviceId,
        error.marks,
        String(error.cause),
      );
      if (aside) {
        this.logger.error(
          `The facts of service ${serviceId} cannot be derived; it is set aside until its next event or the next start`,
          error.cause instanceof Error ? error.cause : undefined,
        );
      }
      return 1;
    }
  }

  private async drain(): Promise<void> {
    while (!this.stopped) {
      const began = performance.now();
      if ((await this.turn()) === 0) {
        return;
      }
      const now = performance.now();
      const busy = now - this.wokenAt < GATHER_MILLISECONDS;
      await new Promise<void>(resolve => {
        if (busy) {
          setTimeout(
            resolve,
            Math.min(MAX_YIELD_MILLISECONDS, (now - began) * YIELD_FACTOR),
          );
        } else {
          // Requests are answered between two turns.
          setImmediate(resolve);
        }
      });
    }
  }
}
