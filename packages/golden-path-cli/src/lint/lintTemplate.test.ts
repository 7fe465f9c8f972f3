import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Template, TemplateStep } from '../template/loadTemplate';
import {
  formFindings,
  skeletonFindings,
  stepReferenceFindings,
} from './lintTemplate';

/** A template with one fetch step that passes `name` and `annotations`, and whatever a row puts into it. */
function templateWith(
  folder: string,
  more: { steps?: TemplateStep[]; output?: unknown; if?: string } = {},
): Template {
  const steps: TemplateStep[] = [
    { id: 'preflight', action: 'pavedroad:preflight', input: {} },
    {
      id: 'service',
      action: 'fetch:template',
      ...(more.if ? { if: more.if } : {}),
      input: {
        url: './skeleton',
        templateFileExtension: true,
        values: {
          name: '${{ parameters.name }}',
          annotations: '${{ steps.preflight.output.annotations }}',
        },
      },
    },
    ...(more.steps ?? []),
  ];
  return {
    name: 'a-template',
    version: '1.0.0',
    folder,
    root: dirname(folder),
    pages: [{ properties: { name: { type: 'string' } } }],
    steps,
    entity: {
      apiVersion: 'scaffolder.backstage.io/v1beta3',
      kind: 'Template',
      metadata: { name: 'a-template' },
      spec: { type: 'service', parameters: [], steps, output: more.output },
    },
  };
}

describe('a text that a form asks for', () => {
  const text = {
    title: 'Path',
    description: 'Of requests',
    type: 'string',
    default: '/',
    maxLength: 80,
    pattern: '^/[a-z]*$',
  };
  const checked = {
    errorMessage: { pattern: 'Begin with a slash.' },
    'ui:field': 'PavedRoadText',
  };
  const left = expect.stringContaining('checked only when its page is left');

  it.each([
    ['checked as it is typed, in words', { ...text, ...checked }, []],
    ['one of a list', { ...text, enum: ['/'] }, []],
    ['asked by another field', { ...text, 'ui:field': 'EntityPicker' }, []],
    ['left to the stock field', text, [left]],
    ['without words', { ...text, 'ui:field': 'PavedRoadText' }, [left]],
    [
      'with words that nothing shows',
      { ...text, errorMessage: checked.errorMessage },
      [left],
    ],
    [
      'without a pattern',
      { ...text, ...checked, pattern: undefined },
      [expect.stringContaining('free text without a pattern')],
    ],
  ])('%s', (_, path, messages) => {
    expect(
      formFindings({ pages: [{ properties: { path } }] }, []).map(
        ({ message }) => message,
      ),
    ).toEqual(messages);
  });
});

describe('a secret that a form asks for', () => {
  const secret = {
    title: 'Token',
    description: 'Of the registry',
    type: 'string',
    default: '',
    'ui:field': 'Secret',
  };

  it.each([
    ['of some length', { minLength: 8, maxLength: 80 }, []],
    [
      'of certain characters, which stars are not',
      { pattern: '^[a-z]+$', format: 'email' },
      [expect.stringContaining('says pattern, format of a secret')],
    ],
    [
      'that is one of a list, which stars are not',
      { enum: ['a', 'b'] },
      [expect.stringContaining('says enum of a secret')],
    ],
  ])('%s', (_, rules, messages) => {
    expect(
      formFindings(
        { pages: [{ properties: { token: { ...secret, ...rules } } }] },
        [],
      ).map(({ message }) => message),
    ).toEqual(messages);
  });
});

describe('questions that depend on an answer', () => {
  const kind = {
    title: 'Kind',
    description: 'What is measured',
    enum: ['a', 'b'],
    default: 'a',
  };
  const dependencies = {
    kind: { oneOf: [{ properties: { kind: { enum: ['b'] } } }] },
  };

  it.each<[string, Template['pages'], unknown[]]>([
    [
      'of the same page are asked',
      [{ properties: { kind }, dependencies }],
      [],
    ],
    [
      'of a page before never are',
      [{ properties: { kind } }, { properties: {}, dependencies }],
      [expect.stringContaining('never ask')],
    ],
    [
      'of a page without questions of its own never are',
      [{ properties: { kind } }, { dependencies }],
      [expect.stringContaining('never ask')],
    ],
  ])('%s', (_, pages, messages) => {
    expect(formFindings({ pages }, []).map(({ message }) => message)).toEqual(
      messages,
    );
  });
});

