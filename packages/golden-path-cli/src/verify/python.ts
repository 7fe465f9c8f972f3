import { run, which } from '../lib/run';
import { ADVISORIES, advisoryFindings } from './advisories';
import { type Finding, outcome, type Verifier } from './types';

/** Reads Python and TOML files as Python 3.11 does: bytes in the right encoding, syntax, keys once. */
const PARSE = `
import ast, json, sys, tomllib
for name in json.load(sys.stdin):
    try:
        text = open(name, encoding="utf-8").read()
        tomllib.loads(text) if name.endswith(".toml") else ast.parse(text, name)
    except (SyntaxError, ValueError) as error:
        print(f"{name}:{getattr(error, 'lineno', None) or 1}: {str(error).splitlines()[0]}")
`;

/** Files a Python interpreter or its tools read. */
export const isPython = (file: string) => /\.(py|toml)$/.test(file);

/** What the interpreter says about these files; `undefined` when there is none that can (Python 3.11 reads TOML). */
export async function pythonFindings(
  folder: string,
  files: readonly string[],
): Promise<Finding[] | undefined> {
  if (!(await which('python3'))) {
    return undefined;
  }
  const result = await run('python3', ['-I', '-c', PARSE], {
    cwd: folder,
    timeoutMs: 60_000,
    input: JSON.stringify(files),
  });
  if (result.code !== 0) {
    return /No module named 'tomllib'/.test(result.output)
      ? undefined
      : [{ where: 'python3', message: result.output.trim().slice(-500) }];
  }
  return result.stdout
    .split('\n')
    .map(line => /^(.+?:\d+): (.*)$/.exec(line))
    .filter(match => match !== null)
    .map(([, where, message]) => ({ where, message }));
}

/** Scripts that ask for known vulnerabilities, by their text: the same one is run once. */
const asked = new Map<string, Promise<Finding[]>>();

export const python: Verifier = {
  id: 'python',
  title:
    'Python and TOML files: parsed; known vulnerabilities asked for, of what stands in for OSV',
  reads: isPython,
  async verify(project) {
    const files = project.files.filter(isPython);
    if (files.length === 0) {
      return { status: 'absent' };
    }
    const findings = await pythonFindings(project.folder, files);
    if (!findings) {
      return { status: 'skipped', missing: 'python3 (3.11 or newer)' };
    }
    if (findings.length > 0 || !files.includes(ADVISORIES)) {
      return outcome(findings);
    }
    const script = await project.read(ADVISORIES);
    const known = asked.get(script) ?? advisoryFindings(project.folder);
    asked.set(script, known);
    return outcome(await known);
  },
};
