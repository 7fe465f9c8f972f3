import type { ScriptMutation } from '../mutations';

/**
 * Has to notice: the tests of one file of a TypeScript project, compiled without looking at types, as all tests and all types say no more
 * about what is broken there and take many times as long. That `ci/unit-test.sh` fails with its tests is shown by another mutation. `test`
 * is the file's path without its ending.
 */
export const typescriptTests = (
  test: string,
): Pick<ScriptMutation, 'command' | 'verifier'> => ({
  command: [
    'sh',
    '-c',
    // What does not compile, or has no such test, says nothing: that is no failed test.
    'node_modules/.bin/tsc --noCheck && [ -f "$1" ] || exit 75; exec node --test "$1"',
    'test',
    `dist/${test}.test.js`,
  ],
  verifier: test,
});
