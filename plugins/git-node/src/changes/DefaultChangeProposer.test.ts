import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { startFakeHost } from '../__testUtils__/fakeHosts';
import { parseRepositoryAddress } from './addresses';
import { PROPOSAL_LIMITS } from './checkProposal';
import { DefaultChangeProposer } from './DefaultChangeProposer';
import type { ChangeProposal } from './types';

const options = { credentials: mockCredentials.user() };
const MAIN = {
  'README.md': '# Ledger\n',
  'on-call/pay.yaml': 'length: 1\n',
  'old.txt': 'old',
};

describe.each(['github', 'gitlab'] as const)('proposing on %s', provider => {
  let host: Awaited<ReturnType<typeof startFakeHost>>;

  beforeEach(async () => {
    host = await startFakeHost(provider);
    host.repo.commit('main', MAIN);
  });
  afterEach(async () => {
    await host.close();
  });

  function proposer(token = 'host-token') {
    const integration = {
      host: host.host,
      baseUrl: host.url,
      apiBaseUrl: `${host.url}/api/${provider === 'github' ? 'v3' : 'v4'}`,
      token,
    };
    return DefaultChangeProposer.create({
      config: mockServices.rootConfig({
        data: {
          app: { baseUrl: 'http://portal.example' },
          backend: { baseUrl: 'http://portal.example' },
          integrations: { [provider]: [integration] },
        },
      }),
      auth: mockServices.auth(),
      discovery: mockServices.discovery(),
    });
  }

  const proposal = (extra: Partial<ChangeProposal> = {}): ChangeProposal => ({
    repositoryUrl: `${host.url}/fernhill/ledger`,
    branch: 'on-call/pay-1',
    files: [
      { path: 'on-call/pay.yaml', content: 'length: 2\n' },
      { path: 'bin/run', content: 'true', executable: true },
      { path: 'old.txt', delete: true },
      { path: 'never-there.txt', delete: true },
    ],
    title: 'Change who is on call',
    body: 'Two weeks each.',
    author: { name: 'Inês Duarte', email: 'ines@fernhill.example' },
    ...extra,
  });

  it('says where a repository is, and refuses one that is not there', async () => {
    const dash = provider === 'gitlab' ? '/-' : '';
    const page = `${host.url}/fernhill/ledger`;
    await expect(
      proposer().locate(`${page}${dash}/blob/main/README.md`, options),
    ).resolves.toEqual({
      provider,
      host: host.host,
      slug: 'fernhill/ledger',
      defaultBranch: 'main',
      repositoryUrl: page,
      cloneUrl: `${page}.git`,
      treeUrl: `${page}${dash}/tree/main/`,
      blobUrl: `${page}${dash}/blob/main/`,
    });
    await expect(
      proposer().locate(`${host.url}/fernhill/none`, options),
    ).rejects.toThrow(/no repository fernhill\/none/);
  });

  it('makes one commit by the author on a branch of its own, and opens a pull request', async () => {
    const main = host.repo.branches.get('main');
    await expect(proposer().propose(proposal(), options)).resolves.toEqual({
      url:
        provider === 'github'
          ? `${host.url}/fernhill/ledger/pull/1`
          : `${host.url}/fernhill/ledger/-/merge_requests/1`,
      number: 1,
      branch: 'on-call/pay-1',
      repository: 'fernhill/ledger',
      created: true,
    });
    const { repo } = host;
    expect(repo.branches.get('main')).toBe(main);
    expect(repo.commits.get(repo.branches.get('on-call/pay-1') ?? '')).toEqual(
      expect.objectContaining({
        message: 'Change who is on call\n\nTwo weeks each.',
        author: 'Inês Duarte <ines@fernhill.example>',
        parents: [main],
      }),
    );
    const at = (path: string) => {
      const file = repo.file('on-call/pay-1', path);
      return file && `${file.mode} ${file.content}`;
    };
    expect(at('on-call/pay.yaml')).toBe('100644 length: 2\n');
    expect(at('bin/run')).toBe('100755 true');
    expect(at('old.txt')).toBeUndefined();
    expect(at('README.md')).toBe('100644 # Ledger\n');
    expect(repo.pulls).toEqual([
      expect.objectContaining({
        target: 'main',
        title: 'Change who is on call',
      }),
    ]);
  });

  it('finds the open one again, and opens another after it was closed', async () => {
    await proposer().propose(proposal(), options);
    await expect(
      proposer().propose(proposal(), options),
    ).resolves.toMatchObject({ number: 1, created: false });
    host.repo.pulls[0].state = 'closed';
    await expect(
      proposer().propose(proposal(), options),
    ).resolves.toMatchObject({ number: 2, created: true });
    expect(host.repo.commits.size).toBe(2);
  });

  it('goes on where an earlier attempt stopped', async () => {
    let failed = false;
    host.onRequest(route => {
      if (!failed && /^POST .*(pulls|merge_requests)$/.test(route)) {
        failed = true;
        return { status: 502 };
      }
      return undefined;
    });
    await expect(proposer().propose(proposal(), options)).rejects.toMatchObject(
      { name: 'ServiceUnavailableError' },
    );
    await expect(
      proposer().propose(proposal(), options),
    ).resolves.toMatchObject({ number: 1, created: true });
    expect(host.repo.commits.size).toBe(2);
  });

  it('adds nothing to a branch that holds something else', async () => {
    await proposer().propose(proposal(), options);
    host.repo.commit('on-call/pay-1', { 'on-call/pay.yaml': 'length: 9\n' });
    const head = host.repo.branches.get('on-call/pay-1');
    await expect(proposer().propose(proposal(), options)).rejects.toThrow(
      "The branch 'on-call/pay-1' exists with other content",
    );
    expect(host.repo.branches.get('on-call/pay-1')).toBe(head);
  });

  it('loses against somebody who makes the branch at the same moment', async () => {
    host.onRequest(route => {
      if (/^POST .*(git\/refs|repository\/commits)$/.test(route)) {
        host.repo.commit('on-call/pay-1', { 'README.md': 'theirs' });
      }
      return undefined;
    });
    await expect(proposer().propose(proposal(), options)).rejects.toMatchObject(
      { name: 'ConflictError' },
    );
    expect(host.repo.pulls).toEqual([]);
    expect(host.repo.file('on-call/pay-1', 'README.md')?.content).toEqual(
      Buffer.from('theirs'),
    );
  });

  it.each<[string, Partial<ChangeProposal>, string, RegExp]>([
    [
      'what is so already',
      { files: [{ path: 'README.md', content: '# Ledger\n' }] },
      'ConflictError',
      /Nothing changes/,
    ],
    ['the default branch', { branch: 'main' }, 'InputError', /by merging only/],
    [
      'the default branch while another is the base',
      { branch: 'main', baseBranch: 'next' },
      'InputError',
      /by merging only/,
    ],
    ['a base that is not there', { baseBranch: 'x' }, 'NotFoundError', /'x'/],
    ['a branch like an option', { branch: '-f' }, 'InputError', /dash/],
    ['a refspec', { branch: '+a:main' }, 'InputError', /must not hold/],
    [
      'git’s own folder',
      { files: [{ path: 'a/.GIT/hooks', content: '' }] },
      'InputError',
      /'\.git'/,
    ],
    [
      'a path that leaves',
      { files: [{ path: '../x', content: '' }] },
      'InputError',
      /'\.\.'/,
    ],
    [
      'a file named twice',
      {
        files: [
          { path: 'a', content: '' },
          { path: 'a', delete: true },
        ],
      },
      'InputError',
      /twice/,
    ],
    ['no file', { files: [] }, 'InputError', /1 to 2000 files/],
    [
      'too much',
      {
        files: [
          { path: 'a', content: new Uint8Array(PROPOSAL_LIMITS.bytes + 1) },
        ],
      },
      'InputError',
      /at most/,
    ],
    ['a title of two lines', { title: 'a\nb' }, 'InputError', /one line/],
    [
      'an author with a header in the name',
      { author: { name: 'a <b>', email: 'a@b' } },
      'InputError',
      /without </,
    ],
  ])('refuses %s', async (_, extra, name, message) => {
    host.repo.commit('next', MAIN);
    const before = new Map(host.repo.branches);
    const refused = proposer().propose(proposal(extra), options);
    await expect(refused).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
    expect(host.repo.branches).toEqual(before);
    expect(host.repo.pulls).toEqual([]);
  });

  it('says when a repository or its credentials are not there', async () => {
    await expect(
      proposer().propose(
        proposal({ repositoryUrl: `${host.url}/fernhill/other` }),
        options,
      ),
    ).rejects.toThrow('There is no repository fernhill/other');
    await expect(
      proposer('wrong').propose(proposal(), options),
    ).rejects.toMatchObject({ name: 'AuthenticationError' });
  });

  it('reads a file, also on a branch with slashes', async () => {
    host.repo.commit('feature/one', { 'on-call/pay.yaml': 'length: 3\n' });
    const dash = provider === 'gitlab' ? '/-' : '';
    const read = (path: string) =>
      proposer().readFile(
        `${host.url}/fernhill/ledger${dash}/blob/${path}`,
        options,
      );
    await expect(read('main/on-call/pay.yaml')).resolves.toEqual({
      content: 'length: 1\n',
      repositoryUrl: `${host.url}/fernhill/ledger`,
      path: 'on-call/pay.yaml',
      ref: 'main',
    });
    await expect(read('feature/one/on-call/pay.yaml')).resolves.toMatchObject({
      content: 'length: 3\n',
      ref: 'feature/one',
    });
    await expect(read('main/nothing.yaml')).rejects.toMatchObject({
      name: 'NotFoundError',
    });
    await expect(read('main')).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe('the address of a repository', () => {
  const hosts = {
    gitBaseUrl: 'http://portal.example:7007/api/git',
    appBaseUrl: 'http://portal.example:3000',
    isGithub: (url: string) => new URL(url).host === 'github.com',
    isGitlab: (url: string) =>
      ['gitlab.com', 'portal.example:7007'].includes(new URL(url).host),
  };

  it.each([
    ['http://portal.example:7007/api/git/pay/api', 'git pay/api'],
    ['http://portal.example:7007/api/git/pay/api.git', 'git pay/api'],
    ['http://portal.example:3000/git/pay/api', 'git pay/api'],
    [
      'http://portal.example:7007/api/git/pay/api/blob/main/a%20b',
      'git pay/api main,a b',
    ],
    ['https://github.com/acme/api', 'github acme/api'],
    ['https://github.com/acme/api.git', 'github acme/api'],
    ['https://github.com/acme/api/', 'github acme/api'],
    ['https://github.com/acme/api/tree/main/docs', 'github acme/api main,docs'],
    ['https://gitlab.com/a/b/c/-/blob/main/x', 'gitlab a/b/c main,x'],
    ['https://gitlab.com/a/b/blob/main/x', 'gitlab a/b main,x'],
    ['https://gitlab.com/a/b/c', 'gitlab a/b/c'],
  ])('is read from %s', (url, expected) => {
    const found = parseRepositoryAddress(url, hosts);
    expect(
      found && `${found.provider} ${found.slug} ${found.refAndPath}`.trim(),
    ).toBe(expected);
  });

  it.each([
    'https://elsewhere.example/acme/api',
    'https://github.com/acme',
    'https://github.com/acme/api/settings/keys',
    'https://github.com/acme/..%2fapi',
    'https://token@github.com/acme/api',
    'ftp://github.com/acme/api',
    'http://portal.example:7007/api/catalog/entities',
    'http://portal.example:7007/api/git/v1/repositories',
    'http://portal.example:3000/catalog/default',
    'https://gitlab.com/a',
    'https://gitlab.com/a/../-/blob/main/x',
    'not an address',
  ])('is not read from %s', url => {
    expect(parseRepositoryAddress(url, hosts)).toBeUndefined();
  });
});
