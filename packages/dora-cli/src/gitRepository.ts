import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import {
  CommitRecord,
  GitHistory,
  HistoryRelease,
} from '@pavedroad/plugin-dora-common';
import { globMatcher } from './glob';
import { Problem } from './problem';

const execute = promisify(execFile);

/** Never asks for a password, never runs a helper program named by an address, reads no replacement of objects. */
const SAFE = [
  '-c',
  'protocol.ext.allow=never',
  '-c',
  'core.fsmonitor=false',
  '--no-replace-objects',
];
const ENVIRONMENT = {
  ...process.env,
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
};

async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute('git', [...SAFE, '-C', folder, ...args], {
    env: ENVIRONMENT,
    maxBuffer: 512 * 1024 * 1024,
  });
  return stdout;
}

export interface OpenRepository {
  folder: string;
  /** Slug derived from the address, or from that of `origin`. */
  slug: string;
  /** Removes what was made for it. */
  close: () => Promise<void>;
}

/** `owner/repository` of an address; of a folder, its name. */
export function slugOf(address: string): string {
  const path = address
    .replace(/^[a-z+]+:\/\/[^/]*\//i, '')
    .replace(/^[^/:]+@[^:]+:/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  return path
    .replace(/^api\/git\//, '')
    .split('/')
    .slice(-2)
    .join('/')
    .toLowerCase();
}

const isAddress = (text: string) =>
  /^[a-z][a-z+.-]*:\/\//i.test(text) || /^[^/\\]+@[^/\\]+:/.test(text);

/** The address without a password in it, for messages. */
const shown = (address: string) => address.replace(/\/\/[^/@]*@/, '//');

/**
 * Opens a local repository as it is, or mirrors a remote one into a temporary folder (commits and trees only).
 *
 * @throws Problem when there is no repository to be had
 */
export async function openRepository(
  repository: string,
): Promise<OpenRepository> {
  if (!isAddress(repository)) {
    const folder = resolve(repository);
    if (!existsSync(folder)) {
      throw new Problem(`There is no folder ${folder}.`);
    }
    const isRepository = await git(folder, 'rev-parse', '--git-dir').catch(
      () => undefined,
    );
    if (isRepository === undefined) {
      throw new Problem(`${folder} is not a git repository that can be read.`);
    }
    const origin = await git(folder, 'remote', 'get-url', 'origin').catch(
      () => '',
    );
    return {
      folder,
      slug: isAddress(origin.trim())
        ? slugOf(origin.trim())
        : basename(folder).toLowerCase(),
      close: async () => {},
    };
  }
  const parent = await mkdtemp(join(tmpdir(), 'dora-backfill-'));
  const folder = join(parent, 'repository.git');
  const close = () => rm(parent, { recursive: true, force: true });
  try {
    await execute(
      'git',
      [
        ...SAFE,
        'clone',
        '--mirror',
        '--quiet',
        '--filter=blob:none',
        '--',
        repository,
        folder,
      ],
      { env: ENVIRONMENT },
    );
  } catch (error) {
    await close();
    const said = String((error as { stderr?: string }).stderr ?? error)
      .trim()
      .split('\n')
      .pop();
    throw new Problem(
      `Cannot clone ${shown(repository)}: ${shown(said ?? 'git failed')}`,
    );
  }
  return { folder, slug: slugOf(repository), close };
}

export interface RepositoryHistory extends GitHistory {
  defaultBranch?: string;
  /** Tags that the glob left out. */
  otherTags: number;
  /** Tags that match but name no commit. */
  tagsWithoutCommit: string[];
  /** The clone holds only the newest part of the history. */
  shallow: boolean;
}

/**
 * Reads the commits reachable from the default branch or a matching tag, and the matching tags with their creation time:
 * that of the tag itself when it is annotated, else of its commit.
 *
 * @param options.paths - also read which paths each commit touches
 */
export async function readHistory(
  folder: string,
  options: { releaseTags: string; paths?: boolean },
): Promise<RepositoryHistory> {
  const [branch, tags, shallow] = await Promise.all([
    defaultBranch(folder),
    readTags(folder, options.releaseTags),
    git(folder, 'rev-parse', '--is-shallow-repository'),
  ]);
  const starts = [
    ...(branch ? [branch.commit] : []),
    ...tags.releases.map(release => release.revision),
  ];
  return {
    commits:
      starts.length === 0
        ? []
        : await readCommits(folder, [...new Set(starts)], options.paths),
    releases: tags.releases,
    otherTags: tags.other,
    tagsWithoutCommit: tags.withoutCommit,
    defaultBranch: branch?.name,
    shallow: shallow.trim() === 'true',
  };
}

async function defaultBranch(
  folder: string,
): Promise<{ name: string; commit: string } | undefined> {
  for (const reference of ['refs/remotes/origin/HEAD', 'HEAD']) {
    try {
      const name = await git(folder, 'symbolic-ref', '--quiet', reference);
      const commit = await git(
        folder,
        'rev-parse',
        '--verify',
        '--quiet',
        `${name.trim()}^{commit}`,
      );
      return {
        name: name.trim().replace(/^refs\/(heads|remotes\/origin)\//, ''),
        commit: commit.trim(),
      };
    } catch {
      // Not there, or a detached HEAD: try the next.
    }
  }
  const detached = await git(
    folder,
    'rev-parse',
    '--verify',
    '--quiet',
    'HEAD^{commit}',
  ).catch(() => undefined);
  return detached ? { name: 'HEAD', commit: detached.trim() } : undefined;
}

async function readTags(folder: string, glob: string) {
  const matches = globMatcher(glob);
  const format = [
    '%(refname:strip=2)',
    '%(objectname)',
    '%(objecttype)',
    '%(taggerdate:iso-strict)',
  ].join('%00');
  const listed = await git(
    folder,
    'for-each-ref',
    `--format=${format}`,
    'refs/tags',
  );
  const releases: HistoryRelease[] = [];
  const withoutCommit: string[] = [];
  let other = 0;
  const named: { name: string; object: string; taggedAt: string }[] = [];
  for (const row of listed.split('\n').filter(Boolean)) {
    const [name, object, , taggedAt] = row.split('\0');
    if (matches(name)) {
      named.push({ name, object, taggedAt });
    } else {
      other++;
    }
  }
  // One call for all: what each tag leads to, however many tags are in between.
  const peeled = await batch(
    folder,
    named.map(tag => `${tag.object}^{commit}`),
  );
  const commitTimes = new Map<string, string>();
  const known = [...new Set(peeled.filter(c => c !== undefined))] as string[];
  for (let i = 0; i < known.length; i += 1000) {
    const times = await git(
      folder,
      'log',
      '--no-walk=unsorted',
      '--format=%H%x00%cI',
      ...known.slice(i, i + 1000),
    );
    for (const row of times.split('\n').filter(Boolean)) {
      const [commit, time] = row.split('\0');
      commitTimes.set(commit, time);
    }
  }
  named.forEach(({ name, taggedAt }, i) => {
    const revision = peeled[i];
    const releasedAt = taggedAt || (revision && commitTimes.get(revision));
    if (revision && releasedAt) {
      releases.push({ name, revision, releasedAt: moment(releasedAt) });
    } else {
      withoutCommit.push(name);
    }
  });
  releases.sort(
    (a, b) =>
      Date.parse(a.releasedAt) - Date.parse(b.releasedAt) ||
      (a.name < b.name ? -1 : 1),
  );
  return { releases, withoutCommit, other };
}

/** Ids of the commits that expressions lead to, through one `git cat-file`. */
async function batch(
  folder: string,
  expressions: string[],
): Promise<(string | undefined)[]> {
  if (expressions.length === 0) {
    return [];
  }
  const child = spawn(
    'git',
    [
      ...SAFE,
      '-C',
      folder,
      'cat-file',
      '--batch-check=%(objectname) %(objecttype)',
    ],
    { env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'ignore'] },
  );
  child.stdin.end(`${expressions.join('\n')}\n`);
  const found: (string | undefined)[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [id, type] = line.split(' ');
    found.push(type === 'commit' ? id : undefined);
  }
  return found;
}

/** One way to write a moment, whatever the version of git; a time that no calendar knows is the beginning of time. */
function moment(text: string): string {
  const at = Date.parse(text);
  return new Date(Number.isNaN(at) ? 0 : at).toISOString();
}

const RECORD = '\x1e';

async function readCommits(
  folder: string,
  starts: string[],
  paths = false,
): Promise<CommitRecord[]> {
  const format = `%x1e${['%H', '%P', '%aI', '%cI', '%an', '%s'].join(
    '%x00',
  )}%x00`;
  const output = await gitWithInput(
    folder,
    [
      'log',
      '--stdin',
      '--topo-order',
      '--reverse',
      `--format=${format}`,
      ...(paths ? ['--name-only', '-z', '--no-renames'] : []),
    ],
    starts,
  );
  const reverts = await readReverts(folder, starts);
  return output
    .split(RECORD)
    .slice(1)
    .map((record): CommitRecord => {
      const [
        id,
        parents,
        authoredAt,
        committedAt,
        authorName,
        subject,
        ...rest
      ] = record.split('\0');
      const parentIds = parents.split(' ').filter(Boolean);
      return {
        id,
        parents: parentIds,
        authoredAt: moment(authoredAt),
        committedAt: moment(committedAt),
        authorName,
        subject: subject.slice(0, 200),
        reverts: reverts.get(id),
        // Git lists no paths for merges, and merges are no changes.
        paths:
          paths && parentIds.length < 2
            ? rest.map(path => path.replace(/^\n/, '')).filter(Boolean)
            : undefined,
      };
    });
}

/** Commits that say, as `git revert` writes it, which ones they revert. */
async function readReverts(
  folder: string,
  starts: string[],
): Promise<Map<string, string[]>> {
  const output = await gitWithInput(
    folder,
    [
      'log',
      '--stdin',
      '--grep=This reverts commit [0-9a-f]',
      '--format=%x1e%H%x00%b',
    ],
    starts,
  );
  return new Map(
    output
      .split(RECORD)
      .slice(1)
      .map(record => {
        const [id, body] = record.split('\0');
        const ids = [
          ...body.matchAll(/This reverts commit ([0-9a-f]{40,64})\b/g),
        ].map(match => match[1]);
        return [id, ids] as const;
      })
      .filter(([, ids]) => ids.length > 0),
  );
}

/** Runs git with a list on its input, so that thousands of starting points fit. */
function gitWithInput(
  folder: string,
  args: string[],
  input: string[],
): Promise<string> {
  return new Promise((resolvePromise, reject) => {
    const child = spawn('git', [...SAFE, '-C', folder, ...args], {
      env: ENVIRONMENT,
    });
    const output: Buffer[] = [];
    let complaint = '';
    child.stdout.on('data', chunk => output.push(chunk));
    child.stderr.on('data', chunk => {
      complaint = (complaint + chunk).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', code =>
      code === 0
        ? resolvePromise(Buffer.concat(output).toString('utf8'))
        : reject(
            new Problem(
              `git ${args[0]} failed: ${complaint.trim().split('\n').pop()}`,
            ),
          ),
    );
    child.stdin.on('error', () => {});
    child.stdin.end(`${input.join('\n')}\n`);
  });
}
