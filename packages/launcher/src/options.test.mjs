// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStartOptions } from './options.mjs';

const places = { cwd: '/home/ines/portal', root: '/src/portal' };
const defaults = {
  port: undefined,
  data: '/src/portal/.data',
  demo: true,
  reset: false,
  help: false,
};

for (const [argv, expected] of /** @type {[string[], object][]} */ ([
  [[], {}],
  [['--port', '7010'], { port: 7010 }],
  [['--port=7010'], { port: 7010 }],
  [['--data', 'state'], { data: '/home/ines/portal/state' }],
  [['--data', '/var/portal'], { data: '/var/portal' }],
  [['--no-demo'], { demo: false }],
  [['--reset', '--no-demo'], { reset: true, demo: false }],
  [['--help'], { help: true }],
  [['-h'], { help: true }],
])) {
  test(`npm start -- ${argv.join(' ')}`, () => {
    assert.deepEqual(parseStartOptions(argv, places), {
      ...defaults,
      ...expected,
    });
  });
}

for (const [argv, sentence] of /** @type {[string[], RegExp][]} */ ([
  [['--port', '0'], /^--port needs a number from 1 to 65535, not '0'\.$/],
  [['--port', '65536'], /^--port needs a number/],
  [['--port', '70x'], /^--port needs a number/],
  [['--port', '-1'], /--port/],
  [['--port'], /--port/],
  [['--data', ' '], /^--data needs the path of a folder\.$/],
  [['--demo-data'], /^Unknown option '--demo-data': see npm start -- --help/],
  [['something'], /something.*see npm start -- --help/],
])) {
  test(`npm start -- ${argv.join(' ')} is refused`, () => {
    assert.throws(() => parseStartOptions(argv, places), {
      name: 'Problem',
      message: sentence,
    });
  });
}
