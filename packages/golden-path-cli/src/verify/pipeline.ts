import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { run, type RunResult, which } from '../lib/run';
import {
  DEPLOYMENT_MINUTES,
  hasPathPipeline,
  isRelease,
  MAY_NOT_RUN,
  needsIdentity,
  orderFindings,
  reachable,
  scriptIn,
  type ScriptRun,
} from './pathStages';
import { reportFindings, startPortalReceiver } from './portalReceiver';
import {
  type Finding,
  type Outcome,
  outcome,
  type Project,
  type Verifier,
} from './types';

/** A clone of a generated project in which its pipeline ran, and what it left. */
export type Executed = {
  outcome: Outcome;
  /** The clone; `undefined` when nothing could be run. */
  folder?: string;
  /** The pipeline's own words, for the report. */
  log: string;
};

/** Identity for the commits a proof makes, so that no configuration of the machine matters. */
const GIT_IDENTITY = {
  GIT_AUTHOR_NAME: 'Golden path proof',
  GIT_AUTHOR_EMAIL: 'proof@pavedroad.invalid',
  GIT_COMMITTER_NAME: 'Golden path proof',
  GIT_COMMITTER_EMAIL: 'proof@pavedroad.invalid',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

/**
 * Variables of a surrounding CI would tell the generated scripts that they run in another repository. Where this process keeps what it compiled
 * is nothing for them either: each job has a folder of its own, so that all would write there and nobody would read it.
 */
export function cleanEnv(extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(CI|CI_.*|GITLAB_.*|GITHUB_.*|ACTIONS_.*|JENKINS_.*|BUILD_.*|GIT_(COMMIT|URL|BRANCH)|PORTAL_.*|SIGNING_.*|DEPLOY_.*|NODE_OPTIONS|NODE_COMPILE_CACHE|npm_.*|INIT_CWD)$/i.test(
        name,
      ),
  );
  // npm's settings of the machine (its registry, its cache) are settings, not the surrounding run's.
  const npm = Object.entries(process.env).filter(([name]) =>
    /^npm_config_(registry|cache|userconfig|cafile|https?_proxy|proxy|noproxy)$/i.test(
      name,
    ),
  );
  return {
    ...Object.fromEntries([...kept, ...npm]),
    // No package of npm's or Debian's has ruff: where no Python index is within reach, the report lists it as not run.
    RUFF_ABSENT: 'list',
    ...extra,
  };
}

async function git(cwd: string, ...args: string[]): Promise<void> {
  const result = await run('git', args, {
    cwd,
    env: cleanEnv(GIT_IDENTITY),
    timeoutMs: 60_000,
  });
  if (result.code !== 0) {
    throw new Error(`git ${args[0]} failed: ${result.output.trim()}`);
  }
}

/** Commits a render as its first push would, and clones it the way a new user does. */
export async function cloneRender(
  project: Project,
  into: string,
): Promise<string> {
  const origin = join(into, 'origin');
  const clone = join(into, 'clone');
  for (const file of project.files) {
    await cp(join(project.folder, file), join(origin, file), {
      recursive: true,
    });
  }
  await git(origin, 'init', '--quiet', '--initial-branch=main');
  await git(origin, 'add', '--all');
  await git(origin, 'commit', '--quiet', '--message=First commit');
  await git(into, 'clone', '--quiet', origin, clone);
  return clone;
}

/** Stops what the deploy jobs of a clone started, and nothing else. */
export async function stopDeployments(
  folder: string,
  deployRoot: string,
): Promise<void> {
  for (const environment of ['staging', 'production']) {
    await run('ci/stop.sh', [environment], {
      cwd: folder,
      env: cleanEnv({
        DEPLOY_ROOT: deployRoot,
        CI: 'true',
        CI_COMMIT_SHA: '0',
      }),
      timeoutMs: 60_000,
    }).catch(() => undefined);
  }
}

/** What a terminal reads as colours. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/** What each job of a gitlab-ci-local run came to, read from its closing lines. */
export function jobResults(
  log: string,
): Record<string, 'PASS' | 'WARN' | 'FAIL'> {
  const results: Record<string, 'PASS' | 'WARN' | 'FAIL'> = {};
  const plain = log.replace(COLOURS, '');
  for (const [, result, job] of plain.matchAll(
    /^\s*(PASS|WARN|FAIL)\s+(\S+)/gm,
  )) {
    results[job] = result as 'PASS' | 'WARN' | 'FAIL';
  }
  return results;
}

