import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import {
  eventually,
  gitClient,
  startGitHost,
  temporaryFolder,
  tokens,
} from './__testUtils__/gitHost';

jest.setTimeout(120_000);

/** Git's packing processes below this one. */
async function gitDescendants(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', [
    '-A',
    '-o',
    'pid=,ppid=,command=',
  ]);
  const processes = stdout.split('\n').flatMap(text => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(text);
    return match
      ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] }]
      : [];
  });
  const family = new Set([process.pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of processes) {
      if (family.has(parent)) {
        family.add(pid);
      }
    }
  }
  return processes
    .filter(
      ({ pid, command }) => family.has(pid) && /upload-pack/.test(command),
    )
    .map(({ command }) => command);
}

type Host = Awaited<ReturnType<typeof startGitHost>>;

describe('the git host', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let host: Host;
  let knex: Knex;
  let root: string;
  let work: string;
  let git: ReturnType<typeof gitClient>;
  let counter = 0;

  const ines = { token: tokens.ines };
  const priya = { token: tokens.priya };

  beforeAll(async () => {
    root = await temporaryFolder();
    work = await temporaryFolder();
    git = gitClient(work);
    knex = await databases.init('POSTGRES_18');
    host = await startGitHost({
      knex,
      root,
      maxPushBytes: 64 * 1024 * 1024,
    });
  });

  afterAll(async () => {
    await fs.rm(root, { recursive: true, force: true });
    await fs.rm(work, { recursive: true, force: true });
  });

  /** A new repository of payments and a clone of it with one commit pushed. */
  async function repositoryWithCommit(
    files: Record<string, string> = { 'README.md': '# hi\n' },
  ) {
    counter += 1;
    const name = `svc-${counter}`;
    const slug = `payments/${name}`;
    await host.client.createRepository({ owner: 'payments', name }, ines);
    await git(work, 'clone', '--quiet', host.cloneUrl(slug, tokens.ines), name);
    const clone = path.join(work, name);
    for (const [file, content] of Object.entries(files)) {
      await fs.mkdir(path.dirname(path.join(clone, file)), { recursive: true });
      await fs.writeFile(path.join(clone, file), content);
    }
    await git(clone, 'checkout', '-q', '-B', 'main');
    await git(clone, 'add', '.');
    await git(clone, 'commit', '-q', '-m', 'First');
    await git(clone, 'push', '-q', 'origin', 'main');
    const head = (await git(clone, 'rev-parse', 'HEAD')).trim();
    return { name, slug, clone, head };
  }

  async function commit(
    clone: string,
    file: string,
    content: string | Buffer,
    message: string,
  ) {
    await fs.writeFile(path.join(clone, file), content);
    await git(clone, 'add', '.');
    await git(clone, 'commit', '-q', '-m', message);
    return (await git(clone, 'rev-parse', 'HEAD')).trim();
  }

  describe('with a plain git client', () => {
    it('clones, pushes and fetches, and HEAD is the default branch', async () => {
      const { slug, clone, head } = await repositoryWithCommit();
      const other = path.join(work, `other-${counter}`);
      await git(work, 'clone', '-q', host.cloneUrl(slug, tokens.priya), other);
      expect((await git(other, 'rev-parse', 'HEAD')).trim()).toBe(head);
      expect((await git(other, 'branch', '--show-current')).trim()).toBe(
        'main',
      );
      const next = await commit(clone, 'a.txt', 'a', 'Second');
      await git(clone, 'push', '-q', 'origin', 'main');
      await git(other, 'pull', '-q');
      expect((await git(other, 'rev-parse', 'HEAD')).trim()).toBe(next);
      expect(await host.client.getRepository(slug, ines)).toMatchObject({
        empty: false,
        headCommit: next,
        cloneUrl: `http://portal.example:7007/api/git/${slug}.git`,
        webUrl: `http://portal.example:7007/git/${slug}`,
      });
      await git(other, 'fsck', '--full');
    });

    it('clones shallow and partial', async () => {
      const { slug, clone } = await repositoryWithCommit();
      await commit(clone, 'a.txt', 'a', 'Second');
      await git(clone, 'push', '-q', 'origin', 'main');
      const shallow = path.join(work, `shallow-${counter}`);
      await git(
        work,
        'clone',
        '-q',
        '--depth=1',
        host.cloneUrl(slug, tokens.ines),
        shallow,
      );
      expect((await git(shallow, 'rev-list', '--count', 'HEAD')).trim()).toBe(
        '1',
      );
      const partial = path.join(work, `partial-${counter}`);
      await git(
        work,
        'clone',
        '-q',
        '--filter=blob:none',
        host.cloneUrl(slug, tokens.ines),
        partial,
      );
      expect(await fs.readFile(path.join(partial, 'a.txt'), 'utf8')).toBe('a');
    });

    it('takes a push of 30 MB and gives it back unchanged', async () => {
      const { slug, clone } = await repositoryWithCommit();
      const content = randomBytes(30 * 1024 * 1024);
      await commit(clone, 'big.bin', content, 'Big');
      await git(clone, 'push', '-q', 'origin', 'main');
      const other = path.join(work, `big-${counter}`);
      await git(work, 'clone', '-q', host.cloneUrl(slug, tokens.ines), other);
      expect(
        (await fs.readFile(path.join(other, 'big.bin'))).equals(content),
      ).toBe(true);
    });

    it('refuses a push over the limit and keeps the repository as it was', async () => {
      const { slug, clone, head } = await repositoryWithCommit();
      await commit(clone, 'big.bin', randomBytes(65 * 1024 * 1024), 'Too big');
      await expect(
        git(clone, 'push', '-q', 'origin', 'main'),
      ).rejects.toThrow();
      expect((await host.client.getRepository(slug, ines)).headCommit).toBe(
        head,
      );
      expect(await fs.readdir(path.join(root, 'incoming'))).toEqual([]);
    });

    it('lets one of two pushes to the same branch win, and takes those to others', async () => {
      const { slug, clone, head } = await repositoryWithCommit();
      const clones = await Promise.all(
        [0, 1, 2, 3, 4].map(async index => {
          const other = path.join(work, `race-${counter}-${index}`);
          await git(
            work,
            'clone',
            '-q',
            host.cloneUrl(slug, tokens.ines),
            other,
          );
          await commit(other, `f${index}.txt`, String(index), `Race ${index}`);
          return other;
        }),
      );
      const outcomes = await Promise.allSettled([
        git(clones[0], 'push', '-q', 'origin', 'HEAD:main'),
        git(clones[1], 'push', '-q', 'origin', 'HEAD:main'),
        git(clones[2], 'push', '-q', 'origin', 'HEAD:refs/heads/c2'),
        git(clones[3], 'push', '-q', 'origin', 'HEAD:refs/heads/c3'),
        git(clones[4], 'push', '-q', 'origin', 'HEAD:refs/heads/c4'),
      ]);
      expect(
        outcomes.slice(0, 2).filter(({ status }) => status === 'fulfilled'),
      ).toHaveLength(1);
      expect(
        outcomes.slice(2).every(({ status }) => status === 'fulfilled'),
      ).toBe(true);
      await eventually(
        () =>
          host.pushes.filter(({ repository }) => repository === slug).length ===
          5,
      );
      const refs = host.pushes
        .filter(({ repository }) => repository === slug)
        .map(({ ref }) => ref);
      expect(refs.sort()).toEqual([
        'refs/heads/c2',
        'refs/heads/c3',
        'refs/heads/c4',
        'refs/heads/main',
        'refs/heads/main',
      ]);
      expect(
        host.pushes.filter(
          ({ repository, before }) => repository === slug && before === head,
        ),
      ).toHaveLength(1);
      await git(clone, 'fetch', '-q');
    });

    it('refuses refs that belong to the host', async () => {
      const { clone } = await repositoryWithCommit();
      await expect(
        git(clone, 'push', '-q', 'origin', 'HEAD:refs/pull/1/head'),
      ).rejects.toThrow(/hidden|deny/);
      await expect(
        git(clone, 'push', '-q', 'origin', 'HEAD:refs/notes/x'),
      ).rejects.toThrow(/hidden|deny/);
    });

    it.each(['-evil', 'HEAD', 'refs/heads/x', 'a'.repeat(40)])(
      'refuses a branch %s, which nothing else of the host could name',
      async branch => {
        const { clone, name } = await repositoryWithCommit();
        await expect(
          git(
            clone,
            'push',
            '-q',
            'origin',
            'HEAD:refs/heads/beside',
            `HEAD:refs/heads/${branch}`,
          ),
        ).rejects.toThrow(
          /remote rejected.*refused together with another ref[^]*remote rejected.*The branch must not/,
        );
        expect(
          (await git(clone, 'ls-remote', 'origin')).split('\n'),
        ).toHaveLength(3);
        expect(host.audits).toContainEqual({
          eventId: 'repository-push',
          status: 'failed',
          meta: { actor: 'user:default/ines.duarte', owner: 'payments', name },
        });
      },
    );

    it('lets a branch go that was accepted under an older rule', async () => {
      const { clone, head, name } = await repositoryWithCommit();
      const { id } = await knex('repositories').where({ name }).first();
      const bare = path.join(root, id.slice(0, 2), `${id}.git`);
      await git(bare, 'update-ref', 'refs/heads/-old', head);
      await git(clone, 'push', '-q', 'origin', ':refs/heads/-old');
      expect(await git(clone, 'ls-remote', 'origin')).not.toContain('-old');
    });

    it('accepts a gzipped request body', async () => {
      const { slug, head } = await repositoryWithCommit();
      const line = (text: string) =>
        `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
      const body = `${line(`want ${head}\n`)}0000${line('done\n')}`;
      const response = await fetch(
        `${host.baseUrl}/${slug}.git/git-upload-pack`,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${tokens.ines}`,
            'content-type': 'application/x-git-upload-pack-request',
            'content-encoding': 'gzip',
          },
          body: gzipSync(body),
        },
      );
      expect(response.status).toBe(200);
      const answer = Buffer.from(await response.arrayBuffer());
      expect(answer.toString('latin1')).toMatch(/NAK\n.*PACK/s);
    });

    it('ends git when the client leaves', async () => {
      const { slug, clone } = await repositoryWithCommit();
      const head = await commit(
        clone,
        'big.bin',
        randomBytes(40 * 1024 * 1024),
        'Big',
      );
      await git(clone, 'push', '-q', 'origin', 'main');
      const line = (text: string) =>
        `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
      const fetching = request(`${host.baseUrl}/${slug}.git/git-upload-pack`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens.ines}`,
          'content-type': 'application/x-git-upload-pack-request',
        },
      });
      fetching.on('error', () => undefined);
      fetching.end(`${line(`want ${head}\n`)}0000${line('done\n')}`);
      // The client reads a little and then no more, so git has to wait.
      await new Promise<void>(resolve => {
        fetching.on('response', response => {
          response.once('data', () => {
            response.pause();
            resolve();
          });
        });
      });
      expect(await gitDescendants()).not.toEqual([]);
      fetching.destroy();
      await eventually(async () => (await gitDescendants()).length === 0);
      expect(await gitDescendants()).toEqual([]);
    });

    it('runs no hook that a repository folder may hold', async () => {
      const { slug, clone } = await repositoryWithCommit();
      const { id } = await host.client.getRepository(slug, ines);
      const hooks = path.join(root, id.slice(0, 2), `${id}.git`, 'hooks');
      const proof = path.join(work, `hook-${counter}`);
      await fs.mkdir(hooks, { recursive: true });
      await fs.writeFile(
        path.join(hooks, 'post-receive'),
        `#!/bin/sh\ntouch ${proof}\n`,
        {
          mode: 0o755,
        },
      );
      await commit(clone, 'a.txt', 'a', 'Second');
      await git(clone, 'push', '-q', 'origin', 'main');
      await expect(fs.stat(proof)).rejects.toThrow('ENOENT');
    });
  });

  describe('credentials', () => {
    it.each([
      ['no credentials', undefined],
      ['a forged access token', `pvr_${'x'.repeat(43)}`],
      ['a token nobody made', 'nonsense'],
      ['an invalid portal token', 'mock-invalid-user-token'],
    ])('asks %s for Basic credentials', async (_, token) => {
      const { slug } = await repositoryWithCommit();
      for (const service of ['git-upload-pack', 'git-receive-pack']) {
        const response = await fetch(
          `${host.baseUrl}/${slug}.git/info/refs?service=${service}`,
          {
            headers: token
              ? {
                  authorization: `Basic ${Buffer.from(`git:${token}`).toString(
                    'base64',
                  )}`,
                }
              : {},
          },
        );
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
      }
      await expect(
        git(
          work,
          'clone',
          '-q',
          host.cloneUrl(slug, token),
          `never-${counter}`,
        ),
      ).rejects.toThrow();
    });

    it('does not tell the uninvited which repositories exist', async () => {
      const { slug } = await repositoryWithCommit();
      const ask = async (name: string) =>
        (
          await fetch(
            `${host.baseUrl}/${name}.git/info/refs?service=git-upload-pack`,
          )
        ).status;
      expect(await ask(slug)).toBe(await ask('payments/none'));
    });

    it('takes an access token until it is revoked, and shows it once', async () => {
      const { slug, clone } = await repositoryWithCommit();
      const created = await host.client.createToken(
        { name: `laptop ${counter}` },
        ines,
      );
      expect(created.token).toMatch(/^pvr_/);
      expect(JSON.stringify(await host.client.listTokens(ines))).not.toContain(
        created.token,
      );
      await git(
        clone,
        'remote',
        'set-url',
        'origin',
        host.cloneUrl(slug, created.token),
      );
      await commit(clone, 'a.txt', 'a', 'With a token');
      await git(clone, 'push', '-q', 'origin', 'main');
      await eventually(() =>
        host.pushes.some(
          push =>
            push.repository === slug &&
            push.commits[0]?.subject === 'With a token',
        ),
      );
      expect(
        host.pushes.find(
          push =>
            push.repository === slug &&
            push.commits[0]?.subject === 'With a token',
        )?.pusher,
      ).toBe('user:default/ines.duarte');
      // As Bearer on the interface as well.
      await host.client.listBranches(slug, { token: created.token });
      // But it cannot make tokens or delete repositories.
      await expect(
        host.client.createToken({ name: 'more' }, { token: created.token }),
      ).rejects.toThrow(/403/);
      await expect(
        host.client.deleteRepository(slug, { token: created.token }),
      ).rejects.toThrow(/403/);
      await expect(
        host.client.revokeToken(created.id, { token: tokens.wes }),
      ).rejects.toThrow(/404/);
      await host.client.revokeToken(created.id, ines);
      await commit(clone, 'b.txt', 'b', 'After');
      await expect(
        git(clone, 'push', '-q', 'origin', 'main'),
      ).rejects.toThrow();
      await expect(
        host.client.listBranches(slug, { token: created.token }),
      ).rejects.toThrow(/401/);
    });

    it('keeps no token in the clear, and refuses one that has expired', async () => {
      const created = await host.client.createToken(
        { name: 'short', expiresInDays: 1 },
        ines,
      );
      const [row] = await knex('tokens').where({ id: created.id });
      expect(JSON.stringify(row)).not.toContain(created.token);
      expect(row.hint).toBe(created.token.slice(0, 8));
      await host.client.listRepositories({}, { token: created.token });
      await knex('tokens')
        .where({ id: created.id })
        .update({ expires_at: new Date(Date.now() - 1) });
      await expect(
        host.client.listRepositories({}, { token: created.token }),
      ).rejects.toThrow(/401/);
    });

    it('lets a read-only access token read and not push', async () => {
      const { slug, clone } = await repositoryWithCommit();
      const { token } = await host.client.createToken(
        { name: `reader ${counter}`, scopes: ['read'] },
        ines,
      );
      await git(
        clone,
        'remote',
        'set-url',
        'origin',
        host.cloneUrl(slug, token),
      );
      await git(clone, 'fetch', '-q');
      await commit(clone, 'a.txt', 'a', 'No');
      await expect(git(clone, 'push', '-q', 'origin', 'main')).rejects.toThrow(
        /403/,
      );
    });

    it.each([
      ['a member of another group', tokens.wes, 'forbidden'],
      ['a member of the owning group', tokens.ines, 'accepted'],
      ['an administrator', tokens.priya, 'accepted'],
      ['a service', tokens.machine, 'accepted'],
    ])('decides for %s', async (_, token, expected) => {
      const { slug, clone } = await repositoryWithCommit();
      await git(
        clone,
        'remote',
        'set-url',
        'origin',
        host.cloneUrl(slug, token),
      );
      await git(clone, 'fetch', '-q');
      await commit(clone, 'a.txt', 'a', 'Try');
      const outcome = await git(clone, 'push', '-q', 'origin', 'main').then(
        () => 'accepted',
        (error: Error) =>
          /403/.test(error.message) ? 'forbidden' : error.message,
      );
      expect(outcome).toBe(expected);
    });

    it('enters a refused push in the audit log', async () => {
      const { slug, name } = await repositoryWithCommit();
      const response = await fetch(
        `${host.baseUrl}/${slug}.git/info/refs?service=git-receive-pack`,
        { headers: { authorization: `Bearer ${tokens.wes}` } },
      );
      expect(response.status).toBe(403);
      expect(host.audits).toContainEqual({
        eventId: 'repository-push',
        status: 'failed',
        meta: { actor: 'user:default/wes', owner: 'payments', name },
      });
    });

    it('counts members of a group below the owner as members', async () => {
      const name = `parent-${counter}`;
      await host.client.createRepository({ owner: 'shopping', name }, ines);
      await host.client.commitFiles(
        `shopping/${name}`,
        { branch: 'main', message: 'x', files: [{ path: 'a', content: 'a' }] },
        ines,
      );
      await expect(
        host.client.createRepository(
          { owner: 'shopping', name: 'w' },
          { token: tokens.wes },
        ),
      ).rejects.toThrow(/403/);
    });
  });

  describe('names', () => {
    it.each([
      '/..%2f..%2fetc/x.git/info/refs?service=git-upload-pack',
      '/payments/..%2f..%2fx.git/info/refs?service=git-upload-pack',
      '/payments/%2e%2e/x.git/info/refs?service=git-upload-pack',
      '/payments/-x.git/info/refs?service=git-upload-pack',
      `/payments/${'x'.repeat(64)}.git/info/refs?service=git-upload-pack`,
      '/payments/x.git/info/refs?service=git-evil-pack',
      '/payments/x.git/info/refs',
      '/payments/x.git/HEAD',
      '/payments/x.git/objects/info/packs',
      '/payments/x.git/config',
      '/payments/x/blob/main/..%2f..%2fconfig',
      '/payments/x/blob/main/%2e%2e/%2e%2e/config',
      '/payments/x/blob/-main/a',
      '/payments/x/blob/main/a%00b',
      '/v1/repositories/payments/..%2f..%2fetc',
      `/v1/repositories/payments/${'x'.repeat(64)}`,
      '/v1/repositories/payments/x/raw?path=../../config',
      '/v1/repositories/payments/x/raw?path=a&ref=--output=x',
      '/v1/repositories/payments/x/tree?ref=main~1',
      '/v1/repositories/payments/x/commits?limit=1000000',
      '/v1/repositories/payments/x/commits?ref=main&ref=b',
    ])('answers %s with a 4xx and no more', async target => {
      const response = await fetch(`${host.baseUrl}${target}`, {
        headers: { authorization: `Bearer ${tokens.priya}` },
      });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      const text = await response.text();
      expect(text).not.toContain(root);
      expect(text.length).toBeLessThan(10_000);
    });

    it('answers names of any length with a 4xx', async () => {
      for (const target of [
        `/payments/${'x'.repeat(7000)}.git/info/refs?service=git-upload-pack`,
        `/v1/repositories/payments/${'x'.repeat(7000)}`,
        `/payments/x/blob/main/${'x/'.repeat(3500)}`,
      ]) {
        const response = await fetch(`${host.baseUrl}${target}`, {
          headers: { authorization: `Bearer ${tokens.priya}` },
        });
        expect(Math.floor(response.status / 100)).toBe(4);
      }
    });

    it.each([
      [{ owner: 'payments', name: '../x' }, /400/],
      [{ owner: 'payments', name: 'x.git' }, /400/],
      [{ owner: 'payments', name: 'x'.repeat(64) }, /400/],
      [{ owner: 'payments', name: 'a b' }, /400/],
      [{ owner: 'payments', name: '$(id)' }, /400/],
      [{ owner: 'v1', name: 'x' }, /400/],
      [{ owner: 'nobody', name: 'x' }, /400/],
      [{ owner: 'payments', name: 'x', defaultBranch: '-b' }, /400/],
      [{ owner: 'payments', name: 'x', defaultBranch: 'a..b' }, /400/],
    ])('refuses to create %j', async (wanted, status) => {
      await expect(host.client.createRepository(wanted, priya)).rejects.toThrow(
        status,
      );
    });

    it('refuses a second repository of the same name, whatever the case', async () => {
      const { name } = await repositoryWithCommit();
      await expect(
        host.client.createRepository(
          { owner: 'payments', name: name.toUpperCase() },
          ines,
        ),
      ).rejects.toThrow(/409/);
    });

    it('lets exactly one of two creations of one name succeed', async () => {
      const outcomes = await Promise.allSettled(
        [1, 2, 3].map(() =>
          host.client.createRepository(
            { owner: 'payments', name: 'twins' },
            ines,
          ),
        ),
      );
      expect(
        outcomes.filter(({ status }) => status === 'fulfilled'),
      ).toHaveLength(1);
    });

    it('answers broken JSON with 400', async () => {
      const response = await fetch(`${host.baseUrl}/v1/repositories`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens.ines}`,
          'content-type': 'application/json',
        },
        body: '{',
      });
      expect(response.status).toBe(400);
    });
  });

  describe('push events', () => {
    it('tell what each ref gained', async () => {
      const { slug, clone, head } = await repositoryWithCommit({
        'README.md': '# x\n',
        'catalog-info.yaml': 'a: 1\n',
      });
      await eventually(() =>
        host.pushes.some(push => push.repository === slug),
      );
      const first = host.pushes.find(push => push.repository === slug);
      expect(first).toMatchObject({
        owner: 'payments',
        ref: 'refs/heads/main',
        defaultBranch: 'main',
        after: head,
        pusher: 'user:default/ines.duarte',
        commitsTruncated: false,
        commits: [
          {
            id: head,
            parents: [],
            authorName: 'Ines Duarte',
            subject: 'First',
            paths: ['README.md', 'catalog-info.yaml'],
          },
        ],
      });
      expect(first).not.toHaveProperty('before');

      await git(clone, 'checkout', '-q', '-b', 'feature/x');
      const second = await commit(clone, 'b ü.txt', 'b', 'Second');
      await git(clone, 'tag', '-a', 'v1.0.0', '-m', 'Release');
      await git(clone, 'push', '-q', 'origin', 'feature/x', 'v1.0.0');
      await eventually(
        () => host.pushes.filter(push => push.repository === slug).length === 3,
      );
      const [branch, tag] = host.pushes
        .filter(push => push.repository === slug)
        .slice(1);
      expect(branch).toMatchObject({
        ref: 'refs/heads/feature/x',
        after: second,
      });
      expect(branch.commits.map(({ id, paths }) => [id, paths])).toEqual([
        [second, ['b ü.txt']],
      ]);
      expect(tag).toMatchObject({
        ref: 'refs/tags/v1.0.0',
        after: second,
        commits: [],
      });

      await git(clone, 'push', '-q', 'origin', ':feature/x');
      await eventually(
        () => host.pushes.filter(push => push.repository === slug).length === 4,
      );
      const gone = host.pushes.filter(push => push.repository === slug)[3];
      expect(gone).toMatchObject({
        ref: 'refs/heads/feature/x',
        before: second,
        commits: [],
      });
      expect(gone).not.toHaveProperty('after');
    });

    it('refresh what the catalog read', async () => {
      const { slug } = await repositoryWithCommit({
        'catalog-info.yaml': 'a: 1\n',
        'src/main.ts': '',
      });
      const url = `http://portal.example:7007/api/git/${slug}/blob/main`;
      await eventually(() =>
        host.scmEvents.some(
          event => event.type === 'repository.updated' && event.url === url,
        ),
      );
      expect(
        host.scmEvents.filter(
          event => 'url' in event && event.url.startsWith(`${url}/`),
        ),
      ).toEqual([
        { type: 'location.updated', url: `${url}/catalog-info.yaml` },
      ]);
    });

    it('are audited', async () => {
      await repositoryWithCommit();
      expect(host.audits).toContainEqual({
        eventId: 'repository-push',
        status: 'succeeded',
        meta: {
          actor: 'user:default/ines.duarte',
          owner: 'payments',
          name: `svc-${counter}`,
        },
      });
    });
  });

  describe('files', () => {
    it('are served as inert text, and browsers are sent to the page', async () => {
      const { slug, clone, head } = await repositoryWithCommit({
        'docs/evil.html': '<script>alert(1)</script>',
      });
      await git(clone, 'checkout', '-q', '-b', 'feature/a');
      await commit(clone, 'docs/evil.html', 'branch', 'On a branch');
      await git(clone, 'push', '-q', 'origin', 'feature/a');
      const url = `${host.baseUrl}/${slug}/blob/main/docs/evil.html`;
      const authorization = `Bearer ${tokens.ines}`;
      const response = await fetch(url, { headers: { authorization } });
      expect(await response.text()).toBe('<script>alert(1)</script>');
      expect(response.headers.get('content-type')).toBe(
        'text/plain; charset=utf-8',
      );
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-security-policy')).toContain(
        'sandbox',
      );
      const etag = response.headers.get('etag') ?? '';
      const again = await fetch(url, {
        headers: { authorization, 'if-none-match': etag },
      });
      expect(again.status).toBe(304);

      const slashed = await fetch(
        `${host.baseUrl}/${slug}/blob/feature/a/docs/evil.html`,
        {
          headers: { authorization },
        },
      );
      expect(await slashed.text()).toBe('branch');
      const byCommit = await fetch(
        `${host.baseUrl}/${slug}/blob/${head}/docs/evil.html`,
        {
          headers: { authorization },
        },
      );
      expect(byCommit.status).toBe(200);

      const page = await fetch(url, {
        headers: { accept: 'text/html,application/xhtml+xml' },
        redirect: 'manual',
      });
      expect(page.status).toBe(302);
      expect(page.headers.get('location')).toBe(
        `http://portal.example:7007/git/${slug}/blob/main/docs/evil.html`,
      );
      expect((await fetch(url)).status).toBe(401);
      expect(
        (
          await fetch(`${host.baseUrl}/${slug}/blob/main/none`, {
            headers: { authorization },
          })
        ).status,
      ).toBe(404);
    });

    it('are committed through the interface, and compared', async () => {
      const { slug, head } = await repositoryWithCommit({
        'a.txt': 'a\n',
        'run.sh': 'x\n',
      });
      const made = await host.client.commitFiles(
        slug,
        {
          branch: 'edit/1',
          message: 'Edit',
          files: [
            { path: 'a.txt', delete: true },
            {
              path: 'd/b.bin',
              content: Buffer.from([0, 1, 2]).toString('base64'),
              encoding: 'base64',
            },
            { path: 'run.sh', content: 'y\n', executable: true },
          ],
        },
        ines,
      );
      expect(made).toMatchObject({
        parents: [head],
        authorName: 'ines.duarte',
        authorEmail: 'ines.duarte@fernhill.example',
      });
      const comparison = await host.client.compare(
        slug,
        { base: 'main', head: 'edit/1' },
        ines,
      );
      expect(comparison).toMatchObject({
        mergeBase: head,
        aheadBy: 1,
        behindBy: 0,
      });
      expect(comparison.files).toEqual([
        { path: 'a.txt', status: 'deleted', additions: 0, deletions: 1 },
        { path: 'd/b.bin', status: 'added' },
        { path: 'run.sh', status: 'modified', additions: 1, deletions: 1 },
      ]);
      expect([
        ...(
          await host.client.getFile(
            slug,
            { ref: 'edit/1', path: 'd/b.bin' },
            ines,
          )
        ).content,
      ]).toEqual([0, 1, 2]);
      const large = randomBytes(20_000_000);
      await host.client.commitFiles(
        slug,
        {
          branch: 'edit/1',
          message: 'Large',
          files: [
            {
              path: 'large.bin',
              content: large.toString('base64'),
              encoding: 'base64',
            },
          ],
        },
        ines,
      );
      const read = await host.client.getFile(
        slug,
        { ref: 'edit/1', path: 'large.bin' },
        ines,
      );
      expect(large.equals(read.content)).toBe(true);
      await expect(
        host.client.commitFiles(
          slug,
          {
            branch: 'edit/1',
            message: 'Broken',
            files: [{ path: 'x', content: 'ab!=', encoding: 'base64' }],
          },
          ines,
        ),
      ).rejects.toThrow(/not valid base64.*400/);
      await expect(
        host.client.commitFiles(
          slug,
          {
            branch: 'edit/1',
            base: head,
            message: 'Stale',
            files: [{ path: 'z', content: '' }],
          },
          ines,
        ),
      ).rejects.toThrow(/moved.*409/);
      await expect(
        host.client.commitFiles(
          slug,
          {
            branch: 'main',
            message: 'No',
            files: [{ path: '.GIT/config', content: '' }],
          },
          ines,
        ),
      ).rejects.toThrow(/400/);
      await expect(
        host.client.commitFiles(
          slug,
          {
            branch: 'main',
            message: 'No',
            files: [{ path: 'a.txt/b', content: '' }],
          },
          ines,
        ),
      ).rejects.toThrow(/400/);
      await expect(
        host.client.commitFiles(
          slug,
          {
            branch: 'main',
            message: 'No',
            files: [{ path: 'a.txt', content: 'a\n' }],
          },
          ines,
        ),
      ).rejects.toThrow(/Nothing changes.*409/);
    });
  });

  describe('pull requests', () => {
    const edit = (slug: string, branch: string, content: string) =>
      host.client.commitFiles(
        slug,
        {
          branch,
          message: `On ${branch}`,
          files: [{ path: 'a.txt', content }],
        },
        ines,
      );

    it('are opened, compared and merged', async () => {
      const { slug, head } = await repositoryWithCommit({ 'a.txt': 'a\n' });
      const change = await edit(slug, 'feature', 'b\n');
      const pull = await host.client.createPull(
        slug,
        { title: 'Change a', body: 'Because', source: 'feature' },
        ines,
      );
      expect(pull).toMatchObject({
        number: 1,
        state: 'open',
        target: 'main',
        headCommit: change.id,
        mergeability: { status: 'mergeable', conflicts: [] },
        viewer: { canMerge: true },
      });
      await expect(
        host.client.createPull(
          slug,
          { title: 'Again', source: 'feature' },
          ines,
        ),
      ).rejects.toThrow(/409/);
      expect(
        (await host.client.getPullComparison(slug, 1, ines)).diff,
      ).toContain('-a\n+b\n');
      await expect(
        host.client.mergePull(slug, 1, {}, { token: tokens.wes }),
      ).rejects.toThrow(/403/);
      await expect(
        host.client.mergePull(slug, 1, { headCommit: head }, ines),
      ).rejects.toThrow(/moved.*409/);
      const merged = await host.client.mergePull(
        slug,
        1,
        { deleteSource: true },
        ines,
      );
      expect(merged).toMatchObject({
        state: 'merged',
        mergedBy: 'user:default/ines.duarte',
      });
      const [merge] = (await host.client.listCommits(slug, { limit: 1 }, ines))
        .items;
      expect(merge).toMatchObject({
        id: merged.mergeCommit,
        parents: [head, change.id],
      });
      expect(
        (await host.client.listBranches(slug, ines)).map(({ name }) => name),
      ).toEqual(['main']);
      // What it changed stays visible after the branch is gone.
      expect(
        (await host.client.getPullComparison(slug, 1, ines)).diff,
      ).toContain('-a\n+b\n');
      await eventually(() =>
        host.pushes.some(
          push => push.repository === slug && push.after === merged.mergeCommit,
        ),
      );
      const push = host.pushes.find(
        event =>
          event.repository === slug && event.after === merged.mergeCommit,
      );
      expect(push?.commits.map(({ id }) => id)).toEqual([
        merged.mergeCommit,
        change.id,
      ]);
      await expect(host.client.mergePull(slug, 1, {}, ines)).rejects.toThrow(
        /409/,
      );
    });

    it('name the files in conflict', async () => {
      const { slug } = await repositoryWithCommit({ 'a.txt': 'a\n' });
      await edit(slug, 'feature', 'b\n');
      await edit(slug, 'main', 'c\n');
      await host.client.createPull(
        slug,
        { title: 'Conflict', source: 'feature' },
        ines,
      );
      expect((await host.client.getPull(slug, 1, ines)).mergeability).toEqual({
        status: 'conflicts',
        conflicts: ['a.txt'],
      });
      await expect(host.client.mergePull(slug, 1, {}, ines)).rejects.toThrow(
        /a\.txt.*409/,
      );
      await host.client.closePull(slug, 1, ines);
      await expect(host.client.closePull(slug, 1, ines)).rejects.toThrow(/409/);
      expect((await host.client.reopenPull(slug, 1, ines)).state).toBe('open');
    });

    it('wait while they are drafts', async () => {
      const { slug } = await repositoryWithCommit({ 'a.txt': 'a\n' });
      await edit(slug, 'feature', 'b\n');
      await host.client.createPull(
        slug,
        { title: 'Draft', source: 'feature', draft: true },
        ines,
      );
      await expect(host.client.mergePull(slug, 1, {}, ines)).rejects.toThrow(
        /draft.*409/,
      );
      await host.client.updatePull(
        slug,
        1,
        { draft: false, title: 'Ready' },
        ines,
      );
      expect(await host.client.mergePull(slug, 1, {}, ines)).toMatchObject({
        state: 'merged',
        title: 'Ready',
      });
    });

    it('follow their branch, and know when a push merged them', async () => {
      const { slug, clone } = await repositoryWithCommit({ 'a.txt': 'a\n' });
      await edit(slug, 'feature', 'b\n');
      await host.client.createPull(
        slug,
        { title: 'By hand', source: 'feature' },
        ines,
      );
      const later = await edit(slug, 'feature', 'c\n');
      expect((await host.client.getPull(slug, 1, ines)).headCommit).toBe(
        later.id,
      );
      await git(clone, 'fetch', '-q');
      await git(
        clone,
        'merge',
        '-q',
        '--no-ff',
        '-m',
        'By hand',
        'origin/feature',
      );
      await git(clone, 'push', '-q', 'origin', 'main', ':feature');
      expect(await host.client.getPull(slug, 1, ines)).toMatchObject({
        state: 'merged',
      });
    });
  });

  describe('deleting', () => {
    it('is for administrators and the recent creator', async () => {
      const { slug } = await repositoryWithCommit();
      await expect(
        host.client.deleteRepository(slug, { token: tokens.wes }),
      ).rejects.toThrow(/403/);
      const { id } = await host.client.getRepository(slug, ines);
      await host.client.deleteRepository(slug, ines);
      await expect(host.client.getRepository(slug, ines)).rejects.toThrow(
        /404/,
      );
      await expect(
        fs.stat(path.join(root, id.slice(0, 2), `${id}.git`)),
      ).rejects.toThrow('ENOENT');
      const other = await repositoryWithCommit();
      await host.client.deleteRepository(other.slug, priya);
    });
  });

  it('serves an OpenAPI document with every route', async () => {
    const response = await fetch(`${host.baseUrl}/openapi.json`);
    const document = await response.json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/repositories/{owner}/{name}/pulls/{number}/merge',
        '/v1/tokens',
        '/{owner}/{name}.git/git-receive-pack',
      ]),
    );
  });
});
