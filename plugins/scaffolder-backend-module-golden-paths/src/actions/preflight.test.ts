import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { createRepositoryHost } from '../hosts/createRepositoryHost';
import { createTestContext } from '../__testUtils__/context';
import { createPreflightAction } from './preflight';

const directory = createMockDirectory();

const group = (name: string) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Group',
  metadata: { name, namespace: 'default' },
  spec: { type: 'team', children: [] },
});
const component = (name: string) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name, namespace: 'default' },
  spec: { type: 'service', lifecycle: 'production', owner: 'payments' },
});

type OnCallAnswer = { status?: number; body: unknown };

const ines = { ref: 'user:default/ines.duarte', displayName: 'Inês Duarte' };

const covered: OnCallAnswer = {
  body: { coverage: 'full', levels: [{ level: 1, people: [ines] }] },
};

describe('pavedroad:preflight', () => {
  let server: Server;
  let base: string;
  let onCall: OnCallAnswer;
  let repositories: Set<string>;
  let asked: string[];

  beforeEach(async () => {
    onCall = covered;
    repositories = new Set(['payments/taken-repository']);
    asked = [];
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      asked.push(url.pathname + url.search);
      const send = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const repository = /^\/api\/git\/v1\/repositories\/(.+)$/.exec(
        url.pathname,
      )?.[1];
      if (url.pathname === '/api/oncall/now') {
        send(onCall.status ?? 200, onCall.body);
      } else if (repository && repositories.has(repository)) {
        send(200, { slug: repository, empty: false });
      } else {
        send(404, { error: { name: 'NotFoundError', message: 'no' } });
      }
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    base = `http://localhost:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });

  async function run(
    input: {
      name?: string;
      owner?: string;
      tier?: number;
      newEntities?: string[];
    },
    options: {
      groups?: string[];
      config?: object;
      service?: boolean;
      checkpoints?: Map<string, unknown>;
    } = {},
  ) {
    const config = mockServices.rootConfig({
      data: {
        app: { baseUrl: 'http://portal.example' },
        backend: { baseUrl: 'http://portal.example' },
        portal: { administrators: ['group:default/platform'] },
        ...options.config,
      },
    });
    const auth = mockServices.auth();
    const discovery = mockServices.discovery.mock({
      getBaseUrl: async id => `${base}/api/${id}`,
    });
    const auditor = mockServices.auditor.mock();
    auditor.createEvent.mockResolvedValue({
      success: async () => undefined,
      fail: async () => undefined,
    });
    const action = createPreflightAction({
      auditor,
      auth,
      catalog: catalogServiceMock({
        entities: [
          group('payments'),
          group('platform'),
          component('taken'),
          { ...component('ledger'), kind: 'API' },
        ],
      }),
      config,
      discovery,
      host: createRepositoryHost({ config, auth, discovery }),
      reader: mockServices.urlReader.mock(),
      userInfo: mockServices.userInfo({
        ownershipEntityRefs: options.groups ?? ['group:default/payments'],
      }),
    });
    const { context, outputs, log } = createTestContext({
      workspacePath: directory.path,
      input: { name: 'ledger', owner: 'group:default/payments', ...input },
      templateInfo: { entityRef: 'template:default/typescript-service' },
      checkpoints: options.checkpoints,
    });
    await action.handler({
      ...context,
      getInitiatorCredentials: async () =>
        options.service ? mockCredentials.service() : mockCredentials.user(),
    });
    return { outputs, log };
  }

  it('works out names and addresses', async () => {
    const { outputs, log } = await run({ owner: 'payments' });
    expect(outputs).toEqual({
      name: 'ledger',
      owner: 'group:default/payments',
      ownerName: 'payments',
      entityRef: 'component:default/ledger',
      provider: 'git',
      repository: 'payments/ledger',
      cloneUrl: 'http://portal.example/api/git/payments/ledger.git',
      repositoryUrl: 'http://portal.example/git/payments/ledger',
      defaultBranch: 'main',
      repoContentsUrl:
        'http://portal.example/api/git/payments/ledger/tree/main/',
      catalogInfoUrl:
        'http://portal.example/api/git/payments/ledger/blob/main/catalog-info.yaml',
      sourceLocation:
        'url:http://portal.example/api/git/payments/ledger/tree/main/',
      annotations: {
        'pavedroad.dev/repository': 'payments/ledger',
        'backstage.io/source-location':
          'url:http://portal.example/api/git/payments/ledger/tree/main/',
        'backstage.io/source-template': 'template:default/typescript-service',
      },
      portalUrl: 'http://portal.example',
      warnings: [],
    });
    expect(log.at(-1)).toBe(
      'Ready: ledger will be at http://portal.example/git/payments/ledger.',
    );
  });

  it.each([
    [{ name: '-rf' }, /read it as an option/],
    [{ name: '../../etc' }, /misread/],
    [{ name: '$(reboot)' }, /misread/],
    [{ name: 'ledger.git' }, /Leave "\.git" out/],
    [{ owner: 'user:default/ines.duarte' }, /has to be a group/],
    [{ owner: 'a:b:c' }, /has to be a group/],
    [{ owner: '../x' }, /has to be a group/],
    [{ name: 'A', owner: 'user:x' }, /2 things stand in the way/],
  ])('refuses %j before it asks anybody', async (input, reason) => {
    await expect(run(input)).rejects.toThrow(reason);
    expect(asked).toEqual([]);
  });

  it.each([
    [
      'a component that exists',
      { name: 'taken' },
      'component:default/taken is already in the catalog. Choose another name.',
    ],
    [
      'a repository that exists',
      { name: 'taken-repository' },
      'The repository payments/taken-repository already exists. Choose another name.',
    ],
    [
      'an API that exists',
      { newEntities: ['api:default/ledger'] },
      'api:default/ledger is already in the catalog. Choose another name.',
    ],
    [
      'an owner that does not exist',
      { owner: 'nobody' },
      'There is no group group:default/nobody in the catalog. Choose one of the groups in the list.',
    ],
    [
      'a group of others',
      { owner: 'platform' },
      'You are not a member of platform, so you cannot create in its name. Choose one of your own groups, or ask a member of platform.',
    ],
  ])('refuses %s', async (_what, input, message) => {
    await expect(run(input)).rejects.toThrow(message);
  });

  it('lets administrators and services create for every group', async () => {
    const administrator = await run({}, { groups: ['group:default/platform'] });
    expect(administrator.outputs.owner).toBe('group:default/payments');
    const service = await run({}, { service: true, groups: [] });
    expect(service.outputs.owner).toBe('group:default/payments');
  });

  it.each([
    [
      'no schedule',
      {
        body: {
          coverage: 'none',
          reason: { code: 'no-schedule', message: 'None was found.' },
        },
      },
      /has no on-call schedule\. None was found\. Add an OnCallSchedule/,
    ],
    [
      'a gap without end',
      { body: { coverage: 'gap', levels: [{ people: [] }] } },
      /nobody is on call now or later\. Fill the gap with an override/,
    ],
    [
      'on-call that fails',
      { status: 500, body: {} },
      /cannot be asked right now\. Nothing was created/,
    ],
    [
      'an answer that makes no sense',
      { body: [] },
      /cannot be asked right now/,
    ],
  ])('refuses an owner with %s', async (_what, answer, reason) => {
    onCall = answer;
    await expect(run({})).rejects.toThrow(reason);
  });

  it('warns of a gap that ends', async () => {
    onCall = {
      body: {
        coverage: 'gap',
        levels: [{ people: [] }],
        next: { from: '2026-11-23T09:00:00Z', level: 1, people: [ines] },
      },
    };
    const { outputs } = await run({});
    expect(outputs.warnings).toEqual([
      'Nobody is on call for payments right now; Inês Duarte will be from 2026-11-23, 09:00 UTC on.',
    ]);
  });

  it('warns instead where configuration says so', async () => {
    onCall = { body: { coverage: 'none' } };
    const { outputs, log } = await run(
      { tier: 3 },
      { config: { goldenPaths: { requireOnCall: false } } },
    );
    expect(outputs.warnings).toEqual([
      expect.stringContaining('has no on-call schedule'),
    ]);
    expect(log).toContainEqual(expect.stringMatching(/^Tier 3: /));
  });

  it('says all that stands in the way at once', async () => {
    onCall = { body: { coverage: 'gap' } };
    await expect(run({ name: 'taken' }, { groups: [] })).rejects.toThrow(
      /3 things stand in the way/,
    );
  });

  it('does not take for taken what an earlier attempt of the task made', async () => {
    const checkpoints = new Map<string, unknown>();
    await run({}, { checkpoints });
    repositories.add('payments/ledger');
    const { outputs } = await run({}, { checkpoints });
    expect(outputs.repository).toBe('payments/ledger');
  });

  it('refuses when the git host cannot be reached', async () => {
    await expect(
      run(
        {},
        {
          config: {
            goldenPaths: {
              publish: {
                provider: 'github',
                github: { host: 'localhost:1', owner: 'fernhill' },
              },
            },
            integrations: {
              github: [
                {
                  host: 'localhost:1',
                  apiBaseUrl: 'http://localhost:1/api/v3',
                  token: 'x',
                },
              ],
            },
          },
        },
      ),
    ).rejects.toThrow(/GitHub cannot be reached/);
  });
});
