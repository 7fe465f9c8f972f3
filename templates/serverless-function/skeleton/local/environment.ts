// One environment of Lambda in a thread of its own: loads the handler once, then takes one event at a time.
import { parentPort, workerData } from 'node:worker_threads';
import type { FromEnvironment, ToEnvironment } from './environments.js';

const port = parentPort;
if (!port) {
  throw new Error('runs in a worker only');
}
const say = (message: FromEnvironment) => port.postMessage(message);

// By the same way as the answers, so that what an event wrote is there before its answer is.
const write = (text: string | Uint8Array): boolean => {
  say({ kind: 'output', text: typeof text === 'string' ? text : Buffer.from(text).toString('utf8') });
  return true;
};
process.stdout.write = write;
process.stderr.write = write;

const { entry } = workerData as { entry: string };
try {
  const { handler } = (await import(entry)) as { handler: (event: unknown, context: unknown) => Promise<unknown> };
  port.on('message', ({ event, context }: ToEnvironment) => {
    Promise.resolve()
      .then(() => handler(event, context))
      .then(
        result => say({ kind: 'answer', result }),
        (error: unknown) => say({ kind: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  say({ kind: 'ready' });
} catch (error) {
  const { message, problems } = error as Error & { problems?: string[] };
  say({ kind: 'broken', message, ...(problems ? { problems } : {}) });
}
