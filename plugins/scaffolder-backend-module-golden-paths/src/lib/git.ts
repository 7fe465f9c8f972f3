import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import type { PushAccess } from '../hosts/types';

/** Longest run of one git command, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** Most of git's output that is kept, in characters. */
const MAX_OUTPUT = 20_000;

/** Who a commit is by. */
export type CommitAuthor = { name: string; email: string };

/** What {@link pushFirstCommit} needs. */
export type FirstCommit = {
  /** Folder that becomes the repository. */
  folder: string;
  /** Paths below it, separated by `/`. */
  paths: readonly string[];
  branch: string;
  message: string;
  author: CommitAuthor;
  /** ISO instant; the same files, author and instant give the same commit id, so a retry pushes nothing new. */
  at: string;
  access: PushAccess;
  signal?: AbortSignal;
};

/**
 * Runs git with a configuration of its own: nothing of the machine's or the user's, no hooks, no prompts, no helpers, and none of
 * what a template may have rendered.
 */
async function runGit(
  args: string[],
  options: {
    home: string;
    cwd?: string;
    env?: Record<string, string>;
    input?: string;
    signal?: AbortSignal;
    config?: [string, string][];
  },
): Promise<string> {
  const config: [string, string][] = [
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['core.autocrlf', 'false'],
    ['core.attributesFile', '/dev/null'],
    ['credential.helper', ''],
    ['commit.gpgSign', 'false'],
    ['protocol.allow', 'never'],
    ['protocol.http.allow', 'always'],
    ['protocol.https.allow', 'always'],
    ['http.followRedirects', 'false'],
    ['gc.auto', '0'],
    ...(options.config ?? []),
  ];
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: options.home,
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_LITERAL_PATHSPECS: '1',
    // In the environment and not among the arguments: those can be read by other users of the machine.
    GIT_CONFIG_COUNT: String(config.length),
    ...options.env,
  };
  for (const name of ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO']) {
    const value = process.env[name];
    if (value) {
      environment[name] = value;
    }
  }
  config.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      cwd: options.cwd ?? options.home,
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      signal: options.signal,
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-MAX_OUTPUT);
    });
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', code => {
      if (code === 0) {
        resolve(output.trim());
      } else {
        reject(new Error(`git ${args[0]} failed: ${errors.trim()}`));
      }
    });
    child.stdin.end(options.input ?? '');
  });
}

/** Takes credentials out of what git wrote. */
function withoutSecret(text: string, access: PushAccess): string {
  const secret = access.authorization.replace(/^\S+\s+/, '');
  return text.split(secret).join('***');
}

/**
 * Makes one commit of the files and pushes it as the branch. Pushing the same commit again succeeds and changes nothing.
 *
 * @returns the commit id.
 * @throws ConflictError when the branch holds something else, ServiceUnavailableError when the push does not go through.
 */
export async function pushFirstCommit(options: FirstCommit): Promise<string> {
  const { folder, paths, branch, author, at, access, signal } = options;
  const home = await mkdtemp(join(tmpdir(), 'golden-path-'));
  try {
    const gitDir = join(home, 'repository');
    await runGit(
      [
        'init',
        '--quiet',
        '--bare',
        '--template=',
        `--initial-branch=${branch}`,
        gitDir,
      ],
      { home, signal },
    );
    const env = {
      GIT_DIR: gitDir,
      GIT_WORK_TREE: folder,
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_NAME: author.name,
      GIT_COMMITTER_EMAIL: author.email,
      GIT_COMMITTER_DATE: at,
    };
    const run = (args: string[], input?: string, config?: [string, string][]) =>
      runGit(args, {
        home,
        cwd: folder,
        env,
        input,
        signal,
        config: [['core.bare', 'false'], ...(config ?? [])],
      });
    // Forced: what was rendered is published, also where the repository's own .gitignore would leave it out.
    await run(
      ['add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul'],
      paths.join('\0'),
    );
    const tree = await run(['write-tree']);
    const commit = await run(['commit-tree', tree, '-F', '-'], options.message);
    try {
      await run(
        ['push', '--quiet', access.url, `${commit}:refs/heads/${branch}`],
        undefined,
        [
          [
            `http.${access.url}.extraHeader`,
            `Authorization: ${access.authorization}`,
          ],
        ],
      );
    } catch (error) {
      const reason = withoutSecret(
        error instanceof Error ? error.message : String(error),
        access,
      );
      if (/fetch first|non-fast-forward|already exists/.test(reason)) {
        throw new ConflictError(
          `Branch ${branch} already holds something else: ${reason}`,
        );
      }
      throw new ServiceUnavailableError(
        `The first commit could not be pushed. ${reason}`,
      );
    }
    return commit;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
