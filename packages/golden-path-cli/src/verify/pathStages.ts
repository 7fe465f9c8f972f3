import type { Finding } from './types';

/** A script of the path as a pipeline runs it: in which job, and as which of that job's steps. */
export type ScriptRun = { command: string; job: string; step: number };

/**
 * The scripts of the path, in the order of its stages, where those of one line may run beside each other: all of a line have passed before
 * any of the next begins. Optional ones are part of the path where the repository has them.
 */
const LINES: readonly (readonly string[])[] = [
  ['ci/lint.sh'],
  ['ci/unit-test.sh', 'ci/alert-rules.sh', 'ci/train.sh'],
  ['ci/build.sh'],
  ['ci/scan.sh'],
  ['ci/sbom.sh'],
  ['ci/sign.sh'],
  ['ci/image.sh'],
  ['ci/deploy.sh staging'],
  ['ci/smoke.sh staging'],
  ['ci/acceptance.sh staging'],
  ['ci/deploy.sh production'],
  ['ci/smoke.sh production'],
];

/** What reports is sent also when production was not reached: it waits for staging alone. */
const REPORT = 'ci/report.sh';
const REPORTED = 'ci/acceptance.sh staging';

/** Training is part of the path where there is something to train. */
const TRAIN = 'ci/train.sh';
/** An image is built in a job of its own, where a target runs images. */
const IMAGE = 'ci/image.sh';

/** Scripts that may say that they could not do their work. */
export const MAY_NOT_RUN: readonly string[] = [
  'ci/alert-rules.sh',
  'ci/scan.sh',
  'ci/image.sh',
  'ci/report.sh',
];

/** What a deployment may take, in minutes: half an hour for a release measured step by step, and again ten to bring the one before back. */
export const DEPLOYMENT_MINUTES = 45;

/** Does only what is merged run this? */
export const isRelease = (command: string): boolean =>
  /^ci\/(image|deploy|smoke|acceptance|report)\.sh/.test(command);

/** The script of the path in a text, if it speaks of one; the longest, as `ci/deploy.sh staging` is more than `ci/deploy.sh`. */
export function scriptIn(text: string): string | undefined {
  return [...LINES.flat(), REPORT].find(command =>
    new RegExp(`(^|[^\\w/.-])(\\./)?${command.replace('.', '\\.')}\\b`).test(
      text,
    ),
  );
}

/** Was the repository made with the path's scripts? What merely takes part in the road has a pipeline of its own. */
export const hasPathPipeline = (files: readonly string[]): boolean =>
  files.includes('ci/verify.sh');

/**
 * What is wrong with the order in which a pipeline runs the scripts of the path: one that is missing or runs twice, and one that begins before
 * all scripts of the line before have passed. `before` says which jobs have passed when a job begins; `files` are those of the repository,
 * `where` the pipeline.
 */
export function orderFindings(
  where: string,
  files: readonly string[],
  runs: readonly ScriptRun[],
  before: (job: string) => ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = [];
  const add = (message: string) => findings.push({ where, message });
  const runsOf = (command: string) => runs.filter(r => r.command === command);
  const isPart = (command: string) =>
    command === TRAIN
      ? files.includes(TRAIN)
      : command !== IMAGE || runsOf(IMAGE).length > 0;
  const precedes = (one: ScriptRun, other: ScriptRun) =>
    one.job === other.job
      ? one.step < other.step
      : before(other.job).has(one.job);

  const waitsFor = (command: string, earlier: readonly string[]) => {
    const own = runsOf(command);
    if (own.length === 0) {
      add(`no job runs ${command}`);
    }
    if (own.length > 1) {
      add(`${command} runs ${own.length} times`);
    }
    for (const wanted of earlier) {
      const passed = runsOf(wanted);
      for (const run of own) {
        if (passed.length > 0 && !passed.some(other => precedes(other, run))) {
          add(`job ${run.job} runs ${command} without waiting for ${wanted}`);
        }
      }
    }
  };

  const earlier: string[] = [];
  for (const line of LINES) {
    const wanted = line.filter(isPart);
    wanted.forEach(command => waitsFor(command, earlier));
    earlier.push(...wanted);
  }
  waitsFor(REPORT, earlier.slice(0, earlier.indexOf(REPORTED) + 1));
  return findings;
}

/** All that can be reached from a name, without the name itself unless it comes back to it. */
export function reachable(
  from: string,
  next: (name: string) => readonly string[],
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...next(from)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (!reached.has(name)) {
      reached.add(name);
      open.push(...next(name));
    }
  }
  return reached;
}

/** Scripts that bring a release to what knows a job by its identity: an account, or a cluster. */
const KNOWS_IDENTITIES = /^ci\/deploy-(aws|kubernetes|serverless)\.sh$/;

/** Whether deployments of a repository go to what asks for the job's own identity. `files` are those of the repository. */
export const needsIdentity = (files: readonly string[]): boolean =>
  files.some(file => KNOWS_IDENTITIES.test(file));
