// @ts-check
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { PORTAL_REPOSITORY, portalLocations } from './config.mjs';
import { writePrivately } from './data-folder.mjs';
import { fingerprint, listFiles } from './fingerprint.mjs';
import { Problem, sentenceFor } from './problem.mjs';
import { run, sleep } from './processes.mjs';
import { cliArgs, cliEnv } from './run.mjs';
import { Interrupted, throwIfAborted } from './interrupted.mjs';

const SLUG = `${PORTAL_REPOSITORY.owner}/${PORTAL_REPOSITORY.name}`;

/** Which tags of the portal's own repository are releases, as `npm run dora` and git both read it. */
const RELEASE_TAGS = 'v*';

/** How long the catalog may take to take in the organisation on a slow machine. */
const CATALOG_WITHIN_MS = 120_000;

/** How long the start waits for delivery events to be counted. Pages say of each number when it is not up to date. */
const FACTS_WITHIN_MS = 180_000;

/** How long the start waits for the catalog to know of the portal's own documentation. */
const DOCS_WITHIN_MS = 20_000;

/**
 * What has been put into the portal so far, kept in the data folder.
 *
 * @typedef {object} Seeded
 * @property {string} [pushed] commit last pushed as the portal's own repository
 * @property {string} [backfilled] commit up to which its delivery history was loaded
 * @property {string} [demo] fingerprint of the sample organisation that was loaded
 * @property {string} [documented] content whose documentation was built
 */

/**
 * @typedef {object} SeedContext
 * @property {string} root the checkout
 * @property {string} folder the data folder
 * @property {string} baseUrl
 * @property {string} token the machine token
 * @property {boolean} demo
 * @property {import('./toolchain.mjs').Toolchain} toolchain
 * @property {import('./progress.mjs').Progress} progress
 * @property {AbortSignal} signal
 */

/** @param {string} folder */
const seededFile = folder => path.join(folder, 'seeded.json');

/**
 * Fills the portal: its own repository, that repository's delivery history, and the sample organisation. What is there
 * already is left alone. A step that fails is told in one line and tried again at the next start; the portal runs on.
 *
 * @param {SeedContext} context
 */
export async function seed(context) {
  const seeded = readSeeded(context.folder);
  const save = (/** @type {Partial<Seeded>} */ news) => {
    Object.assign(seeded, news);
    writePrivately(
      seededFile(context.folder),
      `${JSON.stringify(seeded, undefined, 2)}\n`,
    );
  };
  /** @type {Source | undefined} */
  let source;
  await attempt(context, 'The portal’s own repository', async () => {
    source = await describeSource(context);
    if (seeded.pushed !== source.commit) {
      await context.progress.step('Publish the portal’s own repository', () =>
        publishPortal(context, /** @type {Source} */ (source)),
      );
      save({ pushed: source.commit });
    }
  });
  await attempt(context, 'The portal’s own delivery history', async () => {
    if (
      source?.complete &&
      seeded.pushed === source.commit &&
      seeded.backfilled !== source.commit
    ) {
      await context.progress.step(
        'Load the portal’s own delivery history',
        () => backfillPortal(context),
      );
      save({ backfilled: source.commit });
    }
  });
  const demo = demoFingerprint(context.root);
  await attempt(context, 'The sample organisation', async () => {
    if (context.demo && demo !== undefined && seeded.demo !== demo) {
      await context.progress.step('Load the sample organisation', step =>
        loadDemo(context, step),
      );
      save({ demo });
    }
  });
  const content = `${seeded.pushed} ${seeded.demo}`;
  await attempt(context, 'The documentation', async () => {
    if (seeded.documented !== content) {
      await context.progress.step('Build the documentation', () =>
        buildDocs(context),
      );
      save({ documented: content });
    }
  });
  // Last: what was loaded is counted while the documentation is built.
  await attempt(context, 'The delivery metrics', () =>
    context.progress.step('Count the delivery history', step =>
      waitForFacts(context, step),
    ),
  );
}

/**
 * Waits until no delivery event waits to be counted, so that the first page shows numbers that are right. After a while it says so and
 * goes on: the portal counts the rest, and pages say which numbers are behind.
 *
 * @param {Pick<SeedContext, 'baseUrl' | 'token' | 'signal' | 'progress'>} context
 * @param {import('./progress.mjs').Step} step
 * @param {{ withinMs?: number, everyMs?: number }} [limits]
 */
