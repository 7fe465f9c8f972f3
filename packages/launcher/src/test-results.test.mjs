// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  countProofs,
  countJest,
  countNodeTest,
  countPlaywright,
  failuresOfJest,
  failuresOfProofs,
  settle,
  tellingPart,
  totalLine,
  troubleLines,
  troublesOfPlaywright,
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

test("Playwright's report, in which a test that passed when tried once more has passed", () => {
  assert.deepEqual(
    countPlaywright(
      JSON.stringify({
        stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 2 },
        errors: [{ message: 'no tests found' }],
      }),
    ),
    { passed: 4, failed: 2, skipped: 2 },
  );
});

/** @param {string[]} messages */
const errors = (...messages) => ({
  errors: messages.map(message => ({ message })),
});

test("what had trouble by Playwright's report", () => {
  const report = {
    suites: [
      {
        title: 'paging.test.ts',
        specs: [],
        suites: [
          {
            title: 'on a telephone, dark',
            specs: [
              {
                title: 'somebody is paged',
                file: 'paging.test.ts',
                line: 26,
                tests: [
                  {
                    status: 'flaky',
                    results: [
                      errors('\u001b[31mcontrast\u001b[39m', 'not called'),
                      errors(),
                    ],
                  },
                ],
              },
              {
                title: 'somebody answers',
                file: 'paging.test.ts',
                line: 80,
                tests: [
                  {
                    status: 'unexpected',
                    results: [errors('not seen'), errors('taken already')],
                  },
                ],
              },
              {
                title: 'it is over',
                file: 'paging.test.ts',
                line: 90,
                tests: [
                  { status: 'skipped', results: [] },
                  { status: 'expected', results: [errors()] },
                ],
              },
            ],
          },
        ],
      },
    ],
    errors: [{ message: 'a worker ended' }],
  };
  assert.deepEqual(troublesOfPlaywright(JSON.stringify(report)), {
    failures: [
      { title: 'outside of any test', error: 'a worker ended' },
      {
        title: 'paging.test.ts:80 › on a telephone, dark › somebody answers',
        error: 'not seen',
      },
    ],
    secondTries: [
      {
        title: 'paging.test.ts:26 › on a telephone, dark › somebody is paged',
        error: '\u001b[31mcontrast\u001b[39m\nnot called',
      },
    ],
  });
  assert.deepEqual(troublesOfPlaywright('{}'), {
    failures: [],
    secondTries: [],
  });
});

test("what failed by jest's report: tests, and a suite that could not run", () => {
  const report = {
    testResults: [
      {
        name: '/portal/plugins/oncall/src/words.test.ts',
        status: 'failed',
        message: 'all of it again',
        assertionResults: [
          { fullName: 'words are said', status: 'passed' },
          {
            fullName: 'words are kept',
            status: 'failed',
            failureMessages: ['Expected: 1', 'and more'],
          },
        ],
      },
      {
        name: '/portal/plugins/git/src/broken.test.ts',
        status: 'failed',
        message: 'SyntaxError',
        assertionResults: [],
      },
      {
        name: '/portal/plugins/git/src/good.test.ts',
        status: 'passed',
        message: '',
        assertionResults: [],
      },
    ],
  };
  assert.deepEqual(failuresOfJest(JSON.stringify(report), '/portal'), [
    {
      title: 'plugins/oncall/src/words.test.ts › words are kept',
      error: 'Expected: 1\nand more',
    },
    { title: 'plugins/git/src/broken.test.ts', error: 'SyntaxError' },
  ]);
});

test('reports that leave things out are read as far as they go', () => {
  const suite = { name: '/portal/a.test.ts', status: 'failed' };
  const assertion = { fullName: 'it pays', status: 'failed' };
  const report = {
    testResults: [suite, { ...suite, assertionResults: [assertion] }],
  };
  const proof = {
    template: 'x',
    checks: [{ title: 'it starts', status: 'failed' }],
  };
  const failures = [
    ...failuresOfJest(JSON.stringify(report), '/portal'),
    ...failuresOfProofs(JSON.stringify({ proofs: [proof] })),
  ];
  const titles = ['a.test.ts', 'a.test.ts › it pays', 'x › it starts'];
  assert.deepEqual(
    failures,
    titles.map(title => ({ title, error: '' })),
  );
});

