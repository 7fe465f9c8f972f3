import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigReader } from '@backstage/config';
import { ScmIntegrations } from '@backstage/integration';
import {
  FolderReader,
  templateEntity,
  templatesReader,
} from '../__testUtils__/portal';
import { TemplateSource } from './TemplateSource';

// Copies of folders take their time on a busy machine.
jest.setTimeout(60_000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'template-source-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const integrations = ScmIntegrations.fromConfig(new ConfigReader({}));
const signal = () => AbortSignal.timeout(30_000);

describe('TemplateSource', () => {
  it('reads a template and what its steps read, and nothing else', async () => {
    const reader = templatesReader();
    const source = new TemplateSource({ reader, integrations, folder });
    const entity = await templateEntity('add-slo');
    const read = await source.use(entity, signal(), async template => ({
      root: await readdir(template.root),
      own: await readdir(template.folder),
    }));
    expect(read.root).toEqual(['template']);
    expect(read.own).toContain('skeleton');
    const service = await templateEntity('typescript-service');
    await source.use(service, signal(), async template => {
      expect((await readdir(template.root)).sort()).toEqual([
        'platform',
        'typescript-service',
      ]);
      expect(
        await readdir(join(template.root, 'platform/language')),
      ).not.toContain('python');
    });
  });

  it('asks again after a while, reads again when there is something new, and keeps what is in use', async () => {
    let now = 0;
    const reader = templatesReader();
    const source = new TemplateSource({
      reader,
      integrations,
      folder,
      now: () => now,
    });
    const entity = await templateEntity('add-slo');
    const state = () =>
      source.use(entity, signal(), async (_, { etag }) => etag);
    expect(await state()).toBe('one');
    reader.etag = 'two';
    expect(await state()).toBe('one');
    expect(reader.read).toHaveLength(1);
    now = 20_000;
    await source.use(entity, signal(), async template => {
      now = 40_000;
      reader.etag = 'three';
      expect(await state()).toBe('three');
      // What was replaced is still there for whom it was given to.
      expect(await readdir(template.folder)).toContain('skeleton');
    });
    expect(await readdir(folder)).toHaveLength(1);
    now = 60_000;
    expect(await state()).toBe('three');
    expect(reader.read).toHaveLength(4);
  });

  it('leaves links out, wherever they lead', async () => {
    const root = await mkdtemp(join(tmpdir(), 'template-links-'));
    await writeFile(join(root, 'template.yaml'), 'x');
    await symlink('/etc/passwd', join(root, 'passwd'));
    const source = new TemplateSource({
      reader: new FolderReader({ 'https://h.example/x': root }),
      integrations,
      folder,
    });
    await source.use(
      {
        apiVersion: 'scaffolder.backstage.io/v1beta3',
        kind: 'Template',
        metadata: {
          name: 'x',
          annotations: {
            'backstage.io/source-location': 'url:https://h.example/x/',
          },
        },
        spec: { type: 'service', steps: [] },
      },
      signal(),
      async template =>
        expect(await readdir(template.folder)).toEqual(['template.yaml']),
    );
    await rm(root, { recursive: true });
  });

  it('says in words that a host cannot be read', async () => {
    const source = new TemplateSource({
      reader: new FolderReader({}),
      integrations,
      folder,
    });
    await expect(
      source.use(await templateEntity('add-slo'), signal(), async () => {}),
    ).rejects.toMatchObject({
      name: 'NotFoundError',
      message: expect.stringContaining('cannot be read right now'),
    });
  });
});
