import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { ConfigReader } from '@backstage/config';
import { ScmIntegrations } from '@backstage/integration';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { createFetchTemplateAction } from '@backstage/plugin-scaffolder-backend';
import type { JsonObject } from '@backstage/types';
import {
  createRenderer,
  digestFiles,
  templateOf,
} from '@pavedroad/plugin-golden-paths-node';
import { parse } from 'yaml';
import {
  FolderReader,
  INES,
  PORTAL_URL,
  templateEntity,
  TEMPLATES,
  templatesReader,
} from '../__testUtils__/portal';
import { Limits } from './Limits';
import { PreviewService } from './PreviewService';
import { TemplateSource } from './TemplateSource';

jest.setTimeout(120_000);

const LEDGER = `${PORTAL_URL}/api/git/payments/ledger/tree/main/`;
const render = createRenderer({ createFetchTemplateAction });
const credentials = mockCredentials.user(INES);

let work: string;
let repository: string;
let entities: Entity[];
let onCall: Server;
beforeAll(async () => {
  onCall = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ coverage: 'none' }));
  });
  await new Promise<void>(listening =>
    onCall.listen(0, '127.0.0.1', listening),
  );
  work = await mkdtemp(join(tmpdir(), 'preview-service-'));
  const made = await templateEntity('typescript-service');
  repository = join(work, 'ledger');
  await mkdir(repository);
  await render(
    templateOf(made, join(TEMPLATES, 'typescript-service')),
    {
      name: 'ledger',
      owner: 'group:default/payments',
      description: 'Keeps balances',
    },
    repository,
    { portalUrl: PORTAL_URL },
  );
  entities = [
    await templateEntity('add-slo'),
    await templateEntity('decommission'),
    await templateEntity('adopt-existing-service'),
    made,
    {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Group',
      metadata: { name: 'payments', namespace: 'default' },
      spec: { type: 'team', children: [] },
    },
    {
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      metadata: {
        name: 'ledger',
        namespace: 'default',
        annotations: {
          'backstage.io/source-location': `url:${LEDGER}`,
          'backstage.io/managed-by-location': `url:${LEDGER}catalog-info.yaml`,
        },
      },
      spec: { type: 'service', owner: 'payments', lifecycle: 'production' },
      relations: [{ type: 'ownedBy', targetRef: 'group:default/payments' }],
    },
  ];
});
afterAll(async () => {
  onCall.closeAllConnections();
  await new Promise(closed => onCall.close(closed));
  await rm(work, { recursive: true, force: true });
});

function service(options: { owns?: string[] } = {}) {
  const config = mockServices.rootConfig({
    data: {
      backend: { baseUrl: PORTAL_URL },
      // Nobody is on call for anything here.
      goldenPaths: { requireOnCall: false },
    },
  });
  const hosted = { provider: 'git', host: 'portal.example:7007' } as const;
  const allow = async (requests: unknown[]) =>
    requests.map((): { result: AuthorizeResult.ALLOW } => ({
      result: AuthorizeResult.ALLOW,
    }));
  return new PreviewService({
    auth: mockServices.auth(),
    catalog: catalogServiceMock({ entities }),
    config,
    discovery: mockServices.discovery.mock({
      getBaseUrl: async () =>
        `http://127.0.0.1:${(onCall.address() as AddressInfo).port}`,
    }),
    limits: new Limits({ concurrency: 1, queue: 1, requestsPerMinute: 100 }),
    permissions: { authorize: allow, authorizeConditional: allow },
    proposer: {
      repositoryOf: url =>
        url.startsWith(LEDGER)
          ? { ...hosted, slug: 'payments/ledger' }
          : undefined,
      locate: async () => ({
        ...hosted,
        slug: 'payments/ledger',
        defaultBranch: 'main',
        repositoryUrl: `${PORTAL_URL}/git/payments/ledger`,
        cloneUrl: `${PORTAL_URL}/api/git/payments/ledger.git`,
        treeUrl: LEDGER,
        blobUrl: LEDGER.replace('tree', 'blob'),
      }),
    },
    reader: new FolderReader({ [LEDGER]: repository }),
    render,
    source: new TemplateSource({
      reader: templatesReader(),
      integrations: ScmIntegrations.fromConfig(new ConfigReader({})),
      folder: join(work, 'templates'),
    }),
    timeoutMs: 60_000,
    userInfo: {
      getUserInfo: async () => ({
        userEntityRef: INES,
        ownershipEntityRefs: options.owns ?? [INES, 'group:default/payments'],
      }),
    },
    workFolder: join(work, 'work'),
  });
}