/** Sentences the pipeline's scripts print for what they could not do. */
export function notRunLines(log: string): string[] {
  return Array.from(
    new Set(
      Array.from(log.matchAll(/NOT RUN: (.*?)\s*$/gm), match => match[1]),
    ),
  );
}

type GitlabJob = {
  services?: unknown;
  image?: unknown;
  rules?: { if?: string; when?: string; allow_failure?: unknown }[];
  extends?: string | string[];
  script?: string | (string | string[])[];
  before_script?: string | (string | string[])[];
  interruptible?: unknown;
  stage?: string;
  needs?: (string | { job?: string })[];
  when?: string;
  only?: unknown;
  except?: unknown;
  allow_failure?: boolean | { exit_codes?: number | number[] };
  resource_group?: unknown;
  id_tokens?: Record<string, unknown>;
  timeout?: unknown;
  artifacts?: { expire_in?: unknown };
};

const PIPELINE = '.gitlab-ci.yml';

const KEYWORDS: ReadonlySet<string> = new Set([
  'after_script',
  'before_script',
  'cache',
  'default',
  'image',
  'include',
  'services',
  'stages',
  'variables',
  'workflow',
]);

/** Keys to an account that do not end by themselves. */
const STORED_KEY =
  /\b(AWS_SECRET_ACCESS_KEY|AZURE_CLIENT_SECRET|GOOGLE_APPLICATION_CREDENTIALS)\b/;

/** Own rules: no services (nothing here could start them), images by digest, every stage in its order. */
export function gitlabFindings(
  files: { file: string; text: string }[],
): Finding[] {
  const findings: Finding[] = [];
  for (const { file, text } of files) {
    const document = parse(text) as Record<string, GitlabJob | string[]>;
    if (STORED_KEY.test(text)) {
      findings.push({
        where: file,
        message: 'uses a stored cloud key where id_tokens would do',
      });
    }
    for (const [name, value] of Object.entries(document)) {
      if (KEYWORDS.has(name) || !value || Array.isArray(value)) {
        continue;
      }
      const where = `${file}: ${name}`;
      if (value.services) {
        findings.push({ where, message: 'uses services' });
      }
      if (
        value.image !== undefined &&
        !/@sha256:[0-9a-f]{64}$/.test(String(value.image))
      ) {
        findings.push({ where, message: 'its image is not named by digest' });
      }
    }
    const stages = document.stages;
    if (Array.isArray(stages)) {
      const wanted = [
        'lint',
        'test',
        'build',
        'scan',
        'sbom',
        'sign',
        'staging',
        'production',
        'report',
      ];
      const found = stages.filter(stage => wanted.includes(stage));
      if (found.join() !== wanted.join()) {
        findings.push({
          where: `${file}: stages`,
          message: `are ${found.join(', ')}; the path has ${wanted.join(', ')}`,
        });
      }
    }
  }
  return findings;
}

/** A job with what it takes over from those it extends; what it says itself counts. */
function resolved(
  jobs: Readonly<Record<string, GitlabJob>>,
  name: string,
  above: readonly string[] = [],
): GitlabJob {
  const job = jobs[name] ?? {};
  const parents = [job.extends ?? []].flat().filter(p => !above.includes(p));
  return Object.assign(
    {},
    ...parents.map(parent => resolved(jobs, parent, [...above, name])),
    job,
  );
}

/** The rule of a branch that is merged, and what narrows it further; nothing that lets others in. */
const FOR_MERGED = /^\$CI_COMMIT_BRANCH == \$CI_DEFAULT_BRANCH( && [^|]*)?$/;
/** A schedule is for what is looked at daily, and no change. */
const NOT_SCHEDULED = '$CI_PIPELINE_SOURCE != "schedule"';

/** What a deployment takes: going back is an older one that runs again. */
const DEPLOYED_AGAIN = ['ci/sign.sh', 'ci/image.sh'];

/** What makes a shell go on after a command that failed. */
const PASSES_OVER = /\bset\s+([+-]\w+\s+)*\+(\w*e|o\s+errexit\b)/;

/** What a job and its rules say of when it runs. */
const whensOf = ({ when, rules = [] }: GitlabJob) =>
  [when, ...rules.map(rule => rule.when)].filter(Boolean).map(String);

