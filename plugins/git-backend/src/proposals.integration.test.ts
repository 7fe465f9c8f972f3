import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { DefaultChangeProposer } from '@pavedroad/plugin-git-node';
import fs from 'node:fs/promises';
import { startGitHost, temporaryFolder, tokens } from './__testUtils__/gitHost';

jest.setTimeout(120_000);

describe('proposing on the portal’s own git host', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let host: Awaited<ReturnType<typeof startGitHost>>;
  let root: string;
  let counter = 0;

  const ines = {
    credentials: mockCredentials.user('user:default/ines.duarte'),
  };
  const wes = { credentials: mockCredentials.user('user:default/wes') };
  const token = { token: tokens.ines };

  beforeAll(async () => {
    root = await temporaryFolder();
    host = await startGitHost({
      knex: await databases.init('POSTGRES_18'),
      root,
    });
  });
  afterAll(async () => {
    await host.stop();
    await fs.rm(root, { recursive: true, force: true });
  });

  async function setup() {
    const slug = `payments/repo-${counter++}`;
    const [owner, name] = slug.split('/');
    await host.client.createRepository({ owner, name }, token);
    const { id: main } = await host.client.commitFiles(
      slug,
      {
        branch: 'main',
        message: 'Start',
        files: [
          { path: 'pay.yaml', content: 'length: 1\n' },
          { path: 'old.txt', content: 'old' },
        ],
      },
      token,
    );
    const proposer = DefaultChangeProposer.create({
      config: mockServices.rootConfig({
        data: {
          app: { baseUrl: 'http://portal.example:7007' },
          backend: { baseUrl: 'http://portal.example:7007' },
        },
      }),
      // The test backend knows a user by the mock token itself.
      auth: mockServices.auth.mock({
        getPluginRequestToken: async ({ onBehalfOf }) => ({
          token: mockCredentials.user.token(
            (onBehalfOf.principal as { userEntityRef: string }).userEntityRef,
          ),
        }),
      }),
      discovery: mockServices.discovery.mock({
        getBaseUrl: async () => host.baseUrl,
      }),
    });
    const proposal = {
      repositoryUrl: `http://portal.example:7007/api/git/${slug}`,
      branch: 'on-call/pay-1',
      files: [
        { path: 'pay.yaml', content: 'length: 2\n' },
        { path: 'bin/run', content: 'true', executable: true },
        { path: 'old.txt', delete: true as const },
        { path: 'never.txt', delete: true as const },
      ],
      title: 'Change who is on call',
      body: 'Two weeks each.',
      author: { name: 'Inês Duarte', email: 'ines@fernhill.example' },
    };
    return { slug, main, proposer, proposal };
  }

  it('makes one commit by the author on a branch of its own, and finds its pull request again', async () => {
    const { slug, main, proposer, proposal } = await setup();
    await expect(proposer.propose(proposal, ines)).resolves.toEqual({
      url: `http://portal.example:7007/git/${slug}/pulls/1`,
      number: 1,
      branch: 'on-call/pay-1',
      repository: slug,
      created: true,
    });
    await expect(proposer.propose(proposal, ines)).resolves.toMatchObject({
      number: 1,
      created: false,
    });
    const branches = await host.client.listBranches(slug, token);
    expect(branches.find(b => b.name === 'main')?.commit).toBe(main);
    const { items } = await host.client.listCommits(
      slug,
      { ref: 'on-call/pay-1', from: 'main' },
      token,
    );
    expect(items).toEqual([
      expect.objectContaining({
        subject: 'Change who is on call',
        authorName: 'Inês Duarte',
        parents: [main],
      }),
    ]);
    const { entries } = await host.client.getTree(
      slug,
      { ref: 'on-call/pay-1', recursive: true },
      token,
    );
    expect(
      entries.filter(e => e.type === 'file').map(e => `${e.mode} ${e.path}`),
    ).toEqual(['100755 bin/run', '100644 pay.yaml']);
  });

  it('opens another after it was closed, and refuses what is merged', async () => {
    const { slug, proposer, proposal } = await setup();
    await proposer.propose(proposal, ines);
    await host.client.closePull(slug, 1, token);
    await expect(proposer.propose(proposal, ines)).resolves.toMatchObject({
      number: 2,
    });
    await host.client.mergePull(slug, 2, { deleteSource: true }, token);
    await expect(proposer.propose(proposal, ines)).rejects.toThrow(
      /Nothing changes/,
    );
  });

  it('adds nothing to a branch that holds something else', async () => {
    const { slug, proposer, proposal } = await setup();
    await proposer.propose(proposal, ines);
    await host.client.commitFiles(
      slug,
      {
        branch: 'on-call/pay-1',
        message: 'By hand',
        files: [{ path: 'pay.yaml', content: 'length: 9\n' }],
      },
      token,
    );
    await expect(proposer.propose(proposal, ines)).rejects.toMatchObject({
      name: 'ConflictError',
      message: expect.stringContaining('exists with other content'),
    });
  });

  it('asks on behalf of the user: who may not write proposes nothing', async () => {
    const { slug, proposer, proposal } = await setup();
    await expect(proposer.propose(proposal, wes)).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
    const branches = await host.client.listBranches(slug, token);
    expect(branches.map(b => b.name)).toEqual(['main']);
  });

  it('refuses the default branch, and says what is missing', async () => {
    const { slug, proposer, proposal } = await setup();
    await expect(
      proposer.propose({ ...proposal, branch: 'main' }, ines),
    ).rejects.toThrow(/by merging only/);
    await expect(
      proposer.propose({ ...proposal, baseBranch: 'x' }, ines),
    ).rejects.toThrow("There is no branch 'x' to merge into");
    await expect(
      proposer.propose(
        {
          ...proposal,
          repositoryUrl: proposal.repositoryUrl.replace(slug, 'payments/none'),
        },
        ines,
      ),
    ).rejects.toThrow('There is no repository payments/none');
  });

  it('reads a file', async () => {
    const { slug, proposer } = await setup();
    const base = `http://portal.example:7007/api/git/${slug}/blob`;
    await expect(
      proposer.readFile(`${base}/main/pay.yaml`, ines),
    ).resolves.toEqual({
      content: 'length: 1\n',
      repositoryUrl: `http://portal.example:7007/git/${slug}`,
      path: 'pay.yaml',
      ref: 'main',
    });
    await expect(
      proposer.readFile(`${base}/main/none.yaml`, ines),
    ).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});
