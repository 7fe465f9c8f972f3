import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { ANNOTATION_SOURCE_LOCATION, Entity } from '@backstage/catalog-model';
import { ConfigReader } from '@backstage/config';
import { ScmIntegrations } from '@backstage/integration';
import { fetchContents } from '@backstage/plugin-scaffolder-node';
import { getLocationForEntity } from '@backstage/plugin-techdocs-node';
import fs from 'node:fs/promises';
import path from 'node:path';
import {
  PORTAL_URL,
  startGitHost,
  temporaryFolder,
  tokens,
} from './__testUtils__/gitHost';

jest.setTimeout(60_000);

const BASE = `${PORTAL_URL}/api/git/platform/portal`;

describe('reading from the git host through the URL reader', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let host: Awaited<ReturnType<typeof startGitHost>>;
  let root: string;
  const machine = { token: tokens.machine };

  const write = (branch: string, files: Record<string, string>) =>
    host.client.commitFiles(
      'platform/portal',
      {
        branch,
        message: 'Write',
        files: Object.entries(files).map(([file, content]) => ({
          path: file,
          content,
        })),
      },
      machine,
    );

  beforeAll(async () => {
    root = await temporaryFolder();
    host = await startGitHost({
      knex: await databases.init('POSTGRES_18'),
      root,
    });
    await host.client.createRepository(
      { owner: 'platform', name: 'portal' },
      machine,
    );
    await write('main', {
      'catalog-info.yaml': 'kind: Component\n',
      'docs/index.md': '# Docs\n',
      'mkdocs.yml': 'site_name: x\n',
      'templates/a/template.yaml': 'kind: Template # a\n',
      'templates/a/skeleton/ü file.txt': 'from a\n',
      'templates/b/template.yaml': 'kind: Template # b\n',
      'templates/platform/ci/build.yml': 'stages: []\n',
    });
    await write('feature/x', {
      'templates/a/template.yaml': 'kind: Template # x\n',
    });
  });

  afterAll(async () => {
    await fs.rm(root, { recursive: true, force: true });
  });

  it('reads one file, from a branch with a slash too, and knows when it is unchanged', async () => {
    const url = `${BASE}/blob/main/templates/a/template.yaml`;
    const first = await host.urlReader.readUrl(url);
    expect((await first.buffer()).toString()).toBe('kind: Template # a\n');
    await expect(
      host.urlReader.readUrl(url, { etag: first.etag }),
    ).rejects.toMatchObject({ name: 'NotModifiedError' });
    const onBranch = await host.urlReader.readUrl(
      `${BASE}/blob/feature/x/templates/a/template.yaml`,
    );
    expect((await onBranch.buffer()).toString()).toBe('kind: Template # x\n');
    await expect(
      host.urlReader.readUrl(`${BASE}/blob/main/none.yaml`),
    ).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  it('reads a folder, with the commit as etag', async () => {
    const tree = await host.urlReader.readTree(`${BASE}/tree/main/templates/a`);
    const files = await tree.files();
    expect(files.map(file => file.path).sort()).toEqual([
      'skeleton/ü file.txt',
      'template.yaml',
    ]);
    expect(tree.etag).toMatch(/^[0-9a-f]{40}$/);
    await expect(
      host.urlReader.readTree(`${BASE}/blob/main/`, { etag: tree.etag }),
    ).rejects.toMatchObject({ name: 'NotModifiedError' });
  });

  it('finds files by pattern, as catalog locations need it', async () => {
    const found = await host.urlReader.search(
      `${BASE}/blob/main/templates/*/template.yaml`,
    );
    expect(found.files.map(({ url }) => url).sort()).toEqual([
      `${BASE}/blob/main/templates/a/template.yaml`,
      `${BASE}/blob/main/templates/b/template.yaml`,
    ]);
    expect((await found.files[0].content()).toString()).toMatch(
      'kind: Template',
    );
    const deep = await host.urlReader.search(`${BASE}/blob/main/**/*.yaml`);
    expect(deep.files).toHaveLength(3);
    const plain = await host.urlReader.search(
      `${BASE}/blob/main/catalog-info.yaml`,
    );
    expect(plain.files.map(({ url }) => url)).toEqual([
      `${BASE}/blob/main/catalog-info.yaml`,
    ]);
    expect(
      (await host.urlReader.search(`${BASE}/blob/main/none.yaml`)).files,
    ).toEqual([]);
    await expect(
      host.urlReader.search(`${BASE}/blob/main/catalog-info.yaml`, {
        etag: plain.etag,
      }),
    ).rejects.toMatchObject({ name: 'NotModifiedError' });
  });

  it('leaves URLs of other hosts and paths to other readers', async () => {
    for (const url of [
      `${PORTAL_URL}/api/catalog/entities`,
      'http://portal.example:7008/api/git/platform/portal/blob/main/catalog-info.yaml',
      'https://portal.example:7007/api/git/platform/portal/blob/main/catalog-info.yaml',
    ]) {
      await expect(host.urlReader.readUrl(url)).rejects.toThrow(/not allowed/);
    }
    await expect(
      host.urlReader.readUrl(`${PORTAL_URL}/api/git/v1/tokens`),
    ).rejects.toThrow(/not the address of a file/);
  });

  describe('with the host listed as a GitLab integration', () => {
    const integrations = ScmIntegrations.fromConfig(
      new ConfigReader({
        integrations: {
          gitlab: [
            {
              host: 'portal.example:7007',
              baseUrl: PORTAL_URL,
              apiBaseUrl: `${PORTAL_URL}/api/git`,
            },
          ],
        },
      }),
    );
    const location = `${BASE}/blob/main/templates/a/template.yaml`;

    it('fetch:template reaches its skeleton and the shared layer beside it', async () => {
      // What the catalog writes as source location of an entity it read there.
      const source = integrations.resolveUrl({ url: './', base: location });
      expect(source).toBe(`${BASE}/blob/main/templates/a/`);
      for (const baseUrl of [location, source]) {
        for (const [fetchUrl, expected] of [
          ['./skeleton', 'ü file.txt'],
          ['../platform/ci', 'build.yml'],
        ]) {
          const outputPath = await temporaryFolder();
          await fetchContents({
            reader: host.urlReader,
            integrations,
            baseUrl,
            fetchUrl,
            outputPath,
          });
          expect(await fs.readdir(outputPath)).toEqual([expected]);
          await fs.rm(outputPath, { recursive: true });
        }
      }
    });

    it('keeps the edit URL where the portal can send a browser to the page', () => {
      expect(integrations.resolveEditUrl(location)).toBe(location);
    });
  });

  it.each([
    ['with a source location', `url:${BASE}/blob/main/`],
    ['without an integration, from where it was read', undefined],
  ])('TechDocs finds its folder %s', async (_, sourceLocation) => {
    const entity: Entity = {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: {
        name: 'portal',
        annotations: {
          'backstage.io/techdocs-ref': 'dir:.',
          'backstage.io/managed-by-location': `url:${BASE}/blob/main/catalog-info.yaml`,
          ...(sourceLocation
            ? { [ANNOTATION_SOURCE_LOCATION]: sourceLocation }
            : {}),
        },
      },
    };
    const found = getLocationForEntity(
      entity,
      ScmIntegrations.fromConfig(mockServices.rootConfig()),
    );
    expect(found).toEqual({ type: 'url', target: `${BASE}/blob/main/` });
    const folder = await (await host.urlReader.readTree(found.target)).dir();
    expect(await fs.readdir(path.join(folder, 'docs'))).toEqual(['index.md']);
    await fs.rm(folder, { recursive: true });
  });
});
