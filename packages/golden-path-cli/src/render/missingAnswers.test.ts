import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createFetchTemplateAction } from '@backstage/plugin-scaffolder-backend';
import { createRenderer } from '@pavedroad/plugin-golden-paths-node';
import { digestFiles } from '../lib/files';
import { loadTemplate } from '../template/loadTemplate';
import { matrixOf } from '../template/matrix';
import { renderTemplate } from './renderTemplate';

/** What the portal renders with: nothing is printed for nothing. */
const lenient = createRenderer({ createFetchTemplateAction });

let work: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'missing-answers-'));
});
afterEach(() => rm(work, { recursive: true, force: true }));

/** Renders one file of a template that is told a name, a tier, annotations and a list. */
async function rendered(
  file: string,
  text: string,
  steps: object[] = [],
  values: Record<string, unknown> = {},
): Promise<string> {
  const folder = join(work, 'templates/a-template');
  const files: [string, string][] = [
    [join('skeleton', file), text],
    [
      'template.yaml',
      JSON.stringify({
        apiVersion: 'scaffolder.backstage.io/v1beta3',
        kind: 'Template',
        metadata: { name: 'a-template' },
        spec: {
          parameters: [
            {
              properties: {
                name: { type: 'string' },
                tier: { type: 'number' },
              },
            },
          ],
          steps: [
            {
              id: 'service',
              action: 'fetch:template',
              input: {
                url: './skeleton',
                templateFileExtension: true,
                values: {
                  name: '${{ parameters.name }}',
                  tier: '${{ parameters.tier }}',
                  annotations: { 'a.dev/b': 'c' },
                  list: [{ id: 'one' }],
                  ...values,
                },
              },
            },
            ...steps,
          ],
        },
      }),
    ],
  ];
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const out = join(work, 'out');
  await renderTemplate(
    await loadTemplate(folder),
    { name: 'ledger', tier: 2 },
    out,
  );
  return readFile(join(out, 'a.txt'), 'utf8');
}

it.each([
  [
    'a member of a number',
    'x\n${{ values.tier.nope }}',
    'a-template/skeleton/a.txt.njk:2: "values.tier.nope"',
  ],
  [
    'a key of a map',
    'of ${{ values.annotations.missing }}',
    '"values.annotations.missing"',
  ],
  [
    'what is filtered',
    '${{ values.annotations.missing | dump }}',
    '"values.annotations.missing"',
  ],
  [
    'what is looped over',
    '{% for x in values.annotations.missing %}x{% endfor %}',
    '"values.annotations.missing"',
  ],
  [
    'what an item holds',
    '{% for x in values.list %}${{ x.nope }}{% endfor %}',
    '"x.nope"',
  ],
  [
    'what was put aside in a branch never taken',
    '{% if values.tier == 9 %}{% set x = 1 %}{% endif %}${{ x }}',
    '"x"',
  ],
  [
    'an argument a macro was not given',
    '{% macro m(a, b) %}${{ b }}{% endmacro %}${{ m(1) }}',
    '"b"',
  ],
  [
    'a name that is computed',
    "${{ values['na' + 'mee'] }}",
    `"values['na' + 'mee']"`,
  ],
  [
    'what is compared',
    "{% if values.annotations.missing == 'x' %}x{% endif %}",
    '"values.annotations.missing"',
  ],
])('refuses what is missing: %s', async (_, text, said) => {
  await expect(rendered('a.txt.njk', text)).rejects.toThrow(said);
});

it('refuses it in the name of a file', async () => {
  await expect(rendered('${{ values.tier.nope }}a.txt', 'x')).rejects.toThrow(
    '"values.tier.nope"',
  );
});

it('refuses it in a text of a step', async () => {
  await expect(
    rendered('a.txt', 'x', [], { url: 'of ${{ parameters.tier.nope }}' }),
  ).rejects.toThrow('step service: "parameters.tier.nope"');
});

it.each([
  ['{% if values.annotations.missing %}x{% endif %}', ''],
  ["${{ values.annotations.missing or 'x' }}", 'x'],
  ["${{ values.annotations.missing | default('x') }}", 'x'],
  ["${{ 'x' if values.annotations.missing is defined else 'y' }}", 'y'],
  ['{% if values.tier == 9 %}${{ values.tier.nope }}{% endif %}', ''],
  [
    '{% for k, v in values.annotations %}${{ k }}=${{ v }}{% endfor %}',
    'a.dev/b=c',
  ],
])('goes on where that is meant: %s', async (text, expected) => {
  expect(await rendered('a.txt.njk', text)).toBe(expected);
});

it.each(['fetch:templte', 'fetch:plain'])(
  'refuses to prove a step of %s',
  async action => {
    await expect(
      rendered('a.txt', 'x', [
        { id: 'more', action, input: { url: './nowhere' } },
      ]),
    ).rejects.toThrow(`Step more runs ${action}, which is not known here`);
  },
);

it('renders a step for each', async () => {
  await rendered('a.txt', 'x', [
    {
      id: 'more',
      action: 'fetch:template',
      each: ['a', 'b'],
      input: {
        url: './skeleton',
        targetPath: './of-${{ each.value }}',
        values: {},
      },
    },
  ]);
  expect(await readFile(join(work, 'out/of-a/a.txt'), 'utf8')).toBe('x');
  expect(await readFile(join(work, 'out/of-b/a.txt'), 'utf8')).toBe('x');
});

// Guards may change nothing that is written.
it.each([
  'typescript-service',
  'ml-service',
  'scheduled-job',
  'serverless-function',
])(
  'writes the same files as without guards: %s',
  async name => {
    const template = await loadTemplate(name);
    const rows = matrixOf(template);
    for (const [index, { answers }] of [
      rows[0],
      rows[rows.length - 1],
    ].entries()) {
      const [guarded, plain] = [
        join(work, `guarded-${index}`),
        join(work, `plain-${index}`),
      ];
      await renderTemplate(template, answers, guarded);
      await lenient(template, answers, plain);
      expect(await digestFiles(guarded)).toEqual(await digestFiles(plain));
    }
  },
  60_000,
);
