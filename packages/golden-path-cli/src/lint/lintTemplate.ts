import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, posix, relative, resolve } from 'node:path';
import { templateEntityV1beta3Validator } from '@backstage/plugin-scaffolder-common';
import {
  expressionProblems,
  findTemplateReferences,
  findUndefinedReferences,
  isDay,
  isSemanticVersion,
  type KnownValues,
  type OwnershipRule,
  ownershipPatternProblem,
  PREVIEW_FIELD,
  TEMPLATE_CHANNEL_ANNOTATION,
  TEMPLATE_CHANNELS,
  TEMPLATE_ENDS_ANNOTATION,
  TEMPLATE_SUCCESSOR_ANNOTATION,
  templateLifecycle,
  TIME_SAVED_ANNOTATION,
  TIME_SAVED_HOW_ANNOTATION,
  timeSavedMinutes,
  undefinedReferenceMessage,
} from '@pavedroad/plugin-golden-paths-common';
import { parse } from 'yaml';
import { listFiles } from '../lib/files';
import { questionsOf } from '../template/answers';
import {
  loadTemplate,
  type Template,
  type TemplateStep,
  VERSION_ANNOTATION,
} from '../template/loadTemplate';
import { type Kind, kindOf } from '../proof/kinds';
import { clusterFindings, questionOrderFindings } from './dependentQuestions';
import { pinningFindings } from './pinning';
import { ACTIONS, answerFindings, stepFindings, textsIn } from './steps';
import type { Finding } from '../verify/types';

/** Values every template may pass for its own sake; its kind adds to them, and everything else comes from the platform layer. */
const OWN_VALUES: readonly string[] = [
  'template',
  'templateVersion',
  'language',
  'packageEcosystem',
  'runtimePackages',
  'trains',
  'gitops',
  'broker',
  'scheduled',
];

/** A file that writes other things for a template of another name, rather than only naming it. */
const DECIDES_BY_NAME =
  /\{%(?:(?!%\}).)*\bvalues\.template\b|\bvalues\.template\s*(?:[=!]=|not\b|in\b)|\bif\s+(?:not\s+)?values\.template\b/s;

function fetchSteps(template: Template): TemplateStep[] {
  return template.steps.filter(step => step.action === 'fetch:template');
}

function valuesOf(step: TemplateStep): Record<string, unknown> {
  return (step.input?.values ?? {}) as Record<string, unknown>;
}

/** The folder a fetch step reads. */
export function folderOf(template: Template, step: TemplateStep): string {
  return resolve(template.folder, String(step.input?.url ?? ''));
}

/** The form's field for texts, which checks them as they are typed. */
const TEXT_FIELD = 'PavedRoadText';

/** What of a question looks at the characters of its answer. */
const OF_CONTENTS = ['pattern', 'format', 'enum', 'const'] as const;

/** The form: short, explained, and with a closed set of answers or a pattern for every text. */
export function formFindings(
  template: Pick<Template, 'pages'>,
  insists: readonly string[] = ['name', 'owner', 'description'],
): Finding[] {
  const findings: Finding[] = [];
  const required = template.pages.flatMap(page => page.required ?? []);
  if ([...required].sort().join() !== [...insists].sort().join()) {
    findings.push({
      where: 'form',
      message: `requires ${required.join(', ')}; ${insists.join(
        ', ',
      )} is what such a form may insist on`,
    });
  }
  for (const page of template.pages) {
    for (const asked of Object.keys(page.dependencies ?? {})) {
      if (!Object.hasOwn(page.properties ?? {}, asked)) {
        findings.push({
          where: `form: ${asked}`,
          message:
            'is no question of the page whose dependencies name it: the form would never ask what depends on it',
        });
      }
    }
  }
  for (const [name, question] of Object.entries(questionsOf(template))) {
    const where = `form: ${name}`;
    if (!question.title || !question.description) {
      findings.push({ where, message: 'has no title or no description' });
    }
    if (!required.includes(name) && question.default === undefined) {
      findings.push({ where, message: 'is optional and has no default' });
    }
    if (
      question.type === 'string' &&
      !question.enum &&
      question['ui:field'] !== 'Secret' &&
      !(question.pattern && typeof question.maxLength === 'number')
    ) {
      findings.push({
        where,
        message: 'is free text without a pattern and a longest length',
      });
    }
    const checks = OF_CONTENTS.filter(rule => question[rule] !== undefined);
    if (question['ui:field'] === 'Secret' && checks.length > 0) {
      findings.push({
        where,
        message: `says ${checks.join(
          ', ',
        )} of a secret, whose answer is as many stars: no secret would ever pass; say its length alone`,
      });
    }
    const saysPattern = (
      question.errorMessage as { pattern?: unknown } | undefined
    )?.pattern;
    if (
      question.type === 'string' &&
      !question.enum &&
      (question['ui:field'] ?? TEXT_FIELD) === TEXT_FIELD &&
      !(question['ui:field'] && typeof saysPattern === 'string')
    ) {
      findings.push({
        where,
        message: `is checked only when its page is left, and not in words: ask for it with ui:field: ${TEXT_FIELD} and say its pattern in errorMessage.pattern`,
      });
    }
  }
  return findings;
}

