// @ts-check
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { findViolations, readPackages } from './dependency-rules.mjs';
import { listFiles } from './fingerprint.mjs';
import { Interrupted, throwIfAborted } from './interrupted.mjs';
import { Lifecycle, onRequestToEnd } from './lifecycle.mjs';
import { pickFreePort } from './ports.mjs';
import { DATABASE_USER, requireReachable, startPostgres } from './postgres.mjs';
import { Problem, report } from './problem.mjs';
import { endChild, run } from './processes.mjs';
import { formatElapsed, Progress } from './progress.mjs';
import { ROOT } from './root.mjs';
import { cliArgs, cliEnv } from './run.mjs';
import {
  countJest,
  countNodeTest,
  countPlaywright,
  countProofs,
  failuresOfJest,
  failuresOfProofs,
  settle,
  tellingPart,
  totalLine,
  troubleLines,
  troublesOfPlaywright,
} from './test-results.mjs';
import {
  ensureFrontendBuilt,
  ensureInstalled,
  ensureToolchain,
} from './toolchain.mjs';

export const TEST_HELP = `Runs what CI runs, or with a path or pattern only the tests under it.

Usage: npm test                        everything
       npm test -- <path or pattern>…  the unit and integration tests that match, with PostgreSQL running;
                                       journeys/… runs browser journeys
                                       journeys/trials/… tries templates out, from the form to the running service
       npm test -- --only <step>       one step: ${[
         'format',
         'lint',
         'types',
         'dependencies',
         'scripts',
         'unit',
         'templates',
         'journeys',
         'trials',
       ].join(', ')}

Trials take minutes each and are only run when they are asked for.
`;

/** Programs of the system that tests need, and the steps that need them. */
const TOOLS = {
  chromium: ['journeys', 'trials'],
  promtool: ['templates'],
  rsync: ['templates'],
  shellcheck: ['templates'],
  yamllint: ['templates'],
  make: ['templates'],
  java: ['templates'],
  'ansible-playbook': ['templates'],
  'ansible-lint': ['templates'],
};

/** Where templates are tried out, beside the other journeys. */
const TRIALS = 'journeys/trials';

/** Folders whose tests are plain scripts. */
const SCRIPT_FOLDERS = ['packages/launcher', 'demo', 'benchmarks'];

/**
 * @typedef {object} TestContext
 * @property {string} root
 * @property {import('./toolchain.mjs').Toolchain} toolchain
 * @property {Progress} progress
 * @property {Lifecycle} lifecycle
 * @property {string} scratch folder for reports and state of this run
 * @property {boolean} ci
 */

/** @typedef {import('./test-results.mjs').Counts & Partial<Pick<import('./test-results.mjs').StepResult, 'reason' | 'failures' | 'secondTries'>> & { output?: string }} Outcome */

/**
 * @typedef {object} TestStep
 * @property {string} key
 * @property {string} name
 * @property {(context: TestContext, patterns: string[]) => Promise<Outcome>} run
 * @property {boolean} [onDemand] whether it is run only where somebody asks for it
 */

/** @type {TestStep[]} */
const STEPS = [
  { key: 'format', name: 'Formatting', run: checkFormat },
  {
    key: 'dependencies',
    name: 'Dependency directions',
    run: checkDependencies,
  },
  { key: 'types', name: 'Types', run: checkTypes },
  { key: 'lint', name: 'Lint', run: checkLint },
  { key: 'scripts', name: 'Scripts', run: testScripts },
  { key: 'unit', name: 'Unit and integration tests', run: testUnits },
  { key: 'templates', name: 'Golden paths', run: testTemplates },
  { key: 'journeys', name: 'Browser journeys', run: testJourneys },
  {
    key: 'trials',
    name: 'Trials of templates',
    run: tryTemplates,
    onDemand: true,
  },
];

/**
 * Which steps a command line asks for.
 *
 * @param {string[]} argv
 * @returns {{ help: boolean, keys: string[], patterns: string[] }}
 */
