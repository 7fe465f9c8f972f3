import { fork } from 'node:child_process';
import http from 'node:http';
import { batches, organisation } from './dora';

/** What a sender sends, and how. */
export interface SenderOptions {
  port: number;
  services: number;
  deployments: number;
  commitsPerDeployment: number;
  builds: boolean;
  batch: number;
  connections: number;
}

/** A process of its own that sends, so that its work and memory are not the backend's. */
export interface Sender {
  /** How many events it will send. */
  events: number;
  /** Sends everything and resolves when all of it is acknowledged. */
  send(): Promise<void>;
}

type Told = { ready: number } | { done: true } | { failed: string };

function isTold(message: unknown): message is Told {
  return (
    typeof message === 'object' &&
    message !== null &&
    ('ready' in message || 'done' in message || 'failed' in message)
  );
}

/** Starts a sender, which makes everything that it will send before it is ready. */
export async function startSender(options: SenderOptions): Promise<Sender> {
  const child = fork(__filename, [JSON.stringify(options)]);
  const told = () =>
    new Promise<Told>((resolve, reject) => {
      // What loads the code talks over the same channel.
      child.on('message', message => {
        if (isTold(message)) {
          resolve(message);
        }
      });
      child.once('error', reject);
      child.once('exit', code =>
        reject(new Error(`The sender ended with ${code}`)),
      );
    });
  const first = await told();
  if (!('ready' in first)) {
    throw new Error('The sender is not ready');
  }
  return {
    events: first.ready,
    async send() {
      const answer = told();
      child.send('go');
      const last = await answer;
      child.removeAllListeners();
      child.disconnect();
      if ('failed' in last) {
        throw new Error(last.failed);
      }
    },
  };
}

async function serve(options: SenderOptions): Promise<void> {
  const bodies = [...batches(organisation(options), options.batch)];
  const agent = new http.Agent({ keepAlive: true });
  const post = (body: string) =>
    new Promise<number>((resolve, reject) => {
      const request = http.request(
        {
          agent,
          port: options.port,
          method: 'POST',
          path: '/api/dora/events',
          headers: { 'content-type': 'application/cloudevents-batch+json' },
        },
        response => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  const say = (message: Told) => process.send!(message);
  process.on('message', message => {
    if (message !== 'go') {
      return;
    }
    let next = 0;
    const connection = async () => {
      while (next < bodies.length) {
        const status = await post(bodies[next++].body);
        if (status !== 202) {
          throw new Error(`A batch was answered ${status}`);
        }
      }
    };
    Promise.all(Array.from({ length: options.connections }, connection)).then(
      () => say({ done: true }),
      error => say({ failed: String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
  say({ ready: bodies.reduce((sum, { size }) => sum + size, 0) });
}

if (require.main === module) {
  serve(JSON.parse(process.argv[2])).catch(error => {
    process.stderr.write(`${error}\n`);
    process.exit(1);
  });
}
