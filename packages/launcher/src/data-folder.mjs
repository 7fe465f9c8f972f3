// @ts-check
import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Problem } from './problem.mjs';
import { DEFAULT_PORT } from './options.mjs';
import { compareVersions, POSTGRES_MAJOR } from './versions.mjs';

/** Layout of the data folder. Raised when a newer launcher could not use an older folder as it is. */
export const DATA_FORMAT = 1;

const STAMP = 'portal.json';

/** What the launcher puts into a data folder. Only these are deleted by a reset. */
const OWN_ENTRIES = [
  STAMP,
  'config',
  'git',
  'logs',
  'machine-token',
  'postgres',
  'postgres.new',
  'sample-data.json',
  'seeded.json',
  'snapshot.git',
  'techdocs',
  'tmp',
  'webhook-token',
];

/**
 * What a data folder says about itself.
 *
 * @typedef {object} DataStamp
 * @property {number} format
 * @property {number} postgres major version
 * @property {string} portal version of the portal that used it last
 * @property {number} port the port in its stored addresses
 * @property {boolean} demo whether it holds the sample organisation
 * @property {string} databasePassword
 * @property {string} machineToken
 * @property {string} sessionSecret
 */

/**
 * What was found in a data folder.
 *
 * @typedef {object} Found
 * @property {string[]} entries names in the folder
 * @property {unknown} [stamp] parsed stamp file; undefined when there is none
 * @property {boolean} [unreadable] the stamp file exists but is not JSON
 * @property {string} [clusterVersion] content of PostgreSQL's PG_VERSION
 */

/**
 * Decides whether a start may use a data folder, before anything in it is touched.
 *
 * Addresses are stored with what they describe: catalog locations, docs, pull requests, and the remotes of repositories
 * people have cloned, which no rewriting here could reach. So a folder keeps the port it was made with.
 *
 * @param {Found} found
 * @param {{ folder: string, port: number | undefined, demo: boolean, portal: string }} wanted `demo` is false when a portal without the sample organisation was asked for
 * @returns {{ use: 'new' } | { use: 'existing', stamp: DataStamp } | { refuse: string }}
 */
export function decideDataFolder(found, { folder, port, demo, portal }) {
  if (found.unreadable) {
    return {
      refuse: `${path.join(
        folder,
        STAMP,
      )} is damaged: restore it from a backup, choose another folder with --data, or delete the state with --reset.`,
    };
  }
  if (found.stamp === undefined) {
    const strangers = found.entries.filter(name => name !== 'lock');
    return strangers.length > 0
      ? {
          refuse: `${folder} holds other files (${strangers[0]}) and is not a data folder of the portal: choose an empty or new folder with --data.`,
        }
      : { use: 'new' };
  }
  if (!isStamp(found.stamp)) {
    return {
      refuse: `${folder} was written by another version of the portal: start with that version, choose another folder with --data, or delete the state with --reset.`,
    };
  }
  const stamp = found.stamp;
  const clusterMajor = Number(found.clusterVersion ?? stamp.postgres);
  if (stamp.format !== DATA_FORMAT) {
    return {
      refuse: `${folder} has data format ${stamp.format} and this portal reads format ${DATA_FORMAT}: start with the version that wrote it (${stamp.portal}), choose another folder with --data, or delete the state with --reset.`,
    };
  }
  if (clusterMajor !== POSTGRES_MAJOR || stamp.postgres !== POSTGRES_MAJOR) {
    const major =
      clusterMajor === POSTGRES_MAJOR ? stamp.postgres : clusterMajor;
    return {
      refuse: `${folder} was made with PostgreSQL ${major} and this portal runs PostgreSQL ${POSTGRES_MAJOR}: start with the version that wrote it (${stamp.portal}), choose another folder with --data, or delete the state with --reset.`,
    };
  }
  if (compareVersions(stamp.portal, portal) > 0) {
    return {
      refuse: `${folder} was last used by portal ${stamp.portal}, newer than this one (${portal}): update the checkout, choose another folder with --data, or delete the state with --reset.`,
    };
  }
  if (port !== undefined && port !== stamp.port) {
    return {
      refuse: `${folder} belongs to http://localhost:${stamp.port}, an address stored in its catalog and in every clone: start with --port ${stamp.port}, choose another folder with --data, or delete the state with --reset.`,
    };
  }
  if (!demo && stamp.demo) {
    return {
      refuse: `${folder} already holds the sample organisation: choose another folder with --data for a portal without it, or delete the state with --reset.`,
    };
  }
  return { use: 'existing', stamp };
}

/**
 * @param {unknown} value
 * @returns {value is DataStamp}
 */
function isStamp(value) {
  const stamp = /** @type {Partial<DataStamp> | null} */ (value);
  return (
    typeof stamp === 'object' &&
    stamp !== null &&
    typeof stamp.format === 'number' &&
    typeof stamp.postgres === 'number' &&
    typeof stamp.portal === 'string' &&
    (stamp.format !== DATA_FORMAT ||
      (typeof stamp.port === 'number' &&
        typeof stamp.demo === 'boolean' &&
        typeof stamp.databasePassword === 'string' &&
        typeof stamp.machineToken === 'string' &&
        typeof stamp.sessionSecret === 'string'))
  );
}

