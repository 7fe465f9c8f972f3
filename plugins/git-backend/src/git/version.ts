import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** `git merge-tree --write-tree` came with this version. */
const MINIMUM: [number, number] = [2, 38];

/**
 * Whether a git that calls itself so is new enough.
 *
 * @param text - output of `git --version`
 */
export function isSupportedGit(text: string): boolean {
  const match = /(\d+)\.(\d+)/.exec(text);
  if (!match) {
    return false;
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
}

/** @throws Error with one sentence when git is missing or too old */
export async function assertGitVersion(): Promise<void> {
  let version: string;
  try {
    ({ stdout: version } = await promisify(execFile)('git', ['--version']));
  } catch {
    throw new Error(
      'The git host needs the git command, which is not installed or not on the PATH',
    );
  }
  if (!isSupportedGit(version)) {
    throw new Error(
      `The git host needs git ${MINIMUM.join(
        '.',
      )} or newer; this is ${version.trim()}`,
    );
  }
}
