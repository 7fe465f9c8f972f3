import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  utimes,
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
[ "$1" != ci ] || { mkdir -p node_modules/.bin node_modules/left; echo "$@" >node_modules/a; echo left >node_modules/left/index.js; sleep 0.3; }
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

it('installs once for who asks at the same time', async () => {
  const folders = await Promise.all(
    ['one', 'two', 'three'].map(name => project(name, '{}')),
  );
  const results = await Promise.all(folders.map(folder => npm(folder, 'ci')));
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
  for (const folder of folders) {
    expect(
      await readFile(join(folder, 'node_modules/left/index.js'), 'utf8'),
    ).toBe('left\n');
  }
  expect(await readFile(join(work, 'bin/asked'), 'utf8')).toBe('ci\n');
});

it('installs for itself what somebody began who was ended', async () => {
  const folder = await project('one', '{}');
  await npm(folder, 'ci');
  const [key] = (await readdir(join(work, 'shared/installs'))).filter(name =>
    /^[0-9a-f]{64}$/.test(name),
  );
  const shared = join(work, 'shared/installs');
  await rm(join(shared, key), { recursive: true });
  await mkdir(join(shared, `${key}.busy`));
  // No process has this number: it is beyond what Linux gives.
  await writeFile(join(shared, `${key}.busy/pid`), '4194305');
  expect((await npm(folder, 'ci')).code).toBe(0);
  expect(await readFile(join(work, 'bin/asked'), 'utf8')).toBe('ci\nci\n');
  // Ended before saying who that was, a while ago.
  await rm(join(shared, key), { recursive: true });
  await mkdir(join(shared, `${key}.busy`));
  await utimes(join(shared, `${key}.busy`), 1, 1);
  expect((await npm(folder, 'ci')).code).toBe(0);
  expect(await readFile(join(work, 'bin/asked'), 'utf8')).toBe('ci\nci\nci\n');
});

it('leaves to npm what is asked after the run has ended', async () => {
  const folder = await project('one', '{}');
  await rm(join(work, 'shared/installs'), { recursive: true });
  expect(
    (await run('npm', ['ci'], { cwd: folder, env, timeoutMs: 5_000 })).code,
  ).toBe(0);
  expect(await readFile(join(folder, 'node_modules/a'), 'utf8')).toBe('ci\n');
});

it('has every package where the project has it, first and later', async () => {
  for (const name of ['one', 'two']) {
    const folder = await realpath(await project(name, '{}'));
    await npm(folder, 'ci');
    const file = join(folder, 'node_modules/left/index.js');
    expect(await realpath(file)).toBe(file);
    expect((await lstat(file)).nlink).toBeGreaterThan(1);
  }
});

it('leaves what others take over alone', async () => {
  const one = await project('one', '{}');
  const two = await project('two', '{}');
  await npm(one, 'ci');
  await npm(two, 'ci');
  // As an install does, and a tool that keeps something there.
  await writeFile(join(two, 'node_modules/a'), 'another');
  await mkdir(join(two, 'node_modules/.cache'));
  await rm(join(two, 'node_modules'), { recursive: true });
  const three = await project('three', '{}');
  await npm(three, 'ci');
  expect((await readdir(join(three, 'node_modules'))).sort()).toEqual([
    '.bin',
    'a',
    'left',
  ]);
  expect(await readFile(join(three, 'node_modules/a'), 'utf8')).toBe('ci\n');
});

it('copies what goes into an artifact', async () => {
  for (const name of ['one', 'two']) {
    const folder = await project(name, '{}');
    await npm(folder, 'ci', '--omit=dev');
    expect(
      (await lstat(join(folder, 'node_modules/left'))).isSymbolicLink(),
    ).toBe(false);
  }
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