/**
 * Makes a folder with its missing parents, one by one: Node's own recursive `mkdirSync` never comes back where the file
 * system has no such folders to give (`/proc/data`).
 *
 * @param {string} folder absolute
 */
export function makeFolder(folder) {
  const missing = [];
  for (let at = folder; !fs.existsSync(at); at = path.dirname(at)) {
    missing.unshift(at);
  }
  for (const name of missing) {
    try {
      fs.mkdirSync(name);
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error);
      if (code === 'ENOENT' || code === 'ENOTDIR') {
        throw new Problem(
          `The folder ${name} cannot be made: choose another folder with --data.`,
          { cause: error },
        );
      }
      if (code !== 'EEXIST') {
        throw error;
      }
    }
  }
}

/**
 * Whether a folder may be given to the portal at all.
 *
 * @param {string} folder absolute
 * @param {{ root: string, home: string }} places
 * @returns {string | undefined} the sentence against it
 */
export function folderComplaint(folder, { root, home }) {
  const contains = (/** @type {string} */ inner) =>
    inner === folder || inner.startsWith(folder.replace(/\/?$/, path.sep));
  if (contains(root) || contains(home)) {
    return `${folder} cannot be the data folder, because it contains ${
      contains(root) ? 'the checkout' : 'your home folder'
    }: choose a folder of its own with --data.`;
  }
  return undefined;
}

/**
 * Looks into a data folder without changing it.
 *
 * @param {string} folder
 * @returns {Found}
 */
export function inspectDataFolder(folder) {
  const entries = fs.existsSync(folder) ? readFolder(folder) : [];
  const clusterVersion = readText(path.join(folder, 'postgres/PG_VERSION'));
  if (!entries.includes(STAMP)) {
    return { entries, clusterVersion };
  }
  try {
    const text = fs.readFileSync(path.join(folder, STAMP), 'utf8');
    return { entries, clusterVersion, stamp: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return { entries, clusterVersion, unreadable: true };
    }
    throw error;
  }
}

/** @param {string} folder */
function readFolder(folder) {
  if (!fs.statSync(folder).isDirectory()) {
    throw new Problem(
      `${folder} is a file, not a folder: choose another data folder with --data.`,
    );
  }
  return fs.readdirSync(folder);
}

/** @param {string} file */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/**
 * A stamp for a new data folder, with fresh secrets.
 *
 * @param {{ port: number | undefined, demo: boolean, portal: string }} options
 * @returns {DataStamp}
 */
export function newStamp({ port, demo, portal }) {
  return {
    format: DATA_FORMAT,
    postgres: POSTGRES_MAJOR,
    portal,
    port: port ?? DEFAULT_PORT,
    demo,
    databasePassword: randomBytes(24).toString('base64url'),
    machineToken: randomBytes(32).toString('base64url'),
    sessionSecret: randomBytes(32).toString('base64url'),
  };
}

/**
 * Deletes what the portal keeps in a data folder, and nothing else.
 *
 * @param {string} folder
 */
export function resetDataFolder(folder) {
  for (const name of OWN_ENTRIES) {
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Whether a reset may delete: only in a folder the portal has made, or an empty one.
 *
 * @param {Found} found
 * @param {string} folder
 * @returns {string | undefined} the sentence against it
 */
export function resetComplaint(found, folder) {
  const ours = found.stamp !== undefined || found.unreadable;
  const strangers = found.entries.filter(name => name !== 'lock');
  return ours || strangers.length === 0
    ? undefined
    : `${folder} is not a data folder of the portal, so --reset deletes nothing there: choose another folder with --data.`;
}

/**
 * Writes a file so that a crash leaves the old one or the new one, readable by its owner only.
 *
 * @param {string} file
 * @param {string} text
 */
export function writePrivately(file, text) {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, text, { mode: 0o600 });
  fs.renameSync(temporary, file);
}

/**
 * The token with which alerts are sent to the portal. It follows from the folder's own secret, so a folder made before there
 * was one has it too, and opens nothing else.
 *
 * @param {DataStamp} stamp
 */
export function webhookToken(stamp) {
  return createHmac('sha256', stamp.sessionSecret)
    .update('webhook token')
    .digest('base64url');
}

/**
 * @param {string} folder
 * @param {DataStamp} stamp
 */
export function saveStamp(folder, stamp) {
  writePrivately(
    path.join(folder, STAMP),
    `${JSON.stringify(stamp, undefined, 2)}\n`,
  );
  writePrivately(path.join(folder, 'machine-token'), `${stamp.machineToken}\n`);
  writePrivately(
    path.join(folder, 'webhook-token'),
    `${webhookToken(stamp)}\n`,
  );
}
