import { run } from '../lib/run';

/** How much of a template's proof is run: all of it, or a sample of its rows without running pipelines and without mutations. */
export type Scope = 'full' | 'sample';

/** Of a template, what a change may touch. */
export type Provable = {
  name: string;
  /** The folders it is made of, below `templates`. */
  parts: readonly string[];
  /** Its kind. */
  type: string;
};

/**
 * The template that is always proved in full: it stands for all of them when what they all share has changed, in this commit or, where only
 * the last of several commits is compared, in one before it.
 */
const REFERENCE = 'typescript-service';

/** What only says what was published; nothing that is proved depends on it. */
const SAYS_ONLY = /\/(?:CHANGELOG\.md|releases\.yaml)$/;

const CODE = 'packages/golden-path-cli/src/';

/** Whether a file of the command is about one kind of templates, as its name says: `proof/kinds/mlServiceMutations.ts`, `verify/worker.ts`. */
function isOfKind(file: string, type: string): boolean {
  const name = /^(?:proof\/kinds|verify)\/([^/]+)\.ts$/.exec(
    file.slice(CODE.length),
  )?.[1];
  const kind = type.replace(/-(\w)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
  return (
    file.startsWith(CODE) &&
    name !== undefined &&
    new RegExp(`^${kind}(?![a-z])`).test(name)
  );
}

/**
 * Templates that have every one of these folders among their parts, as few as simple counting finds; those given have theirs already.
 */
function covering(
  folders: ReadonlySet<string>,
  templates: readonly Provable[],
  given: readonly Provable[],
): Provable[] {
  const left = new Set(folders);
  const cover = (template: Provable) =>
    template.parts.forEach(part => left.delete(part));
  given.forEach(cover);
  const chosen: Provable[] = [];
  for (;;) {
    const [best] = templates
      .map(template => ({
        template,
        count: template.parts.filter(part => left.has(part)).length,
      }))
      .sort((a, b) => b.count - a.count);
    if (!best || best.count === 0) {
      return chosen;
    }
    chosen.push(best.template);
    cover(best.template);
  }
}

/**
 * What a change asks to be proved in full; of the others a sample is. In full are the reference, the templates whose own folder or kind it
 * touches, and for each folder of the platform layer that it touches at least one that is made of it. Files that are not known ask for
 * everything.
 */
export function selectProofs(
  templates: readonly Provable[],
  files: readonly string[] | undefined,
): Map<string, Scope> {
  const changed = files?.filter(file => !SAYS_ONLY.test(file));
  const reference =
    templates.find(({ name }) => name === REFERENCE) ?? templates[0];
  const touched = templates.filter(
    template =>
      template === reference ||
      changed === undefined ||
      changed.some(
        file =>
          file.startsWith(`templates/${template.name}/`) ||
          isOfKind(file, template.type),
      ),
  );
  const shared = new Set(
    templates
      .flatMap(({ parts }) => parts)
      .filter(part =>
        changed?.some(file => file.startsWith(`templates/${part}/`)),
      ),
  );
  const full = new Set([...touched, ...covering(shared, templates, touched)]);
  return new Map(
    templates.map(template => [
      template.name,
      full.has(template) ? 'full' : 'sample',
    ]),
  );
}

async function git(cwd: string, ...args: string[]) {
  const { code, stdout } = await run('git', args, { cwd, timeoutMs: 60_000 });
  return code === 0 ? stdout.trim() : undefined;
}

/**
 * Files that differ from where this change began: what the CI system names (for a push, `CI_COMMIT_BEFORE_SHA` of GitLab, or
 * `PUSHED_BEFORE`, as which a GitHub workflow passes `github.event.before`), else where it left the default branch, else (on the default
 * branch itself) the commit before. `undefined` when none of them is known here, as in a clone without history.
 */
export async function changedFiles(
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string[] | undefined> {
  const head = await git(cwd, 'rev-parse', 'HEAD');
  const target = env.GITHUB_BASE_REF || env.CHANGE_TARGET || 'main';
  const named = env.CI_MERGE_REQUEST_DIFF_BASE_SHA;
  // What the branch was before a push of several commits; zeros when it is new.
  const before = env.CI_COMMIT_BEFORE_SHA || env.PUSHED_BEFORE;
  const pushed =
    before && !/^0+$/.test(before)
      ? await git(cwd, 'rev-parse', '--verify', '--quiet', `${before}^{commit}`)
      : undefined;
  const candidates = [
    named,
    pushed,
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
