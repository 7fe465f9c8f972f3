// @ts-check
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeDeath, startBackend } from './backend.mjs';
import { baseUrlOf, generatedConfig } from './config.mjs';
import {
  decideDataFolder,
  folderComplaint,
  inspectDataFolder,
  makeFolder,
  newStamp,
  resetComplaint,
  resetDataFolder,
  saveStamp,
  writePrivately,
} from './data-folder.mjs';
import { throwIfAborted } from './interrupted.mjs';
import { takeLock } from './lock.mjs';
import { isPortFree, suggestPort } from './ports.mjs';
import { requireReachable, startPostgres } from './postgres.mjs';
import { Problem } from './problem.mjs';
import { seed } from './seed.mjs';
import {
  ensureFrontendBuilt,
  ensureInstalled,
  ensureToolchain,
  requireSpace,
} from './toolchain.mjs';
import { gitComplaint } from './versions.mjs';

/** A new cluster, the databases of all plugins and some weeks of use. */
const SPACE_FOR_DATA_BYTES = 500 * 1024 ** 2;

/**
 * Starts everything `npm start` promises, or throws a {@link Problem} that says why not.
 *
 * @param {object} context
 * @param {string} context.root the checkout
 * @param {import('./options.mjs').StartOptions} context.options
 * @param {import('./progress.mjs').Progress} context.progress
 * @param {import('./lifecycle.mjs').Lifecycle} context.lifecycle receives how to stop each part
 * @returns {Promise<{ baseUrl: string, died: Promise<Problem> }>} `died` resolves if a part ends by itself
 */
export async function startPortal({ root, options, progress, lifecycle }) {
  const { signal } = lifecycle;
  requireGit();
  const stamp = await openDataFolder({ root, options, lifecycle });
  const folder = options.data;
  const baseUrl = baseUrlOf(stamp.port);

  const toolchain = await ensureToolchain({ root, progress, signal });
  await ensureInstalled({ root, progress, toolchain, signal });

  const logs = path.join(folder, 'logs');
  // The database starts while the screens are built: neither needs the other.
  const [postgres] = await Promise.all([
    startPostgres({
      root,
      folder: path.join(folder, 'postgres'),
      logFile: path.join(logs, 'postgres.log'),
      password: stamp.databasePassword,
      signal,
    }).then(started => {
      lifecycle.guard(started.pid, 'SIGINT');
      lifecycle.onStop('PostgreSQL', started.stop);
      return started;
    }),
    ensureFrontendBuilt({ root, progress, toolchain, signal }),
  ]);
  throwIfAborted(signal);

  const configFile = path.join(folder, 'config', 'generated.yaml');
  writePrivately(
    configFile,
    // JSON is YAML.
    `${JSON.stringify(
      generatedConfig({
        root,
        folder,
        stamp,
        databasePort: postgres.port,
        demo: stamp.demo,
      }),
      undefined,
      2,
    )}\n`,
  );
  const backend = await progress.step('Start the portal', () =>
    startBackend({
      root,
      toolchain,
      configFiles: [
        path.join(root, 'app-config.yaml'),
        path.join(root, 'app-config.evaluation.yaml'),
        configFile,
      ],
      logFile: path.join(logs, 'backend.log'),
      baseUrl,
      signal,
      onStarted: started => {
        lifecycle.guard(started.child.pid, 'SIGTERM');
        lifecycle.onStop('the backend', started.stop);
      },
    }),
  );
  const died = new Promise(resolve =>
    backend.child.once('exit', () =>
      resolve(new Problem(describeDeath(backend.child, backend.logFile))),
    ),
  );
  await seed({
    root,
    folder,
    baseUrl,
    token: stamp.machineToken,
    demo: stamp.demo,
    toolchain,
    progress,
    signal,
  });
  return { baseUrl, died };
}

/** Refuses a machine without a usable git. */
function requireGit() {
  /** @type {string | undefined} */
  let output;
  try {
    output = execFileSync('git', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    output = undefined;
  }
  const complaint = gitComplaint(output);
  if (complaint) {
    throw new Problem(complaint);
  }
}

/**
 * Checks everything that can be wrong with the data folder and the port, takes the lock, and only then writes.
 *
 * @param {{ root: string, options: import('./options.mjs').StartOptions, lifecycle: import('./lifecycle.mjs').Lifecycle }} context
 * @returns {Promise<import('./data-folder.mjs').DataStamp>}
 */
async function openDataFolder({ root, options, lifecycle }) {
  const folder = options.data;
  const portal = JSON.parse(
    fs.readFileSync(path.join(root, 'package.json'), 'utf8'),
  ).version;
  refuseIf(folderComplaint(folder, { root, home: os.homedir() }));
  requireReachable([root, folder]);
  let found = inspectDataFolder(folder);
  if (options.reset) {
    refuseIf(resetComplaint(found, folder));
  } else {
    const decision = decideDataFolder(found, {
      folder,
      port: options.port,
      demo: options.demo,
      portal,
    });
    refuseIf('refuse' in decision ? decision.refuse : undefined);
  }
  makeFolder(folder);
  // PostgreSQL's own user has to pass through when this one is root; the files in it are private one by one.
  fs.chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  lifecycle.onStop('the lock', takeLock(folder, { port: options.port }));

  if (options.reset) {
    resetDataFolder(folder);
    found = inspectDataFolder(folder);
  }
  const decision = decideDataFolder(found, {
    folder,
    port: options.port,
    demo: options.demo,
    portal,
  });
  const stamp =
    'stamp' in decision
      ? { ...decision.stamp, portal }
      : newStamp({ port: options.port, demo: options.demo, portal });
  if (!(await isPortFree(stamp.port))) {
    throw new Problem(await portSentence(stamp.port, 'stamp' in decision));
  }
  await requireSpace(folder, SPACE_FOR_DATA_BYTES);
  for (const name of ['config', 'git', 'logs', 'techdocs', 'tmp']) {
    fs.mkdirSync(path.join(folder, name), { recursive: true, mode: 0o700 });
  }
  saveStamp(folder, stamp);
  return stamp;
}

/**
 * @param {number} port
 * @param {boolean} bound whether existing data is bound to the port
 */
async function portSentence(port, bound) {
  const free = await suggestPort(port);
  return bound
    ? `Port ${port}, which this data folder belongs to, is taken by another program: stop that program, or start beside it with --port ${free} --data <another folder>.`
    : `Port ${port} is taken by another program: choose another one, for example npm start -- --port ${free}.`;
}

/** @param {string | undefined} complaint */
function refuseIf(complaint) {
  if (complaint) {
    throw new Problem(complaint);
  }
}
