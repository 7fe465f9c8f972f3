import {
  expressionProblems,
  findTemplateReferences,
  templateSegments,
} from '@pavedroad/plugin-golden-paths-common';
import type { Kind } from '../proof/kinds';
import { questionsOf, secretQuestions } from '../template/answers';
import type { Template, TemplateStep } from '../template/loadTemplate';
import type { Finding } from '../verify/types';

/** The actions templates may use and a proof can follow, with what steps of them answer; a kind adds its own. */
export const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'fetch:template': [],
  'pavedroad:preflight': [
    'name',
    'owner',
    'ownerName',
    'entityRef',
    'provider',
    'repository',
    'cloneUrl',
    'repositoryUrl',
    'defaultBranch',
    'repoContentsUrl',
    'catalogInfoUrl',
    'sourceLocation',
    'annotations',
    'portalUrl',
    'warnings',
  ],
  'pavedroad:manifest': ['path', 'files'],
  'pavedroad:publish': [
    'repository',
    'remoteUrl',
    'repositoryUrl',
    'repoContentsUrl',
    'catalogInfoUrl',
    'defaultBranch',
    'commit',
  ],
  'pavedroad:register': ['entityRef', 'catalogInfoUrl'],
  'pavedroad:connect': ['delivered', 'advice'],
  'pavedroad:undo': ['undone', 'left'],
  'pavedroad:checkout': [
    'name',
    'entityRef',
    'registered',
    'owner',
    'ownerName',
    'newOwner',
    'newOwnerName',
    'codeOwner',
    'newCodeOwner',
    'dependents',
    'system',
    'lifecycle',
    'description',
    'tier',
    'provider',
    'repository',
    'repositoryUrl',
    'cloneUrl',
    'defaultBranch',
    'repoContentsUrl',
    'filesUrl',
    'catalogInfoUrl',
    'sourceLocation',
    'annotations',
    'portalUrl',
    'facts',
    'manifest',
    'files',
    'warnings',
  ],
  'pavedroad:propose': ['url', 'number', 'branch', 'repository', 'created'],
};

/** Actions whose inputs end up in files of a repository, or in words that lie beside them. */
const WRITES: ReadonlySet<string> = new Set([
  'fetch:template',
  'pavedroad:manifest',
  'pavedroad:publish',
  'pavedroad:edit',
  'pavedroad:compare',
  'pavedroad:draft-template',
  'pavedroad:propose',
]);

/** Actions every task goes through: where an answer could skip one, a repository would be left unchecked, unrecorded or unlisted. */
const ALWAYS: Readonly<Record<Kind['makes'], ReadonlySet<string>>> = {
  repository: new Set([
    'pavedroad:preflight',
    'pavedroad:manifest',
    'pavedroad:publish',
    'pavedroad:register',
    'pavedroad:connect',
  ]),
  change: new Set(['pavedroad:checkout', 'pavedroad:propose']),
};

/** What Backstage reads of a step. */
const STEP_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'name',
  'action',
  'if',
  'each',
  'input',
  'backstage:permissions',
]);

/** All texts in a value, with where they are. */
export function textsIn(
  value: unknown,
  where: string,
): { where: string; text: string }[] {
  if (typeof value === 'string') {
    return [{ where, text: value }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => textsIn(item, `${where}[${index}]`));
  }
  return value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, item]) =>
        textsIn(item, `${where}.${key}`),
      )
    : [];
}

/** Whether a text is one expression and nothing else: any other text is a text, and true. */
function isExpression(text: string): boolean {
  const trimmed = text.trim();
  const [segment, ...others] = templateSegments(trimmed);
  return (
    segment !== undefined &&
    others.length === 0 &&
    !segment.block &&
    segment.at === '${{'.length &&
    segment.at + segment.text.length === trimmed.length - '}}'.length
  );
}

const rootsOf = (value: unknown) =>
  new Set(
    textsIn(value, '').flatMap(({ text }) =>
      findTemplateReferences(text).map(({ path }) => path[0]),
    ),
  );

