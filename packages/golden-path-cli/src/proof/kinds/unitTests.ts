import type { ScriptMutation } from '../mutations';

/**
 * Has to notice: the tests of one file of a TypeScript project, compiled without looking at types, as all tests and all types say no more
 * about what is broken there and take many times as long. That `ci/unit-test.sh` fails with its tests is shown by another mutation.
 *
 * `test` is the file's path without its ending; `project` the folder of its tsconfig.json; `compiled` where that writes to.
 */
export const typescriptTests = (
  test: string,
  { project = '.', compiled = 'dist' } = {},
): Pick<ScriptMutation, 'command' | 'verifier'> => ({
  command: [
    'sh',
    '-c',
    // What does not compile, or has no such test, says nothing: that is no failed test.
    'node_modules/.bin/tsc --noCheck --project "$1" && [ -f "$2" ] || exit 75; exec node --test "$2"',
    'test',
    project,
    `${compiled}/${test}.test.js`,
  ],
  verifier: test,
});
