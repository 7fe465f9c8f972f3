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

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'shared-installs-'));
  await mkdir(join(work, 'bin'));
  await writeFile(join(work, 'bin/npm'), NPM);
  await chmod(join(work, 'bin/npm'), 0o755);
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
