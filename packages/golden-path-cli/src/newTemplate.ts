import { cp, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nameProblem } from '@pavedroad/plugin-golden-paths-common';
import { Problem } from './lib/problem';
import type { Template } from './template/loadTemplate';

/** Rewrites a template's text under another name, as a first draft. */
export function renamed(
  text: string,
  from: Pick<Template, 'name' | 'version'>,
  name: string,
): string {
  const title = name.replaceAll('-', ' ');
  return text
    .replaceAll(`template: ${from.name}\n`, `template: ${name}\n`)
    .replace(/^ {2}name: .*$/m, `  name: ${name}`)
    .replace(
      /^ {2}title: .*$/m,
      `  title: ${title.charAt(0).toLocaleUpperCase('en-US')}${title.slice(1)}`,
    )
    .replace(/pavedroad\.dev\/channel: \S+/, 'pavedroad.dev/channel: draft')
    .replaceAll(
      new RegExp(`((?:ersion): )${from.version.replaceAll('.', '\\.')}$`, 'gm'),
      '$10.1.0',
    );
}

/** Starts a template from one that is proved: a copy under a new name, channel `draft`, version 0.1.0. Answers its folder. */
export async function newTemplate(
  name: string,
  from: Template,
): Promise<string> {
  const problem = nameProblem(name);
  if (problem) {
    throw new Problem(problem);
  }
  const folder = join(from.root, name);
  if (await stat(folder).catch(() => undefined)) {
    throw new Problem(`There is already a folder ${folder}.`);
  }
  await cp(from.folder, folder, { recursive: true });
  const file = join(folder, 'template.yaml');
  await writeFile(file, renamed(await readFile(file, 'utf8'), from, name));
  await writeFile(
    join(folder, 'CHANGELOG.md'),
    `# ${name}\n\n## 0.1.0\n\nFirst draft, from ${from.name} ${from.version}.\n`,
  );
  return folder;
}
