// @ts-check
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * What a step of the test run has to tell.
 *
 * @typedef {object} StepResult
 * @property {string} name
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string} [reason] why it failed as a whole, or why it was skipped
 * @property {Trouble[]} [failures] what failed
 * @property {Trouble[]} [secondTries] what failed, and passed when it was tried once more
 * @property {number} elapsedMs
 */

/**
 * A test that had trouble.
 *
 * @typedef {{ title: string, error: string }} Trouble
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
 * What failed by jest's `--json` report, with the path of its file below a folder.
 *
 * @param {string} text
 * @param {string} root
 * @returns {Trouble[]}
 */
export function failuresOfJest(text, root) {
  /** @type {{ name: string, status: string, message?: string, assertionResults?: { fullName: string, status: string, failureMessages?: string[] }[] }[]} */
  const suites = JSON.parse(text).testResults ?? [];
  return suites.flatMap(({ name, status, message, assertionResults }) => {
    const file = path.relative(root, name);
    const failed = (assertionResults ?? []).filter(
      test => test.status === 'failed',
    );
    return failed.length === 0 && status === 'failed'
      ? [{ title: file, error: message ?? '' }]
      : failed.map(({ fullName, failureMessages }) => ({
          title: `${file} › ${fullName}`,
          error: (failureMessages ?? []).join('\n'),
        }));
  });
}

/**
 * Counts of Playwright's JSON report. A test that passed when it was tried once more has passed, and `troublesOfPlaywright` names it.
 *
 * @param {string} text
 * @returns {Counts}
 */
export function countPlaywright(text) {
  const { stats, errors } = JSON.parse(text);
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + (errors?.length ?? 0),
    skipped: stats.skipped,
  };
}

/**
 * @typedef {object} PlaywrightSuite
 * @property {string} title
 * @property {PlaywrightSuite[]} [suites]
 * @property {{ title: string, file: string, line: number, tests: { status: string, results: { errors?: { message?: string }[] }[] }[] }[]} [specs]
 */

/**
 * What had trouble by Playwright's JSON report, each with all errors of the first try that had any: those of a second one may come from
 * what the first left behind.
 *
 * @param {string} text
 * @returns {{ failures: Trouble[], secondTries: Trouble[] }}
 */
