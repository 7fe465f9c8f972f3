import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { createRepositoryHost } from '../hosts/createRepositoryHost';
import { createTestContext, eventually } from '../__testUtils__/context';
import { type FakeHost, startFakeHost } from '../__testUtils__/fakeHosts';
import { CancellationGuard } from '../lib/cancellation';
import { readEffects } from '../lib/effects';
import { createPublishAction } from './publish';
import { createUndoAction } from './undo';

jest.setTimeout(60_000);

const directory = createMockDirectory();
describe.each(['github', 'gitlab'] as const)('publishing to %s', provider => {
  let fake: FakeHost;

  beforeEach(async () => {
    directory.setContent({
      work: {
        'README.md': '# Ledger\n',
        '.gitignore': 'dist\n',
        dist: { 'kept.txt': 'rendered on purpose' },
        scripts: { 'verify.sh': '#!/bin/sh\n' },
      },
    });
    chmodSync(directory.resolve('work/scripts/verify.sh'), 0o755);
    fake = await startFakeHost(provider, directory.resolve('host'));
  });

  afterEach(async () => {
    await fake.close();
  });

  function setup(extra: object = {}) {
    const config = mockServices.rootConfig({
      data: {
        app: { baseUrl: 'http://localhost:7007' },
        backend: { baseUrl: 'http://localhost:7007' },
        goldenPaths: {
          publish: {
            provider,
            github: { host: fake.host, owner: 'fernhill' },
            gitlab: { host: fake.host, group: 'fernhill' },
          },
        },
        integrations: {
          github: [
            {
              host: fake.host,
              apiBaseUrl: `${fake.url}/api/v3`,
              token: 'github-token',
            },
          ],
          gitlab: [
            {
              host: fake.host,
              baseUrl: fake.url,
              apiBaseUrl: `${fake.url}/api/v4`,
              token: 'gitlab-token',
            },
          ],
        },
      },
    });
    const auditor = mockServices.auditor.mock();
    const event = { success: jest.fn(), fail: jest.fn() };
    auditor.createEvent.mockResolvedValue(event);
    const services = {
      auditor,
      auth: mockServices.auth(),
      config,
      discovery: mockServices.discovery(),
      host: createRepositoryHost({
        config,
        auth: mockServices.auth(),
        discovery: mockServices.discovery(),
      }),
      catalog: {} as never,
    };
    const { context, outputs } = createTestContext({
      workspacePath: directory.resolve('work'),
      input: { repository: 'fernhill/ledger', description: 'Who owes what' },
      ...extra,
    });
    return {
      context,
      outputs,
      event,
      auditor,
      publish: () =>
        createPublishAction(services, new CancellationGuard(services)).handler(
          context,
        ),
      undo: () => createUndoAction(services).handler(context),
    };
  }

  const git = (...args: string[]) =>
    execFileSync('git', ['-C', fake.folder('fernhill/ledger'), ...args], {
      encoding: 'utf8',
    }).trim();

  it('creates the repository and pushes one commit by the user', async () => {
    const { publish, outputs, event } = setup();
    await publish();
    expect(git('log', '--format=%an <%ae>|%s', 'main')).toBe(
      'Inês Duarte <ines@fernhill.example>|Start ledger on the golden path',
    );
    expect(git('ls-tree', '-r', '--format=%(objectmode) %(path)', 'main')).toBe(
      [
        '100644 .gitignore',
        '100644 README.md',
        '100644 dist/kept.txt',
        '100755 scripts/verify.sh',
      ].join('\n'),
    );
    expect(outputs).toEqual({
      repository: 'fernhill/ledger',
      remoteUrl: `${fake.url}/fernhill/ledger.git`,
      repositoryUrl: `${fake.url}/fernhill/ledger`,
      repoContentsUrl:
        provider === 'github'
          ? `${fake.url}/fernhill/ledger/tree/main/`
          : `${fake.url}/fernhill/ledger/-/tree/main/`,
      catalogInfoUrl:
        provider === 'github'
          ? `${fake.url}/fernhill/ledger/blob/main/catalog-info.yaml`
          : `${fake.url}/fernhill/ledger/-/blob/main/catalog-info.yaml`,
      defaultBranch: 'main',
      commit: git('rev-parse', 'main'),
    });
    expect(event.success).toHaveBeenCalled();
    const create = fake.seen.find(r => r.method === 'POST');
    expect(create?.body).toMatchObject({
      name: 'ledger',
      description: 'Who owes what',
      visibility: 'private',
    });
  });

  it('goes on after a push that failed, and a second success changes nothing', async () => {
    const { publish, outputs } = setup();
    fake.failNext('GET', /info\/refs/, 500);
    await expect(publish()).rejects.toThrow(/could not be pushed/);
    expect(fake.has('fernhill/ledger')).toBe(true);
    await publish();
    const first = outputs.commit;
    await publish();
    expect(outputs.commit).toBe(first);
    expect(git('rev-list', '--count', 'main')).toBe('1');
  });

  it('is undone, and can then be tried again', async () => {
    const { publish, undo, outputs, context } = setup();
    fake.failNext('GET', /info\/refs/, 500);
    await expect(publish()).rejects.toThrow(/could not be pushed/);
    await undo();
    expect(fake.has('fernhill/ledger')).toBe(false);
    expect(outputs.undone).toEqual([
      `repository fernhill/ledger (${fake.url}/fernhill/ledger)`,
    ]);
    await expect(readEffects(context.workspacePath, 'task-1')).resolves.toEqual(
      [],
    );
    await publish();
    expect(git('rev-list', '--count', 'main')).toBe('1');
  });

  it('finds a repository whose creation was not confirmed', async () => {
    const { publish, undo } = setup();
    // The host creates it, but the answer is lost: what follows fails.
    fake.failNext('POST', /repos$|projects$/, 502);
    await expect(publish()).rejects.toThrow(/status 502/);
    fake.failNext('GET', /repos\/|projects\//, 500);
    await expect(undo()).rejects.toThrow(/to be removed by hand/);
  });

  it('never touches a repository that was there', async () => {
    fake.seed('fernhill/ledger');
    const { publish, undo, event } = setup();
    await expect(publish()).rejects.toThrow(
      'The repository fernhill/ledger already exists. Choose another name.',
    );
    await undo();
    expect(fake.has('fernhill/ledger')).toBe(true);
    expect(event.fail).toHaveBeenCalled();
  });

  it('leaves alone a repository that somebody else made at the same moment', async () => {
    fake.seed('fernhill/ledger');
    fake.failNext('GET', /repos\/|projects\//, 404);
    fake.failNext('GET', /repos\/|projects\//, 404);
    const { publish, undo, outputs } = setup();
    await expect(publish()).rejects.toThrow(/already exists/);
    await undo();
    expect(outputs.left).toEqual([]);
    expect(fake.has('fernhill/ledger')).toBe(true);
  });

  it('lists what it may not remove', async () => {
    const { publish, undo, outputs } = setup();
    await publish();
    fake.failNext('DELETE', /./, 403);
    await expect(undo()).rejects.toThrow(/Left behind/);
    expect(outputs.left).toEqual([
      expect.stringMatching(/repository fernhill\/ledger.*does not allow this/),
    ]);
  });

  it('is undone when the task is cancelled after it', async () => {
    const cancel = new AbortController();
    const { publish } = setup({ signal: cancel.signal });
    await publish();
    expect(fake.has('fernhill/ledger')).toBe(true);
    cancel.abort();
    await eventually(() => !fake.has('fernhill/ledger'));
    expect(fake.has('fernhill/ledger')).toBe(false);
  });

  it('does nothing in a dry run', async () => {
    const { publish, outputs } = setup({ isDryRun: true });
    await publish();
    expect(fake.seen).toEqual([]);
    expect(outputs.commit).toMatch(/^0{40}$/);
  });

  it('refuses files that hold a secret, before anything is created', async () => {
    directory.addContent({ 'work/.env': 'TOKEN=hunter2hunter2' });
    const { publish } = setup({ secrets: { deployToken: 'hunter2hunter2' } });
    await expect(publish()).rejects.toThrow(
      'The template wrote the secret "deployToken" into .env. Secrets never go into a repository.',
    );
    expect(fake.seen).toEqual([]);
  });

  it.each([
    'ledger',
    'fernhill/-rf',
    'fernhill/../x',
    'fernhill/ledger.git',
    '/ledger',
    'a b/ledger',
  ])('refuses the repository %j', async repository => {
    const { publish } = setup({ input: { repository } });
    await expect(publish()).rejects.toThrow(/is not a repository/);
    expect(fake.seen).toEqual([]);
  });
});
