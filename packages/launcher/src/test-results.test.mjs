// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  countProofs,
  countJest,
  countNodeTest,
  countPlaywright,
  settle,
  totalLine,
} from './test-results.mjs';

const none = { passed: 0, failed: 0, skipped: 0 };

for (const [name, counts, code, expected] of /** @type {const} */ ([
  [
    'passes',
    { passed: 5, failed: 0, skipped: 1 },
    0,
    { passed: 5, failed: 0, skipped: 1 },
  ],
  [
    'fails with failed tests',
    { passed: 5, failed: 2, skipped: 0 },
    1,
    { passed: 5, failed: 2, skipped: 0 },
  ],
  [
    'fails though every test passed',
    { passed: 5, failed: 0, skipped: 0 },
    1,
    { passed: 5, failed: 1, skipped: 0 },
  ],
  ['fails before it counts', undefined, 1, { ...none, failed: 1 }],
  ['is a check without tests and passes', undefined, 0, { ...none, passed: 1 }],
])) {
  test(`a runner that ${name}`, () => {
    assert.deepEqual(settle(counts, code), expected);
  });
}

test("jest's report", () => {
  assert.deepEqual(
    countJest(
      JSON.stringify({
        numPassedTests: 10,
        numFailedTests: 2,
        numPendingTests: 1,
        numTodoTests: 1,
        numRuntimeErrorTestSuites: 1,
      }),
    ),
    { passed: 10, failed: 3, skipped: 2 },
  );
});

test("Playwright's report, in which a flaky test is a failure", () => {
  assert.deepEqual(
    countPlaywright(
      JSON.stringify({
        stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 2 },
        errors: [{ message: 'no tests found' }],
      }),
    ),
    { passed: 3, failed: 3, skipped: 2 },
  );
});

for (const mark of ['#', 'ℹ']) {
  test(`the summary of node --test, marked ${mark}`, () => {
    const output = [
      'tests 4',
      'pass 2',
      'fail 1',
      'cancelled 1',
      'skipped 0',
      'todo 0',
    ]
      .map(line => `${mark} ${line}`)
      .join('\n');
    assert.deepEqual(countNodeTest(output), {
      passed: 2,
      failed: 2,
      skipped: 0,
    });
  });
}

test('no summary of node --test', () => {
  assert.equal(countNodeTest('SyntaxError'), undefined);
});

test('the report of golden paths, in which a missed mutation is a failure', () => {
  const counts = {
    passed: 70,
    failed: 1,
    skipped: 2,
    notRun: 10,
    caught: 75,
    missed: 1,
    mutationsSkipped: 3,
  };
  assert.deepEqual(
    countProofs(JSON.stringify({ proofs: [{ counts }, { counts }] })),
    { passed: 290, failed: 4, skipped: 10 },
  );
});

test('the last line sums all runners', () => {
  const result = (
    /** @type {number} */ passed,
    /** @type {number} */ failed,
    /** @type {number} */ skipped,
  ) => ({
    name: 'x',
    passed,
    failed,
    skipped,
    elapsedMs: 1,
  });
  assert.equal(
    totalLine([result(10, 0, 0), result(3, 1, 0)]),
    '13 passed, 1 failed',
  );
  assert.equal(totalLine([result(10, 0, 2)]), '10 passed, 0 failed, 2 skipped');
  assert.equal(totalLine([]), '0 passed, 0 failed');
});
