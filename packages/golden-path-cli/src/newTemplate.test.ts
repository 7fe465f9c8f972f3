import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { digestFiles } from './lib/files';
import { lintTemplate } from './lint/lintTemplate';
import { newTemplate } from './newTemplate';
import { kindOf } from './proof/kinds';
import { readReleases } from './release/releases';
import {
  listTemplates,
  loadTemplate,
  TEMPLATES_ROOT,
} from './template/loadTemplate';

/** What the form offers to start from. */
const BASES: string[] = parse(
  readFileSync(
    join(TEMPLATES_ROOT, 'golden-path-template/template.yaml'),
    'utf8',
  ),
).spec.parameters[0].properties.from.enum;

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'golden-path-new-'));
});
afterAll(() => rm(work, { recursive: true }));

/** A folder of templates with one of ours. */
async function rootWith(name: string): Promise<string> {
  const root = await mkdtemp(join(work, 'root-'));
  await symlink(join(TEMPLATES_ROOT, 'platform'), join(root, 'platform'));
  await cp(join(TEMPLATES_ROOT, name), join(root, name), { recursive: true });
  return root;
}

describe('newTemplate', () => {
  const draft = {
    name: 'ledger-path',
    title: 'Ledger: a path',
    description: 'Makes ledgers',
    owner: 'group:default/payments',
    tags: ['c++', 'ledger'],
  };

  it.each(BASES)(
    'and the portal’s template give the same files of %s, which lint finds nothing wrong with',
    async base => {
      const portal = await loadTemplate('golden-path-template');
      const { produce } = kindOf(portal);
      const root = await rootWith(base);
      const folder = await newTemplate(draft, await loadTemplate(base, root));
      expect(await lintTemplate(await loadTemplate(draft.name, root))).toEqual(
        [],
      );
      // It has published nothing yet.
      expect(await readReleases(await loadTemplate(base, root))).not.toEqual(
        [],
      );
      expect(await readReleases(await loadTemplate(draft.name, root))).toEqual(
        [],
      );
      const proposed = join(root, 'proposed');
      await produce?.(
        portal,
        { ...draft, tags: draft.tags.join(' '), from: base },
        proposed,
      );
      expect(
        await digestFiles(join(proposed, 'templates', draft.name)),
      ).toEqual(await digestFiles(folder));
    },
  );

  it('starts from every template that makes a repository and is published', async () => {
    const all = await Promise.all(
      (await listTemplates()).map(name => loadTemplate(name)),
    );
    const published = all.filter(
      template =>
        kindOf(template).makes === 'repository' &&
        ['beta', 'stable'].includes(
          template.entity.metadata.annotations?.['pavedroad.dev/channel'] ?? '',
        ),
    );
    expect([...BASES].sort()).toEqual(published.map(({ name }) => name));
  });

  it.each([
    [{ name: 'scheduled-job' }, /already a folder scheduled-job/],
    [{ name: 'Not one' }, /Capital letters/],
    [{ name: 'ledger-path', tags: ['Not one'] }, /no tag/],
  ])('refuses %j and writes nothing', async (wrong, message) => {
    const root = await rootWith('scheduled-job');
    const base = await loadTemplate('scheduled-job', root);
    await expect(newTemplate(wrong, base)).rejects.toThrow(message);
    expect(await listTemplates(root)).toEqual(['scheduled-job']);
  });
});
