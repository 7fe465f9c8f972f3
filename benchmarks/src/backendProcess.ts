import { ChildProcess, fork } from 'node:child_process';
import knexFactory from 'knex';
import { doraClient, DoraClient, startDora } from './dora';

/** What a process has used since it started. */
export interface Usage {
  cpuMicroseconds: number;
  /** At its largest. */
  residentBytes: number;
}

/** A backend of delivery metrics in a process of its own, whose memory and time nobody else shares. */
export interface BackendProcess extends DoraClient {
  /** Where it listens, on this machine. */
  port: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

interface Options {
  /** Address of its database. */
  connection: string;
  /** How many services its catalog has. */
  services: number;
}

type Order = 'usage' | 'stop';
type Told = { port: number } | { usage: Usage } | { stopped: true };

function isTold(message: unknown): message is Told {
  return (
    typeof message === 'object' &&
    message !== null &&
    ('port' in message || 'usage' in message || 'stopped' in message)
  );
}

/** Starts a backend in a process with the flags of this one, its limit of the heap among them. */
export async function startBackendProcess(
  options: Options,
): Promise<BackendProcess> {
  const child = fork(__filename, [JSON.stringify(options)]);
  const first = await next(child);
  if (!('port' in first)) {
    throw new Error('The backend does not say where it listens');
  }
  const order = (what: Order): Promise<Told> => {
    const told = next(child);
    child.send(what);
    return told;
  };
  return {
    ...doraClient(first.port),
    port: first.port,
    async usage() {
      const told = await order('usage');
      if (!('usage' in told)) {
        throw new Error('The backend does not say what it has used');
      }
      return told.usage;
    },
    async stop() {
      await order('stop');
      const ended = new Promise(resolve => {
        child.once('exit', resolve);
      });
      child.disconnect();
      await ended;
    },
  };
}

/** What the process says next. @throws when it ends instead */
function next(child: ChildProcess): Promise<Told> {
  return new Promise((resolve, reject) => {
    const done = () => {
      child.off('message', heard);
      child.off('error', failed);
      child.off('exit', ended);
    };
    // What loads the code talks over the same channel.
    const heard = (message: unknown) => {
      if (isTold(message)) {
        done();
        resolve(message);
      }
    };
    const failed = (error: Error) => {
      done();
      reject(error);
    };
    const ended = (code: number | null) =>
      failed(new Error(`The backend ended with ${code}`));
    child.on('message', heard);
    child.on('error', failed);
    child.on('exit', ended);
  });
}

async function serve({ connection, services }: Options): Promise<void> {
  // Nobody asks it any more.
  process.once('disconnect', () => process.exit(0));
  const knex = knexFactory({
    client: 'pg',
    connection,
    pool: { min: 0, max: 10 },
  });
  const backend = await startDora(knex, services);
  const say = (message: Told) => process.send!(message);
  process.on('message', message => {
    if (message === 'usage') {
      const { user, system } = process.cpuUsage();
      say({
        usage: {
          cpuMicroseconds: user + system,
          residentBytes: process.resourceUsage().maxRSS * 1_024,
        },
      });
    } else if (message === 'stop') {
      backend
        .stop()
        .then(() => knex.destroy())
        .then(
          () => say({ stopped: true }),
          error => {
            process.stderr.write(`${error}\n`);
            process.exit(1);
          },
        );
    }
  });
  say({ port: backend.port });
}

if (require.main === module) {
  serve(JSON.parse(process.argv[2])).catch(error => {
    process.stderr.write(`${error}\n`);
    process.exit(1);
  });
}