export function troublesOfPlaywright(text) {
  /** @type {{ suites?: PlaywrightSuite[], errors?: { message?: string }[] }} */
  const report = JSON.parse(text);
  const messagesOf = (/** @type {{ message?: string }[]} */ errors) =>
    errors.map(({ message }) => message ?? 'an error without words').join('\n');
  /** @type {Trouble[]} */
  const failures = (report.errors ?? []).map(error => ({
    title: 'outside of any test',
    error: messagesOf([error]),
  }));
  /** @type {Trouble[]} */
  const secondTries = [];
  const collect = (
    /** @type {PlaywrightSuite} */ suite,
    /** @type {string[]} */ within,
  ) => {
    for (const { title, file, line, tests } of suite.specs ?? []) {
      for (const { status, results } of tests) {
        const first = results.find(({ errors }) => errors?.length);
        const trouble = {
          title: [`${file}:${line}`, ...within, title].join(' › '),
          error: first ? messagesOf(first.errors ?? []) : 'without an error',
        };
        if (status === 'unexpected') {
          failures.push(trouble);
        } else if (status === 'flaky') {
          secondTries.push(trouble);
        }
      }
    }
    suite.suites?.forEach(inner => collect(inner, [...within, inner.title]));
  };
  // The outermost are the files.
  report.suites?.forEach(file => collect(file, []));
  return { failures, secondTries };
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
 * What failed by the report that `npm run templates -- test --json` writes: checks, and mutations that nothing caught.
 *
 * @param {string} text
 * @returns {Trouble[]}
 */
export function failuresOfProofs(text) {
  /** @typedef {{ title: string, status: string, findings?: { where: string, message: string }[] }} Check */
  /** @type {{ template: string, checks?: Check[], cases?: { id: string, checks: Check[] }[], mutations?: { description: string, verifier: string, status: string, message?: string }[] }[]} */
  const proofs = JSON.parse(text).proofs;
  return proofs.flatMap(
    ({ template, checks = [], cases = [], mutations = [] }) => [
      ...[{ id: template, checks }, ...cases].flatMap(row =>
        row.checks
          .filter(({ status }) => status === 'failed')
          .map(({ title, findings }) => ({
            title: [...new Set([template, row.id]), title].join(' › '),
            error: (findings ?? [])
              .map(({ where, message }) => `${where}: ${message}`)
              .join('\n'),
          })),
      ),
      ...mutations
        .filter(({ status }) => status === 'missed')
        .map(({ description, verifier, message }) => ({
          title: `${template} › ${description}`,
          // It may have been broken no longer, or something else may have been noticed.
          error: `broken on purpose for ${verifier} to notice: ${
            message || 'it did not'
          }`,
        })),
    ],
  );
}

/** How much is told of what had trouble: CI shows the last lines of a run, and the table is among them. */
const MOST_TROUBLES = 8;
const MOST_LINES = 6;
/** Lines of errors in all: what does not fit is above, in the output of the step. */
const ROOM = 12;
const MOST_WIDTH = 200;

/**
 * What failed, and what needed a second try, each with how its error begins.
 *
 * @param {StepResult[]} results
 * @returns {string[]}
 */
export function troubleLines(results) {
  return [
    ...list(
      'FAILED',
      results.flatMap(({ failures }) => failures ?? []),
    ),
    ...list(
      'NEEDED A SECOND TRY, and passed then',
      results.flatMap(({ secondTries }) => secondTries ?? []),
    ),
  ];
}

/**
 * @param {string} heading
 * @param {Trouble[]} troubles
 */
function list(heading, troubles) {
  const shown = troubles.slice(0, MOST_TROUBLES);
  const lines = Math.min(
    MOST_LINES,
    Math.max(1, Math.floor(ROOM / shown.length)),
  );
  const more = troubles.length - shown.length;
  return [
    ...shown.flatMap(({ title, error }) => [
      cut(`${heading}: ${title}`),
      ...beginningOf(error, lines).map(line => `    ${line}`),
    ]),
    ...(more > 0 ? [`${heading}: ${more} more, see above`] : []),
  ];
}

/** Where in the code an error was thrown, and the code around the line that threw it. */
const CODE = /^\s+at .*:\d+:\d+\)?$|^\s+\d* ?\|/;

/**
 * The first lines of an error that say something, without colours.
 *
 * @param {unknown} error
 * @param {number} most
 * @returns {string[]}
 */
function beginningOf(error, most) {
  return stripVTControlCharacters(String(error ?? ''))
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => line.trim() !== '' && !CODE.test(line))
    .slice(0, most)
    .map(cut);
}

/** Where a runner begins to say what failed; jest also heads with a dot what a test printed. */
const FAILURE = /[✖✘✗]|● (?!Console)|^FAIL\b|\bFATAL\b|^Lint failed in /;
/** Where something is said of an error. */
const ERROR = /\berror\b|Error\b/i;
/** What passed, whatever it is called. */
const PASSED = /^\s*(PASS|Checked|✓|✔)\s/;

/**
 * The part of a runner's output that says why it failed: from where it begins to say so, otherwise the end, as what went well comes before.
 *
 * @param {string} output
 * @returns {string}
 */
export function tellingPart(output) {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .filter(line => line.trim() !== '' && !PASSED.test(line));
  const start = [FAILURE, ERROR]
    .map(sign => lines.findIndex(line => sign.test(line)))
    .find(index => index !== -1);
  return lines.slice(start ?? -MOST_LINES).join('\n');
}

/** @param {string} line */
function cut(line) {
  return line.length > MOST_WIDTH ? `${line.slice(0, MOST_WIDTH)} …` : line;
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