describe('previews of changes', () => {
  it('show what the pull request would add and change, against the repository as it is', async () => {
    const before = await digestFiles(repository);
    const preview = await service().preview(
      {
        templateRef: 'template:default/add-slo',
        values: {
          entityRef: 'component:default/ledger',
          sloName: 'checkout',
          indicator: 'availability',
        },
      },
      credentials,
    );
    expect(preview).toMatchObject({
      makes: 'change',
      proposal: {
        branch: 'paved-road/add-slo-checkout',
        title: 'Add the objective checkout',
      },
      later: [{ step: 'Open a pull request', words: 'Opens the pull request' }],
    });
    expect(preview.nothing).toBeUndefined();
    const changed = Object.fromEntries(
      preview.files.map(({ path, change }) => [path, change]),
    );
    expect(changed).toMatchObject({
      'docs/runbooks/slo-checkout.md': 'new',
      'mkdocs.yml': 'changed',
    });
    const edited = preview.files.filter(({ change }) => change === 'changed');
    for (const file of edited) {
      expect(file.before).toBe(
        await readFile(join(repository, file.path), 'utf8'),
      );
      expect(file.contents).not.toBe(file.before);
    }
    expect(
      preview.files.filter(({ before: was }) => was !== undefined),
    ).toEqual(edited);
    expect(await digestFiles(repository)).toEqual(before);
    expect(await readdir(join(work, 'work'))).toEqual([]);
  });

  it('tell an entry that was there before the road of its repository', async () => {
    const manifest = join(repository, '.golden-path.yaml');
    const catalogInfo = join(repository, 'catalog-info.yaml');
    const was = await Promise.all(
      [manifest, catalogInfo].map(path => readFile(path, 'utf8')),
    );
    await rm(manifest);
    await writeFile(
      catalogInfo,
      'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: ledger\nspec:\n  type: service\n  owner: payments\n  lifecycle: production\n',
    );
    try {
      const { files } = await service().preview(
        {
          templateRef: 'template:default/adopt-existing-service',
          values: {
            entityRef: 'component:default/ledger',
            name: 'ledger',
            owner: 'group:default/payments',
            description: 'Keeps balances',
          },
        },
        credentials,
      );
      const entry = files.find(({ path }) => path === 'catalog-info.yaml');
      expect(parse(entry?.contents ?? '').metadata.annotations).toMatchObject({
        'pavedroad.dev/repository': 'payments/ledger',
        'backstage.io/source-location': `url:${LEDGER}`,
      });
    } finally {
      await writeFile(manifest, was[0]);
      await writeFile(catalogInfo, was[1]);
    }
  });

  it.each<[string, object, string[] | undefined, RegExp]>([
    [
      'what others own',
      { entityRef: 'component:default/ledger', confirmName: 'ledger' },
      ['group:default/routing'],
      /belongs to others/,
    ],
    [
      'another name typed',
      { entityRef: 'component:default/ledger', confirmName: 'legder' },
      undefined,
      /You typed "legder", but this is component:default\/ledger. Type its exact name, ledger/,
    ],
    [
      'what is not there',
      { entityRef: 'component:default/gone', confirmName: 'gone' },
      undefined,
      /no component:default\/gone/,
    ],
  ])(
    'say that the change is refused for %s, and show nothing',
    async (_, values, owns, message) => {
      const preview = await service({ owns }).preview(
        {
          templateRef: 'template:default/decommission',
          values: { ...values },
        },
        credentials,
      );
      expect(preview.refused).toMatch(message);
      expect(preview).toMatchObject({ makes: 'change', files: [], bytes: 0 });
      expect(preview).not.toHaveProperty('nothing');
      expect(preview).not.toHaveProperty('proposal');
    },
  );
});

