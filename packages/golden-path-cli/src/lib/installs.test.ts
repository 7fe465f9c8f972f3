import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { sharedInstalls } from './installs';
import { run } from './run';

let work: string;
let env: NodeJS.ProcessEnv;
const path = process.env.PATH;

/** An npm that writes down what it was asked, and installs a file. */
const NPM = `#!/bin/sh
echo "$@" >>"$(dirname "$0")/asked"
[ "$1" != ci ] || { mkdir -p node_modules; echo "$@" >node_modules/a; }
`;

/** A Python that writes down what it was asked; its pip finds no index for the lock "nowhere", and no such version for "nothing". */
const PYTHON = `#!/bin/sh
echo "$@" >>"$(dirname "$0")/python-asked"
case "$*" in *install*) ;; *) exit 0 ;; esac
! grep -q nowhere requirements.txt || { echo "NewConnectionError: $PWD" >&2; exit 1; }
! grep -q nothing requirements.txt || { echo "No matching distribution" >&2; exit 1; }
`;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'shared-installs-'));
  await mkdir(join(work, 'bin'));
  await writeFile(join(work, 'bin/npm'), NPM);
  await chmod(join(work, 'bin/npm'), 0o755);
  await writeFile(join(work, 'bin/python3'), PYTHON);
  await chmod(join(work, 'bin/python3'), 0o755);
  process.env.PATH = [join(work, 'bin'), path].join(delimiter);
  env = {
    ...process.env,
    ...(await sharedInstalls(join(work, 'shared'), process.env)),
  };
});

afterEach(async () => {
  process.env.PATH = path;
  await rm(work, { recursive: true, force: true });
});

async function project(name: string, lock: string): Promise<string> {
  const folder = join(work, name);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{}');
  await writeFile(join(folder, 'package-lock.json'), lock);
  return folder;
}

const npm = (cwd: string, ...args: string[]) => run('npm', args, { cwd, env });

it('installs each lockfile once, with each set of options', async () => {
  const one = await project('one', '{"a":1}');
  const two = await project('two', '{"a":1}');
  const other = await project('other', '{"a":2}');
  for (const [folder, ...options] of [
    [one],
    [two],
    [one, '--omit=dev'],
    [two, '--omit=dev'],
    [other],
  ]) {
    expect((await npm(folder, 'ci', ...options)).code).toBe(0);
    expect(await readFile(join(folder, 'node_modules/a'), 'utf8')).toBe(
      `${['ci', ...options].join(' ')}\n`,
    );
  }
  expect(await readFile(join(work, 'bin/asked'), 'utf8')).toBe(
    'ci\nci --omit=dev\nci\n',
  );
});

it('leaves everything else to npm', async () => {
  const folder = await project('one', '{}');
  await npm(folder, 'audit');
  await npm(folder, 'audit');
  expect(await readFile(join(work, 'bin/asked'), 'utf8')).toBe(
    'audit\naudit\n',
  );
});

const PIP = ['-m', 'pip', '--retries', '1', 'install', '--quiet'];

it.each([
  ['found no index', 'nowhere', 1, 1],
  ['found no such version', 'nothing', 2, 1],
  ['installed something', 'flask', 2, 0],
])(
  '%s: pip is asked as often as that can change',
  async (_, lock, asked, code) => {
    for (const name of ['one', 'two']) {
      const folder = join(work, name);
      await mkdir(folder);
      await writeFile(join(folder, 'requirements.txt'), lock);
      const result = await run('python3', PIP, { cwd: folder, env });
      expect(result.code).toBe(code);
      expect(result.stderr.includes('NewConnectionError')).toBe(asked === 1);
    }
    const lines = await readFile(join(work, 'bin/python-asked'), 'utf8');
    expect(lines).toBe(`${PIP.join(' ')}\n`.repeat(asked));
  },
);

it('leaves everything else to Python', async () => {
  const folder = await project('one', '{}');
  await run('python3', ['-m', 'venv', 'a b'], { cwd: folder, env });
  await run('python3', ['load.py'], { cwd: folder, env });
  expect(await readFile(join(work, 'bin/python-asked'), 'utf8')).toBe(
    '-m venv a b\nload.py\n',
  );
});
