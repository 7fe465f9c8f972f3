import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { listFiles } from '../lib/files';
import { run } from '../lib/run';
import { renderTemplate } from '../render/renderTemplate';
import { answerProblems, questionsOf, withDefaults } from '../template/answers';
import type { Template } from '../template/loadTemplate';
import type { Finding } from '../verify/types';
import { isPython, pythonFindings } from '../verify/python';
import { parseFindings } from '../verify/yamlFiles';
import type { Kind } from './kinds';

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
  'x'.repeat(200),
  'ä'.repeat(200),
  `Says "yes", it's 100% (really): a & b, c; d?`,
];

/** A generator of texts from the same seed every time; SplitMix32 on characters programs care about. */
export function hostileTexts(count: number, seed: number): string[] {
  const characters = Array.from(
    `abzAZ09 -_.,:;!?'"\`$(){}[]<>|&%#@*=+/\\~^\n\t\u0000\u2028éß東Я👩`,
  );
  let state = Math.abs(Math.trunc(seed)) % 4294967296;
  const next = (below: number) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return Math.floor((state / 4294967296) * below);
  };
  return Array.from({ length: count }, () =>
    Array.from(
      { length: 1 + next(40) },
      () => characters[next(characters.length)],
    ).join(''),
  );
}

export type HostileResult = {
  refused: number;
  rendered: number;
  findings: Finding[];
};

/**
 * Gives every text question every hostile text. What the form accepts is rendered: YAML, JSON and shell stay well-formed, and the text
 * arrives unchanged where it is shown.
 */
export async function proveHostileTexts(
  template: Template,
  answers: Record<string, unknown>,
  produce: NonNullable<Kind['produce']> = renderTemplate,
  random = 200,
): Promise<HostileResult> {
  const texts = [...HOSTILE_TEXTS, ...hostileTexts(random, 20260101)];
  const result: HostileResult = { refused: 0, rendered: 0, findings: [] };
  const questions = Object.entries(questionsOf(template)).filter(
    ([, question]) => question.type === 'string' && !question.enum,
  );
  for (const [name] of questions) {
    const accepted = texts.filter(
      text =>
        answerProblems(
          template,
          withDefaults(template, { ...answers, [name]: text }),
        ).length === 0,
    );
    result.refused += texts.length - accepted.length;
    // Rendering takes longer than refusing; texts that differ in no special character teach nothing new.
    const distinct = Array.from(
      new Map(
        accepted.map(text => [
          Array.from(new Set(text.replace(/[\p{L}\p{N}]/gu, 'x')))
            .sort()
            .join(''),
          text,
        ]),
      ).values(),
    ).slice(0, 12);
    for (const text of distinct) {
      result.rendered += 1;
      result.findings.push(
        ...(await renderedFindings(
          template,
          { ...answers, [name]: text },
          {
            name,
            text,
          },
          produce,
        )),
      );
    }
  }
  return result;
}

async function renderedFindings(
  template: Template,
  answers: Record<string, unknown>,
  hostile: { name: string; text: string },
  produce: NonNullable<Kind['produce']>,
): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'golden-path-hostile-'));
  const where = `${hostile.name} = ${JSON.stringify(hostile.text)}`;
  try {
    await produce(template, answers, folder);
    const findings: Finding[] = [];
    const scripts: string[] = [];
    const files = await listFiles(folder);
    const pythonFiles = files.filter(isPython);
    if (pythonFiles.length > 0) {
      findings.push(...((await pythonFindings(folder, pythonFiles)) ?? []));
    }
    for (const file of files) {
      if (/\.(ya?ml|json)$/.test(file)) {
        findings.push(
          ...parseFindings(file, await readFile(join(folder, file), 'utf8')),
        );
      } else if (/\.sh$|service\.env$/.test(file)) {
        scripts.push(file);
      }
    }
    const syntax = await run(
      'bash',
      ['-c', 'for f; do bash -n "$f" || exit 1; done', 'check', ...scripts],
      { cwd: folder, timeoutMs: 30_000 },
    );
    if (syntax.code !== 0) {
      findings.push({ where, message: syntax.output.trim() });
    }
    if (hostile.name === 'description') {
      const [component] = parseAllDocuments(
        await readFile(join(folder, 'catalog-info.yaml'), 'utf8'),
      );
      const shown = component.getIn(['metadata', 'description']);
      if (shown !== hostile.text) {
        findings.push({
          where,
          message: `is shown as ${JSON.stringify(shown)}`,
        });
      }
    }
    return findings.map(f => ({ where, message: `${f.where}: ${f.message}` }));
  } catch (error) {
    return [{ where, message: String((error as Error).message) }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