/** The form shows what would be written before anything is, on its last page, where all answers are known. */
export function previewFindings(template: Pick<Template, 'pages'>): Finding[] {
  const fields = template.pages.map(page =>
    Object.values(page.properties ?? {}).map(property => property['ui:field']),
  );
  return fields.at(-1)?.at(-1) === PREVIEW_FIELD &&
    fields.flat().filter(field => field === PREVIEW_FIELD).length === 1
    ? []
    : [
        {
          where: 'form',
          message: `does not show the files before they are written: end the last page with one property of type 'null' and ui:field: ${PREVIEW_FIELD}`,
        },
      ];
}

/** A template says how much work it saves, and which. */
export function timeSavedFindings(
  template: Pick<Template, 'entity'>,
): Finding[] {
  const annotations = template.entity.metadata.annotations ?? {};
  const findings: Finding[] = [];
  if (timeSavedMinutes(annotations[TIME_SAVED_ANNOTATION]) === undefined) {
    findings.push({
      where: 'template.yaml',
      message: `the annotation ${TIME_SAVED_ANNOTATION} does not say in hours what the template saves, such as PT16H; docs/golden-paths.md says how it is estimated`,
    });
  }
  if (!annotations[TIME_SAVED_HOW_ANNOTATION]) {
    findings.push({
      where: 'template.yaml',
      message: `the annotation ${TIME_SAVED_HOW_ANNOTATION} does not say which work that is`,
    });
  }
  return findings;
}

/** References in steps and output to questions and earlier steps that do not exist. */
export function stepReferenceFindings(
  template: Template,
  outputsOfKind: Kind['outputs'] = {},
): Finding[] {
  const parameters: KnownValues = Object.fromEntries(
    Object.keys(questionsOf(template)).map(name => [name, true as const]),
  );
  const findings: Finding[] = [];
  const steps: { [id: string]: KnownValues } = {};
  const check = (value: unknown, where: string, each?: unknown) => {
    for (const { where: at, text } of textsIn(value, where)) {
      const known: KnownValues = {
        parameters,
        steps,
        user: true,
        secrets: true,
        context: true,
        always: true,
        failure: true,
        ...(each === undefined ? {} : { each: true }),
      };
      for (const reference of findUndefinedReferences(text, known)) {
        findings.push({
          where: 'template.yaml',
          message: undefinedReferenceMessage(at, reference),
        });
      }
    }
  };
  for (const step of template.steps) {
    check(step.each, `${step.id}.each`);
    check(step.if, `${step.id}.if`, step.each);
    check(step.input, `${step.id}.input`, step.each);
    // What is no action answers nothing.
    const outputs = outputsOfKind[step.action] ?? ACTIONS[step.action] ?? [];
    steps[step.id] = {
      output: Object.fromEntries(outputs.map(name => [name, true as const])),
    };
  }
  check(template.entity.spec.output, 'output');
  return findings;
}

