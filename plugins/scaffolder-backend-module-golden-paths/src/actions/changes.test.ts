import {
  chmodSync,
  existsSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { cp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
} from '@backstage/backend-test-utils';
import type { UrlReaderService } from '@backstage/backend-plugin-api';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { DefaultChangeProposer } from '@pavedroad/plugin-git-node';
import {
  buildManifest,
  serializeManifest,
} from '@pavedroad/plugin-golden-paths-common';
import { createTestContext } from '../__testUtils__/context';
import { createCheckoutAction } from './checkout';
import { createCompareAction } from './compare';
import { createEditAction } from './edit';

const directory = createMockDirectory();
const portal = 'http://localhost:7007';

const component = (name: string, owner: string, source: string) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name,
    description: 'Keeps balances',
    labels: { 'pavedroad.dev/tier': '1' },
    annotations: {
      'backstage.io/source-location': `url:${source}`,
      'backstage.io/managed-by-location': `url:${source}catalog-info.yaml`,
    },
  },
  spec: { type: 'service', system: 'payments', lifecycle: 'production' },
  relations: [
    { type: 'ownedBy', targetRef: owner },
    { type: 'dependencyOf', targetRef: 'component:default/shop' },
  ],
});

const group = (name: string) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Group',
  metadata: { name },
  spec: {},
});

/** Gives the folder `origin` as a host would give a repository, asking the filter first. */
const reader = {
  readTree: async (
    _: string,
    options: Parameters<UrlReaderService['readTree']>[1],
  ) => ({
    etag: 'commit',
    dir: async ({ targetDir }: { targetDir: string }) => {
      const origin = directory.resolve('origin');
      for (const entry of await readdir(origin, {
        recursive: true,
        withFileTypes: true,
      })) {
        const path = join(entry.parentPath, entry.name);
        const { size } = entry.isFile() ? await stat(path) : { size: 0 };
        if (options?.filter?.(path.slice(origin.length + 1), { size })) {
          await cp(path, join(targetDir, path.slice(origin.length + 1)), {
            recursive: false,
            verbatimSymlinks: true,
            force: true,
          }).catch(() => undefined);
        }
      }
      return targetDir;
    },
  }),
};

function checkout(
  input: Record<string, unknown>,
  extra: {
    covered?: boolean;
    secrets?: Record<string, string>;
    isDryRun?: boolean;
  } = {},
) {
  const { covered = true, ...rest } = extra;
  const event = { success: jest.fn(), fail: jest.fn() };
  const auditor = { createEvent: jest.fn(async () => event) };
  const config = mockServices.rootConfig({
    data: { app: { baseUrl: portal }, backend: { baseUrl: portal } },
  });
  const proposer = DefaultChangeProposer.create({
    config,
    auth: mockServices.auth(),
    discovery: mockServices.discovery(),
  });
  const locate = jest
    .spyOn(proposer, 'locate')
    .mockImplementation(async url => {
      const repository = proposer.repositoryOf(url);
      const slug = repository?.slug ?? '';
      return {
        provider: 'github',
        host: 'github.com',
        ...repository,
        slug,
        defaultBranch: 'trunk',
        repositoryUrl: `https://pages.example/${slug}`,
        cloneUrl: `https://pages.example/${slug}.git`,
        treeUrl: `https://pages.example/${slug}/tree/trunk/`,
        blobUrl: `https://pages.example/${slug}/blob/trunk/`,
        readToken: 'of-the-user',
      };
    });
  jest.spyOn(global, 'fetch').mockResolvedValue(
    new Response(
      JSON.stringify(
        covered
          ? {
              coverage: 'full',
              levels: [
                { people: [{ ref: 'user:default/a', displayName: 'A' }] },
              ],
            }
          : { coverage: 'none' },
      ),
    ),
  );
  const readTree = jest.spyOn(reader, 'readTree');
  const { context, outputs, log } = createTestContext({
    workspacePath: directory.resolve('work'),
    input: input as never,
    templateInfo: { entityRef: 'template:default/add-slo' },
    ...rest,
  });
  const action = createCheckoutAction({
    auditor,
    auth: mockServices.auth(),
    config,
    discovery: mockServices.discovery(),
    proposer,
    reader: reader as unknown as UrlReaderService,
    catalog: catalogServiceMock({
      entities: [
        component(
          'ledger',
          'group:default/payments',
          'https://github.com/fernhill/ledger/tree/main/',
        ),
        component(
          'router',
          'group:default/routing',
          `${portal}/api/git/routing/router/tree/main/`,
        ),
        group('payments'),
        group('storefront'),
      ],
    }),
    userInfo: mockServices.userInfo.mock({
      getUserInfo: async () => ({
        userEntityRef: 'user:default/ines.duarte',
        ownershipEntityRefs: [
          'user:default/ines.duarte',
          'group:default/payments',
        ],
      }),
    }),
  });
  return {
    run: () =>
      action.handler({
        ...context,
        getInitiatorCredentials: async () => mockCredentials.user(),
      }),
    outputs,
    log,
    event,
    locate,
    readTree,
  };
}