export function planTests(argv) {
  const patterns = argv.filter(argument => !argument.startsWith('-'));
  if (argv.includes('--help') || argv.includes('-h')) {
    return { help: true, keys: [], patterns: [] };
  }
  if (argv[0] === '--only') {
    const unknown = patterns.filter(key => !STEPS.some(s => s.key === key));
    if (patterns.length === 0 || unknown.length > 0) {
      throw new Problem(
        `--only needs a step, one of ${STEPS.map(s => s.key).join(', ')}.`,
      );
    }
    return { help: false, keys: patterns, patterns: [] };
  }
  const option = argv.find(argument => argument.startsWith('-'));
  if (option !== undefined) {
    throw new Problem(
      `Unknown option '${option}': see npm test -- --help for the options.`,
    );
  }
  if (patterns.length === 0) {
    const keys = STEPS.filter(s => !s.onDemand).map(s => s.key);
    return { help: false, keys, patterns };
  }
  const under = (/** @type {string} */ folder) =>
    patterns.some(pattern => pattern.replace(/^\.\//, '').startsWith(folder));
  if (under(TRIALS)) {
    return { help: false, keys: ['trials'], patterns };
  }
  if (under('journeys')) {
    return { help: false, keys: ['journeys'], patterns };
  }
  if (SCRIPT_FOLDERS.some(under)) {
    return { help: false, keys: ['scripts'], patterns };
  }
  return { help: false, keys: ['unit'], patterns };
}

/**
 * Tools that the steps of a run need and this machine lacks.
 *
 * @param {string[]} keys
 * @param {(tool: string) => boolean} has
 * @returns {string[]}
 */
export function missingTools(keys, has) {
  return Object.entries(TOOLS)
    .filter(([tool, steps]) => steps.some(s => keys.includes(s)) && !has(tool))
    .map(([tool]) => tool);
}

/**
 * What `npm test` does, from the command line to the exit code.
 *
 * @param {string[]} argv
 */
export async function main(argv) {
  const progress = new Progress();
  const lifecycle = new Lifecycle();
  let interrupted = false;
  /** @type {ReturnType<typeof runSteps> | undefined} */
  let running;
  const end = async (/** @type {number} */ code) => {
    await lifecycle.stop();
    await running?.catch(() => {});
    process.exit(code);
  };
  try {
    const { help, keys, patterns } = planTests(argv);
    if (help) {
      process.stdout.write(TEST_HELP);
      return;
    }
    onRequestToEnd(() => {
      interrupted = true;
      void end(130);
    });
    requireReachable([ROOT]);
    const work = { root: ROOT, progress, signal: lifecycle.signal };
    const toolchain = await ensureToolchain(work);
    await ensureInstalled({ ...work, toolchain });
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'paved-road-test-'));
    fs.chmodSync(scratch, 0o711);
    lifecycle.onStop('the scratch folder', () =>
      fs.rmSync(scratch, { recursive: true, force: true }),
    );
    running = runSteps(
      STEPS.filter(s => keys.includes(s.key)),
      {
        root: ROOT,
        toolchain,
        progress,
        lifecycle,
        scratch,
        ci: isCi(process.env),
      },
      patterns,
    );
    const results = await running;
    await lifecycle.stop();
    process.stdout.write(`\n${summary(results)}\n${totalLine(results)}\n`);
    process.exit(results.some(result => result.failed > 0) ? 1 : 0);
  } catch (error) {
    if (interrupted || error instanceof Interrupted) {
      return;
    }
    const code = report(error);
    // Whoever reads only the last line learns that the run did not pass.
    process.stdout.write('0 passed, 1 failed\n');
    await end(code);
  }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean}
 */
export function isCi(env) {
  return env.CI !== undefined && !['', '0', 'false'].includes(env.CI);
}

/**
 * Runs every step, also after one has failed.
 *
 * @param {TestStep[]} steps
 * @param {TestContext} context
 * @param {string[]} patterns
 * @returns {Promise<import('./test-results.mjs').StepResult[]>}
 */
