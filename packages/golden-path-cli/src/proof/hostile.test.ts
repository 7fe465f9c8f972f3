import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderTemplate } from '../render/renderTemplate';
import {
  answerProblems,
  type Answers,
  withDefaults,
} from '../template/answers';
import { loadTemplate, type Template } from '../template/loadTemplate';
import { openProject } from '../verify/project';
import { syntaxFindings } from '../verify/typescript';
import {
  coveringRows,
  HOSTILE_TEXTS,
  hostileFindings,
  hostileText,
  hostileTexts,
  proveHostileTexts,
  refusals,
  textQuestions,
} from './hostile';
import type { Row } from './kinds';

/** Rendering and asking nine verifiers takes a second or two; the proof of each template tries more. No shrinking: it would try hundreds. */
const RENDERS = 4;

const answers = {
  name: 'ledger',
  owner: 'group:default/payments',
  description: 'Keeps balances',
};

describe('hostile texts', () => {
  it('are the same every time, and each is there once', () => {
    expect(hostileTexts(50, 1)).toEqual(hostileTexts(50, 1));
    expect(hostileTexts(50, 1)).not.toEqual(hostileTexts(50, 2));
    expect(new Set(HOSTILE_TEXTS).size).toBe(HOSTILE_TEXTS.length);
  });

  it.each([
    ['quotes', /["']/],
    ['newlines', /\n/],
    ['template syntax', /\$\{\{|\{%/],
    ['shell metacharacters', /[$`;&|<>]/],
    ['200 characters', /^.{200,}$/s],
    ['letters that are not Latin', /[東Яخ]/],
  ])('have %s', (_, looks) => {
    expect(HOSTILE_TEXTS.some(text => looks.test(text))).toBe(true);
  });

  it('are made up of all of that', () => {
    const made = hostileTexts(200, 1).join('');
    expect(made).toMatch(/"[\s\S]*'/);
    expect(made).toMatch(/\$\{\{[\s\S]*\{%/);
    expect(made).toMatch(/\n[\s\S]*[`$]/);
    expect(made).toMatch(/[東Яخ]/);
  });
});

describe.each(['typescript-service', 'python-service', 'scheduled-job'])(
  'every text field of %s',
  name => {
    let template: Template;
    beforeAll(async () => {
      template = await loadTemplate(name);
    });

    it('is refused with a reason that names it, or accepted', () => {
      const questions = textQuestions(template);
      expect(questions).toEqual(
        expect.arrayContaining(['name', 'owner', 'description']),
      );
      fc.assert(
        fc.property(
          fc.constantFrom(...questions),
          hostileText,
          (question, text) => {
            const reasons = refusals(template, answers, question, text);
            return (
              reasons.length === 0 || reasons.some(r => r.includes(question))
            );
          },
        ),
        { numRuns: 300 },
      );
    });
  },
);

describe('what a form accepts', () => {
  it('is rendered, and passes every verifier of what it could break', async () => {
    const template = await loadTemplate('typescript-service');
    const target = fc.constantFrom('kubernetes', 'aws', 'vm', 'paas');
    const ci = fc.constantFrom('gitlab', 'github');
    const description = hostileText.filter(
      text => refusals(template, answers, 'description', text).length === 0,
    );
    await fc.assert(
      fc.asyncProperty(description, target, ci, async (text, where, how) => {
        const given = { ...answers, description: text, target: where, ci: how };
        expect(await hostileFindings(template, given)).toEqual([]);
      }),
      { numRuns: RENDERS, endOnFailure: true },
    );
  }, 240_000);

  it('is told from what comes out broken', async () => {
    const template = await loadTemplate('scheduled-job');
    // A form that takes anything.
    const careless: Template = {
      ...template,
      pages: template.pages.map(page => ({
        ...page,
        properties: Object.fromEntries(
          Object.entries(page.properties ?? {}).map(([key, question]) => [
            key,
            key === 'system'
              ? { ...question, pattern: undefined, maxLength: undefined }
              : question,
          ]),
        ),
      })),
    };
    expect(
      await hostileFindings(careless, { ...answers, system: 'a: b\n- c' }),
    ).not.toEqual([]);
  }, 60_000);
});

describe('a question that depends on an answer', () => {
  it('is given texts where it is asked, and rendered where the form takes them', async () => {
    const template = await loadTemplate('add-slo');
    const rows = ['availability', 'freshness'].map(indicator => ({
      answers: withDefaults(template, {
        entityRef: 'component:default/ledger',
        sloName: 'checkout',
        indicator,
      }),
      project: { files: [`${indicator}.yaml`] },
    })) as unknown as Row[];
    const rendered: Answers[] = [];
    const { findings, refused } = await proveHostileTexts(
      template,
      rows,
      async (_, given) => {
        rendered.push(given);
      },
      { random: 0, readers: [] },
    );
    expect(findings).toEqual([]);
    expect(refused).toBeGreaterThan(HOSTILE_TEXTS.length / 2);
    expect(new Set(rendered.map(({ indicator }) => indicator))).toEqual(
      new Set(['availability', 'freshness']),
    );
    // The form checks no metric of an objective that has none: whatever comes is rendered there.
    const hostile = rendered.filter(({ metric }) =>
      /[^\w]/.test(String(metric)),
    );
    expect(hostile.length).toBeGreaterThan(0);
    for (const given of rendered) {
      expect(answerProblems(template, given)).toEqual([]);
    }
  }, 60_000);
});

describe('coveringRows', () => {
  it('are few and have every file', async () => {
    const template = await loadTemplate('typescript-service');
    const work = await mkdtemp(join(tmpdir(), 'golden-path-covering-'));
    try {
      const rows: Row[] = [];
      for (const target of ['vm', 'aws', 'vm']) {
        const folder = join(work, String(rows.length));
        const given = withDefaults(template, { ...answers, target });
        await renderTemplate(template, given, folder);
        rows.push({
          id: target,
          answers: given,
          folder,
          project: await openProject(folder),
        });
      }
      expect(
        coveringRows(rows)
          .map(row => row.id)
          .sort(),
      ).toEqual(['aws', 'vm']);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }, 60_000);
});

describe('syntaxFindings', () => {
  it.each([
    ['a.ts', 'const a: number = 1;\n', 0],
    ['a.mjs', 'export const a = (b) => `${b}`;\n', 0],
    ['a.tsx', 'export const A = () => <b>x</b>;\n', 0],
    ['a.ts', "const a = 'it's';\n", 1],
  ])('%s %j has %i problems at least', (file, text, least) => {
    const found = syntaxFindings(file, text);
    expect(found.length).toBeGreaterThanOrEqual(least);
    expect(found.length > 0).toBe(least > 0);
  });
});