export async function waitForFacts(
  context,
  step,
  { withinMs = FACTS_WITHIN_MS, everyMs = 500 } = {},
) {
  const to = new Date();
  // A short window: what is asked for is the note, not the numbers.
  const from = new Date(to.getTime() - 60_000);
  const question = new URLSearchParams({
    from: from.toISOString(),
    to: to.toISOString(),
  });
  for (const until = Date.now() + withinMs; ; ) {
    const answer = await call(context, 'GET', `/api/dora/metrics?${question}`);
    if (!answer.ok) {
      throw new Problem(
        `Delivery metrics did not answer: ${await reason(answer)}`,
      );
    }
    /** @type {{ dataQuality: { code: string, services: string[] }[] }} */
    const { dataQuality } = await answer.json();
    // Several notes say it of different services.
    const { length } = dataQuality
      .filter(({ code }) => code === 'facts_pending')
      .flatMap(({ services }) => services);
    if (length === 0) {
      return;
    }
    const services = `${length} ${length === 1 ? 'service' : 'services'}`;
    step.detail(`${services} to go`);
    if (Date.now() >= until) {
      context.progress.line(
        `The delivery history of ${services} is still being counted; their pages say so until it is done.`,
      );
      return;
    }
    await sleep(everyMs);
    throwIfAborted(context.signal);
  }
}

/**
 * @param {SeedContext} context
 * @param {string} what
 * @param {() => Promise<void>} work
 */
async function attempt(context, what, work) {
  throwIfAborted(context.signal);
  try {
    await work();
  } catch (error) {
    throwIfAborted(context.signal);
    if (error instanceof Interrupted) {
      throw error;
    }
    context.progress.line(
      `${what} could not be loaded; the next start tries again. ${sentenceFor(
        error,
      )}`,
    );
  }
}

/**
 * @param {string} folder
 * @returns {Seeded}
 */
function readSeeded(folder) {
  try {
    return JSON.parse(fs.readFileSync(seededFile(folder), 'utf8'));
  } catch {
    return {};
  }
}

/**
 * @param {string} root
 * @returns {string | undefined} undefined when there is no sample organisation to load
 */
function demoFingerprint(root) {
  return fs.existsSync(path.join(root, 'demo/seed.mjs'))
    ? fingerprint(root, listFiles(path.join(root, 'demo')))
    : undefined;
}

/**
 * What is published as the portal's own repository.
 *
 * @typedef {object} Source
 * @property {string} gitDir repository to push from
 * @property {string} commit
 * @property {boolean} complete whether it has its history, not only a snapshot
 */

/**
 * Whether a checkout's own history can be published, or a snapshot of its files must do.
 *
 * @param {{ topLevel: string | undefined, root: string, shallow: boolean, head: string | undefined }} checkout
 * @returns {'history' | 'snapshot'}
 */
export function chooseSource({ topLevel, root, shallow, head }) {
  const own = topLevel === root;
  return own && head !== undefined && !shallow ? 'history' : 'snapshot';
}

/**
 * @param {SeedContext} context
 * @returns {Promise<Source>}
 */
async function describeSource({ root, folder, signal }) {
  const ask = async (/** @type {string[]} */ ...args) => {
    const { code, output } = await run('git', ['-C', root, ...args], {
      env: gitEnv(),
      signal,
    });
    return code === 0 ? output.trim() : undefined;
  };
  const [topLevel, shallow, head, gitDir] = await Promise.all([
    ask('rev-parse', '--show-toplevel'),
    ask('rev-parse', '--is-shallow-repository'),
    ask('rev-parse', '--verify', 'HEAD^{commit}'),
    ask('rev-parse', '--absolute-git-dir'),
  ]);
  throwIfAborted(signal);
  const choice = chooseSource({
    topLevel,
    root: fs.realpathSync(root),
    shallow: shallow === 'true',
    head,
  });
  return choice === 'history'
    ? {
        gitDir: /** @type {string} */ (gitDir),
        commit: /** @type {string} */ (head),
        complete: true,
      }
    : takeSnapshot({ root, folder, signal });
}

/**
 * Commits the checkout's files to a repository in the data folder, for a checkout without (whole) history.
 *
 * @param {{ root: string, folder: string, signal: AbortSignal }} context
 * @returns {Promise<Source>}
 */
