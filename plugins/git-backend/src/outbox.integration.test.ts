import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import fs from 'node:fs/promises';
import path from 'node:path';
import { DatabaseGitStore } from './store/DatabaseGitStore';
import {
  eventually,
  gitClient,
  startGitHost,
  temporaryFolder,
  tokens,
} from './__testUtils__/gitHost';

jest.setTimeout(60_000);

describe('pushes and restarts', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let knex: Knex;
  let root: string;
  const ines = { token: tokens.ines };

  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    root = await temporaryFolder();
  });

  afterEach(async () => {
    await fs.rm(root, { recursive: true, force: true });
  });

  const commit = (
    host: Awaited<ReturnType<typeof startGitHost>>,
    file: string,
  ) =>
    host.client.commitFiles(
      'payments/api',
      { branch: 'main', message: file, files: [{ path: file, content: file }] },
      ines,
    );

  it('publishes later what could not be published, in order and once', async () => {
    let down = true;
    const host = await startGitHost({ knex, root, publishFails: () => down });
    await host.client.createRepository(
      { owner: 'payments', name: 'api' },
      ines,
    );
    await commit(host, 'one');
    await commit(host, 'two');
    await eventually(async () => {
      const [row] = await knex('pushes').orderBy('sequence').limit(1);
      return row.attempts > 0;
    });
    expect(host.pushes).toEqual([]);
    expect(await knex('pushes').whereNull('published_at')).toHaveLength(2);
    down = false;
    await commit(host, 'three');
    await eventually(() => host.pushes.length === 3);
    expect(host.pushes.map(({ commits }) => commits[0].subject)).toEqual([
      'one',
      'two',
      'three',
    ]);
    await eventually(
      async () => (await knex('pushes').whereNull('published_at')).length === 0,
    );
  });

  it('tells the catalog at once, however long others take with a push', async () => {
    let release = () => {};
    const slow = new Promise<void>(resolve => {
      release = resolve;
    });
    const host = await startGitHost({
      knex,
      root,
      publishWaits: () => slow,
    });
    await host.client.createRepository(
      { owner: 'payments', name: 'api' },
      ines,
    );
    await commit(host, 'catalog-info.yaml');
    await eventually(() =>
      host.scmEvents.some(event => event.type === 'location.updated'),
    );
    expect(host.pushes).toEqual([]);
    release();
    await eventually(() => host.pushes.length === 1);
  });

  it('records after a crash what reached the disk and not the database', async () => {
    const first = await startGitHost({ knex, root });
    const { id } = await first.client.createRepository(
      { owner: 'payments', name: 'api' },
      ines,
    );
    const known = await commit(first, 'one');
    await eventually(() => first.pushes.length === 1);
    await first.stop();
    // As if the process had died between git's ref update and the commit of
    // the transaction.
    const bare = path.join(root, id.slice(0, 2), `${id}.git`);
    const git = gitClient(root);
    const tree = (await git(bare, 'rev-parse', 'main^{tree}')).trim();
    const lost = (
      await git(bare, 'commit-tree', tree, '-p', known.id, '-m', 'Lost?')
    ).trim();
    await git(bare, 'update-ref', 'refs/heads/main', lost);
    await knex('repositories').update({
      pending_pusher: 'user:default/ines.duarte',
    });

    const second = await startGitHost({ knex, root });
    await eventually(() => second.pushes.length === 1);
    expect(second.pushes[0]).toMatchObject({
      before: known.id,
      after: lost,
      pusher: 'user:default/ines.duarte',
      commits: [{ id: lost, subject: 'Lost?' }],
    });
    expect(await knex('repositories').pluck('pending_pusher')).toEqual([null]);
  });

  it('hands each push to one of two backends', async () => {
    const host = await startGitHost({ knex, root, publishFails: () => true });
    await host.client.createRepository(
      { owner: 'payments', name: 'api' },
      ines,
    );
    for (const name of ['a', 'b', 'c', 'd']) {
      await commit(host, name);
    }
    await host.stop();
    const stores = await Promise.all(
      [1, 2].map(() =>
        DatabaseGitStore.create({ getClient: async () => knex }),
      ),
    );
    const seen: string[] = [];
    const counts = await Promise.all(
      stores.map(store =>
        store.publishPending(async ({ event }) => {
          await new Promise(resolve => setTimeout(resolve, 5));
          seen.push(event.commits[0].subject);
        }),
      ),
    );
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(counts[0] + counts[1]).toBe(4);
  });

  it('lets anybody read and nobody write when reading is open', async () => {
    const host = await startGitHost({ knex, root, anonymousRead: true });
    await host.client.createRepository(
      { owner: 'payments', name: 'api' },
      ines,
    );
    await commit(host, 'one');
    const git = gitClient(root);
    const clone = path.join(root, 'clone');
    await git(root, 'clone', '-q', host.cloneUrl('payments/api'), clone);
    await fs.writeFile(path.join(clone, 'x'), 'x');
    await git(clone, 'add', '.');
    await git(clone, 'commit', '-q', '-m', 'x');
    await expect(git(clone, 'push', '-q')).rejects.toThrow(
      /could not read Username|401/,
    );
    expect((await host.client.getRepository('payments/api')).viewer).toEqual({
      canPush: false,
      canOpenPull: false,
      canMerge: false,
      canDelete: false,
    });
    await expect(
      host.client.createBranch('payments/api', { name: 'x' }),
    ).rejects.toThrow(/401/);
    // Credentials that are wrong are refused rather than ignored.
    await expect(
      host.client.listRepositories({}, { token: 'nonsense' }),
    ).rejects.toThrow(/401/);
  });

  it('asks the permission policy besides ownership', async () => {
    const host = await startGitHost({
      knex,
      root,
      denied: ['git.repository.push', 'git.pull.merge'],
    });
    await host.client.createRepository(
      { owner: 'payments', name: 'api' },
      ines,
    );
    await expect(commit(host, 'one')).rejects.toThrow(/403/);
    // Nor is there a way around it through an access token.
    await expect(host.client.createToken({ name: 'x' }, ines)).rejects.toThrow(
      /403/,
    );
    await host.client.createToken({ name: 'x', scopes: ['read'] }, ines);
  });

  it('migrates down to nothing and up again', async () => {
    await DatabaseGitStore.create({ getClient: async () => knex });
    const directory = path.join(__dirname, '..', 'migrations');
    expect(await knex.schema.hasTable('repositories')).toBe(true);
    await knex.migrate.rollback({ directory }, true);
    for (const table of ['repositories', 'refs', 'pushes', 'pulls', 'tokens']) {
      expect(await knex.schema.hasTable(table)).toBe(false);
    }
    await knex.migrate.latest({ directory });
    expect(await knex.schema.hasTable('pulls')).toBe(true);
  });
});
