// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCi, missingTools, planTests } from './test.mjs';

const everything = [
  'format',
  'dependencies',
  'types',
  'lint',
  'scripts',
  'unit',
  'templates',
  'journeys',
];

for (const [argv, keys, patterns] of /** @type {const} */ ([
  [[], everything, []],
  [['plugins/dora-common'], ['unit'], ['plugins/dora-common']],
  [['leadTime', 'shifts'], ['unit'], ['leadTime', 'shifts']],
  [['journeys/first.test.ts'], ['journeys'], ['journeys/first.test.ts']],
  [['./journeys'], ['journeys'], ['./journeys']],
  [['journeys/trials'], ['trials'], ['journeys/trials']],
  [
    ['./journeys/trials/ml-service'],
    ['trials'],
    ['./journeys/trials/ml-service'],
  ],
  [['--only', 'trials'], ['trials'], []],
  [['packages/launcher'], ['scripts'], ['packages/launcher']],
  [['demo/seed.test.mjs'], ['scripts'], ['demo/seed.test.mjs']],
  [['--only', 'lint', 'types'], ['lint', 'types'], []],
])) {
  test(`npm test -- ${argv.join(' ')}`, () => {
    assert.deepEqual(planTests([...argv]), {
      help: false,
      keys: [...keys],
      patterns: [...patterns],
    });
  });
}

for (const [argv, sentence] of /** @type {const} */ ([
  [['--only'], /--only needs a step/],
  [['--only', 'everything'], /--only needs a step/],
  [['--watch'], /Unknown option '--watch'/],
])) {
  test(`npm test -- ${argv.join(' ')} is refused`, () => {
    assert.throws(() => planTests([...argv]), {
      name: 'Problem',
      message: sentence,
    });
  });
}

test('only tools of the asked steps can be missing', () => {
  const nothing = () => false;
  assert.deepEqual(missingTools(['unit', 'lint'], nothing), []);
  assert.deepEqual(missingTools(['journeys'], nothing), ['chromium']);
  assert.deepEqual(
    missingTools(everything, tool => tool !== 'promtool'),
    ['promtool'],
  );
});

for (const [value, expected] of /** @type {const} */ ([
  [undefined, false],
  ['', false],
  ['false', false],
  ['0', false],
  ['true', true],
  ['1', true],
])) {
  test(`CI=${value} ${expected ? 'is' : 'is not'} CI`, () => {
    assert.equal(isCi({ CI: value }), expected);
  });
}
