import { parseAllDocuments } from 'yaml';
import { run, which } from '../lib/run';
import { type Finding, outcome, type Verifier } from './types';

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

export const yamlFiles: Verifier = {
  id: 'yaml',
  title: 'YAML and JSON files: parsed, yamllint',
  async verify(project) {
    const yaml = project.files.filter(f => /\.ya?ml$/.test(f));
    const json = project.files.filter(f => f.endsWith('.json'));
    const findings = (
      await Promise.all(
        [...yaml, ...json].map(async f =>
          parseFindings(f, await project.read(f)),
        ),
      )
    ).flat();
    if (!(await which('yamllint'))) {
      return findings.length > 0
        ? outcome(findings)
        : { status: 'skipped', missing: 'yamllint' };
    }
    const result = await run(
      'yamllint',
      ['--strict', '--format=parsable', ...yaml],
      { cwd: project.folder, timeoutMs: 60_000 },
    );
    const linted = result.stdout
      .split('\n')
      .map(line => /^(.+?:\d+):\d+: (.*)$/.exec(line))
      .filter(match => match !== null)
      .map(([, where, message]) => ({ where, message }));
    if (result.code !== 0 && linted.length === 0) {
      linted.push({ where: 'yamllint', message: result.output.trim() });
    }
    return outcome([...findings, ...linted]);
  },
};
