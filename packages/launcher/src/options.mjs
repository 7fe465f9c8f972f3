// @ts-check
import { parseArgs } from 'node:util';
import path from 'node:path';
import { Problem } from './problem.mjs';

export const DEFAULT_PORT = 7007;

export const START_HELP = `Starts the portal for evaluation: its own PostgreSQL, its own git host, a sample organisation.

Usage: npm start -- [options]

  --port <number>   port to serve on (default: the data folder's, otherwise ${DEFAULT_PORT})
  --data <folder>   folder that keeps all state (default: .data in the checkout)
  --no-demo         make a new data folder without the sample organisation
  --reset           delete the state in the data folder first
  --help            show this text

The first start installs Node 24, Yarn and the dependencies and builds the screens; later starts skip what is
up to date. Ctrl-C stops everything. A token for scripts is written to <data>/machine-token.
`;

/**
 * @typedef {object} StartOptions
 * @property {number | undefined} port undefined when not asked for
 * @property {string} data absolute path of the data folder
 * @property {boolean} demo whether the sample organisation is wanted
 * @property {boolean} reset
 * @property {boolean} help
 */

/**
 * Reads the command line of `npm start`.
 *
 * @param {string[]} argv arguments after the script's name
 * @param {{ cwd: string, root: string }} places `cwd` resolves relative folders, `root` is the checkout
 * @returns {StartOptions}
 * @throws {Problem} on an unknown option or an impossible value
 */
export function parseStartOptions(argv, { cwd, root }) {
  const values = parse(argv);
  return {
    port: values.port === undefined ? undefined : parsePort(values.port),
    data:
      values.data === undefined
        ? path.join(root, '.data')
        : path.resolve(cwd, parseFolder(values.data)),
    demo: !values['no-demo'],
    reset: values.reset ?? false,
    help: values.help ?? false,
  };
}

/** @param {string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: false,
      options: {
        port: { type: 'string', short: 'p' },
        data: { type: 'string' },
        'no-demo': { type: 'boolean' },
        reset: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Problem(
      `${detail.split(/[.\n]/)[0]}: see npm start -- --help for the options.`,
    );
  }
}

/**
 * @param {string} text
 * @returns {number}
 */
function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new Problem(`--port needs a number from 1 to 65535, not '${text}'.`);
  }
  return port;
}

/**
 * @param {string} text
 * @returns {string}
 */
function parseFolder(text) {
  if (text.trim() === '') {
    throw new Problem('--data needs the path of a folder.');
  }
  return text;
}
