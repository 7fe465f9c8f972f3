import { ChildProcess, ChildProcessByStdio, spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { gitEnvironment } from './environment';

const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_ERROR_BYTES = 16 * 1024;

/** A git command that ended with an unexpected exit code. */
export class GitCommandError extends Error {
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: string, exitCode: number | undefined, stderr: string) {
    super(`git ${command} failed with exit code ${exitCode}: ${stderr.trim()}`);
    this.name = 'GitCommandError';
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Options of {@link runGit}. */
export interface RunGitOptions {
  /** Written to standard input, which is closed after it. */
  input?: string | Buffer;
  /** Added to the isolated environment. */
  environment?: Record<string, string>;
  /** Exit codes that are an answer and not a failure. Only 0 by default. */
  exitCodes?: number[];
  /** Output beyond this many bytes is cut, and `truncated` says so. 64 MiB by default. */
  maxOutputBytes?: number;
  /** 60 seconds by default. */
  timeoutMs?: number;
}

/** What a git command answered. */
export interface GitResult {
  stdout: Buffer;
  exitCode: number;
  truncated: boolean;
}

/** Ends a process and everything it started, unless it has ended already. */
export function killProcessGroup(child: ChildProcess): void {
  if (
    child.pid === undefined ||
    child.exitCode !== null ||
    child.signalCode !== null
  ) {
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it ended by itself in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

/** Starts git in a repository with the isolated environment. The caller ends it. */
export function spawnGit(
  repositoryPath: string,
  args: string[],
  environment: NodeJS.ProcessEnv,
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn('git', args, {
    cwd: repositoryPath,
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own, so that children of git end with it.
    detached: true,
  });
}

/**
 * Runs one git command in a bare repository and collects its output.
 * Paths are taken literally, never as patterns.
 *
 * @throws GitCommandError on an exit code that is not expected, or on timeout
 */
export async function runGit(
  repositoryPath: string,
  args: string[],
  options: RunGitOptions = {},
): Promise<GitResult> {
  const maxOutputBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const child = spawnGit(repositoryPath, args, {
    ...gitEnvironment(repositoryPath),
    GIT_DIR: repositoryPath,
    GIT_LITERAL_PATHSPECS: '1',
    ...options.environment,
  });
  return await new Promise<GitResult>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let truncated = false;
    let timedOut = false;
    let stderr = '';
    const timer = setTimeout(() => {
      timedOut = true;
      killProcessGroup(child);
    }, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      if (truncated) {
        return;
      }
      if (size + chunk.length > maxOutputBytes) {
        chunks.push(chunk.subarray(0, maxOutputBytes - size));
        truncated = true;
        killProcessGroup(child);
        return;
      }
      size += chunk.length;
      chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < MAX_ERROR_BYTES) {
        stderr += chunk.toString('utf8');
      }
    });
    // A command that has read enough closes its input early.
    child.stdin.on('error', () => undefined);
    child.on('error', error => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', code => {
      clearTimeout(timer);
      if (timedOut) {
        reject(new GitCommandError(args[0], undefined, 'it took too long'));
      } else if (truncated) {
        resolve({ stdout: Buffer.concat(chunks), exitCode: 0, truncated });
      } else if (code !== null && (options.exitCodes ?? [0]).includes(code)) {
        resolve({ stdout: Buffer.concat(chunks), exitCode: code, truncated });
      } else {
        reject(new GitCommandError(args[0], code ?? undefined, stderr));
      }
    });
    child.stdin.end(options.input);
  });
}
