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
import {
  FileVersion,
  PassedOver,
  fileVersion,
  versionReleases,
} from './versions';

const execute = promisify(execFile);

/** What each record of a log begins with. */
const RECORD = '\x1e';

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
  /** Tags that the glob left out; 0 when releases are versions in a file. */
  otherTags: number;
  /** Tags that match but name no commit. */
  tagsWithoutCommit: string[];
  /** Commits at which the file did not tell a version. */
  passedOver: PassedOver[];
  /** The clone holds only the newest part of the history. */
  shallow: boolean;
}

/** What counts as a release: tags that match a glob, or changes of the version in a file, as `versionFile` answers it. */
export type ReleaseSource = { tags: string } | { versions: string };

/**
 * Reads the commits reachable from the default branch or a release, and the releases. A tag is one at its creation time:
 * that of the tag itself when it is annotated, else of its commit. A version is one at the committer time of the commit
 * that brought it to the first-parent line of the default branch.
 *
 * @param options.paths - also read which paths each commit touches
 */
export async function readHistory(
  folder: string,
  options: { releases: ReleaseSource; paths?: boolean },
): Promise<RepositoryHistory> {
  const [branch, shallowAnswer] = await Promise.all([
    defaultBranch(folder),
    git(folder, 'rev-parse', '--is-shallow-repository'),
  ]);
  const shallow = shallowAnswer.trim() === 'true';
  const found =
    'tags' in options.releases
      ? {
          ...(await readTags(folder, options.releases.tags)),
          passedOver: [],
        }
      : {
          ...(await readVersions(folder, {
            file: options.releases.versions,
            from: branch?.commit,
            shallow,
          })),
          other: 0,
          withoutCommit: [],
        };
  const starts = [
    ...(branch ? [branch.commit] : []),
    ...found.releases.map(release => release.revision),
  ];
  return {
    commits:
      starts.length === 0
        ? []
        : await readCommits(folder, [...new Set(starts)], options.paths),
    releases: found.releases,
    otherTags: found.other,
    tagsWithoutCommit: found.withoutCommit,
    passedOver: found.passedOver,
    defaultBranch: branch?.name,
    shallow,
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

/** Changes of the version in a file along the first-parent line that ends at a commit, oldest first. */
async function readVersions(
  folder: string,
  options: { file: string; from?: string; shallow: boolean },
): Promise<{ releases: HistoryRelease[]; passedOver: PassedOver[] }> {
  const { file, from, shallow } = options;
  if (from === undefined) {
    return { releases: [], passedOver: [] };
  }
  const output = await git(
    folder,
    ...['-c', 'log.showRoot=true', '-c', 'log.showSignature=false'],
    'log',
    // What a merge changed is its difference to the line it was merged into.
    ...['--first-parent', '-m', '--reverse'],
    ...['--raw', '--no-abbrev', '--no-renames', '-z'],
    '--format=%x1e%H%x00%P%x00%cI%x00',
    from,
    '--',
    `:(top,literal)${file}`,
  );
  const changes = output
    .split(RECORD)
    .slice(1)
    .map(record => {
      const [commit, parents, committedAt] = record.split('\0', 3);
      const [, mode, blob] =
        [
          ...record.matchAll(
            /:\d{6} (\d{6}) [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*\0([^\0]*)\0/g,
          ),
        ].find(([, , , path]) => path === file) ?? [];
      return {
        commit,
        committedAt: moment(committedAt),
        // A link's content is where it leads, and a deleted file has none.
        blob: mode?.startsWith('100') ? blob : undefined,
        // Whatever the oldest commit of a shallow clone holds may have been there long before.
        changeUnknown: shallow && parents === '',
      };
    });
  const blobs = [
    ...new Set(changes.flatMap(({ blob }) => (blob ? [blob] : []))),
  ];
  await bringBlobs(folder, blobs);
  const versions = await readBlobs(folder, blobs, content =>
    fileVersion(file, content),
  );
  return versionReleases(
    changes.map(({ blob, ...change }) => ({
      ...change,
      ...(blob && (versions.get(blob) ?? { problem: 'cannot be read' })),
    })),
  );
}

/**
 * Brings the contents of files that a clone without contents needs, all at once: git itself would ask for them one by one.
 * What this cannot bring is left to git.
 */
async function bringBlobs(folder: string, blobs: string[]): Promise<void> {
  const filter = await git(
    folder,
    ...['config', '--get', 'remote.origin.partialclonefilter'],
  ).catch(() => '');
  if (filter.trim() === '' || blobs.length === 0) {
    return;
  }
  await gitWithInput(
    folder,
    [
      ...[
        '-c',
        'fetch.negotiationAlgorithm=noop',
        '-c',
        'maintenance.auto=false',
      ],
      ...['fetch', 'origin', '--quiet', '--no-tags', '--no-write-fetch-head'],
      ...['--recurse-submodules=no', '--filter=blob:none', '--stdin'],
    ],
    blobs,
  ).catch(() => undefined);
}

/** What each file's content tells, read one after the other through one `git cat-file`. */
async function readBlobs(
  folder: string,
  blobs: string[],
  tell: (content: string) => FileVersion,
): Promise<Map<string, FileVersion>> {
  const told = new Map<string, FileVersion>();
  if (blobs.length === 0) {
    return told;
  }
  const child = spawn('git', [...SAFE, '-C', folder, 'cat-file', '--batch'], {
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(`${blobs.join('\n')}\n`);
  let rest = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\n');
      const [blob, type, size] = rest
        .subarray(0, Math.max(end, 0))
        .toString()
        .split(' ');
      const start = end + 1;
      // After `<id> <type> <size>` comes the content and a line end, after `<id> missing` nothing.
      const next = size === undefined ? start : start + Number(size) + 1;
      if (end < 0 || rest.length < next) {
        break;
      }
      if (type === 'blob') {
        told.set(blob, tell(rest.subarray(start, next - 1).toString('utf8')));
      }
      rest = rest.subarray(next);
    }
  }
  return told;
}

/** One way to write a moment, whatever the version of git; a time that no calendar knows is the beginning of time. */
function moment(text: string): string {
  const at = Date.parse(text);
  return new Date(Number.isNaN(at) ? 0 : at).toISOString();
}

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