async function takeSnapshot({ root, folder, signal }) {
  const gitDir = path.join(folder, 'snapshot.git');
  const git = async (/** @type {string[]} */ ...args) => {
    const { code, output } = await run(
      'git',
      [`--git-dir=${gitDir}`, `--work-tree=${root}`, ...args],
      {
        cwd: root,
        env: gitEnv({
          GIT_AUTHOR_NAME: 'Paved Road',
          GIT_AUTHOR_EMAIL: 'portal@pavedroad.invalid',
          GIT_COMMITTER_NAME: 'Paved Road',
          GIT_COMMITTER_EMAIL: 'portal@pavedroad.invalid',
        }),
        signal,
      },
    );
    throwIfAborted(signal);
    return { code, output: output.trim() };
  };
  const must = async (/** @type {string[]} */ ...args) => {
    const { code, output } = await git(...args);
    if (code !== 0) {
      throw new Problem(`git ${args[0]} failed: ${output}`);
    }
    return output;
  };
  if (!fs.existsSync(path.join(gitDir, 'HEAD'))) {
    await must('init', '--quiet', '--initial-branch=main');
  }
  await must('add', '--all', '--', '.');
  const tree = await must('write-tree');
  const before = await git('rev-parse', '--verify', '--quiet', 'HEAD^{tree}');
  if (before.output !== tree) {
    await must(
      ...['-c', 'commit.gpgsign=false', '-c', 'core.hooksPath=/dev/null'],
      ...['commit', '--quiet', '--message', 'Snapshot of the portal'],
    );
  }
  return { gitDir, commit: await must('rev-parse', 'HEAD'), complete: false };
}

/**
 * Environment for git without the caller's own repository, prompts or system surprises.
 *
 * @param {NodeJS.ProcessEnv} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
function gitEnv(extra = {}) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')),
  );
  return { ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...extra };
}

/**
 * Creates the repository on the git host, pushes to it and has the catalog read it.
 *
 * @param {SeedContext} context
 * @param {Source} source
 */
async function publishPortal(context, source) {
  await waitForOwner(context);
  const created = await call(context, 'POST', '/api/git/v1/repositories', {
    owner: PORTAL_REPOSITORY.owner,
    name: PORTAL_REPOSITORY.name,
    description: 'This portal: its code, golden paths and documentation',
  });
  if (!created.ok && created.status !== 409) {
    throw new Problem(
      `The git host refused to create ${SLUG}: ${await reason(created)}`,
    );
  }
  const { code, output } = await run(
    'git',
    [
      `--git-dir=${source.gitDir}`,
      'push',
      '--quiet',
      `${context.baseUrl}/api/git/${SLUG}.git`,
      `${source.commit}:refs/heads/main`,
      ...(source.complete ? ['refs/tags/*:refs/tags/*'] : []),
    ],
    {
      // The token goes through the environment: arguments can be seen by other users.
      env: gitEnv({
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_0: 'http.extraHeader',
        GIT_CONFIG_VALUE_0: `Authorization: Bearer ${context.token}`,
        GIT_CONFIG_KEY_1: 'credential.helper',
        GIT_CONFIG_VALUE_1: '',
      }),
      signal: context.signal,
    },
  );
  throwIfAborted(context.signal);
  if (/non-fast-forward|fetch first|rejected/.test(output)) {
    throw new Problem(
      `${SLUG} has commits that this checkout does not have, so it was left as it is.`,
    );
  }
  if (code !== 0) {
    throw new Problem(`git push failed: ${output.trim()}`);
  }
  await refreshLocations(context);
}

/**
 * A repository's owner must be a group the catalog knows.
 *
 * @param {SeedContext} context
 */
async function waitForOwner(context) {
  const url = `/api/catalog/entities/by-name/group/default/${PORTAL_REPOSITORY.owner}`;
  for (const until = Date.now() + CATALOG_WITHIN_MS; ; ) {
    const response = await call(context, 'GET', url);
    await response.arrayBuffer();
    if (response.ok) {
      return;
    }
    if (Date.now() > until) {
      throw new Problem(
        `The catalog does not know group:default/${PORTAL_REPOSITORY.owner}.`,
      );
    }
    await sleep(250);
    throwIfAborted(context.signal);
  }
}

/**
 * The catalog first looked for the portal's files before they were there, so it is asked to look again now. A location that could not
 * be read is no entity yet and in no list, so its name is worked out as the catalog does it.
 *
 * @param {SeedContext} context
 */
async function refreshLocations(context) {
  for (const target of Object.values(portalLocations(context.baseUrl))) {
    const refreshed = await call(context, 'POST', '/api/catalog/refresh', {
      entityRef: `location:default/${locationName('url', target)}`,
    });
    if (!refreshed.ok) {
      throw new Problem(
        `The catalog did not look at ${target} again: ${await reason(
          refreshed,
        )}`,
      );
    }
    await refreshed.arrayBuffer();
  }
}

/**
 * Builds the documentation there is, so that whoever opens it first finds it there. It is built again when it is opened, so what fails
 * here does no harm.
 *
 * @param {SeedContext} context
 */
