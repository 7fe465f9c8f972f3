// @ts-check
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Problem } from './problem.mjs';

/**
 * @typedef {object} LockHolder
 * @property {number} pid
 * @property {string} startedAt when that process started, as the system tells it: tells a recycled process id from the holder
 * @property {number} [port]
 */

/**
 * Whether the process that wrote a lock still runs.
 *
 * @param {LockHolder | undefined} holder undefined when the lock file could not be read
 * @param {(pid: number) => string | undefined} startOf when a process started; undefined when there is no such process
 * @returns {boolean}
 */
export function isHeld(holder, startOf) {
  if (holder === undefined) {
    return false;
  }
  const started = startOf(holder.pid);
  return started !== undefined && started === holder.startedAt;
}

/**
 * @param {number} pid
 * @returns {string | undefined}
 */
export function processStart(pid) {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() || undefined;
  } catch {
    return fs.existsSync(`/proc/${pid}/stat`) ? startTicks(pid) : undefined;
  }
}

/**
 * Start time from /proc, for systems without `ps`.
 *
 * @param {number} pid
 * @returns {string | undefined}
 */
function startTicks(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the second field may hold blanks and closing brackets, so count from the last bracket.
    return `ticks ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}

/**
 * Takes the data folder for this process.
 *
 * @param {string} folder existing data folder
 * @param {{ port?: number }} [details]
 * @returns {() => void} gives it back
 * @throws {Problem} when another running portal has it
 */
export function takeLock(folder, details = {}) {
  const file = path.join(folder, 'lock');
  const mine = JSON.stringify({
    pid: process.pid,
    startedAt: processStart(process.pid) ?? '',
    ...details,
  });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      fs.writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return () => {
        if (readLock(file)?.pid === process.pid) {
          fs.rmSync(file, { force: true });
        }
      };
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') {
        throw error;
      }
      const holder = readLock(file);
      if (holder?.pid !== process.pid && isHeld(holder, processStart)) {
        throw new Problem(
          `${folder} is in use by a portal that is running (process ${holder?.pid}): stop it first, or choose another folder with --data.`,
        );
      }
      fs.rmSync(file, { force: true });
    }
  }
  throw new Problem(
    `${folder} is being taken by another portal at this moment: try again.`,
  );
}

/**
 * @param {string} file
 * @returns {LockHolder | undefined}
 */
function readLock(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