describe('previews with secrets', () => {
  const password = {
    title: 'Password',
    type: 'string',
    'ui:field': 'Secret',
  };
  const kind = { type: 'string', enum: ['open', 'closed'] };
  const withPage = (page: JsonObject): Entity => ({
    ...entities[0],
    metadata: { ...entities[0].metadata, name: 'asks-a-secret' },
    spec: {
      ...entities[0].spec,
      type: 'service',
      parameters: [page],
      steps: [],
    },
  });
  const preview = async (page: JsonObject, values: JsonObject) => {
    const entity = withPage(page);
    entities.push(entity);
    try {
      return await service().preview(
        { templateRef: 'template:default/asks-a-secret', values },
        credentials,
      );
    } finally {
      entities.splice(entities.indexOf(entity), 1);
    }
  };
  const dependent = {
    properties: { kind },
    dependencies: {
      kind: {
        oneOf: [
          { properties: { kind: { enum: ['open'] } } },
          {
            required: ['password'],
            properties: {
              kind: { enum: ['closed'] },
              password: { ...password, minLength: 12 },
            },
          },
        ],
      },
    },
  };

  // The form has looked at them; here, eight stars stand for each.
  it.each<[string, JsonObject, JsonObject]>([
    [
      'longer than what stands for them',
      { properties: { password: { ...password, minLength: 12 } } },
      { password: '*'.repeat(12) },
    ],
    [
      'shorter than what stands for them',
      { properties: { password: { ...password, maxLength: 4 } } },
      { password: '****' },
    ],
    [
      'of certain characters',
      { properties: { password: { ...password, pattern: '^[a-z]+$' } } },
      { password: '****' },
    ],
    [
      'that depend on another answer',
      dependent,
      { kind: 'closed', password: '*'.repeat(12) },
    ],
  ])('show the files for secrets %s', async (_, page, values) => {
    await expect(preview(page, values)).resolves.toMatchObject({
      makes: 'repository',
    });
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'that are missing',
      { required: ['password'], properties: { password } },
      {},
    ],
    ['that are missing where they depend', dependent, { kind: 'closed' }],
    [
      'that are there beside a wrong answer',
      { properties: { kind, password } },
      { kind: 'ajar', password: '****' },
    ],
  ])('refuse answers with secrets %s', async (_, page, values) => {
    await expect(preview(page, values)).rejects.toThrow(
      /refuses these answers/,
    );
  });
});

describe('previews of what cannot be', () => {
  /** A template whose one step, after the checkout, is this. */
  const after = (
    action: string,
    input: JsonObject,
    spec: JsonObject,
  ): Entity => ({
    ...entities[0],
    metadata: { ...entities[0].metadata, name: 'one-step' },
    spec: {
      ...spec,
      parameters: [{ properties: { entityRef: { type: 'string' } } }],
      steps: [
        {
          id: 'checkout',
          action: 'pavedroad:checkout',
          input: { entityRef: '${{ parameters.entityRef }}' },
        },
        { id: 'step', action, input },
      ],
    },
  });

  const OUTSIDE = '../../outside';
  it.each<[string, JsonObject]>([
    ['pavedroad:propose', { sourcePath: OUTSIDE, branch: 'b', title: 't' }],
    ['pavedroad:manifest', { sourcePath: OUTSIDE, version: '1.0.0' }],
    ['pavedroad:compare', { sourcePath: OUTSIDE }],
    [
      'pavedroad:edit',
      {
        targetPath: OUTSIDE,
        files: [
          { path: 'README.md', text: [{ find: 'ledger', replace: 'x' }] },
        ],
      },
    ],
    [
      'pavedroad:draft-template',
      { targetPath: OUTSIDE, from: 'x', name: 'some-path', owner: 'payments' },
    ],
  ])('read and write nothing outside with %s', async (action, input) => {
    const outside = join(work, 'outside');
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, 'key'), 'private');
    const entity = after(action, input, entities[0].spec ?? {});
    entities.push(entity);
    try {
      await expect(
        service().preview(
          {
            templateRef: 'template:default/one-step',
            values: { entityRef: 'component:default/ledger' },
          },
          credentials,
        ),
      ).rejects.toMatchObject({
        name: 'NotAllowedError',
        message: expect.stringMatching(/outside/),
      });
      expect(await readdir(outside)).toEqual(['key']);
    } finally {
      entities.splice(entities.indexOf(entity), 1);
    }
  });

  it.each(['a:b:c', '', 'no group', 'user:default/ines'])(
    'say that "%s" is no owner',
    async owner => {
      await expect(
        service().preview(
          {
            templateRef: 'template:default/typescript-service',
            values: { name: 'till', owner, description: 'Takes money' },
          },
          credentials,
        ),
      ).rejects.toMatchObject({ name: 'InputError' });
    },
  );

  it('say that the repository has a broken record', async () => {
    const path = join(repository, '.golden-path.yaml');
    const was = await readFile(path, 'utf8');
    await writeFile(path, 'files: [');
    try {
      const { refused } = await service().preview(
        {
          templateRef: 'template:default/add-slo',
          values: {
            entityRef: 'component:default/ledger',
            sloName: 'checkout',
            indicator: 'availability',
          },
        },
        credentials,
      );
      expect(refused).toMatch(/golden-path\.yaml is not valid/);
    } finally {
      await writeFile(path, was);
    }
  });
});
