import { LoggerService } from '@backstage/backend-plugin-api';
import { EventsService } from '@backstage/plugin-events-node';
import { OUTGOING_TOPIC, OutgoingTarget } from './options';
import { OutgoingDelivery, OutgoingStore } from './OutgoingStore';

const POLL_MILLISECONDS = 1_000;
/** Deliveries taken at once: together they must be tried within the lease. */
const BATCH = 10;
const TIMEOUT_MILLISECONDS = 5_000;
const LEASE_MILLISECONDS = (BATCH + 2) * TIMEOUT_MILLISECONDS;
const FIRST_RETRY_MILLISECONDS = 1_000;
/** What is said about a service waits behind what could not be: a target that is back hears of it within this time. */
const LONGEST_RETRY_MILLISECONDS = 600_000;

/** Answers of the 4xx that say something of the target or of the moment, and nothing of the event: it may be taken later. */
const TAKEN_LATER = new Set([401, 403, 404, 405, 407, 408, 410, 425, 429]);
/** So much of what a target says about an event that it does not take is kept. */
const LONGEST_ANSWER = 400;

/** Why an event was not taken. */
interface Problem {
  /** In a few words. */
  reason: string;
  /** What the target said to it, as much as is kept. */
  answer?: string;
  /** The target would answer the same again. */
  final: boolean;
}

/** Pause before the next attempt, growing from a second to ten minutes. */
export function retryPause(attempts: number): number {
  return Math.min(
    LONGEST_RETRY_MILLISECONDS,
    FIRST_RETRY_MILLISECONDS * 4 ** Math.min(attempts - 1, 10),
  );
}

/**
 * Sends what is in the outbox, at least once and in order as long as a target
 * takes it. Every backend runs one; each delivery is one backend's at a time.
 */
export class OutgoingWorker {
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  static create(options: {
    store: OutgoingStore;
    targets: OutgoingTarget[];
    maxAttempts: number;
    events: EventsService;
    logger: LoggerService;
    fetch?: typeof fetch;
    pollMilliseconds?: number;
  }): OutgoingWorker {
    return new OutgoingWorker(
      options.store,
      options.targets,
      options.maxAttempts,
      options.events,
      options.logger,
      options.fetch ?? fetch,
      options.pollMilliseconds ?? POLL_MILLISECONDS,
    );
  }

  private constructor(
    private readonly store: OutgoingStore,
    private readonly targets: OutgoingTarget[],
    private readonly maxAttempts: number,
    private readonly events: EventsService,
    private readonly logger: LoggerService,
    private readonly fetchFn: typeof fetch,
    private readonly pollMilliseconds: number,
  ) {}

  start(): void {
    if (this.targets.length > 0) {
      this.schedule(0);
    }
  }

  /** Resolves when the deliveries in progress are done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delay: number): void {
    if (this.stopped) {
      return;
    }
    this.timer = setTimeout(() => {
      this.running = this.turn().then(more =>
        this.schedule(more ? 0 : this.pollMilliseconds),
      );
    }, delay);
    this.timer.unref();
  }

  /** @returns whether there is probably more to do at once */
  private async turn(): Promise<boolean> {
    const full = await Promise.all(
      this.targets.map(async target => {
        try {
          return await this.serve(target);
        } catch (error) {
          this.logger.error(
            `Could not send delivery events to ${target.id}; trying again`,
            error instanceof Error ? error : undefined,
          );
          return false;
        }
      }),
    );
    return full.some(more => more);
  }

  private async serve(target: OutgoingTarget): Promise<boolean> {
    const claimed = await this.store.claim(
      target.id,
      BATCH,
      LEASE_MILLISECONDS,
    );
    const sent: string[] = [];
    try {
      for (const [index, delivery] of claimed.entries()) {
        const problem = await this.send(target, delivery);
        if (problem === undefined) {
          sent.push(delivery.key);
          continue;
        }
        const pause = retryPause(delivery.attempts);
        await this.failed(target, delivery, problem, pause);
        if (problem.final) {
          // Nothing is wrong with the target: the others are not held back by this one.
          continue;
        }
        // A target that refuses one is not asked for the others at once.
        await this.store.release(
          target.id,
          claimed.slice(index + 1).map(({ key }) => key),
          Math.min(pause, 60_000),
        );
        return false;
      }
    } finally {
      if (sent.length > 0) {
        await this.store.delivered(target.id, sent);
      }
    }
    return claimed.length === BATCH;
  }

  private async failed(
    target: OutgoingTarget,
    delivery: OutgoingDelivery,
    { reason, answer, final }: Problem,
    pause: number,
  ): Promise<void> {
    const dead = final || delivery.attempts >= this.maxAttempts;
    if (dead) {
      const attempts =
        delivery.attempts === 1
          ? 'the first attempt'
          : `${delivery.attempts} attempts`;
      this.logger.error(
        `Gave up sending an event of type ${delivery.type} to ${target.id} after ${attempts}: ${reason}`,
      );
    }
    await this.store.failed(
      target.id,
      delivery.key,
      answer ? `${reason}: ${answer}` : reason,
      dead ? undefined : pause,
    );
  }

  /** @returns why it was not taken */
  private async send(
    target: OutgoingTarget,
    { event }: OutgoingDelivery,
  ): Promise<Problem | undefined> {
    try {
      if (target.url === undefined) {
        await this.events.publish({
          topic: OUTGOING_TOPIC,
          eventPayload: JSON.parse(event),
        });
        return undefined;
      }
      const { url, headers } = authenticated(target.url, target.headers);
      const response = await this.fetchFn(url, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/cloudevents+json; charset=utf-8',
        },
        body: event,
        // Where it points is not where the headers were meant for.
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      });
      const { status } = response;
      const final = status >= 400 && status < 500 && !TAKEN_LATER.has(status);
      const answer = final ? await beginningOf(response) : '';
      await response.body?.cancel().catch(() => {});
      return response.ok
        ? undefined
        : {
            reason: `answered ${status}`,
            ...(answer && { answer }),
            final,
          };
    } catch (error) {
      const { name, message, cause } = error as Error;
      if (name === 'TimeoutError') {
        return {
          reason: `no answer within ${TIMEOUT_MILLISECONDS / 1_000} seconds`,
          final: false,
        };
      }
      const code = (cause as { code?: string } | undefined)?.code;
      return { reason: code ?? message, final: false };
    }
  }
}

/** What an answer says at first, in one line; nothing where it ends too early to tell. */
async function beginningOf(response: Response): Promise<string> {
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > LONGEST_ANSWER) {
        break;
      }
    }
  } catch {
    // The status is an answer, too.
  }
  return text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_ANSWER);
}

/** Credentials in an address become a header: `fetch` refuses them where they are. */
function authenticated(
  address: string,
  headers: Record<string, string>,
): { url: string; headers: Record<string, string> } {
  const url = new URL(address);
  if (url.username === '' && url.password === '') {
    return { url: address, headers };
  }
  const credentials = [url.username, url.password]
    .map(decodeURIComponent)
    .join(':');
  url.username = '';
  url.password = '';
  return {
    url: url.toString(),
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      ...headers,
    },
  };
}
