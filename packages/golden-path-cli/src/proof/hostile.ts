import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { renderTemplate } from '../render/renderTemplate';
import {
  answerProblems,
  type Answers,
  questionsOf,
  withDefaults,
} from '../template/answers';
import type { Template } from '../template/loadTemplate';
import { VERIFIERS } from '../verify';
import { openProject } from '../verify/project';
import type { Finding, Outcome, Project, Verifier } from '../verify/types';
import type { Kind, Row } from './kinds';

/** Texts that programs misread: each is refused by the form or comes out as what it is. */
export const HOSTILE_TEXTS: readonly string[] = [
  '',
  ' ',
  '"',
  "'",
  `it's "quoted"`,
  'line one\nline two',
  'tab\there',
  'null\u0000byte',
  '${{ parameters.owner }}',
  '${{ 7 * 7 }}',
  '{% raw %}',
  '{{ values.name }}',
  '{# comment #}',
  '$(id)',
  '`id`',
  '; rm -rf /',
  '&& true',
  '| cat /etc/passwd',
  '> /tmp/x',
  '$HOME',
  '\\',
  '\\n',
  '../../etc/passwd',
  '--upload-pack=id',
  '-rf',
  '# not a comment',
  'a: b',
  '- item',
  '? key',
  '*alias',
  '&anchor',
  '!!js/function x',
  '%YAML 1.2',
  'yes',
  'null',
  '~',
  '<script>alert(1)</script>',
  '[click](javascript:alert(1))',
  '</script>',
  'ünïcödé',
  '東京のサービス',
  'Служба доставки',
  'خدمة',
  '👩‍🚒 on fire',
  '\u202Eright to left',
  '\u2028separator',
  // As long as a name may be.
  'x'.repeat(40),
  'x'.repeat(200),
  'ä'.repeat(200),
  `Says "yes", it's 100% (really): a & b, c; d?`,
];

/** What programs that read templates, YAML, HCL, shell, Python, TypeScript and PromQL care about. */
const TRICKY: readonly string[] = [
  ...`"'\`$\\{}[]()<>|&;:,.#%@*!?=+-/~^_ \n\t\u0000\u2028`,
  ...'abzAZ09éß東Яخ👩',
  '${{',
  '}}',
  '{%',
  '{{',
  '${',
  '$(',
  '%{',
  '"""',
  '*/',
  '--',
];

/** Texts made of what programs misread, up to well beyond what any field takes. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc
    .array(fc.constantFrom(...TRICKY), { minLength: 1, maxLength: 60 })
    .map(parts => parts.join('')),
  // Mostly what a form accepts, so that rendering is tried as often as refusing.
  fc
    .tuple(
      fc.stringMatching(/^[A-Za-zÀ-ÿЀ-я東京خ]{3,12}$/),
      fc.array(fc.constantFrom(...` .,:;!?'"()&/+%@=–—’-`, 'ö', '東', '9'), {
        maxLength: 24,
      }),
    )
    .map(([first, rest]) => `${first}${rest.join('')}`),
);

/** The same texts every time, from a seed. */
export function hostileTexts(count: number, seed: number): string[] {
  return fc.sample(hostileText, { numRuns: count, seed });
}

/** Names of the questions a form lets answer with any text. */
export function textQuestions(template: Pick<Template, 'pages'>): string[] {
  return Object.entries(questionsOf(template))
    .filter(([, question]) => question.type === 'string' && !question.enum)
    .map(([name]) => name);
}

/** Why the form refuses a text for a question, one sentence for each reason; empty when it accepts it. */
export function refusals(
  template: Template,
  answers: Answers,
  name: string,
  text: string,
): string[] {
  return answerProblems(
    template,
    withDefaults(template, { ...answers, [name]: text }),
  );
}

/** What reads renders of hostile texts: a verifier, or the quick part of it. */
export type Reader = { verifier: Verifier; stage?: string };

/** How a reader is asked. */
export type Ask = (reader: Reader, project: Project) => Promise<Outcome>;

const askAnew: Ask = ({ verifier, stage }, project) =>
  verifier.verify(project, stage);

/** Verifiers of what a text could break, of some that a kind has, with the quick part of those that have one. */
export function readersOf(verifiers: readonly Verifier[]): Reader[] {
  return verifiers.flatMap(verifier => {
    if (['prometheus', 'paas'].includes(verifier.id)) {
      return [{ verifier, stage: 'syntax' }];
    }
    return [
      'yaml',
      'shell',
      'python',
      'typescript',
      'entities',
      'github-workflows',
      'dockerfile',
      'terraform',
      'template-lint',
    ].includes(verifier.id)
      ? [{ verifier }]
      : [];
  });
}

