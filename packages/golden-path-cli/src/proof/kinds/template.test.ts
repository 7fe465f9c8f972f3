import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTemplate, TEMPLATES_ROOT } from '../../template/loadTemplate';
// The kinds first: lint asks them, and one of them asks lint.
import '.';
import { KnownOutcomes } from '../fingerprint';
import {
  onlyNewFindings,
  sameOutputFindings,
  sampledProof,
} from './templateChecks';

const BASE = 'scheduled-job';
const NAME = 'nightly-path';

let project: string;

/** A project that adds a copy of a template, changed in one of its files. */
async function withCopy(
  file: string,
  change: (text: string) => string,
): Promise<void> {
  const folder = join(project, 'templates', NAME);
  await cp(join(TEMPLATES_ROOT, BASE), folder, { recursive: true });
  for (const [path, edit] of [
    [
      'template.yaml',
      (t: string) => t.replace(`name: ${BASE}`, `name: ${NAME}`),
    ],
    [file, change],
  ] as const) {
    const text = await readFile(join(folder, path), 'utf8');
    const changed = edit(text);
    expect(changed).not.toBe(text);
    await writeFile(join(folder, path), changed);
  }
}

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'golden-path-template-test-'));
});

afterEach(() => rm(project, { recursive: true, force: true }));

it('finds what a new template brings beside itself', () => {
  const file = { content: Buffer.from(''), executable: false };
  expect(
    onlyNewFindings(
      new Map([
        [`templates/${NAME}/template.yaml`, file],
        [`templates/${BASE}/template.yaml`, file],
      ]),
      NAME,
    ),
  ).toEqual([
    {
      where: `templates/${BASE}/template.yaml`,
      message: 'is not part of the new template',
    },
  ]);
});

it('finds a file in which a new template makes something else', async () => {
  await withCopy('skeleton/VERSION', text => `${text}1\n`);
  const subject = await loadTemplate('golden-path-template');
  expect(await sameOutputFindings(subject, project, NAME, BASE)).toContainEqual(
    {
      where: 'VERSION',
      message: expect.stringContaining(`differs from what ${BASE} makes`),
    },
  );
});

it('fails with the sample of a new template’s proof', async () => {
  await withCopy('template.yaml', text =>
    text.replace('type: job', 'type: teapot'),
  );
  expect(
    await sampledProof(
      await loadTemplate('golden-path-template'),
      project,
      NAME,
      {
        first: true,
        sample: false,
        underCi: false,
        known: new KnownOutcomes(),
      },
    ),
  ).toMatchObject({
    status: 'failed',
    findings: [{ where: NAME, message: 'nothing was proved' }],
  });
});
