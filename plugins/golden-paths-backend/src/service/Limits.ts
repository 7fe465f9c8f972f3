import { ServiceUnavailableError } from '@backstage/errors';

/** Thrown where somebody asks too often. */
export class TooManyRequestsError extends Error {
  constructor(
    message: string,
    /** When to ask again, in seconds. */
    readonly retryAfterSeconds: number,
  ) {
    super(message);
    this.name = 'TooManyRequestsError';
  }
}

const MINUTE_MS = 60_000;

/** Lets a few previews run at a time and a few wait, and each person ask so often. */
export class Limits {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly asked = new Map<string, number[]>();

  constructor(
    private readonly options: {
      concurrency: number;
      /** Most that wait; more are turned away. */
      queue: number;
      requestsPerMinute: number;
      /** Milliseconds since the epoch. */
      now?: () => number;
    },
  ) {}

  /**
   * Runs `work` once there is room. Whoever waits goes away with the signal, which takes nobody's place then.
   *
   * @throws TooManyRequestsError, ServiceUnavailableError where too many wait already, the signal's reason
   */
  async run<T>(
    person: string,
    work: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    this.count(person);
    if (this.running < this.options.concurrency) {
      this.running += 1;
    } else if (this.waiting.length < this.options.queue) {
      await this.turn(signal);
    } else {
      throw new ServiceUnavailableError(
        'Too many previews are being made right now. Ask again in a moment; creating does not wait for a preview.',
      );
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) {
        next();
      } else {
        this.running -= 1;
      }
    }
  }

  private async turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const entered = new AbortController();
      const enter = () => {
        entered.abort();
        resolve();
      };
      this.waiting.push(enter);
      signal?.addEventListener(
        'abort',
        () => {
          this.waiting.splice(this.waiting.indexOf(enter), 1);
          reject(signal.reason);
        },
        { once: true, signal: entered.signal },
      );
    });
  }

  private count(person: string): void {
    const now = (this.options.now ?? Date.now)();
    for (const [key, times] of this.asked) {
      const recent = times.filter(time => now - time < MINUTE_MS);
      if (recent.length === 0) {
        this.asked.delete(key);
      } else {
        this.asked.set(key, recent);
      }
    }
    const mine = this.asked.get(person) ?? [];
    if (mine.length >= this.options.requestsPerMinute) {
      throw new TooManyRequestsError(
        `That were ${this.options.requestsPerMinute} previews in a minute. Creating does not wait for a preview.`,
        Math.ceil((mine[0] + MINUTE_MS - now) / 1000),
      );
    }
    this.asked.set(person, [...mine, now]);
  }
}
