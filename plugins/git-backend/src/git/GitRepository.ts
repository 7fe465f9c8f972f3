import {
  Branch,
  Commit,
  CommitDetail,
  Comparison,
  FileChange,
  GitPushCommit,
  isCommitId,
  Tag,
  Tree,
  TreeEntry,
} from '@pavedroad/plugin-git-common';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gitEnvironment } from './environment';
import {
  COMMIT_FORMAT,
  parseCommits,
  parseFileChanges,
  parsePushCommits,
  parseTree,
  PUSH_COMMIT_FORMAT,
  sortTree,
} from './parse';
import { GitCommandError, killProcessGroup, runGit, spawnGit } from './runGit';

const MAX_DIFF_BYTES = 2 * 1024 * 1024;
const MAX_TREE_ENTRIES = 20_000;
const MAX_COMPARE_COMMITS = 250;
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A ref on disk. */
export interface DiskRef {
  ref: string;
  objectId: string;
  /** The commit, also behind an annotated tag; absent when it names none. */
  commitId?: string;
}

/** Who a commit made by the host names. */
export interface Identity {
  name: string;
  email: string;
}

/** One file of a commit made by the host. */
export type FileEdit =
  | { path: string; content: Buffer; executable?: boolean }
  | { path: string; delete: true };

/** A file at a commit. */
export interface Blob {
  /** Object id, which is the same for the same bytes. */
  id: string;
  size: number;
  mode: string;
}

/** How a merge would end. */
export type MergeOutcome =
  | { status: 'clean'; tree: string }
  | { status: 'conflicts'; conflicts: string[] };

/**
 * Refuses edits after which one path would be a file and a folder at once; git
 * would drop the file without a word.
 *
 * @throws InputError
 */
function assertPathsFit(existing: Iterable<string>, edits: FileEdit[]): void {
  const files = new Set(existing);
  for (const edit of edits) {
    if ('delete' in edit) {
      files.delete(edit.path);
    } else {
      files.add(edit.path);
    }
  }
  for (const file of files) {
    for (
      let slash = file.indexOf('/');
      slash > 0;
      slash = file.indexOf('/', slash + 1)
    ) {
      const folder = file.slice(0, slash);
      if (files.has(folder)) {
        throw new InputError(
          `'${folder}' cannot be a file and a folder that holds '${file}'`,
        );
      }
    }
  }
}

/**
 * A bare repository on disk, driven by the git command line. Arguments are
 * full ref names, commit ids and paths that passed the rules of
 * `@pavedroad/plugin-git-common`; nothing here reaches a shell.
 */
export class GitRepository {
  readonly path: string;

  constructor(repositoryPath: string) {
    this.path = repositoryPath;
  }

  /** Creates an empty bare repository whose HEAD names the default branch. */
  static async create(
    repositoryPath: string,
    defaultBranch: string,
  ): Promise<GitRepository> {
    await fs.mkdir(repositoryPath, { recursive: true, mode: 0o700 });
    await runGit(
      repositoryPath,
      [
        'init',
        '--quiet',
        '--bare',
        '--template=',
        `--initial-branch=${defaultBranch}`,
        '.',
      ],
      { environment: { GIT_DIR: repositoryPath } },
    );
    return new GitRepository(repositoryPath);
  }

