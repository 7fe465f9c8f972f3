import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { TEMPLATES_ROOT } from '../template/loadTemplate';
import { run, which } from '../lib/run';
import { settingsFindings } from './settings';
import { type Finding, outcome, type Project, type Verifier } from './types';

/** What the parser says about a YAML or JSON file; duplicate keys and tags that make objects are refused. */
export function parseFindings(file: string, text: string): Finding[] {
  if (file.endsWith('.json')) {
    try {
      JSON.parse(text);
      return [];
    } catch (error) {
      return [{ where: file, message: `is not JSON: ${String(error)}` }];
    }
  }
  return parseAllDocuments(text, { uniqueKeys: true }).flatMap(document =>
    [...document.errors, ...document.warnings].map(error => ({
      where: `${file}:${error.linePos?.[0].line ?? 1}`,
      message: error.message.split('\n')[0],
    })),
  );
}

/** What yamllint said about a file, by its settings, path and text. Most files of a matrix are the same in every row. */
const linted = new Map<string, Finding[]>();

/** The settings of the platform layer. */
const PLATFORM_SETTINGS = join(TEMPLATES_ROOT, 'platform/ci/scripts/.yamllint');

/** What yamllint says about files; each text is looked at once. */
async function lintFindings(
  project: Project,
  files: readonly string[],
): Promise<Finding[]> {
  const settings = project.files.includes('.yamllint')
    ? await project.read('.yamllint')
    : '';
  const keys = new Map(
    await Promise.all(
      files.map(
        async file =>
          [
            file,
            [settings, file, await project.read(file)].join('\0'),
          ] as const,
      ),
    ),
  );
  const unknown = files.filter(file => !linted.has(keys.get(file) ?? ''));
  if (unknown.length > 0) {
    const result = await run(
      'yamllint',
      [
        '--strict',
        '--format=parsable',
        // A repository that never saw the road has no settings of its own; what is added to it is held against ours.
        ...(settings ? [] : ['--config-file', PLATFORM_SETTINGS]),
        ...unknown,
      ],
      { cwd: project.folder, timeoutMs: 180_000 },
    );
    const found = result.stdout
      .split('\n')
      .map(line => /^((.+?):\d+):\d+: (.*)$/.exec(line))
      .filter(match => match !== null)
      .map(([, where, file, message]) => ({ where, file, message }));
    if (result.code !== 0 && found.length === 0) {
      return [{ where: 'yamllint', message: result.output.trim() }];
    }
    for (const file of unknown) {
      linted.set(
        keys.get(file) ?? '',
        found
          .filter(finding => finding.file === file)
          .map(({ where, message }) => ({ where, message })),
      );
    }
  }
  return files.flatMap(file => linted.get(keys.get(file) ?? '') ?? []);
}

export const yamlFiles: Verifier = {
  id: 'yaml',
  title: 'YAML and JSON files: parsed, yamllint',
  async verify(project) {
    const yaml = project.files.filter(f => /\.ya?ml$/.test(f));
    const json = project.files.filter(f => f.endsWith('.json'));
    const findings = (
      await Promise.all(
        [...yaml, ...json].map(async f => {
          const text = await project.read(f);
          const parsed = parseFindings(f, text);
          return parsed.length > 0 ? parsed : settingsFindings(f, text);
        }),
      )
    ).flat();
    if (!(await which('yamllint'))) {
      return findings.length > 0
        ? outcome(findings)
        : { status: 'skipped', missing: 'yamllint' };
    }
    return outcome([...findings, ...(await lintFindings(project, yaml))]);
  },
};