async function buildDocs(context) {
  const portal = `component/${PORTAL_REPOSITORY.name}`;
  const deadline = Date.now() + DOCS_WITHIN_MS;
  let documented = await listDocumented(context);
  // The catalog may still be reading what was just published.
  while (!documented.includes(portal) && Date.now() < deadline) {
    await sleep(500);
    throwIfAborted(context.signal);
    documented = await listDocumented(context);
  }
  for (const entity of documented) {
    const answer = await call(
      context,
      'GET',
      `/api/techdocs/sync/default/${entity}`,
    );
    await answer.arrayBuffer();
    throwIfAborted(context.signal);
  }
}

/**
 * @param {SeedContext} context
 * @returns {Promise<string[]>} `<kind>/<name>` of what has documentation, in the default namespace
 */
async function listDocumented(context) {
  const answer = await call(
    context,
    'GET',
    '/api/catalog/entities?filter=metadata.annotations.backstage.io/techdocs-ref,metadata.namespace=default&fields=kind,metadata.name',
  );
  if (!answer.ok) {
    throw new Problem(
      `The catalog did not say what has documentation: ${await reason(answer)}`,
    );
  }
  const entities =
    /** @type {{ kind: string, metadata: { name: string } }[]} */ (
      await answer.json()
    );
  return entities.map(
    ({ kind, metadata }) =>
      `${kind.toLowerCase()}/${encodeURIComponent(metadata.name)}`,
  );
}

/**
 * The name that the catalog gives to the entity of a location from its configuration.
 *
 * @param {string} type
 * @param {string} target
 */
export function locationName(type, target) {
  const hash = createHash('sha1').update(`${type}:${target}`).digest('hex');
  return `generated-${hash}`;
}

/**
 * What the delivery history of the portal's own repository is taken from: its release tags, or in a checkout without
 * any the changes of the version in its `package.json`.
 *
 * @param {string} told what git says of the release tags: the full name of each on a line, among possible warnings
 * @returns {string[]} options of `npm run dora -- backfill`
 */
export function releaseOptions(told) {
  return /^refs\/tags\//m.test(told)
    ? ['--release-tags', RELEASE_TAGS]
    : ['--release-versions', 'package.json'];
}

/** @param {SeedContext} context */
async function backfillPortal(context) {
  const args = cliArgs(context.root, 'dora');
  if (args === undefined) {
    return;
  }
  const tags = await run(
    'git',
    ['-C', context.root, 'tag', '--list', '--format=%(refname)', RELEASE_TAGS],
    { env: gitEnv(), signal: context.signal },
  );
  throwIfAborted(context.signal);
  if (tags.code !== 0) {
    throw new Problem(`git tag failed: ${tags.output.trim()}`);
  }
  await runTold(
    context,
    [
      ...args,
      'backfill',
      '--repository',
      context.root,
      '--entity',
      'component:default/portal',
      ...releaseOptions(tags.output),
      // The name under which pushes to the git host tell of the same commits.
      '--slug',
      SLUG,
      '--portal',
      context.baseUrl,
      '--token-file',
      path.join(context.folder, 'machine-token'),
    ],
    'backfill.log',
  );
}

/**
 * @param {SeedContext} context
 * @param {import('./progress.mjs').Step} step
 */
async function loadDemo(context, step) {
  await runTold(
    context,
    [
      path.join(context.root, 'demo/seed.mjs'),
      '--portal',
      context.baseUrl,
      '--token-file',
      path.join(context.folder, 'machine-token'),
    ],
    'demo.log',
    line => step.detail(line),
  );
}

/**
 * Runs a program of the portal with its Node.
 *
 * @param {SeedContext} context
 * @param {string[]} args
 * @param {string} logName
 * @param {(line: string) => void} [onLine]
 */
async function runTold(context, args, logName, onLine) {
  const logFile = path.join(context.folder, 'logs', logName);
  const { code, output } = await run(context.toolchain.node, args, {
    cwd: context.root,
    env: cliEnv(context.root, context.toolchain),
    logFile,
    onLine,
    signal: context.signal,
  });
  throwIfAborted(context.signal);
  if (code !== 0) {
    const last = output.trim().split('\n').slice(-3).join(' ');
    throw new Problem(`${last} (${logFile})`);
  }
}

/**
 * @param {Pick<SeedContext, 'baseUrl' | 'token' | 'signal'>} context
 * @param {string} method
 * @param {string} route
 * @param {unknown} [body]
 * @returns {Promise<Response>}
 */
function call(context, method, route, body) {
  return fetch(`${context.baseUrl}${route}`, {
    method,
    headers: {
      authorization: `Bearer ${context.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: context.signal,
  });
}

/**
 * The message of an error answer.
 *
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function reason(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error.message;
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}
