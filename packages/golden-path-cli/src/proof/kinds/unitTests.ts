import type { ScriptMutation } from '../mutations';

/** Compiles without looking at types, and runs the tests of one file. What does not compile, or has no such test, says nothing: that is no failed test. */
const compiledTests = (
  verifier: string,
  options: string,
  file: string,
): Pick<ScriptMutation, 'command' | 'verifier'> => ({
  command: [
    'sh',
    '-c',
    `node_modules/.bin/tsc --noCheck ${options} && [ -f "$1" ] || exit 75; exec node --test "$1"`,
    'test',
    file,
  ],
  verifier,
});

/**
 * Has to notice: the tests of one file of a TypeScript project, as all tests and all types say no more about what is broken there and take
 * many times as long. That `ci/unit-test.sh` fails with its tests is shown by another mutation. `test` is the file's path without its ending.
 */
export const typescriptTests = (test: string) =>
  compiledTests(test, '', `dist/${test}.test.js`);

/** The same of the part of a website that runs in browsers. */
export const webTests = (test: string) =>
  compiledTests(
    `web/test/${test}`,
    '--project web',
    `dist/web-test/web/test/${test}.test.js`,
  );

/**
 * Has to notice: what the lint script of a TypeScript project has the compiler look at. Its other commands say nothing about types and take as
 * long; that `ci/lint.sh` fails with them is shown by other mutations. A lint script without the compiler notices nothing.
 */
export const lintedTypes: Pick<ScriptMutation, 'command' | 'verifier'> = {
  command: [
    'sh',
    '-c',
    [
      `types="$(node -p "require('./package.json').scripts.lint.split(' && ').filter(c => /^tsc /.test(c)).join(' && ')")"`,
      '[ -n "$types" ] || exit 75',
      'PATH="$PWD/node_modules/.bin:$PATH" exec sh -c "$types"',
    ].join('\n'),
  ],
  verifier: 'types',
};
