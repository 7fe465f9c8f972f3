// @ts-check
/**
 * A failure that a person can do something about. Its message is one sentence that says what is wrong and what to do;
 * it is printed alone, without a stack trace.
 */
export class Problem extends Error {
  /**
   * @param {string} message one sentence, ending in a full stop
   * @param {{ cause?: unknown }} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = 'Problem';
  }
}

const NETWORK_ERRORS =
  /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_|RequestError|TimeoutError|CERT_|SELF_SIGNED|socket hang up|network timeout|getaddrinfo/i;

const NO_SPACE = /ENOSPC|No space left on device|disk quota exceeded|EDQUOT/i;

/**
 * Recognises, in the output of a package manager, the failures that have a plain cause: no disk, no network, a stale lockfile.
 *
 * @param {string} output what the package manager printed
 * @param {string} registry address of the package registry it was asked to use
 * @returns {Problem | undefined}
 */
export function problemInPackageManagerOutput(output, registry) {
  if (NO_SPACE.test(output)) {
    return new Problem(
      'The disk is full: free some space in the checkout and in the folder for temporary files, then start again.',
    );
  }
  if (NETWORK_ERRORS.test(output)) {
    return new Problem(
      `The package registry ${registry} cannot be reached: check the network, the proxy and npm's registry setting, then start again.`,
    );
  }
  if (/lockfile would have been modified/.test(output)) {
    return new Problem(
      'yarn.lock does not match the package.json files: run yarn install with the Yarn in .toolchain, commit the lockfile, then start again.',
    );
  }
  return undefined;
}

/**
 * The one sentence for any error.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function sentenceFor(error) {
  if (error instanceof Problem) {
    return error.message;
  }
  const { code, path, message } =
    /** @type {{ code?: string, path?: string, message?: string }} */ (
      error instanceof Error ? error : { message: String(error) }
    );
  const where = path ? ` (${path})` : '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || NO_SPACE.test(message ?? '')) {
    return `The disk is full${where}: free some space, then start again.`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `Access was denied${where}: the checkout and the data folder must belong to the user who starts the portal.`;
  }
  if (code === 'EROFS') {
    return `The file system is read-only${where}: choose a writable data folder with --data.`;
  }
  return message ?? String(error);
}

/**
 * Prints the error and says which exit code to end with.
 *
 * @param {unknown} error
 * @param {{ write(text: string): unknown }} [stream]
 * @returns {number} the exit code
 */
export function report(error, stream = process.stderr) {
  stream.write(`${sentenceFor(error)}\n`);
  if (process.env.DEBUG && error instanceof Error && error.stack) {
    stream.write(`${error.stack}\n`);
  }
  return 1;
}
