import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

export type ToEnvironment = { event: unknown; context: unknown };

export type FromEnvironment =
  | { kind: 'ready' }
  /** The handler cannot be loaded; `problems` when its configuration is why. */
  | { kind: 'broken'; message: string; problems?: string[] }
  | { kind: 'output'; text: string }
  | { kind: 'answer'; result: unknown }
  | { kind: 'failed'; error: string };

/** What became of an event. */
export type Outcome =
  | { kind: 'answered'; result: unknown }
  | { kind: 'failed'; error: string }
  /** It took longer than the function may; its environment is gone. */
  | { kind: 'timed-out' }
  /** As many events as may run at once do already. */
  | { kind: 'throttled' };

/** The handler cannot be loaded. */
export class BrokenFunctionError extends Error {
  constructor(
    message: string,
    /** What is wrong with its configuration, if that is why. */
    readonly problems: readonly string[] | undefined,
  ) {
    super(message);
    this.name = 'BrokenFunctionError';
  }
}

export type Environments = {
  /** Starts an environment ahead of the first event. Throws {@link BrokenFunctionError}. */
  warm(): Promise<void>;
  invoke(event: unknown, context: unknown): Promise<Outcome>;
  /** How many there are. */
  count(): number;
  stop(): Promise<void>;
};

export type EnvironmentsOptions = {
  /** Module of this program that runs in the thread. */
  program: URL;
  /** Module that exports `handler`. */
  entry: string;
  /** How many events may run at once. */
  concurrency: number;
  /** How long an event may take, in milliseconds. */
  timeoutMs: number;
  onOutput: (text: string) => void;
};

/** How long an event waits for an environment that is busy, in milliseconds. */
const MOMENT_MS = 50;

/**
 * Environments as Lambda keeps them: each takes one event at a time and is used again, another one is started when all are busy, and one
 * that takes too long is ended with whatever it is doing. Unlike there, an event takes whichever is ready first, waits a moment before
 * another one is started for it, and they start one after the other: a laptop has few processors.
 */
export function createEnvironments(options: EnvironmentsOptions): Environments {
  const { program, entry, concurrency, timeoutMs, onOutput } = options;
  type Said = Exclude<FromEnvironment, { kind: 'output' }>;
  type Environment = { worker: Worker; hear: (said: Said) => void };
  const all = new Set<Environment>();
  const idle: Environment[] = [];
  const waiting: { resolve: (environment: Environment) => void; reject: (error: unknown) => void }[] = [];
  let busy = 0;
  let starting = false;

  /** Resolves to what it says next. A thread that ends instead is broken. */
  const next = (environment: Environment) =>
    new Promise<Said>(resolve => {
      environment.hear = resolve;
    });

  async function start(): Promise<Environment> {
    const worker = new Worker(program, { workerData: { entry } });
    const environment: Environment = { worker, hear: () => {} };
    all.add(environment);
    const gone = (message: string) => {
      all.delete(environment);
      idle.splice(0, idle.length, ...idle.filter(other => other !== environment));
      environment.hear({ kind: 'broken', message });
      grow();
    };
    worker.on('message', (message: FromEnvironment) => {
      if (message.kind === 'output') {
        onOutput(message.text);
      } else {
        environment.hear(message);
      }
    });
    worker.once('error', (error: unknown) => gone(error instanceof Error ? (error.stack ?? error.message) : String(error)));
    worker.once('exit', code => gone(`the environment ended with ${code}`));
    const first = await next(environment);
    if (first.kind !== 'ready') {
      await worker.terminate();
      throw first.kind === 'broken'
        ? new BrokenFunctionError(first.message, first.problems)
        : new BrokenFunctionError('it spoke before it was ready', undefined);
    }
    return environment;
  }

  function release(environment: Environment): void {
    const first = waiting.shift();
    if (first) {
      first.resolve(environment);
    } else {
      idle.push(environment);
    }
  }

  function grow(): void {
    if (starting || waiting.length === 0 || all.size >= concurrency) {
      return;
    }
    starting = true;
    sleep(MOMENT_MS)
      .then(async () => (waiting.length > 0 ? release(await start()) : undefined))
      .catch((error: unknown) => waiting.shift()?.reject(error))
      .finally(() => {
        starting = false;
        grow();
      });
  }

  const take = async (): Promise<Environment> =>
    idle.pop() ??
    new Promise<Environment>((resolve, reject) => {
      waiting.push({ resolve, reject });
      grow();
    });

  async function handle(event: unknown, context: unknown): Promise<Outcome> {
    const environment = await take();
    const answer = next(environment);
    const message: ToEnvironment = { event, context };
    environment.worker.postMessage(message);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>(resolve => {
      timer = setTimeout(resolve, timeoutMs, undefined);
    });
    const said = await Promise.race([answer, late]);
    clearTimeout(timer);
    if (!said) {
      await environment.worker.terminate();
      return { kind: 'timed-out' };
    }
    switch (said.kind) {
      case 'answer':
        release(environment);
        return { kind: 'answered', result: said.result };
      case 'failed':
        release(environment);
        return { kind: 'failed', error: said.error };
      default:
        return { kind: 'failed', error: said.kind === 'broken' ? said.message : 'it spoke out of turn' };
    }
  }

  return {
    async warm() {
      release(await start());
    },
    async invoke(event, context) {
      if (busy >= concurrency) {
        return { kind: 'throttled' };
      }
      busy += 1;
      try {
        return await handle(event, context);
      } catch (error) {
        return { kind: 'failed', error: String(error) };
      } finally {
        busy -= 1;
      }
    },
    count: () => all.size,
    async stop() {
      await Promise.all(Array.from(all, ({ worker }) => worker.terminate()));
    },
  };
}