async function runSteps(steps, context, patterns) {
  /** @type {import('./test-results.mjs').StepResult[]} */
  const results = [];
  const missing = missingTools(
    steps.map(s => s.key),
    tool => findProgram(tool) !== undefined,
  );
  if (missing.length > 0) {
    const sentence = `${missing.join(', ')} ${
      missing.length === 1 ? 'is' : 'are'
    } not installed`;
    results.push({
      name: 'Tools',
      passed: 0,
      failed: context.ci ? missing.length : 0,
      skipped: context.ci ? 0 : missing.length,
      reason: context.ci
        ? `${sentence}; .ci/run installs what the tests need`
        : `${sentence}, so the checks that need it are skipped`,
      elapsedMs: 0,
    });
  }
  for (const step of steps) {
    throwIfAborted(context.lifecycle.signal);
    const started = Date.now();
    let outcome;
    try {
      outcome = await context.progress.step(
        step.name,
        () => step.run(context, patterns),
        { always: true },
      );
    } catch (error) {
      throwIfAborted(context.lifecycle.signal);
      outcome = {
        passed: 0,
        failed: 1,
        skipped: 0,
        output: error instanceof Error ? error.message : String(error),
      };
    }
    throwIfAborted(context.lifecycle.signal);
    if (outcome.failed > 0 && outcome.output) {
      context.progress.line(`\n${outcome.output.trimEnd()}\n`);
    }
    results.push({
      name: step.name,
      passed: outcome.passed,
      failed: outcome.failed,
      skipped: outcome.skipped,
      reason: outcome.reason,
      failures: outcome.failures?.length
        ? outcome.failures
        : failureOf(step.name, outcome),
      secondTries: outcome.secondTries,
      elapsedMs: Date.now() - started,
    });
  }
  return results;
}

/**
 * Of a step that counts its tests only, or has none: that it failed, and the part of its output that says why.
 *
 * @param {string} name
 * @param {Outcome} outcome
 * @returns {import('./test-results.mjs').Trouble[]}
 */
export function failureOf(name, { failed, output }) {
  if (failed === 0 || !output) {
    return [];
  }
  // The summary of `node --test`.
  const [, ofTests] = output.split(/^.*failing tests:$/m);
  return [{ title: name, error: ofTests ?? tellingPart(output) }];
}

/**
 * @param {import('./test-results.mjs').StepResult[]} results
 * @returns {string}
 */
export function summary(results) {
  const table = results
    .map(result => {
      const verdict = verdictOf(result);
      const reason = result.reason ? `  ${result.reason}` : '';
      return `${verdict.padEnd(8)}${result.name.padEnd(28)}${totalLine([
        result,
      ])}  (${formatElapsed(result.elapsedMs)})${reason}`;
    })
    .join('\n');
  return [table, ...troubleLines(results)].join('\n');
}

/** @param {import('./test-results.mjs').StepResult} result */
function verdictOf({ passed, failed, skipped }) {
  if (failed > 0) {
    return 'FAILED';
  }
  return passed === 0 && skipped > 0 ? 'skipped' : 'passed';
}

/**
 * @param {string} name
 * @returns {string | undefined} path of a program on the PATH
 */
function findProgram(name) {
  const names =
    name === 'chromium'
      ? ['chromium', 'chromium-browser', 'google-chrome']
      : [name];
  if (name === 'chromium' && process.env.CHROMIUM) {
    return process.env.CHROMIUM;
  }
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap(folder => names.map(item => path.join(folder, item)))
    .find(file => fs.existsSync(file));
}

/**
 * @param {TestContext} context
 * @param {string[]} args arguments for Node
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
function runNode(context, args, options = {}) {
  return run(context.toolchain.node, args, {
    cwd: options.cwd ?? context.root,
    env: { ...context.toolchain.env, ...options.env },
    signal: context.lifecycle.signal,
  });
}

/**
 * @param {TestContext} context
 * @param {string[]} args
 */
async function check(context, args) {
  const { code, output } = await runNode(context, args, {
    env: { NODE_OPTIONS: '--max-old-space-size=4096' },
  });
  return { ...settle(undefined, code), output };
}

/** @param {TestContext} context */
function checkFormat(context) {
  return check(context, [
    path.join(context.root, 'node_modules/prettier/bin-prettier.js'),
    '--check',
    '--loglevel=warn',
    '.',
  ]);
}

