// @ts-check
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const GUARDIAN = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  'guardian.mjs',
);

/**
 * What has been started, and how to stop it: once, in reverse order, whoever asks and however often.
 */
export class Lifecycle {
  /** @type {{ name: string, stop: () => unknown }[]} */
  #stops = [];
  /** @type {Promise<void> | undefined} */
  #stopping;
  #abort = new AbortController();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #guardian;

  /** Aborted as soon as stopping begins, so that running steps end early. */
  get signal() {
    return this.#abort.signal;
  }

  /**
   * Registers how to stop something that has just started.
   *
   * @param {string} name
   * @param {() => unknown} stop
   */
  onStop(name, stop) {
    this.#stops.push({ name, stop });
  }

  /**
   * Has a process ended even when this one is killed outright.
   *
   * @param {number | undefined} pid leader of a process group
   * @param {NodeJS.Signals} signal what makes it stop in good order
   */
  guard(pid, signal) {
    if (this.#guardian === undefined) {
      this.#guardian = spawn(process.execPath, [GUARDIAN], {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
      });
      this.#guardian.stdin?.on('error', () => {});
      this.#guardian.unref();
    }
    this.#guardian.stdin?.write(`${JSON.stringify({ pid, signal })}\n`);
  }

  /**
   * Stops everything. Later calls wait for the first.
   *
   * @returns {Promise<void>}
   */
  stop() {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll() {
    this.#abort.abort();
    // What a step was about to start registers late: keep going until nothing is left.
    for (
      let next = this.#stops.pop();
      next !== undefined;
      next = this.#stops.pop()
    ) {
      try {
        await next.stop();
      } catch (error) {
        process.stderr.write(`Stopping ${next.name} failed: ${error}\n`);
      }
    }
    this.#guardian?.stdin?.end(`${JSON.stringify({ release: true })}\n`);
  }
}

/**
 * Calls back when the user or the system asks this process to end. npm passes Ctrl-C on, so one press can arrive twice;
 * a killed npm passes nothing on, so its disappearance is watched for.
 *
 * @param {(reason: string) => void} onEnd
 * @param {NodeJS.ProcessEnv} [env]
 */
export function onRequestToEnd(onEnd, env = process.env) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => onEnd(signal));
  }
  if (env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) {
        onEnd('npm has gone');
      }
    }, 500).unref();
  }
}
