// @ts-check
import { spawn } from 'node:child_process';
import fs from 'node:fs';

/**
 * Runs a program to its end, keeping its output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {string} [options.logFile] file that receives the output as well
 * @param {(line: string) => void} [options.onLine] called with every line printed
 * @param {AbortSignal} [options.signal] ends the program and what it has started
 * @param {boolean} [options.show] passes the output through to the terminal as well
 * @param {string} [options.input] text for its standard input
 * @param {{ uid: number, gid: number }} [options.who] user to run it as
 * @returns {Promise<{ code: number, output: string }>} `code` is 127 when the program could not be started
 */
export function run(command, args, options = {}) {
  return new Promise(resolve => {
    const log = options.logFile
      ? fs.createWriteStream(options.logFile, { flags: 'w', mode: 0o600 })
      : undefined;
    const child = spawn(command, args, {
      ...options.who,
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C reaches the launcher alone, which then ends what it started in the right order.
      detached: true,
    });
    let output = '';
    /** @type {NodeJS.Timeout | undefined} */
    let insist;
    const abort = () => {
      signalGroup(child.pid, 'SIGTERM');
      insist = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), 5000);
    };
    if (options.signal?.aborted) {
      abort();
    }
    options.signal?.addEventListener('abort', abort, { once: true });
    const take = (/** @type {Buffer} */ chunk) => {
      const text = chunk.toString();
      output += text;
      log?.write(chunk);
      if (options.show) {
        process.stdout.write(chunk);
      }
      if (options.onLine) {
        for (const line of text.split('\n').filter(item => item.trim())) {
          options.onLine(line.trim());
        }
      }
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    const finish = (/** @type {number} */ code) => {
      options.signal?.removeEventListener('abort', abort);
      clearTimeout(insist);
      log?.end();
      resolve({ code, output });
    };
    child.once('error', error => {
      output += String(error);
      finish(127);
    });
    child.once('exit', () => {
      if (options.signal?.aborted) {
        // Strays would keep the output open, and with it this promise.
        signalGroup(child.pid, 'SIGKILL');
      }
    });
    child.once('close', (code, signal) => finish(code ?? (signal ? 128 : 1)));
    if (options.input !== undefined) {
      child.stdin?.on('error', () => {});
      child.stdin?.end(options.input);
    }
  });
}

/**
 * Sends a signal to a process group, quietly when it is gone.
 *
 * @param {number | undefined} pid the group's leader
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(pid, signal) {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!isNoSuchProcess(error)) {
      throw error;
    }
  }
}

/**
 * Sends a signal to one process, quietly when it is gone.
 *
 * @param {number | undefined} pid
 * @param {NodeJS.Signals} signal
 */
export function signalProcess(pid, signal) {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isNoSuchProcess(error)) {
      throw error;
    }
  }
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isNoSuchProcess(error);
  }
}

/** @param {unknown} error */
function isNoSuchProcess(error) {
  return (
    error instanceof Error &&
    /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH'
  );
}

/**
 * Ends a child: asks first, insists after a while, and returns once it is gone together with whatever it started.
 *
 * @param {import('node:child_process').ChildProcess} child started with `detached`, so that it leads a group
 * @param {{ ask: NodeJS.Signals, patienceMs: number, insist: NodeJS.Signals }} how
 */
export async function endChild(child, { ask, patienceMs, insist }) {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise(resolve => child.once('exit', resolve));
    signalProcess(child.pid, ask);
    const timer = setTimeout(() => signalGroup(child.pid, insist), patienceMs);
    await ended;
    clearTimeout(timer);
  }
  signalGroup(child.pid, 'SIGTERM');
}

/**
 * The last lines of a log file, for error messages.
 *
 * @param {string} file
 * @param {number} [lines]
 * @returns {string}
 */
export function tail(file, lines = 25) {
  try {
    return fs
      .readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .join('\n');
  } catch {
    return '';
  }
}

/** @param {number} milliseconds */
export const sleep = milliseconds =>
  new Promise(resolve => {
    setTimeout(resolve, milliseconds);
  });