/** @param {TestContext} context */
async function checkDependencies(context) {
  const violations = findViolations(readPackages(context.root));
  return {
    passed: violations.length === 0 ? 1 : 0,
    failed: violations.length,
    skipped: 0,
    output: violations.join('\n'),
  };
}

/** @param {TestContext} context */
function checkTypes(context) {
  return check(context, [
    path.join(context.root, 'node_modules/typescript/bin/tsc'),
    '--noEmit',
    '--emitDeclarationOnly',
    'false',
    '--incremental',
    'false',
  ]);
}

/** @param {TestContext} context */
function checkLint(context) {
  return check(context, [
    path.join(context.root, 'node_modules/@backstage/cli/bin/backstage-cli'),
    'repo',
    'lint',
    '--max-warnings=0',
  ]);
}

/**
 * Tests of plain scripts, which Node runs by itself.
 *
 * @param {TestContext} context
 * @param {string[]} patterns
 */
async function testScripts(context, patterns) {
  const files = SCRIPT_FOLDERS.flatMap(folder =>
    listFiles(path.join(context.root, folder)),
  ).filter(
    file =>
      file.endsWith('.test.mjs') &&
      (patterns.length === 0 || patterns.some(item => file.includes(item))),
  );
  const { code, output } = await runNode(context, [
    '--test',
    '--test-reporter=spec',
    ...files,
  ]);
  return { ...settle(countNodeTest(output), code), output };
}

/**
 * @param {TestContext} context
 * @param {string[]} patterns
 */
async function testUnits(context, patterns) {
  const password = randomBytes(18).toString('base64url');
  const postgres = await startPostgres({
    root: context.root,
    folder: path.join(context.scratch, 'postgres'),
    logFile: path.join(context.scratch, 'postgres.log'),
    password,
    signal: context.lifecycle.signal,
    // Nothing here outlives the run, so nothing has to survive a power cut.
    settings: {
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
    },
  });
  context.lifecycle.guard(postgres.pid, 'SIGINT');
  context.lifecycle.onStop('PostgreSQL', postgres.stop);
  const reportFile = path.join(context.scratch, 'jest.json');
  const focused = patterns.length > 0;
  const args = [
    '--no-node-snapshot',
    path.join(context.root, 'node_modules/@backstage/cli/bin/backstage-cli'),
    'repo',
    'test',
    '--watch=false',
    '--ci',
    '--maxWorkers=2',
    // A busy machine is not a failure; a hanging test still is.
    '--testTimeout=30000',
    '--json',
    `--outputFile=${reportFile}`,
    ...patterns,
  ];
  const { code, output } = await run(context.toolchain.node, args, {
    cwd: context.root,
    env: {
      ...context.toolchain.env,
      NODE_OPTIONS: '--max-old-space-size=4096 --no-node-snapshot',
      BACKSTAGE_TEST_DATABASE_POSTGRES18_CONNECTION_STRING: `postgresql://${DATABASE_USER}:${password}@127.0.0.1:${postgres.port}/postgres`,
    },
    signal: context.lifecycle.signal,
  });
  const counts = readReport(reportFile, countJest);
  const failures = readReport(reportFile, text =>
    failuresOfJest(text, context.root),
  );
  const outcome = settle(counts, code);
  const ran = outcome.passed + outcome.failed + outcome.skipped > 0;
  if (focused && !ran) {
    return {
      ...outcome,
      failed: 1,
      output: `No test matches ${patterns.join(' ')}.`,
    };
  }
  return {
    ...outcome,
    output: withoutJson(output),
    failures,
  };
}

/**
 * The report goes to a file and, from jest, to the output as well.
 *
 * @param {string} output
 */
function withoutJson(output) {
  return output
    .split('\n')
    .filter(line => !line.startsWith('{"numFailedTestSuites"'))
    .join('\n');
}

/** @param {TestContext} context */
async function testTemplates(context) {
  const args = cliArgs(context.root, 'templates');
  if (args === undefined) {
    return { passed: 0, failed: 1, skipped: 0, output: 'no such command' };
  }
  const reportFile = path.join(context.scratch, 'templates.json');
  const { code, output } = await run(
    context.toolchain.node,
    // For a change what it touches, and a sample of the rest; `npm run templates -- test` proves them all.
    [
      ...args,
      'test',
      ...(context.ci ? ['--changed'] : []),
      '--json',
      reportFile,
    ],
    {
      cwd: context.root,
      env: cliEnv(context.root, context.toolchain),
      signal: context.lifecycle.signal,
    },
  );
  return {
    ...settle(readReport(reportFile, countProofs), code),
    failures: readReport(reportFile, failuresOfProofs),
    output,
  };
}