beforeEach(() => {
  jest.restoreAllMocks();
  directory.setContent({
    work: { repository: { 'left.txt': 'of an earlier attempt' } },
    origin: {
      'package.json': '{ "name": "ledger" }',
      'tsconfig.json': '{}',
      '.gitlab-ci.yml': '',
      ci: { 'lint.sh': '#!/bin/sh\n' },
      'catalog-info.yaml': '# ours\nspec:\n  owner: payments\n',
    },
  });
  chmodSync(directory.resolve('origin/ci/lint.sh'), 0o755);
  symlinkSync('/etc/passwd', directory.resolve('origin/out'));
});

describe('pavedroad:checkout', () => {
  it.each([false, true])(
    'copies the default branch and says what it is (dry run: %s)',
    async isDryRun => {
      const { run, outputs, event, readTree, locate } = checkout(
        {
          entityRef: 'component:default/ledger',
          repositoryUrl: '',
          owner: 'storefront',
        },
        { isDryRun },
      );
      await run();
      const copy = (path: string) =>
        directory.resolve(`work/repository/${path}`);
      expect(readFileSync(copy('package.json'), 'utf8')).toContain('ledger');
      expect(statSync(copy('ci/lint.sh')).mode & 0o111).toBe(0o111);
      expect(existsSync(copy('left.txt'))).toBe(false);
      expect(() => readFileSync(copy('out'))).toThrow(/ENOENT/);
      expect(locate.mock.calls[0][0]).toBe(
        'https://github.com/fernhill/ledger/tree/main/',
      );
      expect(readTree.mock.calls[0]).toMatchObject([
        'https://pages.example/fernhill/ledger/tree/trunk/',
        { token: 'of-the-user' },
      ]);
      expect(outputs).toEqual({
        name: 'ledger',
        entityRef: 'component:default/ledger',
        registered: true,
        owner: 'group:default/payments',
        ownerName: 'payments',
        newOwner: 'group:default/storefront',
        newOwnerName: 'storefront',
        codeOwner: '@fernhill/payments',
        newCodeOwner: '@fernhill/storefront',
        dependents: ['component:default/shop'],
        system: 'payments',
        lifecycle: 'production',
        description: 'Keeps balances',
        tier: 1,
        provider: 'github',
        repository: 'fernhill/ledger',
        repositoryUrl: 'https://pages.example/fernhill/ledger',
        cloneUrl: 'https://pages.example/fernhill/ledger.git',
        defaultBranch: 'trunk',
        repoContentsUrl: 'https://pages.example/fernhill/ledger/tree/trunk/',
        filesUrl: 'https://pages.example/fernhill/ledger/blob/trunk/',
        catalogInfoUrl:
          'https://pages.example/fernhill/ledger/blob/trunk/catalog-info.yaml',
        sourceLocation: 'url:https://pages.example/fernhill/ledger/tree/trunk/',
        annotations: {
          'github.com/project-slug': 'fernhill/ledger',
          'backstage.io/source-location':
            'url:https://pages.example/fernhill/ledger/tree/trunk/',
          'backstage.io/source-template': 'template:default/add-slo',
        },
        portalUrl: portal,
        facts: {
          ci: 'gitlab',
          language: 'typescript',
          packageEcosystem: 'npm',
          packageName: 'ledger',
          dockerfile: false,
        },
        files: [
          '.gitlab-ci.yml',
          'catalog-info.yaml',
          'ci/lint.sh',
          'package.json',
          'tsconfig.json',
        ],
        warnings: [expect.stringContaining('out')],
      });
      expect(event.success).toHaveBeenCalled();
    },
  );

  it('copies one folder where it is asked for one', async () => {
    const { run, outputs } = checkout({
      entityRef: 'component:default/ledger',
      folder: 'ci/',
    });
    await run();
    expect(outputs.files).toEqual(['ci/lint.sh']);
  });

  it('takes up a repository of the user’s group that is not in the catalog', async () => {
    const { run, outputs } = checkout({
      repositoryUrl: `${portal}/api/git/payments/vault.git`,
      name: 'card-vault',
    });
    await run();
    expect(outputs).toMatchObject({
      name: 'card-vault',
      entityRef: 'component:default/card-vault',
      registered: false,
      owner: 'group:default/payments',
      codeOwner: '@payments',
      annotations: { 'pavedroad.dev/repository': 'payments/vault' },
    });
  });

  it.each<[string, Record<string, unknown>, object, RegExp]>([
    [
      'an entity of others',
      { entityRef: 'component:default/router' },
      {},
      /belongs to others/,
    ],
    [
      'a repository of others that is not in the catalog',
      { repositoryUrl: `${portal}/api/git/routing/router` },
      {},
      /belongs to group:default\/routing/,
    ],
    [
      'a repository of others by an entity of one’s own',
      {
        entityRef: 'component:default/ledger',
        repositoryUrl: `${portal}/api/git/routing/router`,
      },
      {},
      /belongs to group:default\/routing/,
    ],
    [
      'a repository elsewhere that no entity vouches for',
      { repositoryUrl: 'https://github.com/fernhill/ledger' },
      {},
      /Give an entityRef/,
    ],
    [
      'an address with credentials',
      { repositoryUrl: 'http://a:b@localhost:7007/api/git/payments/vault' },
      {},
      /no repository of a host/,
    ],
    [
      'a new owner that is no group',
      { entityRef: 'component:default/ledger', owner: 'user:default/x' },
      {},
      /has to be a group/,
    ],
    [
      'a new owner that is not there',
      { entityRef: 'component:default/ledger', owner: 'group:default/none' },
      {},
      /no group group:default\/none/,
    ],
    [
      'a new owner nobody is on call for',
      { entityRef: 'component:default/ledger', owner: 'storefront' },
      { covered: false },
      /on.call/,
    ],
    [
      'a name that is not typed again',
      { entityRef: 'component:default/ledger', confirmName: 'ledgers' },
      {},
      /You typed "ledgers"/,
    ],
    [
      'a repository whose files no golden path made',
      { entityRef: 'component:default/ledger', made: ['ci/lint.sh'] },
      {},
      /ci\/lint\.sh of fernhill\/ledger is the team’s own/,
    ],
    [
      'a repository that holds a secret of the task',
      { entityRef: 'component:default/ledger' },
      { secrets: { token: '"name": "ledger"' } },
      /secret "token"/,
    ],
  ])('refuses %s', async (_, input, extra, message) => {
    const { run, outputs } = checkout(input, extra);
    await expect(run()).rejects.toThrow(message);
    expect(outputs).toEqual({});
  });

  it('refuses what is too large before it is all there', async () => {
    const { run } = checkout({ entityRef: 'component:default/ledger' });
    jest.spyOn(reader, 'readTree').mockImplementation(async (_, options) => {
      options?.filter?.('big.iso', { size: 101 * 1024 * 1024 });
      throw new Error('the filter let it pass');
    });
    await expect(run()).rejects.toThrow(/more than 5000 files or 100 MiB/);
  });

  it('refuses to adopt what another golden path made', async () => {
    directory.addContent({
      origin: {
        '.golden-path.yaml': serializeManifest(
          buildManifest({
            template: {
              ref: 'template:default/typescript-service',
              version: '1.1.0',
            },
            answers: { tier: 3 },
            files: [{ path: 'ci/deploy.sh', sha256: 'a'.repeat(64) }],
            ownership: [{ pattern: 'ci/', class: 'managed' }],
          }),
        ),
      },
    });
    const entityRef = 'component:default/ledger';
    await expect(checkout({ entityRef, adopts: true }).run()).rejects.toThrow(
      /typescript-service 1\.1\.0.*upgraded, not adopted/,
    );
    await expect(
      checkout({ entityRef, made: ['ci/deploy.sh', 'ci/lint.sh'] }).run(),
    ).rejects.toThrow(/ci\/lint\.sh of fernhill\/ledger is the team’s own/);
    const { run, outputs } = checkout({ entityRef, made: ['ci/deploy.sh'] });
    await run();
    expect(outputs).toMatchObject({
      tier: 3,
      manifest: { template: { version: '1.1.0' } },
      facts: { template: 'typescript-service' },
    });
  });
});

