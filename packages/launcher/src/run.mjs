// @ts-check
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { transformArgs, transformEnv } from './backend.mjs';
import { Problem, report } from './problem.mjs';
import { Progress } from './progress.mjs';
import { ROOT } from './root.mjs';
import { ensureInstalled, ensureToolchain } from './toolchain.mjs';

/** Where each command of `npm run <command>` starts, relative to the checkout. */
export const COMMANDS = {
  templates: 'packages/golden-path-cli/src/cli.ts',
  dora: 'packages/dora-cli/src/cli.ts',
  bench: 'benchmarks/src/cli.ts',
};

/**
 * Benchmarks run with the heap that docs/running.md advises for a back end, in megabytes: speed bought with memory would be no answer.
 */
const BENCH_HEAP = 400;

/**
 * Arguments with which the portal's Node runs one of its commands.
 *
 * @param {string} root
 * @param {keyof typeof COMMANDS} command
 * @returns {string[] | undefined} undefined when this checkout does not have the command
 */
export function cliArgs(root, command) {
  const file = path.join(root, COMMANDS[command]);
  if (!fs.existsSync(file)) {
    return undefined;
  }
  const heap =
    command === 'bench' ? [`--max-old-space-size=${BENCH_HEAP}`] : [];
  return [...heap, ...transformArgs(root), file];
}

/**
 * @param {string} root
 * @param {import('./toolchain.mjs').Toolchain} toolchain
 * @returns {NodeJS.ProcessEnv}
 */
export function cliEnv(root, toolchain) {
  return transformEnv(root, toolchain.env);
}

/**
 * `npm run templates|dora|bench -- …`: brings the toolchain, then runs the command where the user is, passing on its
 * output and exit code. Progress goes to the error stream, so that the output stays the command's own.
 *
 * @param {string[]} argv
 */
export async function main([command, ...rest]) {
  try {
    if (!Object.hasOwn(COMMANDS, command)) {
      throw new Problem(
        `Unknown command '${command}': choose one of ${Object.keys(
          COMMANDS,
        ).join(', ')}.`,
      );
    }
    const progress = new Progress(process.stderr);
    const toolchain = await ensureToolchain({ root: ROOT, progress });
    await ensureInstalled({ root: ROOT, progress, toolchain });
    const args = cliArgs(ROOT, /** @type {keyof typeof COMMANDS} */ (command));
    if (args === undefined) {
      throw new Problem(`This checkout has no command '${command}'.`);
    }
    process.exitCode = await passOn(toolchain.node, [...args, ...rest], {
      cwd: process.env.INIT_CWD ?? process.cwd(),
      env: cliEnv(ROOT, toolchain),
    });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>}
 */
function passOn(command, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      process.on(signal, () => child.kill(signal));
    }
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal ? 130 : 1)));
  });
}