/** Renders answers some of which are hostile texts, and asks every verifier of what they could break. */
export async function hostileFindings(
  template: Template,
  answers: Answers,
  produce: NonNullable<Kind['produce']> = renderTemplate,
  readers: readonly Reader[] = readersOf(VERIFIERS),
  ask: Ask = askAnew,
): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'golden-path-hostile-'));
  try {
    await produce(template, answers, folder);
    const project = await openProject(folder);
    const findings: Finding[] = [];
    for (const reader of readers) {
      const result = await ask(reader, project);
      if (result.status === 'failed') {
        findings.push(...result.findings);
      }
    }
    if (
      answers.description !== undefined &&
      project.files.includes('catalog-info.yaml')
    ) {
      const [component] = parseAllDocuments(
        await project.read('catalog-info.yaml'),
      );
      const shown = component.getIn(['metadata', 'description']);
      // A change leaves the description of what it changes alone.
      if (
        questionsOf(template).description &&
        findings.length === 0 &&
        shown !== answers.description
      ) {
        findings.push({
          where: 'catalog-info.yaml',
          message: `shows the description as ${JSON.stringify(shown)}`,
        });
      }
    }
    return findings;
  } catch (error) {
    return [{ where: 'render', message: String((error as Error).message) }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export type HostileResult = {
  refused: number;
  rendered: number;
  findings: Finding[];
};

/** Texts that differ in no special character teach nothing new; the longest of each sort is kept. */
function distinctTexts(texts: readonly string[]): string[] {
  const bySort = new Map<string, string>();
  for (const text of texts) {
    const sort = createHash('sha256')
      .update(
        Array.from(new Set(text.replace(/[\p{L}\p{N}]/gu, 'x')))
          .sort()
          .join(''),
      )
      .digest('hex');
    if ((bySort.get(sort) ?? '').length < text.length) {
      bySort.set(sort, text);
    }
  }
  return Array.from(bySort.values()).sort((a, b) => b.length - a.length);
}

/** A few rows that together have every file a template writes. */
export function coveringRows(rows: readonly Row[]): Row[] {
  const covering: Row[] = [];
  const covered = new Set<string>();
  const gain = (row: Row) =>
    row.project.files.filter(file => !covered.has(file)).length;
  for (;;) {
    const best = rows.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    if (gain(best) === 0) {
      return covering;
    }
    covering.push(best);
    best.project.files.forEach(file => covered.add(file));
  }
}

/** How many renders one template's check takes at most. */
const RENDERS = 10;

/**
 * Gives every text question every hostile text. What the form refuses, it refuses with a reason that names the question. What it accepts is
 * rendered, several fields at once, in rows that together have every file: all of it stays well-formed in the eyes of the verifiers, and the
 * text arrives unchanged where it is shown.
 */
export async function proveHostileTexts(
  template: Template,
  rows: readonly Row[],
  produce: NonNullable<Kind['produce']> = renderTemplate,
  {
    random = 200,
    readers,
    ask,
  }: { random?: number; readers?: Reader[]; ask?: Ask } = {},
): Promise<HostileResult> {
  const texts = [...HOSTILE_TEXTS, ...hostileTexts(random, 20260101)];
  const result: HostileResult = { refused: 0, rendered: 0, findings: [] };
  const [first] = rows;
  const accepted = new Map<string, string[]>();
  for (const name of textQuestions(template)) {
    const good: string[] = [];
    // Of questions that depend on an answer, a row where it is asked: there nothing takes a zero. Elsewhere the form takes any text for it.
    const asking =
      rows.find(
        row => refusals(template, row.answers, name, '\u0000').length > 0,
      ) ?? first;
    for (const text of texts) {
      const reasons = refusals(template, asking.answers, name, text);
      if (
        reasons.length === 0 ||
        (asking !== first &&
          refusals(template, first.answers, name, text).length === 0)
      ) {
        good.push(text);
      }
      if (reasons.length === 0) {
        continue;
      }
      result.refused += 1;
      if (!reasons.some(reason => reason.includes(name))) {
        result.findings.push({
          where: `${name} = ${JSON.stringify(text)}`,
          message: `is refused without saying that it is ${name}: ${reasons[0]}`,
        });
      }
    }
    if (good.length > 0) {
      accepted.set(name, distinctTexts(good));
    }
  }
  const covering = coveringRows(rows);
  const most = Math.max(0, ...Array.from(accepted.values(), t => t.length));
  for (let index = 0; index < Math.min(most, RENDERS); index += 1) {
    const row = covering[index % covering.length];
    const hostile = Object.fromEntries(
      Array.from(
        accepted,
        ([name, good]) => [name, good[index % good.length]] as const,
      ).filter(
        ([name, text]) =>
          refusals(template, row.answers, name, text).length === 0,
      ),
    );
    result.rendered += 1;
    const findings = await hostileFindings(
      template,
      { ...row.answers, ...hostile },
      produce,
      readers,
      ask,
    );
    result.findings.push(
      ...findings.map(({ where, message }) => ({
        where: JSON.stringify(hostile),
        message: `${where}: ${message}`,
      })),
    );
  }
  return result;
}