test('what failed by the report of golden paths', () => {
  const check = {
    title: 'it starts',
    findings: [{ where: 'src/app.ts:3', message: 'no port' }],
  };
  const proof = {
    template: 'react-web-app',
    checks: [
      { ...check, status: 'passed' },
      { ...check, status: 'failed' },
    ],
    cases: [
      { id: 'react-web-app-all', checks: [{ ...check, status: 'failed' }] },
    ],
    mutations: [
      {
        description: 'without a probe',
        verifier: 'manifests',
        status: 'caught',
      },
      { description: 'with a secret', verifier: 'secrets', status: 'missed' },
      {
        description: 'without an owner',
        verifier: 'entities',
        status: 'missed',
        message: 'no longer changes the file',
      },
    ],
  };
  const error = 'src/app.ts:3: no port';
  assert.deepEqual(
    failuresOfProofs(JSON.stringify({ proofs: [proof, { template: 'x' }] })),
    [
      { title: 'react-web-app › it starts', error },
      { title: 'react-web-app › react-web-app-all › it starts', error },
      {
        title: 'react-web-app › with a secret',
        error: 'broken on purpose for secrets to notice: it did not',
      },
      {
        title: 'react-web-app › without an owner',
        error:
          'broken on purpose for entities to notice: no longer changes the file',
      },
    ],
  );
});

test('the summary says how an error begins, without colours and where it was thrown', () => {
  const error = [
    '\u001b[2mexpect(\u001b[22mreceived).toBe()',
    '',
    ...[1, 2, 3, 4, 5, 6].map(line => `line ${line}`),
  ].join('\n');
  const thrown =
    'Error: no\n\n   2 | {\n>  3 |   open()\n     |   ^\n    at open (/portal/a.ts:3:1)\n    at /portal/b.ts:4:2';
  const step = { name: 'x', passed: 0, failed: 0, skipped: 0, elapsedMs: 1 };
  assert.deepEqual(
    troubleLines([
      { ...step, failures: [{ title: 'a.ts:1 › it pays', error }] },
      { ...step, failures: [{ title: 'b', error: 'y'.repeat(300) }] },
      { ...step, secondTries: [{ title: 'c', error: thrown }] },
      step,
    ]),
    [
      'FAILED: a.ts:1 › it pays',
      '    expect(received).toBe()',
      ...[1, 2, 3, 4, 5].map(line => `    line ${line}`),
      'FAILED: b',
      `    ${'y'.repeat(200)} …`,
      'NEEDED A SECOND TRY, and passed then: c',
      '    Error: no',
      '    >  3 |   open()',
    ],
  );
});

test('the summary says what failed also where that came without an error', () => {
  const without = /** @type {any} */ ({ title: 'a' });
  const step = { name: 'x', passed: 0, failed: 1, skipped: 0, elapsedMs: 1 };
  assert.deepEqual(troubleLines([{ ...step, failures: [without] }]), [
    'FAILED: a',
  ]);
});

for (const [name, output, expected] of /** @type {const} */ ([
  [
    'the types',
    ['a.ts(1,2): error TS1: no', '  because'],
    ['a.ts(1,2): error TS1: no', '  because'],
  ],
  [
    'the linter, which begins with what it looked at',
    [
      'Checked  12 files in plugins/error 0.50s',
      'Checked   3 files in plugins/git 0.10s',
      '\u001b[31mLint failed in plugins/git\u001b[39m',
      '',
      ' ✘  no-shadow  it is declared already',
      '     plugins/git/a.ts:240:19',
    ],
    [
      'Lint failed in plugins/git',
      ' ✘  no-shadow  it is declared already',
      '     plugins/git/a.ts:240:19',
    ],
  ],
  [
    'a jest that crashed, after what passed and printed errors',
    [
      'PASS plugins/git/src/error.test.ts',
      '  ● Console',
      '    Error: printed',
      'PASS plugins/dora/src/a.test.ts',
      'FATAL ERROR: heap out of memory',
    ],
    ['FATAL ERROR: heap out of memory'],
  ],
  [
    'what throws',
    ['it begins', 'TypeError: x is not a function'],
    ['TypeError: x is not a function'],
  ],
  [
    'what does not say error',
    Array.from({ length: 9 }, (_, i) => `[warn] file${i}.ts`),
    [3, 4, 5, 6, 7, 8].map(i => `[warn] file${i}.ts`),
  ],
])) {
  test(`why a step failed, by the output of ${name}`, () => {
    assert.equal(tellingPart(output.join('\n')), expected.join('\n'));
  });
}

test('the summary fits where CI shows the end of a run, however much failed', () => {
  const failures = Array.from({ length: 50 }, (_, i) => ({
    title: `test ${i}`,
    error: 'one\ntwo\nthree',
  }));
  const lines = troubleLines([
    { name: 'x', passed: 0, failed: 50, skipped: 0, elapsedMs: 1, failures },
  ]);
  assert.equal(lines.length, 17);
  assert.deepEqual(lines.slice(-3), [
    'FAILED: test 7',
    '    one',
    'FAILED: 42 more, see above',
  ]);
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
