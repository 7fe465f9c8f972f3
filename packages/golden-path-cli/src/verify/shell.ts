import { run, which } from '../lib/run';
import { type Finding, outcome, type Project, type Verifier } from './types';

/** A file of settings with every plain word as the same word: which one it is changes nothing for a script that reads it. */
const withoutWords = (text: string) =>
  text.replace(/(=)[\w./:%-]+(?=\}?"?$)/gm, '$1word');

/** Names of files that scripts take over with `.`, or say that they do. */
function sourcedNames(scripts: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const text of scripts) {
    for (const [, path] of text.matchAll(
      /^\s*(?:\.|source)\s+(.+)$|shellcheck source=(\S+)/gm,
    )) {
      const name = /([\w.-]+)"?\s*$/.exec(path ?? '')?.[1];
      if (name) {
        names.add(name);
      }
    }
    for (const [, path] of text.matchAll(/shellcheck source=(\S+)/g)) {
      names.add(path.split('/').pop() ?? path);
    }
  }
  return names;
}

/** What shellcheck said about a script, by its path, its text, and what it may take over. */
const checked = new Map<string, Finding[]>();

/** What shellcheck says about scripts; those known with the same surroundings are not asked about again. */
async function scriptFindings(
  project: Project,
  scripts: readonly string[],
): Promise<Finding[]> {
  const texts = new Map(
    await Promise.all(
      scripts.map(async file => [file, await project.read(file)] as const),
    ),
  );
  const names = sourcedNames(texts.values());
  const surroundings: string[] = [];
  for (const file of project.files) {
    if (file === '.shellcheckrc' || names.has(file.split('/').pop() ?? '')) {
      surroundings.push(file, withoutWords(await project.read(file)));
    }
  }
  const keyOf = (file: string) =>
    [file, texts.get(file), ...surroundings].join('\0');
  const unknown = scripts.filter(file => !checked.has(keyOf(file)));
  if (unknown.length > 0) {
    const result = await run('shellcheck', ['--format=gcc', ...unknown], {
      cwd: project.folder,
      timeoutMs: 60_000,
    });
    const found = result.stdout
      .split('\n')
      .map(line => /^((.+?):\d+):\d+: (.*)$/.exec(line))
      .filter(match => match !== null)
      .map(([, where, file, message]) => ({ where, file, message }));
    const elsewhere = found.filter(({ file }) => !unknown.includes(file));
    if (elsewhere.length > 0) {
      return elsewhere.map(({ where, message }) => ({ where, message }));
    }
    if (result.code !== 0 && found.length === 0) {
      return [{ where: 'shellcheck', message: result.output.trim() }];
    }
    for (const file of unknown) {
      checked.set(
        keyOf(file),
        found
          .filter(finding => finding.file === file)
          .map(({ where, message }) => ({ where, message })),
      );
    }
  }
  return scripts.flatMap(file => checked.get(keyOf(file)) ?? []);
}

export const shell: Verifier = {
  id: 'shell',
  title: 'Shell scripts: shellcheck',
  reads: file => /\.sh$|^ci\/|^\.shellcheckrc$/.test(file),
  async verify(project) {
    const scripts = project.files.filter(f => f.endsWith('.sh'));
    if (scripts.length === 0) {
      return { status: 'absent' };
    }
    if (!(await which('shellcheck'))) {
      return { status: 'skipped', missing: 'shellcheck' };
    }
    return outcome(await scriptFindings(project, scripts));
  },
};
