// @ts-check
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Problem } from './problem.mjs';
import { endChild, sleep, tail } from './processes.mjs';
import { throwIfAborted } from './interrupted.mjs';

const READY_WITHIN_MS = 180_000;

/**
 * Arguments that make Node run the portal's TypeScript, the way `backstage-cli package start` does.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function transformArgs(root) {
  return [
    // The scaffolder's sandbox cannot load from Node's start-up snapshot.
    '--no-node-snapshot',
    '--enable-source-maps',
    '--disable-warning=DEP0040',
    '--require',
    path.join(
      root,
      'node_modules/@backstage/cli-node/config/nodeTransform.cjs',
    ),
  ];
}

/**
 * Environment for running the portal's TypeScript.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function transformEnv(root, env) {
  return {
    ...env,
    // Compiled code is kept between starts, which halves the time to load some thousands of modules.
    NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/node-compile'),
  };
}

/**
 * @typedef {object} RunningBackend
 * @property {import('node:child_process').ChildProcess} child
 * @property {() => Promise<void>} stop
 * @property {string} logFile
 */

/**
 * Starts the backend and waits until it says it is ready.
 *
 * @param {object} options
 * @param {string} options.root
 * @param {string} [options.entry] what is run, from the root
 * @param {import('./toolchain.mjs').Toolchain} options.toolchain
 * @param {string[]} options.configFiles later files win
 * @param {string} options.logFile
 * @param {string} options.baseUrl
 * @param {AbortSignal} options.signal
 * @param {(backend: RunningBackend) => void} options.onStarted called at once, so that it can be stopped before it is ready
 * @returns {Promise<RunningBackend>}
 */
export async function startBackend({
  root,
  entry = 'packages/backend/src/index.ts',
  toolchain,
  configFiles,
  logFile,
  baseUrl,
  signal,
  onStarted,
}) {
  throwIfAborted(signal);
  keepPrevious(logFile);
  const log = fs.openSync(logFile, 'w', 0o600);
  const child = spawn(
    toolchain.node,
    [
      ...transformArgs(root),
      path.join(root, entry),
      ...configFiles.flatMap(file => ['--config', file]),
    ],
    {
      cwd: path.join(root, 'packages/backend'),
      env: {
        ...transformEnv(root, toolchain.env),
        NODE_ENV: toolchain.env.NODE_ENV ?? 'production',
      },
      stdio: ['ignore', log, log],
      detached: true,
    },
  );
  fs.closeSync(log);
  const backend = {
    child,
    logFile,
    stop: () =>
      endChild(child, {
        ask: 'SIGTERM',
        patienceMs: 15_000,
        insist: 'SIGKILL',
      }),
  };
  onStarted(backend);
  await waitUntilReady({ child, logFile, baseUrl, signal });
  return backend;
}

/**
 * @param {{ child: import('node:child_process').ChildProcess, logFile: string, baseUrl: string, signal: AbortSignal }} options
 */
async function waitUntilReady({ child, logFile, baseUrl, signal }) {
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until) {
    throwIfAborted(signal);
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Problem(describeDeath(child, logFile));
    }
    if (await answersReady(baseUrl)) {
      return;
    }
    await sleep(100);
  }
  throw new Problem(
    `The portal was not ready within ${
      READY_WITHIN_MS / 60_000
    } minutes; the end of ${logFile}:\n${tail(logFile)}`,
  );
}

/**
 * @param {string} baseUrl
 * @returns {Promise<boolean>}
 */
async function answersReady(baseUrl) {
  try {
    const response = await fetch(`${baseUrl}/.backstage/health/v1/readiness`, {
      signal: AbortSignal.timeout(5000),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/**
 * What to say when the backend has ended by itself.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} logFile
 */
export function describeDeath(child, logFile) {
  const how =
    child.signalCode === null
      ? `with code ${child.exitCode}`
      : `by ${child.signalCode}`;
  return `The portal's backend ended ${how}; the end of ${logFile}:\n${tail(
    logFile,
  )}`;
}

/**
 * Keeps the log of the start before.
 *
 * @param {string} logFile
 */
function keepPrevious(logFile) {
  if (fs.existsSync(logFile)) {
    fs.renameSync(logFile, logFile.replace(/\.log$/, '.previous.log'));
  }
}