/** References of skeletons to values their step does not pass, files that are not rendered though they should be, unused values. */
export async function skeletonFindings(template: Template): Promise<Finding[]> {
  const findings: Finding[] = [];
  const used = new Set<string>();
  const passed = new Set<string>();
  // What an earlier step wrote stays: the file of a later one at the same path is left out.
  // Where that depends on a condition, it is there for steps with the same one.
  const provided = new Set<string>();
  for (const step of fetchSteps(template)) {
    const folder = folderOf(template, step);
    const values = valuesOf(step);
    Object.keys(values).forEach(name => passed.add(name));
    if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
      findings.push({
        where: `step ${step.id}`,
        message: `reads ${step.input?.url}, which is no folder`,
      });
      continue;
    }
    if (step.input?.templateFileExtension !== true) {
      findings.push({
        where: `step ${step.id}`,
        message:
          'renders every file; say templateFileExtension: true and name rendered files .njk',
      });
    }
    const known: KnownValues = {
      values: Object.fromEntries(
        Object.keys(values).map(name => [name, true as const]),
      ),
      loop: true,
      range: true,
    };
    for (const file of await listFiles(folder)) {
      const target = posix.join(
        String(step.input?.targetPath ?? '.'),
        file.replace(/\.njk$/, ''),
      );
      if (provided.has(target) || provided.has(`${step.if} ${target}`)) {
        continue;
      }
      provided.add(step.if === undefined ? target : `${step.if} ${target}`);
      const text = await readFile(join(folder, file), 'utf8');
      const where = relative(template.root, join(folder, file));
      findings.push(...pinningFindings(where, text));
      // Names are rendered too, of files that are only copied as well.
      for (const reference of findUndefinedReferences(file, known)) {
        findings.push({
          where,
          message: undefinedReferenceMessage(file, reference),
        });
      }
      const expressions = file.endsWith('.njk') ? `${file}\n${text}` : file;
      if (DECIDES_BY_NAME.test(text)) {
        findings.push({
          where,
          message:
            'decides by values.template; a template copied from this one has another name and would make something else: say it with a value of its own',
        });
      }
      for (const { line, message } of expressionProblems(expressions)) {
        // The name of the file is the line before its first.
        findings.push({ where: `${where}:${line - 1}`, message });
      }
      findTemplateReferences(file)
        .filter(reference => reference.path[0] === 'values')
        .forEach(reference => used.add(reference.path[1]));
      if (!file.endsWith('.njk')) {
        if (/\$\{\{-?\s*values\b/.test(text)) {
          findings.push({
            where,
            message: 'speaks of values but is not rendered; name it .njk',
          });
        }
        continue;
      }
      for (const reference of findUndefinedReferences(text, known)) {
        findings.push({
          where,
          message: undefinedReferenceMessage(file, reference),
        });
      }
      findTemplateReferences(text)
        .filter(reference => reference.path[0] === 'values')
        .forEach(reference => used.add(reference.path[1]));
    }
  }
  for (const name of passed) {
    if (!used.has(name)) {
      findings.push({
        where: 'template.yaml',
        message: `passes "${name}", which no file uses`,
      });
    }
  }
  return findings;
}

/** The shared layer is taken over as it is. */
async function platformFindings(
  template: Template,
  kind: Kind,
): Promise<Finding[]> {
  const ownValues = new Set([...OWN_VALUES, ...kind.values]);
  const findings: Finding[] = [];
  const platform = join(template.root, 'platform');
  const shared = parse(
    await readFile(join(platform, 'values.yaml'), 'utf8'),
  ) as Record<string, unknown>;
  const questions = questionsOf(template);
  for (const step of fetchSteps(template)) {
    const values = valuesOf(step);
    for (const [name, value] of Object.entries(shared)) {
      // A question that is not asked may be answered by the template itself; what is not passed no file may use, which is checked elsewhere.
      const asked = Array.from(
        String(value).matchAll(/\bparameters\.(\w+)/g),
        match => match[1],
      );
      // Where one of several is not asked, what is said of the others is left.
      const answered =
        asked.some(question => !Object.hasOwn(questions, question)) &&
        Array.from(
          String(values[name]).matchAll(/\b(?:parameters|steps)\.(\w+)/g),
          match => match[1],
        ).every(
          question =>
            asked.includes(question) && Object.hasOwn(questions, question),
        );
      // A change speaks of what is there, which a step answers.
      const found =
        kind.makes === 'change' && String(values[name]).includes('steps.');
      if (name in values && values[name] !== value && !answered && !found) {
        findings.push({
          where: `step ${step.id}`,
          message: `value "${name}" is not what platform/values.yaml says: ${value}`,
        });
      }
    }
    for (const name of Object.keys(values)) {
      if (
        !Object.hasOwn(shared, name) &&
        !ownValues.has(name) &&
        kind.makes !== 'change'
      ) {
        findings.push({
          where: `step ${step.id}`,
          message: `value "${name}" is neither the platform's nor a template's own`,
        });
      }
    }
  }
  const rules = parse(
    await readFile(join(platform, 'ownership.yaml'), 'utf8'),
  ) as OwnershipRule[];
  const manifest = template.steps.find(s => s.action === 'pavedroad:manifest');
  const own = (manifest?.input?.ownership ?? []) as OwnershipRule[];
  rules.forEach((rule, index) => {
    // What a change adds to a repository that exists is told apart by its own rules.
    if (kind.makes === 'change') {
      return;
    }
    if (
      own[index]?.pattern !== rule.pattern ||
      own[index]?.class !== rule.class ||
      own[index]?.optional !== rule.optional
    ) {
      findings.push({
        where: 'step manifest',
        message: `ownership rule ${index + 1} is not the platform's: ${
          rule.pattern
        } is ${rule.class}`,
      });
    }
  });
  for (const { pattern } of own) {
    const problem = ownershipPatternProblem(pattern);
    if (problem) {
      findings.push({ where: 'step manifest', message: problem });
    }
  }
  return findings;
}

/** It is called as its folder and as its files say, and belongs to a group. */
function identityFindings(template: Template): Finding[] {
  const findings: Finding[] = [];
  const folder = basename(template.folder);
  if (template.name !== folder) {
    findings.push({
      where: 'template.yaml',
      message: `is called ${template.name} in a folder called ${folder}`,
    });
  }
  const { owner } = template.entity.spec;
  if (!/^group:[a-z0-9-]+\/[a-z0-9-]+$/.test(owner ?? '')) {
    findings.push({
      where: 'template.yaml',
      message: `its owner is ${
        owner ?? 'nobody'
      }; name a group in full, such as group:default/platform`,
    });
  }
  for (const step of template.steps) {
    const said = valuesOf(step).template;
    if (said !== undefined && said !== template.name) {
      findings.push({
        where: `step ${step.id}`,
        message: `speaks of the template ${said}; this is ${template.name}`,
      });
    }
  }
  return findings;
}

/** A template is in a channel, and one that is deprecated says what takes its place and when it ends. */
export async function channelFindings(template: Template): Promise<Finding[]> {
  const annotations = template.entity.metadata.annotations ?? {};
  const { channel } = templateLifecycle(template.entity);
  const messages: string[] = [];
  if (!channel) {
    messages.push(
      `the annotation ${TEMPLATE_CHANNEL_ANNOTATION} is not one of ${TEMPLATE_CHANNELS.join(
        ', ',
      )}`,
    );
  }
  const successor = annotations[TEMPLATE_SUCCESSOR_ANNOTATION];
  const ends = annotations[TEMPLATE_ENDS_ANNOTATION];
  if (channel !== 'deprecated') {
    for (const annotation of [
      TEMPLATE_SUCCESSOR_ANNOTATION,
      TEMPLATE_ENDS_ANNOTATION,
    ].filter(name => annotations[name] !== undefined)) {
      messages.push(
        `the annotation ${annotation} is of a deprecated template; this one is in the channel ${channel}`,
      );
    }
    return messages.map(message => ({ where: 'template.yaml', message }));
  }
  const name = /^template:default\/([^/\s]+)$/.exec(successor ?? '')?.[1];
  const found =
    name !== undefined &&
    name !== template.name &&
    (await loadTemplate(name, template.root).catch(() => undefined));
  if (!found) {
    messages.push(
      `is deprecated, and the annotation ${TEMPLATE_SUCCESSOR_ANNOTATION} names no other template that takes its place: ${
        successor ?? 'it is missing'
      }`,
    );
  } else if (
    !['beta', 'stable'].includes(
      String(templateLifecycle(found.entity).channel),
    )
  ) {
    messages.push(
      `is deprecated in favour of ${successor}, which is ${
        templateLifecycle(found.entity).channel
      } itself`,
    );
  }
  if (!isDay(ends ?? '')) {
    messages.push(
      `is deprecated, and the annotation ${TEMPLATE_ENDS_ANNOTATION} says no day it ends, such as 2027-03-31: ${
        ends ?? 'it is missing'
      }`,
    );
  }
  return messages.map(message => ({ where: 'template.yaml', message }));
}

/** Version, changelog and channel agree. */
async function versionFindings(template: Template): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { version } = template;
  const annotations = template.entity.metadata.annotations ?? {};
  if (!isSemanticVersion(version)) {
    findings.push({
      where: 'template.yaml',
      message: `the annotation ${VERSION_ANNOTATION} is no semantic version`,
    });
  }
  const channel = annotations[TEMPLATE_CHANNEL_ANNOTATION];
  if (version.startsWith('0.') !== (channel === 'draft')) {
    findings.push({
      where: 'template.yaml',
      message: `version ${version} in the channel ${channel}: drafts are below 1.0.0, and nothing else is`,
    });
  }
  const changelog = await readFile(
    join(template.folder, 'CHANGELOG.md'),
    'utf8',
  ).catch(() => '');
  if (/^## (\S+)/m.exec(changelog)?.[1] !== version) {
    findings.push({
      where: 'CHANGELOG.md',
      message: `does not begin with what is new in ${version}`,
    });
  }
  for (const step of template.steps) {
    const said =
      step.action === 'pavedroad:manifest'
        ? step.input?.version
        : valuesOf(step).templateVersion;
    if (said !== undefined && said !== version) {
      findings.push({
        where: `step ${step.id}`,
        message: `speaks of version ${said}; the template is ${version}`,
      });
    }
  }
  return findings;
}

