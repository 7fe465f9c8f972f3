// @ts-check
import { Lifecycle, onRequestToEnd } from './lifecycle.mjs';
import { parseStartOptions, START_HELP } from './options.mjs';
import { startPortal } from './portal.mjs';
import { report } from './problem.mjs';
import { Progress } from './progress.mjs';
import { ROOT } from './root.mjs';
import { Interrupted } from './interrupted.mjs';

/**
 * What `npm start` does, from the command line to the exit code.
 *
 * @param {string[]} argv
 */
export async function main(argv) {
  const progress = new Progress();
  const lifecycle = new Lifecycle();
  /** @type {number | undefined} */
  let exitCode;
  let ready = false;
  /** @type {ReturnType<typeof startPortal> | undefined} */
  let work;
  const end = async (/** @type {number} */ code) => {
    exitCode ??= code;
    await lifecycle.stop();
    await work?.catch(() => {});
    process.exit(exitCode);
  };
  try {
    const options = parseStartOptions(argv, {
      // npm changes into the checkout; relative folders mean where the user is.
      cwd: process.env.INIT_CWD ?? process.cwd(),
      root: ROOT,
    });
    if (options.help) {
      process.stdout.write(START_HELP);
      return;
    }
    onRequestToEnd(reason => {
      if (exitCode === undefined) {
        progress.line(reason === 'SIGINT' ? '\nStopping …' : 'Stopping …');
      }
      void end(ready ? 0 : 130);
    });
    work = startPortal({ root: ROOT, options, progress, lifecycle });
    const { baseUrl, died } = await work;
    ready = true;
    progress.line(`The portal is ready at ${baseUrl} (Ctrl-C stops it)`);
    const problem = await died;
    if (exitCode === undefined) {
      report(problem);
      await end(1);
    }
  } catch (error) {
    if (exitCode !== undefined || error instanceof Interrupted) {
      // Stopping has begun: what breaks from now on is a consequence.
      return;
    }
    const code = report(error);
    await end(code);
  }
}
