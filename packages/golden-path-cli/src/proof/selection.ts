import { run } from '../lib/run';

/** How much of a template's proof is run: all of it, or a sample of its rows without running pipelines and without mutations. */
export type Scope = 'full' | 'sample';

/**
 * The template that is always proved in full: it stands for all of them when what they share has changed, in this commit or, where only
 * the last of several commits is compared, in one before it.
 */
const REFERENCE = 'typescript-service';

/**
 * What a change asks to be proved: the reference and the templates it touches in full, and a sample of the others. Files that are not
 * known ask for everything.
 */
export function selectProofs(
  templates: readonly string[],
  changed: readonly string[] | undefined,
): Map<string, Scope> {
  const reference = templates.includes(REFERENCE) ? REFERENCE : templates[0];
  return new Map(
    templates.map(name => {
      const touched = changed?.some(f => f.startsWith(`templates/${name}/`));
      const full = changed === undefined || touched || name === reference;
      return [name, full ? 'full' : 'sample'];
    }),
  );
}

async function git(cwd: string, ...args: string[]) {
  const { code, stdout } = await run('git', args, { cwd, timeoutMs: 60_000 });
  return code === 0 ? stdout.trim() : undefined;
}

/**
 * Files that differ from where this change began: what the CI system names, else where it left the default branch, else (on the default
 * branch itself) the commit before. `undefined` when none of them is known here, as in a clone without history.
 */
export async function changedFiles(
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string[] | undefined> {
  const head = await git(cwd, 'rev-parse', 'HEAD');
  const target = env.GITHUB_BASE_REF || env.CHANGE_TARGET || 'main';
  const named = env.CI_MERGE_REQUEST_DIFF_BASE_SHA;
  const candidates = [
    named,
    await git(cwd, 'merge-base', 'HEAD', `origin/${target}`),
    await git(cwd, 'merge-base', 'HEAD', target),
  ];
  const base =
    candidates.find(commit => commit && commit !== head) ??
    (await git(cwd, 'rev-parse', '--verify', '--quiet', 'HEAD^'));
  if (!base) {
    return undefined;
  }
  const differing = await git(cwd, 'diff', '--name-only', base, '--');
  return differing?.split('\n').filter(file => file !== '');
}
