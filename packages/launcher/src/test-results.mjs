// @ts-check
/**
 * What a step of the test run has to tell.
 *
 * @typedef {object} StepResult
 * @property {string} name
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string} [reason] why it failed as a whole, or why it was skipped
 * @property {number} elapsedMs
 */

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * A runner that failed without counting a failed test has failed once: a broken configuration or a crash must show.
 *
 * @param {Counts | undefined} counts undefined when the runner left no report
 * @param {number} code its exit code
 * @returns {Counts}
 */
export function settle(counts, code) {
  const known = counts ?? { passed: 0, failed: 0, skipped: 0 };
  if (code !== 0 && known.failed === 0) {
    return { ...known, failed: 1 };
  }
  if (counts === undefined) {
    return { passed: 1, failed: 0, skipped: 0 };
  }
  return known;
}

/**
 * Counts of jest's `--json` report. A suite that could not run holds no tests, and counts as one failure.
 *
 * @param {string} text
 * @returns {Counts}
 */
export function countJest(text) {
  const report = JSON.parse(text);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

/**
 * Counts of Playwright's JSON report. A test that passed only when tried again counts as failed.
 *
 * @param {string} text
 * @returns {Counts}
 */
export function countPlaywright(text) {
  const { stats, errors } = JSON.parse(text);
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + (errors?.length ?? 0),
    skipped: stats.skipped,
  };
}

/**
 * Counts of the summary `node --test` prints at its end.
 *
 * @param {string} output
 * @returns {Counts | undefined} undefined when there is no summary
 */
export function countNodeTest(output) {
  const count = (/** @type {string} */ name) =>
    output.match(new RegExp(`^(?:#|ℹ) ${name} (\\d+)$`, 'm'))?.[1];
  const passed = count('pass');
  return passed === undefined
    ? undefined
    : {
        passed: Number(passed),
        failed: Number(count('fail') ?? 0) + Number(count('cancelled') ?? 0),
        skipped: Number(count('skipped') ?? 0) + Number(count('todo') ?? 0),
      };
}

/**
 * Counts of the report that `npm run templates -- test --json` writes. A mutation that is caught is a test passed, one that is
 * missed a test failed.
 *
 * @param {string} text
 * @returns {Counts}
 */
export function countProofs(text) {
  /** @type {{ counts: Record<string, number> }[]} */
  const proofs = JSON.parse(text).proofs;
  const sum = (/** @type {string[]} */ ...names) =>
    proofs
      .flatMap(({ counts }) => names.map(name => counts[name]))
      .reduce((total, count) => total + count, 0);
  return {
    passed: sum('passed', 'caught'),
    failed: sum('failed', 'missed'),
    skipped: sum('skipped', 'mutationsSkipped'),
  };
}

/**
 * @param {StepResult[]} results
 * @returns {string} `N passed, N failed`, with skipped tests where there are any
 */
export function totalLine(results) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    results.reduce((total, result) => total + result[key], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${
    skipped > 0 ? `, ${skipped} skipped` : ''
  }`;
}
