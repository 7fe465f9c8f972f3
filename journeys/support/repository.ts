import { spawn } from 'node:child_process';
import path from 'node:path';

/** What a program printed, both streams together, and how it ended. */
export type Outcome = { code: number; output: string };

/** This machine's environment without what says that the tests themselves run in a pipeline. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(CI|CI_.*|GITLAB_.*|GITHUB_.*|PORTAL_.*)$/.test(name),
    ),
  );
}

/** Runs a program in a folder, as a person at a shell prompt would. Rejects only when it cannot be started. */
export function run(
  command: string,
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...ownEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', chunk => (output += chunk));
    child.stderr.on('data', chunk => (output += chunk));
    child.on('error', reject);
    child.on('close', code => resolve({ code: code ?? -1, output }));
  });
}

/** A text without the users and tokens of the addresses in it: reports of tests are kept, and shown. */
const withoutTokens = (text: string) =>
  text.replace(/(:\/\/)[^\s/@]+@/g, '$1***@');

/** Git without anything of this machine's own settings, so that only what the portal gives counts. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const outcome = await run('git', args, {
    cwd,
    env: {
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Inês Duarte',
      GIT_AUTHOR_EMAIL: 'ines.duarte@fernhill.example',
      GIT_COMMITTER_NAME: 'Inês Duarte',
      GIT_COMMITTER_EMAIL: 'ines.duarte@fernhill.example',
    },
  });
  if (outcome.code !== 0) {
    throw new Error(
      withoutTokens(`git ${args.join(' ')} failed:\n${outcome.output}`),
    );
  }
  return outcome.output.trim();
}

/**
 * Runs the repository's own GitLab pipeline, unmodified, with the shell of this machine.
 *
 * @param variables - What a team would set as CI variables.
 * @param variablesFile - A file with more of them, such as secrets.
 */
export function runPipeline(
  cwd: string,
  variables: Record<string, string>,
  variablesFile?: string,
): Promise<Outcome> {
  const root = path.resolve(__dirname, '../..');
  return run(
    process.execPath,
    [
      path.join(root, 'node_modules/gitlab-ci-local/dist/index.js'),
      '--force-shell-executor',
      '--shell-isolation',
      ...(variablesFile ? ['--variables-file', variablesFile] : []),
      ...Object.entries(variables).flatMap(([name, value]) => [
        '--variable',
        `${name}=${value}`,
      ]),
    ],
    { cwd },
  );
}
