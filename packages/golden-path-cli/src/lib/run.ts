import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { countEndedChild } from './cpu';

export type RunOptions = {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** Kills the command and its children after this many milliseconds. */
  timeoutMs?: number;
  /** Text for standard input. */
  input?: string;
  /** Kills the command and its children when it aborts. */
  signal?: AbortSignal;
  /** Hears what the command says while it runs. */
  onOutput?(text: string): void;
};

export type RunResult = {
  /** Exit code; 124 when the time was up. */
  code: number;
  stdout: string;
  stderr: string;
  /** Both streams in the order they came. */
  output: string;
  seconds: number;
};

/** The most output kept of one command, in characters; the end is what explains a failure. */
const MAX_OUTPUT = 2_000_000;

/**
 * The environment of a command that gets what it is given and nothing else of this process's: a service takes all it needs from there. What
 * is left is where commands are found and where temporary files go.
 */
export function bareEnv(extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PATH, TMPDIR } = process.env;
  return { PATH, TMPDIR, ...extra };
}

function keep(text: string, chunk: string): string {
  return (text + chunk).slice(-MAX_OUTPUT);
}

/** Commands whose time was up, while somebody wants to know. */
const overdue = new AsyncLocalStorage<string[]>();

/** Does something, and says which of the commands it ran were ended because their time was up. */
export async function watchingTime<T>(
  work: () => Promise<T>,
): Promise<{ result: T; timedOut: string[] }> {
  const timedOut: string[] = [];
  return { result: await overdue.run(timedOut, work), timedOut };
}

/** Runs a command to its end without a shell. Throws only when it cannot be started. */
export function run(
  command: string,
  args: string[],
  options: RunOptions,
): Promise<RunResult> {
  const {
    cwd,
    env = process.env,
    timeoutMs = 300_000,
    input,
    signal: aborting,
    onOutput,
  } = options;
  const started = performance.now();
  const watched = overdue.getStore();
  return new Promise((resolve, reject) => {
    // A group of its own, so that a stuck pipeline is ended with everything it started.
    const child = spawn(command, args, { cwd, env, detached: true });
    const result = { stdout: '', stderr: '', output: '' };
    let timedOut = false;
    const end = () => {
      if (child.pid !== undefined) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended already.
        }
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      watched?.push([command, ...args].join(' '));
      end();
    }, timeoutMs);
    aborting?.addEventListener('abort', end);
    // Before the listeners that remove what it writes to.
    process.prependOnceListener('exit', end);
    child.stdout.setEncoding('utf8').on('data', chunk => {
      result.stdout = keep(result.stdout, chunk);
      result.output = keep(result.output, chunk);
      onOutput?.(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', chunk => {
      result.stderr = keep(result.stderr, chunk);
      result.output = keep(result.output, chunk);
    });
    child.once('error', error => {
      clearTimeout(timer);
      process.off('exit', end);
      reject(error);
    });
    child.once('exit', countEndedChild);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      aborting?.removeEventListener('abort', end);
      process.off('exit', end);
      const failed = signal ? 137 : 1;
      resolve({
        ...result,
        code: timedOut ? 124 : code ?? failed,
        seconds: (performance.now() - started) / 1000,
      });
    });
    child.stdin.on('error', () => {
      // A command that does not read its input ends the pipe; its exit code says whether that matters.
    });
    child.stdin.end(input ?? '');
  });
}

/** The path of a command, `undefined` when it is not installed. */
export async function which(command: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, command);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}