/** The exit codes with which a job may end and those after it go on all the same; `any` for all. */
function tolerated({ allow_failure: may, rules = [] }: GitlabJob): string {
  if (may === true || rules.some(rule => rule.allow_failure)) {
    return 'any';
  }
  return typeof may === 'object' ? [may.exit_codes ?? []].flat().join() : '';
}

/** What is wrong with a job of the project's own that scripts of the path wait for. */
function gitlabGateFindings(name: string, job: GitlabJob): string[] {
  const found: string[] = [];
  if (whensOf(job).some(when => ['always', 'on_failure'].includes(when))) {
    found.push(`job ${name} runs whatever became of the jobs before`);
  }
  if (!['', '75'].includes(tolerated(job))) {
    found.push(`job ${name} goes on after a failure`);
  }
  return found;
}

/** What is wrong with one job that runs scripts of the path. */
function gitlabJobFindings(
  name: string,
  job: GitlabJob,
  commands: readonly string[],
  defaults: GitlabJob,
): string[] {
  const found: string[] = [];
  const say = (message: string) => found.push(`job ${name} ${message}`);
  const rules = job.rules ?? [];
  const may = commands.some(command => MAY_NOT_RUN.includes(command));
  const codes = tolerated(job);
  if (codes !== '' && !(may && codes === '75')) {
    say('goes on after a failure');
  } else if (may && codes === '') {
    say('takes NOT RUN (exit 75) for a failure');
  }
  const release = commands.some(isRelease);
  const whens = whensOf(job);
  if (whens.includes('always') && !commands.includes('ci/report.sh')) {
    say('runs whatever became of the jobs before');
  }
  if (
    whens.some(when => !['always', 'on_success'].includes(when)) ||
    job.only !== undefined ||
    job.except !== undefined ||
    (!release && rules.some(rule => rule.if !== NOT_SCHEDULED))
  ) {
    say('runs only sometimes');
  }
  if (
    release &&
    (rules.length === 0 || rules.some(r => !FOR_MERGED.test(r.if ?? '')))
  ) {
    say('runs for branches that are not merged');
  }
  if (commands.some(command => command.startsWith('ci/deploy.sh'))) {
    if (job.resource_group === undefined) {
      say('has no resource group: releases may overtake each other');
    }
    const [, minutes] =
      /^(\d+) minutes$/.exec(String(job.timeout ?? defaults.timeout)) ?? [];
    if (Number(minutes) < DEPLOYMENT_MINUTES) {
      say('is ended before a deployment is');
    }
  }
  if (release && (job.interruptible ?? defaults.interruptible ?? false)) {
    say('is cut short for a newer one');
  }
  if (
    commands.some(command => DEPLOYED_AGAIN.includes(command)) &&
    job.artifacts?.expire_in === undefined
  ) {
    say('does not keep what a deployment that runs again needs');
  }
  const lines = [job.script ?? []].flat(2);
  // One shell for both.
  const all = [job.before_script ?? defaults.before_script ?? []].flat(2);
  const passesOver = [...all, ...lines].some(line => PASSES_OVER.test(line));
  for (const line of lines) {
    const command = scriptIn(line);
    if (
      command !== undefined &&
      (line.trim().replace(/^\.\//, '') !== command || passesOver)
    ) {
      say(`passes over a failure of ${command}`);
    }
  }
  return found;
}

/**
 * Own rules for the pipeline of a path: which script runs in which job, what has passed before it begins (by `needs`, or by its stage), what
 * stops the line, what is released. Its counterparts for the other systems are in `jenkins.ts` and `githubWorkflows.ts`. `all` are the files of
 * the repository.
 */
export function gitlabPathFindings(
  files: { file: string; text: string }[],
  all: readonly string[],
): Finding[] {
  const [where] = files.map(({ file }) => file).filter(f => f === PIPELINE);
  const merged: Record<string, unknown> = Object.assign(
    {},
    ...files.map(({ text }) => parse(text)),
  );
  const stages = (merged.stages ?? ['build', 'test', 'deploy']) as string[];
  const defaults: GitlabJob = {
    // As it was said before there was `default`.
    before_script: merged.before_script as GitlabJob['before_script'],
    ...(merged.default ?? {}),
  };
  const written = Object.fromEntries(
    Object.entries(merged).filter(
      ([name, job]) =>
        !KEYWORDS.has(name) && job !== null && typeof job === 'object',
    ),
  ) as Record<string, GitlabJob>;
  const jobs = Object.fromEntries(
    Object.keys(written)
      .filter(name => !name.startsWith('.'))
      .map(name => [name, resolved(written, name)]),
  );
  const stageOf = (name: string) => {
    const stage = jobs[name]?.stage ?? 'test';
    return stage === '.post' ? Infinity : stages.indexOf(stage);
  };
  // What is needed by name need not wait for its stage, and waits for nothing else.
  const next = (name: string) =>
    jobs[name]?.needs?.map(need =>
      typeof need === 'string' ? need : need.job ?? '',
    ) ?? Object.keys(jobs).filter(other => stageOf(other) < stageOf(name));
  const runs = Object.entries(jobs).flatMap(([job, { script }]) =>
    [script ?? []].flat(2).flatMap((line, step): ScriptRun[] => {
      const command = scriptIn(line);
      return command === undefined ? [] : [{ command, job, step }];
    }),
  );
  const before = new Map(
    Object.keys(jobs).map(job => [job, reachable(job, next)]),
  );
  const findings = orderFindings(
    where ?? PIPELINE,
    all,
    runs,
    job => before.get(job) ?? new Set(),
  );
  const awaited = new Set(runs.flatMap(r => [...(before.get(r.job) ?? [])]));
  for (const [name, job] of Object.entries(jobs)) {
    const commands = runs.filter(r => r.job === name).map(r => r.command);
    const found: string[] = [];
    if (commands.length > 0) {
      found.push(...gitlabJobFindings(name, job, commands, defaults));
      if (job.timeout === undefined && defaults.timeout === undefined) {
        found.push(`job ${name} has no time limit`);
      }
      if (
        needsIdentity(all) &&
        commands.some(command => command.startsWith('ci/deploy.sh')) &&
        Object.keys(job.id_tokens ?? {}).length === 0
      ) {
        found.push(`job ${name} deploys without an identity of its own`);
      }
    } else if (awaited.has(name)) {
      found.push(...gitlabGateFindings(name, job));
    }
    if (stageOf(name) < 0 && job.stage !== '.pre') {
      found.push(`job ${name} is in stage ${job.stage}, which is not there`);
    }
    findings.push(
      ...found.map(message => ({ where: where ?? PIPELINE, message })),
    );
  }
  return findings;
}

export const gitlabRules: Verifier = {
  id: 'gitlab-rules',
  title: 'GitLab pipeline: stages, order of the path, images, no services',
  async verify(project) {
    const files = project.files.filter(f =>
      /^(\.gitlab-ci\.yml|\.gitlab\/.+\.ya?ml)$/.test(f),
    );
    if (files.length === 0) {
      return { status: 'absent' };
    }
    const texts = await Promise.all(
      files.map(async file => ({ file, text: await project.read(file) })),
    );
    return outcome([
      ...gitlabFindings(texts),
      ...(hasPathPipeline(project.files)
        ? gitlabPathFindings(texts, project.files)
        : []),
    ]);
  },
};

/** Runs gitlab-ci-local in a folder. `jobs` limits it to these. */
export async function runGitlab(
  folder: string,
  options: { deployRoot: string; jobs?: string[]; env?: NodeJS.ProcessEnv },
): Promise<RunResult> {
  const program = createRequire(__filename).resolve('gitlab-ci-local');
  return run(
    process.execPath,
    [
      program,
      '--force-shell-executor',
      '--shell-isolation',
      ...(options.jobs ?? []),
    ],
    {
      cwd: folder,
      env: cleanEnv({
        ...GIT_IDENTITY,
        DEPLOY_ROOT: options.deployRoot,
        LOCAL_DEPLOY_SECONDS: '300',
        NO_COLOR: '1',
        FORCE_COLOR: '0',
        ...options.env,
      }),
      timeoutMs: 900_000,
    },
  );
}

/**
 * Python packages of the project that neither an index nor this machine has, in words; `undefined` when they are there. Node projects
 * have a registry wherever this runs.
 */
async function missingPackages(
  project: Project,
  folder: string,
): Promise<string | undefined> {
  if (!project.files.includes('pyproject.toml')) {
    return undefined;
  }
  const { code } = await run('ci/install.sh', [], {
    cwd: folder,
    env: cleanEnv({}),
    timeoutMs: 300_000,
  });
  return code === 75 ? 'what pyproject.toml asks for (see .ci/run)' : undefined;
}

/** A tool without which a stage looked at nothing, from what the stages said: it stops a pipeline, and is no finding about the project. */
export function toolNotThere(log: string): string | undefined {
  return /NOT RUN: ([\w-]+), which is not installed\b/.exec(log)?.[1];
}

/**
 * Runs the GitLab pipeline of a project for real, on a cloned branch. The work folder is the caller's to remove; deployments are
 * stopped before this resolves.
 */
export async function executeGitlab(
  project: Project,
  work: string,
): Promise<Executed> {
  if (!project.files.includes(PIPELINE)) {
    return { outcome: { status: 'absent' }, log: '' };
  }
  const findings: Finding[] = [];
  for (const tool of ['git', 'rsync', 'curl', 'openssl']) {
    if (!(await which(tool))) {
      return { outcome: { status: 'skipped', missing: tool }, log: '' };
    }
  }
  const deployRoot = join(work, 'deployments');
  const folder = await cloneRender(project, work);
  const missing = await missingPackages(project, folder);
  if (missing) {
    return { outcome: { status: 'skipped', missing }, log: '' };
  }
  const portal = await startPortalReceiver();
  const result = await runGitlab(folder, {
    deployRoot,
    env: { PORTAL_URL: portal.url, PORTAL_TOKEN: portal.token },
  }).finally(async () => {
    await portal.close();
    await stopDeployments(folder, deployRoot);
  });
  const notThere = toolNotThere(result.output);
  if (notThere) {
    return { outcome: { status: 'skipped', missing: notThere }, log: '' };
  }
  const results = jobResults(result.stdout);
  const declared = Object.entries(
    parse(await project.read(PIPELINE)) as Record<string, GitlabJob>,
  ).filter(
    ([name, job]) =>
      !KEYWORDS.has(name) && !name.startsWith('.') && !Array.isArray(job),
  );
  const notRun: string[] = notRunLines(result.output);
  for (const [name] of declared) {
    if (results[name] === undefined) {
      notRun.push(`job ${name}: not part of this run`);
    }
  }
  if (result.code !== 0) {
    findings.push({
      where: PIPELINE,
      message: `the pipeline failed (${
        Object.entries(results)
          .filter(([, r]) => r === 'FAIL')
          .map(([job]) => job)
          .join(', ') || `exit ${result.code}`
      }):\n${result.output.trim().split('\n').slice(-40).join('\n')}`,
    });
  }
  for (const job of [
    'lint',
    'unit-test',
    'alert-rules',
    'build',
    'scan',
    'sbom',
    'sign',
    'deploy-staging',
    'deploy-production',
    'report',
  ]) {
    if (result.code === 0 && results[job] === undefined) {
      findings.push({ where: PIPELINE, message: `job ${job} did not run` });
    }
  }
  if (result.code === 0) {
    const head = await run('git', ['rev-parse', 'HEAD'], { cwd: folder });
    findings.push(
      ...reportFindings(portal, {
        component: `component:default/${await componentName(project)}`,
        commit: head.stdout.trim(),
        environments: ['staging', 'production'],
      }),
    );
  }
  return { outcome: outcome(findings, notRun), folder, log: result.output };
}

/** Name of the component the project says it is. */
async function componentName(project: Project): Promise<string> {
  const [component] = parseAllDocuments(
    await project.read('catalog-info.yaml'),
  );
  return String(component.getIn(['metadata', 'name']));
}

/** What `make verify` says when the lint stage is behind it. */
const LINTED = /^== unit test$/m;

/** Runs `make verify` of a project on a clone: the same scripts without a CI system. `linted` is called when the next stage begins. */
export async function executeMakeVerify(
  project: Project,
  work: string,
  linted: () => void = () => undefined,
): Promise<Executed> {
  if (!project.files.includes('Makefile')) {
    return { outcome: { status: 'absent' }, log: '' };
  }
  for (const tool of ['git', 'make', 'curl', 'openssl']) {
    if (!(await which(tool))) {
      return { outcome: { status: 'skipped', missing: tool }, log: '' };
    }
  }
  const folder = await cloneRender(project, work);
  const missing = await missingPackages(project, folder);
  if (missing) {
    return { outcome: { status: 'skipped', missing }, log: '' };
  }
  const result = await run('make', ['verify'], {
    cwd: folder,
    env: cleanEnv({
      ...GIT_IDENTITY,
      DEPLOY_ROOT: join(work, 'deployments'),
      LOCAL_DEPLOY_SECONDS: '300',
      NO_COLOR: '1',
    }),
    timeoutMs: 900_000,
    onOutput: text => LINTED.test(text) && linted(),
  });
  const notThere = toolNotThere(result.output);
  if (notThere) {
    return { outcome: { status: 'skipped', missing: notThere }, log: '' };
  }
  const findings: Finding[] =
    result.code === 0
      ? []
      : [
          {
            where: 'make verify',
            message: `exit ${result.code}:\n${result.output
              .trim()
              .split('\n')
              .slice(-40)
              .join('\n')}`,
          },
        ];
  return {
    outcome: outcome(findings, notRunLines(result.output)),
    folder,
    log: result.output,
  };
}

/** Stands in for Prometheus, and says what it was told to watch. */
const TELLS_WHAT_IT_WATCHES = `#!/bin/sh
cat "\${1#--config.file=}"
`;

/** The address a deployment on this machine listens at; `undefined` for what listens nowhere, such as a job. */
async function addressOf(folder: string): Promise<string | undefined> {
  const text = await readFile(
    join(folder, 'build/deployments/staging.env'),
    'utf8',
  );
  return /^DEPLOYMENT_URL=http:\/\/(\S+)$/m.exec(text)?.[1];
}

/**
 * Under stress: the built artifact is deployed once more, loaded while its objectives are watched, and the fault experiment is run.
 * The clone must have been built and signed.
 */
export async function executeStress(folder: string): Promise<Outcome> {
  const env = cleanEnv({
    ...GIT_IDENTITY,
    DEPLOY_ROOT: join(dirname(folder), 'stress'),
    LOCAL_DEPLOY_SECONDS: '120',
    RATE: '40',
    DURATION_SECONDS: '3',
    // The clone holds what a pipeline left; the artifact is the commit's all the same.
    CI: 'true',
  });
  const findings: Finding[] = [];
  const programs = join(dirname(folder), 'stand-ins');
  await mkdir(programs, { recursive: true });
  await writeFile(join(programs, 'prometheus'), TELLS_WHAT_IT_WATCHES, {
    mode: 0o755,
  });
  env.PATH = `${programs}:${env.PATH}`;
  for (const [script, ...args] of [
    ['ci/deploy.sh', 'staging'],
    // Twice: a deployment that is already there changes nothing.
    ['ci/deploy.sh', 'staging'],
    ['ci/watch.sh'],
    ['ci/load.sh', 'staging'],
    ['ci/stop.sh', 'staging'],
    ['ci/fault.sh'],
  ]) {
    const attempt = () =>
      run(script, args, { cwd: folder, env, timeoutMs: 120_000 });
    let result = await attempt();
    if (result.code !== 0 && script === 'ci/load.sh') {
      // Once more: latency on a machine that is busy with other proofs says little about the service.
      result = await attempt();
    }
    if (result.code !== 0) {
      findings.push({
        where: [script, ...args].join(' '),
        message: result.output.trim().slice(-2000),
      });
    } else if (script === 'ci/watch.sh') {
      const address = await addressOf(folder);
      // In the configuration, which comes after what the script says itself.
      if (address && !result.output.includes(`[${address}]`)) {
        findings.push({
          where: script,
          message: `Prometheus does not watch what listens at ${address}`,
        });
      }
    }
  }
  await run('ci/stop.sh', ['staging'], { cwd: folder, env });
  return outcome(findings);
}

/** Unpacks the artifact a clone built; the folder is the caller's to remove. */
export async function unpackArtifact(
  folder: string,
): Promise<string | undefined> {
  const built = await readdir(join(folder, 'build')).catch(() => []);
  const archive = built.find(f => f.endsWith('.tar.gz'));
  if (!archive) {
    return undefined;
  }
  const target = await mkdtemp(join(tmpdir(), 'golden-path-artifact-'));
  const result = await run(
    'tar',
    ['--extract', '--gzip', '--file', join(folder, 'build', archive)],
    { cwd: target, timeoutMs: 60_000 },
  );
  if (result.code !== 0) {
    await rm(target, { recursive: true, force: true });
    throw new Error(`${archive} cannot be unpacked: ${result.output.trim()}`);
  }
  return target;
}