  /** Branches and tags on disk, by full name. */
  async refs(): Promise<DiskRef[]> {
    const output = await this.#text([
      'for-each-ref',
      '--format=%(refname) %(objectname) %(objecttype) %(*objectname) %(*objecttype)',
      'refs/heads',
      'refs/tags',
    ]);
    return output
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [ref, objectId, type, peeledId, peeledType] = line.split(' ');
        let commitId: string | undefined;
        if (type === 'commit') {
          commitId = objectId;
        } else if (peeledType === 'commit') {
          commitId = peeledId;
        }
        return { ref, objectId, commitId };
      });
  }

  /** The commit of a branch, or `undefined` when there is no such branch. */
  async branchHead(branch: string): Promise<string | undefined> {
    return this.#peel(`refs/heads/${branch}`);
  }

  /**
   * The commit that a branch, tag, `HEAD`, full ref or commit id names.
   * Branches win over tags, and both over shortened ids.
   *
   * @throws NotFoundError when nothing is called so
   */
  async resolve(revision: string): Promise<string> {
    const commit = await this.tryResolve(revision);
    if (!commit) {
      throw new NotFoundError(
        `There is no branch, tag or commit '${revision}'`,
      );
    }
    return commit;
  }

  /** As {@link resolve}, but answers `undefined`. */
  async tryResolve(revision: string): Promise<string | undefined> {
    const candidates = isCommitId(revision)
      ? [revision]
      : [
          ...(revision === 'HEAD' ? ['HEAD'] : []),
          ...(/^refs\/(?:heads|tags|pull)\//.test(revision) ? [revision] : []),
          `refs/heads/${revision}`,
          `refs/tags/${revision}`,
          ...(/^[0-9a-f]{7,39}$/.test(revision) ? [revision] : []),
        ];
    for (const candidate of candidates) {
      const commit = await this.#peel(candidate);
      if (commit) {
        return commit;
      }
    }
    return undefined;
  }

  /**
   * Splits `<ref>/<path>` where the longest existing ref ends.
   *
   * @param refAndPath - decoded segments
   * @throws NotFoundError when no leading part is a ref or commit
   */
  async resolveRefAndPath(
    refAndPath: string[],
  ): Promise<{ ref: string; commit: string; path: string }> {
    const first = refAndPath[0];
    const known = new Map(
      (await this.refs())
        .filter(({ commitId }) => commitId)
        // Branches come later and so win over tags of the same name.
        .sort(
          (a, b) =>
            Number(a.ref.startsWith('refs/heads/')) -
            Number(b.ref.startsWith('refs/heads/')),
        )
        .map(({ ref, commitId }) => [
          ref.replace(/^refs\/(?:heads|tags)\//, ''),
          commitId,
        ]),
    );
    for (let length = refAndPath.length; length > 0; length -= 1) {
      const ref = refAndPath.slice(0, length).join('/');
      const commit = known.get(ref);
      if (commit) {
        return { ref, commit, path: refAndPath.slice(length).join('/') };
      }
    }
    return {
      ref: first,
      commit: await this.resolve(first),
      path: refAndPath.slice(1).join('/'),
    };
  }

  /** Branches, the most recently changed first. */
  async branches(defaultBranch: string): Promise<Branch[]> {
    const output = await this.#text([
      'for-each-ref',
      '--sort=-committerdate',
      '--format=%(refname:lstrip=2)%00%(objectname)%00%(committerdate:iso-strict)%00%(authorname)%00%(subject)',
      'refs/heads',
    ]);
    return output
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [name, commit, committedAt, authorName, subject] =
          line.split('\0');
        return {
          name,
          commit,
          committedAt,
          authorName,
          subject,
          isDefault: name === defaultBranch,
        };
      });
  }

  /** Tags that name a commit, the newest first. */
  async tags(): Promise<Tag[]> {
    const output = await this.#text([
      'for-each-ref',
      '--sort=-creatordate',
      '--format=%(refname:lstrip=2)%00%(objectname)%00%(*objectname)%00%(creatordate:iso-strict)%00%(subject)',
      'refs/tags',
    ]);
    return output
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const [name, objectId, peeledId, createdAt, subject] = line.split('\0');
        return { name, commit: peeledId || objectId, createdAt, subject };
      })
      .filter(tag => tag.createdAt !== '');
  }

  /** Commits reachable from `head` and not from `exclude`, newest first. */
  async commits(options: {
    head: string;
    exclude?: string;
    path?: string;
    limit: number;
    skip?: number;
  }): Promise<Commit[]> {
    const output = await this.#text([
      'log',
      '-z',
      `--format=${COMMIT_FORMAT}`,
      `--max-count=${options.limit}`,
      `--skip=${options.skip ?? 0}`,
      options.head,
      ...(options.exclude ? [`^${options.exclude}`] : []),
      '--',
      ...(options.path ? [options.path] : []),
    ]);
    return parseCommits(output);
  }

  /** One commit with what it changes against its first parent. */
  async commit(id: string): Promise<CommitDetail> {
    const [commit] = await this.commits({ head: id, limit: 1 });
    const base = commit.parents[0] ?? EMPTY_TREE;
    return {
      ...commit,
      files: await this.fileChanges(base, id),
      ...(await this.#diff(base, id)),
    };
  }

  /** What `head` changed since it left `base`. Both are commit ids. */
  async compare(base: string, head: string): Promise<Comparison> {
    const mergeBase = await this.mergeBase(base, head);
    const counts = await this.#text([
      'rev-list',
      '--left-right',
      '--count',
      `${base}...${head}`,
    ]);
    const [behindBy, aheadBy] = counts.trim().split('\t').map(Number);
    const from = mergeBase ?? EMPTY_TREE;
    return {
      base,
      head,
      ...(mergeBase ? { mergeBase } : {}),
      aheadBy,
      behindBy,
      commits: await this.commits({
        head,
        exclude: base,
        limit: MAX_COMPARE_COMMITS,
      }),
      files: await this.fileChanges(from, head),
      ...(await this.#diff(from, head)),
    };
  }

  /** The best common ancestor, or `undefined` for unrelated histories. */
  async mergeBase(a: string, b: string): Promise<string | undefined> {
    const { stdout, exitCode } = await runGit(this.path, ['merge-base', a, b], {
      exitCodes: [0, 1],
    });
    return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
  }

  /** Whether every commit of `ancestor` is in the history of `descendant`. */
  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    const { exitCode } = await runGit(
      this.path,
      ['merge-base', '--is-ancestor', ancestor, descendant],
      { exitCodes: [0, 1] },
    );
    return exitCode === 0;
  }

  /** Files that differ between two commits or trees; renames are found. */
  async fileChanges(from: string, to: string): Promise<FileChange[]> {
    return parseFileChanges(
      await this.#text([
        'diff-tree',
        '-r',
        '-z',
        '--raw',
        '--numstat',
        '--find-renames',
        from,
        to,
      ]),
    );
  }

  /** Paths that differ; `before` absent means all of `after`, and the reverse. */
  async changedPaths(
    before: string | undefined,
    after: string | undefined,
  ): Promise<string[]> {
    const output = await this.#text([
      'diff-tree',
      '-r',
      '-z',
      '--name-only',
      '--no-renames',
      before ?? EMPTY_TREE,
      after ?? EMPTY_TREE,
    ]);
    return output.split('\0').filter(name => name !== '');
  }

  /**
   * Commits in the form push events carry, newest first.
   *
   * @param exclude - commits whose history is left out
   */
  async pushCommits(
    head: string,
    exclude: string[],
    limits: { maxCommits: number; maxPaths: number; maxTotalPaths: number },
  ): Promise<{ commits: GitPushCommit[]; truncated: boolean }> {
    const { stdout } = await runGit(
      this.path,
      [
        'log',
        '-z',
        '--topo-order',
        '--name-only',
        '--no-renames',
        '--diff-merges=first-parent',
        `--format=${PUSH_COMMIT_FORMAT}`,
        `--max-count=${limits.maxCommits + 1}`,
        '--stdin',
      ],
      {
        input: [head, ...exclude.map(id => `^${id}`), ''].join('\n'),
        maxOutputBytes: 256 * 1024 * 1024,
        timeoutMs: 300_000,
      },
    );
    const commits = parsePushCommits(stdout.toString('utf8'), limits);
    const truncated = commits.length > limits.maxCommits;
    return {
      commits: truncated ? commits.slice(0, limits.maxCommits) : commits,
      truncated,
    };
  }

  /** Whether any of the commits is outside the history of every branch. */
  async anyOutsideBranches(commits: string[]): Promise<boolean> {
    const { stdout } = await runGit(
      this.path,
      ['rev-list', '--max-count=1', '--stdin', '--not', '--branches'],
      { input: `${commits.join('\n')}\n` },
    );
    return stdout.length > 0;
  }

  /** A directory at a commit. @throws NotFoundError when it is none */
  async tree(
    commit: string,
    directory: string,
    recursive: boolean,
  ): Promise<Tree> {
    if (directory !== '') {
      const entry = await this.#entry(commit, directory);
      if (entry?.type !== 'directory') {
        throw new NotFoundError(
          entry
            ? `'${directory}' is not a directory`
            : `There is no '${directory}' here`,
        );
      }
    }
    const output = await this.#text([
      'ls-tree',
      '-z',
      '--long',
      ...(recursive ? ['-r'] : []),
      directory === '' ? commit : `${commit}:${directory}`,
    ]);
    const entries = parseTree(output, directory);
    return {
      commit,
      path: directory,
      entries: sortTree(entries.slice(0, MAX_TREE_ENTRIES)),
      truncated: entries.length > MAX_TREE_ENTRIES,
    };
  }

  /** What a path names at a commit: a file, a directory or nothing. */
  async entry(commit: string, file: string): Promise<TreeEntry | undefined> {
    return this.#entry(commit, file);
  }

  /** A file at a commit. @throws NotFoundError when it is none */
  async blob(commit: string, file: string): Promise<Blob> {
    const entry = file === '' ? undefined : await this.#entry(commit, file);
    if (!entry) {
      throw new NotFoundError(`There is no file '${file}' here`);
    }
    if (entry.type === 'directory' || entry.type === 'submodule') {
      throw new NotFoundError(`'${file}' is a ${entry.type}, not a file`);
    }
    return { id: entry.id, size: entry.size ?? 0, mode: entry.mode };
  }

  /** The bytes of a blob, streamed. Destroying the stream ends git. */
  openBlob(id: string): Readable {
    return this.#stream(['cat-file', 'blob', id]);
  }

  /** A directory at a commit as a gzipped tar file below one folder, streamed. */
  openArchive(commit: string, directory: string): Readable {
    return this.#stream([
      'archive',
      '--format=tar.gz',
      '--prefix=archive/',
      directory === '' ? commit : `${commit}:${directory}`,
    ]);
  }

  /** Tries a merge without touching any ref. */
  async tryMerge(target: string, source: string): Promise<MergeOutcome> {
    const { stdout, exitCode } = await runGit(
      this.path,
      [
        'merge-tree',
        '--write-tree',
        '-z',
        '--name-only',
        '--no-messages',
        '--allow-unrelated-histories',
        target,
        source,
      ],
      { exitCodes: [0, 1] },
    );
    const [tree, ...conflicts] = stdout
      .toString('utf8')
      .split('\0')
      .filter(field => field !== '');
    return exitCode === 0
      ? { status: 'clean', tree }
      : { status: 'conflicts', conflicts: [...new Set(conflicts)].sort() };
  }

  /** Writes a commit object. No ref moves. */
  async writeCommit(options: {
    tree: string;
    parents: string[];
    message: string;
    author: Identity;
    committer: Identity;
    at: Date;
  }): Promise<string> {
    const date = `${Math.floor(options.at.getTime() / 1000)} +0000`;
    const { stdout } = await runGit(
      this.path,
      [
        'commit-tree',
        options.tree,
        ...options.parents.flatMap(id => ['-p', id]),
      ],
      {
        input: options.message.endsWith('\n')
          ? options.message
          : `${options.message}\n`,
        environment: {
          GIT_AUTHOR_NAME: options.author.name,
          GIT_AUTHOR_EMAIL: options.author.email,
          GIT_AUTHOR_DATE: date,
          GIT_COMMITTER_NAME: options.committer.name,
          GIT_COMMITTER_EMAIL: options.committer.email,
          GIT_COMMITTER_DATE: date,
        },
      },
    );
    return stdout.toString('utf8').trim();
  }

  /**
   * Writes the tree that `base` becomes with the edits.
   *
   * @param base - commit, or `undefined` for an empty repository
   * @throws NotFoundError when a file to delete is not there
   */
  async writeTree(
    base: string | undefined,
    edits: FileEdit[],
  ): Promise<string> {
    const scratch = path.join(this.path, `index-${randomUUID()}`);
    const environment = { GIT_INDEX_FILE: scratch };
    try {
      await runGit(
        this.path,
        base ? ['read-tree', base] : ['read-tree', '--empty'],
        { environment },
      );
      const existing = new Map<string, string>();
      const listing = await runGit(this.path, ['ls-files', '-z', '--stage'], {
        environment,
      });
      for (const line of listing.stdout.toString('utf8').split('\0')) {
        const tab = line.indexOf('\t');
        if (tab > 0) {
          existing.set(line.slice(tab + 1), line.slice(0, 6));
        }
      }
      assertPathsFit(existing.keys(), edits);
      const lines: string[] = [];
      for (const edit of edits) {
        if ('delete' in edit) {
          if (!existing.has(edit.path)) {
            throw new NotFoundError(
              `The file '${edit.path}' cannot be deleted: it does not exist`,
            );
          }
          lines.push(`0 ${'0'.repeat(40)}\t${edit.path}`);
          continue;
        }
        const { stdout } = await runGit(
          this.path,
          ['hash-object', '-w', '--stdin'],
          { input: edit.content },
        );
        let mode = existing.get(edit.path) === '100755' ? '100755' : '100644';
        if (edit.executable !== undefined) {
          mode = edit.executable ? '100755' : '100644';
        }
        lines.push(`${mode} ${stdout.toString('utf8').trim()}\t${edit.path}`);
      }
      await runGit(this.path, ['update-index', '-z', '--add', '--index-info'], {
        environment,
        input: lines.map(line => `${line}\0`).join(''),
      });
      const { stdout } = await runGit(this.path, ['write-tree'], {
        environment,
      });
      return stdout.toString('utf8').trim();
    } finally {
      await fs.rm(scratch, { force: true });
      await fs.rm(`${scratch}.lock`, { force: true });
    }
  }

  /** The tree of a commit. */
  async treeOf(commit: string): Promise<string> {
    return (
      await this.#text(['rev-parse', '--verify', `${commit}^{tree}`])
    ).trim();
  }

  /**
   * Moves, creates (`before` undefined) or deletes (`after` undefined) a ref,
   * only if it still is where the caller saw it.
   *
   * @throws ConflictError when it is not, or when names collide
   */
  async updateRef(
    ref: string,
    before: string | undefined,
    after: string | undefined,
  ): Promise<void> {
    const zero = '0'.repeat(40);
    try {
      await runGit(
        this.path,
        after
          ? ['update-ref', ref, after, before ?? zero]
          : ['update-ref', '-d', ref, before ?? zero],
      );
    } catch (error) {
      if (error instanceof GitCommandError) {
        throw new ConflictError(
          `'${ref.replace(
            /^refs\/[^/]+\//,
            '',
          )}' was changed by somebody else at the same time, or a branch of a similar name is in its way`,
        );
      }
      throw error;
    }
  }

  /** Points a ref at a commit whatever it was before. For the host's own refs. */
  async forceRef(ref: string, commit: string): Promise<void> {
    await runGit(this.path, ['update-ref', ref, commit]);
  }

  /** Packs what piled up, when enough did. */
  async maintain(): Promise<void> {
    await runGit(
      this.path,
      [
        '-c',
        'gc.auto=512',
        '-c',
        'gc.autoDetach=false',
        'gc',
        '--auto',
        '--quiet',
      ],
      { timeoutMs: 600_000 },
    );
  }

  async #peel(revision: string): Promise<string | undefined> {
    const { stdout, exitCode } = await runGit(
      this.path,
      [
        'rev-parse',
        '--verify',
        '--quiet',
        '--end-of-options',
        `${revision}^{commit}`,
      ],
      { exitCodes: [0, 1, 128] },
    );
    return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
  }

  async #entry(commit: string, file: string): Promise<TreeEntry | undefined> {
    const output = await this.#text([
      'ls-tree',
      '-z',
      '--long',
      commit,
      '--',
      file,
    ]);
    return parseTree(output, '').find(entry => entry.path === file);
  }

  async #diff(
    from: string,
    to: string,
  ): Promise<{ diff: string; diffTruncated: boolean }> {
    const { stdout, truncated } = await runGit(
      this.path,
      [
        'diff-tree',
        '-r',
        '-p',
        '--find-renames',
        '--no-color',
        '--no-ext-diff',
        '--no-textconv',
        from,
        to,
      ],
      { maxOutputBytes: MAX_DIFF_BYTES },
    );
    let diff = stdout.toString('utf8');
    if (truncated) {
      // Whole lines only.
      diff = diff.slice(0, diff.lastIndexOf('\n') + 1);
    }
    return { diff, diffTruncated: truncated };
  }

  async #text(args: string[]): Promise<string> {
    return (await runGit(this.path, args)).stdout.toString('utf8');
  }

  #stream(args: string[]): Readable {
    const child = spawnGit(this.path, args, {
      ...gitEnvironment(this.path),
      GIT_DIR: this.path,
    });
    child.stdin.end();
    child.stderr.resume();
    const { stdout } = child;
    stdout.on('close', () => killProcessGroup(child));
    child.on('error', error => stdout.destroy(error));
    child.on('exit', code => {
      if (code) {
        stdout.destroy(
          new GitCommandError(args[0], code, 'the answer is not whole'),
        );
      }
    });
    return stdout;
  }
}