describe('an answer that is missing', () => {
  let work: string;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'golden-path-lint-'));
  });
  afterEach(async () => {
    await rm(work, { recursive: true, force: true });
  });

  const skeleton = async (file: string, text: string) => {
    const path = join(work, 'a-template/skeleton', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      join(work, 'a-template/skeleton/used.njk'),
      '${{ values.name }} ${{ values.annotations | dump }}',
    );
    await writeFile(path, text);
    return (await skeletonFindings(templateWith(join(work, 'a-template')))).map(
      f => f.message,
    );
  };

  it.each([
    ['a value in a text', 'a.njk', 'x ${{ values.nmae }}'],
    [
      'in the middle of an expression',
      'a.njk',
      "${{ 'a' + values.nmae + 'b' }}",
    ],
    ['by a name in brackets', 'a.njk', "${{ values['nmae'] }}"],
    ['with a filter', 'a.njk', '${{ values.nmae | dump }}'],
    [
      'as the argument of a filter',
      'a.njk',
      "${{ values.name | replace('a', values.nmae) }}",
    ],
    ['with something instead', 'a.njk', "${{ values.nmae or 'x' }}"],
    ['in a condition', 'a.njk', '{% if values.nmae %}x{% endif %}'],
    [
      'in another condition',
      'a.njk',
      "{% if values.name %}x{% elif values.nmae === 'y' %}y{% endif %}",
    ],
    ['in a loop', 'a.njk', '{% for x in values.nmae %}${{ x }}{% endfor %}'],
    ['put aside for later', 'a.njk', '{% set x = values.nmae %}${{ x }}'],
    ['in the name of a file', '${{ values.nmae }}.txt', 'x'],
    ['in the name of a folder', '${{ values.nmae }}/a.txt', 'x'],
  ])('is an error: %s', async (_, file, text) => {
    expect((await skeleton(file, text)).join('\n')).toMatch(/"values\.nmae"/);
  });

  it.each([
    ['a value that is passed', 'a.njk', '${{ values.name }}'],
    ['what is in a value', 'a.njk', '${{ values.annotations.anything }}'],
    ['a name of its own', 'a.njk', '{% set x = values.name %}${{ x }}'],
    ['the name of a file', '${{ values.name }}.txt', 'x'],
    ['shell and workflow syntax', 'a.sh', 'echo "${#x}" ${{ github.sha }}'],
  ])('is not: %s', async (_, file, text) => {
    expect(await skeleton(file, text)).toEqual([]);
  });

  it.each([
    [true, "{% if values.template == 'a-template' %}x{% endif %}"],
    [true, "{%- if values.name\n and values.template in ['b'] %}x{% endif %}"],
    [true, '{% set a = values.template %}x'],
    [true, "${{ 'x' if values.template === 'a-template' }}"],
    [true, "${{ { b: 'x' }[values.name] if not values.template }}"],
    [false, '`${{ values.template }}` ${{ values.name }}'],
    [false, '{% if values.name %}${{ values.template }}{% endif %}'],
    [false, "{% if values.templateVersion == '1.0.0' %}x{% endif %}"],
  ])('decides by the name of its template: %s, %s', async (decides, text) => {
    const found = await skeleton('a.njk', text);
    expect(found.some(one => one.startsWith('decides by'))).toBe(decides);
  });

  it.each([
    ['the same condition', '${{ parameters.name }}', 0],
    ['another condition', '${{ not parameters.name }}', 1],
  ])(
    'counts in files an earlier step with %s did not write',
    async (_, condition, count) => {
      await skeleton('a.njk', '${{ values.name }}');
      await mkdir(join(work, 'a-template/shared'));
      await writeFile(
        join(work, 'a-template/shared/a.njk'),
        '${{ values.nope }}',
      );
      const template = templateWith(join(work, 'a-template'), {
        if: '${{ parameters.name }}',
      });
      template.steps.push({
        id: 'shared',
        if: condition,
        action: 'fetch:template',
        input: { url: './shared', templateFileExtension: true, values: {} },
      });
      expect(await skeletonFindings(template)).toHaveLength(count);
    },
  );

  const step = (input: Record<string, unknown>): TemplateStep => ({
    id: 'next',
    action: 'pavedroad:publish',
    input,
  });

  it.each([
    [
      'a question in an input',
      { steps: [step({ a: '${{ parameters.nmae }}' })] },
      'parameters.nmae',
    ],
    [
      'deep in an input',
      { steps: [step({ a: [{ b: '${{ parameters.nmae }}' }] })] },
      'parameters.nmae',
    ],
    [
      "in a step's condition",
      { if: '${{ parameters.nmae }}' },
      'parameters.nmae',
    ],
    [
      'a step that is not there',
      { steps: [step({ a: '${{ steps.nobody.output.url }}' })] },
      'steps.nobody',
    ],
    [
      'a step that comes later',
      { if: '${{ steps.next.output.commit }}', steps: [step({})] },
      'steps.next',
    ],
    [
      'what an action does not answer',
      { steps: [step({ a: '${{ steps.preflight.output.nmae }}' })] },
      'steps.preflight.output.nmae',
    ],
    [
      'in a link of the result',
      { output: { links: [{ url: '${{ steps.preflight.output.nmae }}' }] } },
      'steps.preflight.output.nmae',
    ],
    [
      'in a text of the result',
      { output: { text: [{ content: 'x ${{ parameters.nmae }}' }] } },
      'parameters.nmae',
    ],
  ])('is an error: %s', (_, more, path) => {
    expect(
      stepReferenceFindings(templateWith('/x', more))
        .map(f => f.message)
        .join('\n'),
    ).toContain(`"${path}`);
  });

  it('is not: everything that is asked or answered', () => {
    expect(
      stepReferenceFindings(
        templateWith('/x', {
          if: "${{ parameters.name === 'a' }}",
          steps: [step({ a: '${{ steps.preflight.output.repository }}' })],
          output: { text: [{ content: '${{ steps.next.output.commit }}' }] },
        }),
      ),
    ).toEqual([]);
  });
});