/** The order that keeps half-made repositories away: check, write, record, publish, register, connect, and undo on failure. */
export const REPOSITORY_STEPS: readonly string[] = [
  'pavedroad:preflight',
  'fetch:template',
  'pavedroad:manifest',
  'pavedroad:publish',
  'pavedroad:register',
  'pavedroad:connect',
  'pavedroad:undo',
];

/** Steps that are missing, or not in the order their kind has them in. */
export function orderFindings(
  template: Pick<Template, 'steps'>,
  order: readonly string[] = REPOSITORY_STEPS,
): Finding[] {
  const findings: Finding[] = [];
  let reached = 0;
  for (const step of template.steps) {
    const place = order.indexOf(step.action);
    if (place >= 0 && place < reached) {
      findings.push({
        where: `step ${step.id}`,
        message: `${step.action} comes after ${order[reached]}`,
      });
    }
    reached = Math.max(reached, place);
  }
  for (const action of order) {
    if (!template.steps.some(step => step.action === action)) {
      findings.push({ where: 'steps', message: `there is no ${action}` });
    }
  }
  return findings;
}

/** Everything about a template that can be known before it is rendered. */
export async function lintTemplate(template: Template): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    await templateEntityV1beta3Validator.check(
      template.entity as unknown as Parameters<
        typeof templateEntityV1beta3Validator.check
      >[0],
    );
  } catch (error) {
    findings.push({
      where: 'template.yaml',
      message: String((error as Error).message),
    });
  }
  const entries = await readdir(template.folder);
  if (!entries.includes('CHANGELOG.md')) {
    findings.push({ where: 'CHANGELOG.md', message: 'is missing' });
  }
  let kind: Kind;
  try {
    kind = kindOf(template);
  } catch (error) {
    // Everything else depends on what it makes.
    return [
      ...findings,
      { where: 'template.yaml', message: (error as Error).message },
    ];
  }
  return [
    ...findings,
    ...formFindings(
      template,
      typeof kind.requires === 'function'
        ? kind.requires(template)
        : kind.requires,
    ),
    ...previewFindings(template),
    ...questionOrderFindings(template),
    ...clusterFindings(template),
    ...timeSavedFindings(template),
    ...orderFindings(template, kind.steps),
    ...stepFindings(template, kind),
    ...stepReferenceFindings(template, kind.outputs),
    ...answerFindings(template),
    ...(await skeletonFindings(template)),
    ...(await platformFindings(template, kind)),
    ...identityFindings(template),
    ...(await channelFindings(template)),
    ...(await versionFindings(template)),
  ];
}