/** Conditions that do not say what they seem to, and steps that have one and may not. */
function conditionFindings(step: TemplateStep, kind: Kind): string[] {
  const condition = step.if;
  const findings: string[] = [];
  if (typeof condition === 'string' && !isExpression(condition)) {
    findings.push(
      `runs if: ${condition}, which is a text and always true; say if: \${{ … }}`,
    );
  }
  if (step.action === 'pavedroad:undo') {
    if (!/^\s*\$\{\{\s*failure\(\)\s*\}\}\s*$/.test(String(condition))) {
      findings.push(
        'does not run at each failure, and at nothing else; say if: ${{ failure() }}',
      );
    }
  } else if (ALWAYS[kind.makes].has(step.action)) {
    if (condition !== undefined || step.each !== undefined) {
      findings.push(
        `may be left out or repeated by its if or each; ${step.action} belongs to every task, once`,
      );
    }
  } else if (
    step.action === 'pavedroad:register' &&
    rootsOf(condition).has('parameters')
  ) {
    findings.push(
      'may be left out by an answer, and what is there stays unlisted; only an earlier step may say that it is listed already',
    );
  }
  return findings;
}

/** Secrets on their way into files, and stars that stand for them in the answers. */
function secretFindings(
  value: unknown,
  where: string,
  secrets: readonly string[],
): string[] {
  return textsIn(value, where).flatMap(({ where: at, text }) =>
    findTemplateReferences(text).flatMap(({ path: [root, name] }) => {
      if (root === 'secrets') {
        return [
          `${at} speaks of ${[root, name]
            .filter(Boolean)
            .join('.')}: secrets may reach no file`,
        ];
      }
      return root === 'parameters' && secrets.includes(name)
        ? [
            `${at} speaks of parameters.${name}, which is stars: the answer is a secret, and may reach no file`,
          ]
        : [];
    }),
  );
}

/** Steps nobody can follow: actions and fields that are not known, conditions that are none, secrets where files are written. */
export function stepFindings(template: Template, kind: Kind): Finding[] {
  const known = { ...ACTIONS, ...kind.outputs };
  const secrets = secretQuestions(template);
  const findings = template.steps.flatMap(step => {
    const messages = [
      ...(Object.hasOwn(known, step.action)
        ? []
        : [
            `runs ${step.action}, which is none of ${Object.keys(known).join(
              ', ',
            )}: nothing would prove what it writes`,
          ]),
      ...Object.keys(step)
        .filter(field => !STEP_FIELDS.has(field))
        .map(field => `says "${field}", which Backstage passes over`),
      ...conditionFindings(step, kind),
      ...(WRITES.has(step.action)
        ? secretFindings(step.input, 'input', secrets)
        : []),
      ...textsIn(
        { if: step.if, each: step.each, input: step.input },
        step.id,
      ).flatMap(({ where, text }) =>
        expressionProblems(text).map(({ message }) => `${where}: ${message}`),
      ),
    ];
    return messages.map(message => ({ where: `step ${step.id}`, message }));
  });
  return [
    ...findings,
    ...secretFindings(template.entity.spec.output, 'output', secrets).map(
      message => ({ where: 'template.yaml', message }),
    ),
  ];
}

/** Answers that are recorded nowhere, and questions that are asked for nothing. */
export function answerFindings(template: Template): Finding[] {
  const secrets = secretQuestions(template);
  const manifest = template.steps.find(s => s.action === 'pavedroad:manifest');
  const recorded = (manifest?.input?.answers ?? {}) as Record<string, unknown>;
  // Recording an answer is not using it.
  const used = new Set(
    template.steps
      .flatMap(({ id, input, ...step }) => {
        const { answers, ...others } = input ?? {};
        return textsIn(
          [
            step.if,
            step.each,
            step.action === 'pavedroad:manifest' ? others : input,
          ],
          id,
        );
      })
      .flatMap(({ text }) => findTemplateReferences(text))
      .filter(({ path }) => ['parameters', 'secrets'].includes(path[0]))
      .map(({ path }) => path[1]),
  );
  return Object.keys(questionsOf(template)).flatMap(name => {
    const findings: Finding[] = [];
    if (!used.has(name)) {
      findings.push({
        where: `form: ${name}`,
        message: 'is asked, and no step uses the answer',
      });
    }
    if (manifest && !secrets.includes(name)) {
      const said = recorded[name];
      const roots = rootsOf(said);
      if (said === undefined) {
        findings.push({
          where: `step ${manifest.id}`,
          message: `does not record the answer "${name}": upgrades would render the default instead`,
        });
      } else if (
        !findTemplateReferences(String(said)).some(
          ({ path }) => path[0] === 'parameters' && path[1] === name,
        ) &&
        !roots.has('steps')
      ) {
        findings.push({
          where: `step ${manifest.id}`,
          message: `records "${name}" as ${String(
            said,
          )}, which is not what was answered`,
        });
      }
    }
    return findings;
  });
}