describe('pavedroad:edit and pavedroad:compare', () => {
  const work = () => directory.resolve('work');
  beforeEach(() => {
    directory.setContent({
      work: {
        repository: {
          'catalog-info.yaml': '# ours\nspec:\n  owner: payments # us\n',
          'README.md': 'theirs',
          'run.sh': 'owner=payments\n',
        },
        change: { 'README.md': 'new', 'docs/on-call.md': 'new' },
      },
    });
    chmodSync(directory.resolve('work/repository/run.sh'), 0o755);
  });

  it('edits what is there, and tells apart what is new and what is not', async () => {
    const edit = createTestContext({
      workspacePath: work(),
      input: {
        targetPath: 'change',
        files: [
          {
            path: '*.yaml',
            yaml: [{ path: ['spec', 'owner'], set: 'storefront' }],
            says: 'the owner',
          },
          {
            path: 'run.sh',
            text: [{ find: 'payments', replace: 'storefront' }],
            says: 'the owner',
          },
        ],
      },
    });
    await createEditAction().handler(edit.context);
    expect(edit.outputs).toMatchObject({
      changed: ['catalog-info.yaml', 'run.sh'],
      summary: '- `catalog-info.yaml`: the owner\n- `run.sh`: the owner',
    });
    expect(
      readFileSync(directory.resolve('work/change/catalog-info.yaml'), 'utf8'),
    ).toBe('# ours\nspec:\n  owner: storefront # us\n');
    expect(
      statSync(directory.resolve('work/change/run.sh')).mode & 0o100,
    ).not.toBe(0);

    const compare = createTestContext({
      workspacePath: work(),
      input: {
        sourcePath: 'change',
        edited: edit.outputs.done as never,
        notes: { 'README.md': 'link docs/on-call.md.' },
      },
    });
    await createCompareAction().handler(compare.context);
    expect(compare.log).toEqual([
      '1 file is new, 2 files are edited, 0 files are there already, 1 file is there with other content',
    ]);
    expect(compare.outputs).toEqual({
      created: ['docs/on-call.md'],
      same: [],
      kept: ['README.md', 'catalog-info.yaml', 'run.sh'],
      leaveOut: ['README.md'],
      summary: expect.stringContaining(
        '### Left alone\n\n- `README.md`: link docs/on-call.md.',
      ),
    });
  });

  it.each([
    [{ path: '../x', says: 'x' }, /segment/],
    [
      {
        path: '*.yaml',
        yaml: [{ path: ['spec', 'owner'], is: ['none'], set: 'x' }],
        says: 'x',
      },
      /Nothing there names the owner/,
    ],
  ])('refuses %j', async (file, message) => {
    const { context } = createTestContext({
      workspacePath: work(),
      input: {
        targetPath: 'change',
        files: [file] as never,
        atLeastOne: 'Nothing there names the owner.',
      },
    });
    await expect(createEditAction().handler(context)).rejects.toThrow(message);
  });
});