/**
 * @param {TestContext} context
 * @param {string[]} patterns
 */
function testJourneys(context, patterns) {
  return runInBrowser(context, { folder: 'journeys', patterns });
}

/**
 * @param {TestContext} context
 * @param {string[]} patterns
 */
async function tryTemplates(context, patterns) {
  const outcome = await runInBrowser(context, {
    folder: TRIALS,
    patterns: patterns.length > 0 ? patterns : [TRIALS],
    env: { PORTAL_TRIALS: 'true', PLAYWRIGHT_LIST_PRINT_STEPS: '1' },
  });
  return {
    reason: 'what was seen and what was printed is in e2e-test-report',
    ...outcome,
  };
}

/**
 * @param {TestContext} context
 * @param {{ folder: string, patterns: string[], env?: NodeJS.ProcessEnv }} options
 */
async function runInBrowser(context, { folder, patterns, env }) {
  const journeys = listFiles(path.join(context.root, folder)).filter(file =>
    file.endsWith('.test.ts'),
  );
  if (journeys.length === 0) {
    return { passed: 0, failed: 1, skipped: 0, output: 'no journeys found' };
  }
  if (findProgram('chromium') === undefined) {
    return {
      passed: 0,
      failed: context.ci ? 1 : 0,
      skipped: context.ci ? 0 : journeys.length,
      reason: 'Chromium is not installed',
    };
  }
  await ensureFrontendBuilt({
    root: context.root,
    progress: new Progress({ write: () => {} }),
    toolchain: context.toolchain,
    signal: context.lifecycle.signal,
  });
  const data = path.join(context.scratch, 'portal');
  const url = await startPortalForJourneys(context, data);
  const reportFile = path.join(context.scratch, 'playwright.json');
  const { code, output } = await runNode(
    context,
    [
      path.join(context.root, 'node_modules/@playwright/test/cli.js'),
      'test',
      '--reporter=list,html,json',
      ...patterns,
    ],
    {
      env: {
        PORTAL_URL: url,
        PORTAL_DATA: data,
        PLAYWRIGHT_JSON_OUTPUT_NAME: reportFile,
        PLAYWRIGHT_HTML_OPEN: 'never',
        PLAYWRIGHT_HTML_OUTPUT_DIR: path.join(context.root, 'e2e-test-report'),
        ...env,
      },
    },
  );
  return {
    ...settle(readReport(reportFile, countPlaywright), code),
    ...readReport(reportFile, troublesOfPlaywright),
    output,
  };
}

/**
 * Starts the portal the way `npm start` does.
 *
 * @param {TestContext} context
 * @param {string} data
 * @returns {Promise<string>} its address
 */
async function startPortalForJourneys(context, data) {
  const port = await pickFreePort();
  const child = spawn(
    process.execPath,
    [
      path.join(context.root, 'packages/launcher/start.mjs'),
      '--port',
      String(port),
      '--data',
      data,
    ],
    { cwd: context.root, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  context.lifecycle.guard(child.pid, 'SIGTERM');
  context.lifecycle.onStop('the portal', () =>
    endChild(child, { ask: 'SIGTERM', patienceMs: 60_000, insist: 'SIGKILL' }),
  );
  let output = '';
  return new Promise((resolve, reject) => {
    const take = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      const ready = output.match(/The portal is ready at (\S+)/);
      if (ready) {
        resolve(ready[1]);
      }
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('close', () =>
      reject(new Problem(`The portal did not start:\n${output}`)),
    );
  });
}

/**
 * @template T
 * @param {string} file
 * @param {(text: string) => T} read
 * @returns {T | undefined}
 */
function readReport(file, read) {
  return fs.existsSync(file) ? read(fs.readFileSync(file, 'utf8')) : undefined;
}
