import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderTemplate } from '../render/renderTemplate';
import { loadTemplate } from '../template/loadTemplate';
import { githubWorkflows } from './githubWorkflows';
import { openProject } from './project';

describe('githubWorkflows', () => {
  let work: string;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'golden-path-workflows-'));
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  it('says the same of a pipeline however often actionlint was asked', async () => {
    const folder = join(work, 'project');
    await renderTemplate(
      await loadTemplate('typescript-service'),
      {
        name: 'ledger',
        owner: 'group:default/payments',
        description: 'Keeps balances',
        ci: 'github',
      },
      folder,
    );
    const project = await openProject(folder);
    // Broken, so that actionlint has something to say each time.
    const broken = {
      ...project,
      read: async (file: string) =>
        (await project.read(file)).replace('${{ github.ref }}', '${{ gone }}'),
    };
    const said = async () => {
      const outcome = await githubWorkflows.verify(broken);
      return ('findings' in outcome ? outcome.findings : [])
        .map(({ message }) => message)
        .filter(message => message.includes('[actionlint'));
    };
    const first = await said();
    expect(first).toContainEqual(expect.stringContaining('"gone"'));
    for (let asked = 0; asked < 100; asked += 1) {
      expect(await said()).toEqual(first);
    }
  });
});
