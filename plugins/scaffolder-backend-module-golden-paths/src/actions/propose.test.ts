import { symlinkSync } from 'node:fs';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { DefaultChangeProposer } from '@pavedroad/plugin-git-node';
import { createTestContext, eventually } from '../__testUtils__/context';
import { CancellationGuard } from '../lib/cancellation';
import { readEffects } from '../lib/effects';
import { createProposeAction } from './propose';

const directory = createMockDirectory();

const component = (
  name: string,
  owner: string,
  source: string,
  readFrom = source,
) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name,
    annotations: {
      'backstage.io/source-location': `url:${source}`,
      'backstage.io/managed-by-location': `url:${readFrom}catalog-info.yaml`,
    },
  },
  relations: [{ type: 'ownedBy', targetRef: owner }],
});

const OPENED = {
  url: 'https://github.com/fernhill/ledger/pull/7',
  number: 7,
  branch: 'add-b',
  repository: 'fernhill/ledger',
};

describe('pavedroad:propose', () => {
  beforeEach(() => {
    directory.setContent({
      work: { out: { 'run.sh': '#!/bin/sh\n', 'a.yaml': 'a: 1\n' } },
    });
  });

  function setup(
    input: object,
    {
      administrators = [],
      ...extra
    }: { administrators?: string[]; [field: string]: unknown } = {},
  ) {
    const event = { success: jest.fn(), fail: jest.fn() };
    const auditor = { createEvent: jest.fn(async () => event) };
    const config = mockServices.rootConfig({
      data: {
        app: { baseUrl: 'http://localhost:7007' },
        backend: { baseUrl: 'http://localhost:7007' },
        portal: { administrators },
      },
    });
    const proposer = DefaultChangeProposer.create({
      config,
      auth: mockServices.auth(),
      discovery: mockServices.discovery(),
    });
    const propose = jest
      .spyOn(proposer, 'propose')
      .mockResolvedValue({ ...OPENED, created: true });
    const { context, outputs, log } = createTestContext({
      workspacePath: directory.resolve('work'),
      input: {
        branch: 'add-b',
        title: 'Add b',
        sourcePath: 'out',
        ...input,
      },
      ...extra,
    });
    const services = {
      auditor,
      auth: mockServices.auth(),
      config,
      discovery: mockServices.discovery(),
      host: { provider: 'git' } as never,
      proposer,
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
            'https://github.com/fernhill/router/tree/main/',
          ),
          component(
            'claimed',
            'group:default/payments',
            'https://github.com/fernhill/router/tree/main/',
            'https://github.com/fernhill/ledger/tree/main/',
          ),
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
    };
    const action = createProposeAction(
      services,
      new CancellationGuard(services),
    );
    return {
      run: () =>
        action.handler({
          ...context,
          getInitiatorCredentials: async () => mockCredentials.user(),
        }),
      propose,
      outputs,
      log,
      event,
    };
  }

  it('proposes the files of the workspace by the user, on the repository of an entity they own', async () => {
    const { run, propose, outputs, event } = setup({
      entityRef: 'component:default/ledger',
      targetPath: '/ops/',
      delete: ['old.txt'],
    });
    await run();
    expect(propose.mock.calls[0][0]).toEqual({
      repositoryUrl: 'https://github.com/fernhill/ledger/tree/main/',
      branch: 'add-b',
      title: 'Add b',
      body: '',
      author: { name: 'Inês Duarte', email: 'ines@fernhill.example' },
      files: [
        {
          path: 'ops/a.yaml',
          content: Buffer.from('a: 1\n'),
          executable: false,
        },
        {
          path: 'ops/run.sh',
          content: Buffer.from('#!/bin/sh\n'),
          executable: false,
        },
        { path: 'old.txt', delete: true },
      ],
    });
    expect(outputs).toEqual({
      url: 'https://github.com/fernhill/ledger/pull/7',
      number: 7,
      branch: 'add-b',
      repository: 'fernhill/ledger',
      created: true,
    });
    expect(event.success).toHaveBeenCalled();
  });

  // Forms send what was left empty as an empty text.
  it.each([
    [
      { entityRef: 'component:default/ledger', repositoryUrl: '' },
      'https://github.com/fernhill/ledger/tree/main/',
    ],
    [
      {
        entityRef: '',
        repositoryUrl: 'http://localhost:7007/api/git/routing/router',
      },
      'http://localhost:7007/api/git/routing/router',
    ],
  ])('proposes %j on %s', async (asked, repositoryUrl) => {
    const { run, propose } = setup(asked);
    await run();
    expect(propose.mock.calls[0][0]).toMatchObject({ repositoryUrl });
  });

  it('leaves to the portal’s own host who may do what there', async () => {
    const { run, propose } = setup({
      repositoryUrl: 'http://localhost:7007/api/git/routing/router',
    });
    await run();
    expect(propose).toHaveBeenCalledTimes(1);
  });

  it.each<[string, object, RegExp]>([
    [
      'a repository nobody vouches for',
      { repositoryUrl: 'https://github.com/fernhill/ledger' },
      /Give an entityRef/,
    ],
    [
      'an entity of others',
      { entityRef: 'component:default/router' },
      /what your groups own/,
    ],
    [
      'another repository than the entity’s',
      {
        entityRef: 'component:default/ledger',
        repositoryUrl: 'https://github.com/fernhill/router',
      },
      /what your groups own/,
    ],
    [
      'a repository that an entity from elsewhere calls its own',
      { entityRef: 'component:default/claimed' },
      /the catalog has it from elsewhere/,
    ],
    [
      'an entity that is not there',
      { entityRef: 'component:default/none' },
      /The catalog has no/,
    ],
    ['nothing that names a repository', {}, /Nothing says which/],
    [
      'a host that is not known',
      { repositoryUrl: 'https://elsewhere.example/a/b' },
      /no repository of a host/,
    ],
  ])('refuses %s', async (_, input, message) => {
    const { run, propose } = setup(input);
    await expect(run()).rejects.toThrow(message);
    expect(propose).not.toHaveBeenCalled();
  });

  it('lets an administrator say whose a repository is', async () => {
    const { run, propose } = setup(
      { entityRef: 'component:default/claimed' },
      { administrators: ['group:default/payments'] },
    );
    await run();
    expect(propose).toHaveBeenCalledTimes(1);
  });

  it('refuses secrets and symbolic links', async () => {
    const entity = { entityRef: 'component:default/ledger' };
    const { run: leak } = setup(entity, { secrets: { token: '#!/bin/sh' } });
    await expect(leak()).rejects.toThrow(/secret "token"/);
    symlinkSync('a.yaml', directory.resolve('work/out/link'));
    const { run, propose } = setup(entity);
    await expect(run()).rejects.toThrow(/symbolic link/);
    expect(propose).not.toHaveBeenCalled();
  });

  it.each([
    [true, ['https://github.com/fernhill/ledger/pull/7']],
    [false, []],
  ])('records what it opened (created: %s)', async (created, recorded) => {
    const { run, propose } = setup({ entityRef: 'component:default/ledger' });
    propose.mockResolvedValue({ ...OPENED, created });
    await run();
    const effects = await readEffects(directory.resolve('work'), 'task-1');
    expect(
      effects.map(effect => effect.kind === 'pull-request' && effect.url),
    ).toEqual(recorded);
  });

  // A later step goes on then; or the pull request is being opened.
  it.each([
    ['after it', false],
    ['during it', true],
  ])(
    'names the pull request that stays open when the task is cancelled %s',
    async (_, during) => {
      const cancel = new AbortController();
      const { run, propose, log } = setup(
        { entityRef: 'component:default/ledger' },
        { signal: cancel.signal },
      );
      propose.mockImplementation(async () => {
        if (during) {
          cancel.abort();
        }
        return { ...OPENED, created: true };
      });
      await run();
      cancel.abort();
      await eventually(() => log.some(line => /^Left behind/.test(line)));
      expect(log.at(-1)).toBe(
        'Left behind, to be removed by hand: pull request https://github.com/fernhill/ledger/pull/7: it is open; close it, or retry the task and merge it',
      );
    },
  );

  it('says nothing of a pull request that was open before when the task is cancelled', async () => {
    const cancel = new AbortController();
    const { run, propose, log } = setup(
      { entityRef: 'component:default/ledger' },
      { signal: cancel.signal },
    );
    propose.mockResolvedValue({ ...OPENED, created: false });
    await run();
    cancel.abort();
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(log.at(-1)).toBe(`It is open already: ${OPENED.url}`);
  });

  it('does nothing in a dry run', async () => {
    const { run, propose, outputs } = setup(
      { entityRef: 'component:default/ledger' },
      { isDryRun: true },
    );
    await run();
    expect(propose).not.toHaveBeenCalled();
    expect(outputs).toMatchObject({ branch: 'add-b', created: false });
  });
});
