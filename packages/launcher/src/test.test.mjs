// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, isCi, missingTools, planTests, summary } from './test.mjs';

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

test('a step that only counts tells why it failed, or of the tests that failed', () => {
  const outcome = { passed: 0, failed: 1, skipped: 0 };
  assert.deepEqual(
    failureOf('Types', { ...outcome, output: 'a.ts(1,2): no' }),
    [{ title: 'Types', error: 'a.ts(1,2): no' }],
  );
  assert.deepEqual(
    failureOf('Lint', { ...outcome, output: 'Checked 3 files\n✘ no-shadow' }),
    [{ title: 'Lint', error: '✘ no-shadow' }],
  );
  assert.deepEqual(
    failureOf('Scripts', {
      ...outcome,
      output:
        '✔ one\n✖ two\nℹ fail 1\n\n✖ failing tests:\n\ntest at a:1\n✖ two',
    }),
    [{ title: 'Scripts', error: '\n\ntest at a:1\n✖ two' }],
  );
  assert.deepEqual(
    failureOf('Lint', { ...outcome, failed: 0, output: 'all well' }),
    [],
  );
});

test('the summary has what had trouble after the table', () => {
  const step = { passed: 1, skipped: 0, elapsedMs: 61_000 };
  assert.deepEqual(
    summary([
      { ...step, name: 'Types', failed: 0 },
      {
        ...step,
        name: 'Browser journeys',
        failed: 1,
        failures: [{ title: 'paging.test.ts:26', error: 'not called' }],
        secondTries: [{ title: 'handover.test.ts:30', error: 'no colours' }],
      },
    ]).split('\n'),
    [
      'passed  Types                       1 passed, 0 failed  (1 min 1 s)',
      'FAILED  Browser journeys            1 passed, 1 failed  (1 min 1 s)',
      'FAILED: paging.test.ts:26',
      '    not called',
      'NEEDED A SECOND TRY, and passed then: handover.test.ts:30',
      '    no colours',
    ],
  );
});
