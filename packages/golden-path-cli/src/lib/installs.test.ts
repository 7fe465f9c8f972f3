import { spawn } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
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

/** An npm that writes down what it was asked, and installs a file; slowly where there is a file "slow". */
const NPM = `#!/bin/sh
echo "$@" >>"$(dirname "$0")/asked"
! grep -q broken src.js 2>/dev/null || { echo "src.js is broken"; exit 1; }
[ ! -e slow ] || sleep 4
[ "$1" != ci ] || { mkdir -p node_modules/.bin node_modules/left; echo "$@" >node_modules/a; echo left >node_modules/left/index.js; sleep 0.3; }
`;

/** A promtool that writes down what it was asked; rules that say "never" fail, and of rules that say "taken" somebody else remembers meanwhile that they passed. */
const PROMTOOL = `#!/bin/sh
echo "$@" >>"$(dirname "$0")/promtool-asked"
! grep -q taken "$(dirname "$3")/rules.yaml" || mkdir "$(ls -d "$SHARED_INSTALLS"/promtool-*.busy | sed 's/.busy$//')"
! grep -q never "$(dirname "$3")/rules.yaml" || { echo FAILED; exit 1; }
echo SUCCESS
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
  await writeFile(join(work, 'bin/promtool'), PROMTOOL);
  await chmod(join(work, 'bin/promtool'), 0o755);
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

/** What a command itself was asked so far. */
const asked = (file: string) =>
  readFile(join(work, 'bin', file), 'utf8').catch(() => '');

async function until(holds: () => Promise<unknown>): Promise<void> {
  while (!(await holds())) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
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
  const [one, two] = [await project('one', '{}'), await project('two', '{}')];
  // Begins, and is ended with everything it started before it comes to its end.
  await writeFile(join(one, 'slow'), '');
  const first = run('npm', ['ci'], { cwd: one, env, timeoutMs: 1_000 });
  await until(() => asked('asked'));
  const second = run('npm', ['ci'], { cwd: two, env, timeoutMs: 10_000 });
  expect((await first).code).toBe(124);
  expect((await second).code).toBe(0);
  expect(await readFile(join(two, 'node_modules/a'), 'utf8')).toBe('ci\n');
  expect(await asked('asked')).toBe('ci\nci\n');
});

it('does not wait for what somebody started who was ended', async () => {
  const [one, two] = [await project('one', '{}'), await project('two', '{}')];
  await writeFile(join(one, 'slow'), '');
  const wrapper = spawn('npm', ['ci'], { cwd: one, env, stdio: 'ignore' });
  await until(() => asked('asked'));
  // Only the wrapper: what it started goes on for a while, and holds nothing.
  wrapper.kill('SIGKILL');
  const second = await run('npm', ['ci'], { cwd: two, env, timeoutMs: 3_500 });
  expect(second.code).toBe(0);
});

it('waits for what somebody else is at, however long that takes', async () => {
  const shared = join(work, 'shared/installs');
  const folder = await project('one', '{}');
  await npm(folder, 'ci');
  const lock = (await readdir(shared)).find(name => name.endsWith('.busy'))!;
  const release = join(work, 'release');
  const holder = run(
    'flock',
    [
      join(shared, lock),
      'sh',
      '-c',
      `until [ -e ${release} ]; do sleep 0.1; done`,
    ],
    { cwd: work, timeoutMs: 20_000 },
  );
  let ended = false;
  const waiting = npm(folder, 'ci').finally(() => {
    ended = true;
  });
  // Longer than one look at the lock takes.
  await new Promise(resolve => setTimeout(resolve, 1_500));
  expect(ended).toBe(false);
  await writeFile(release, '');
  expect((await waiting).code).toBe(0);
  expect((await holder).code).toBe(0);
  expect(await asked('asked')).toBe('ci\n');
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
  async (_, lock, times, code) => {
    for (const name of ['one', 'two']) {
      const folder = join(work, name);
      await mkdir(folder);
      await writeFile(join(folder, 'requirements.txt'), lock);
      const result = await run('python3', PIP, { cwd: folder, env });
      expect(result.code).toBe(code);
      expect(result.stderr.includes('NewConnectionError')).toBe(times === 1);
    }
    const lines = await readFile(join(work, 'bin/python-asked'), 'utf8');
    expect(lines).toBe(`${PIP.join(' ')}\n`.repeat(times));
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

it('leaves to mypy where it keeps what it found out: in each project, not in one place for different ones', () => {
  expect(env.MYPY_CACHE_DIR).toBe(process.env.MYPY_CACHE_DIR);
});

describe('npm run lint', () => {
  const LINT = 'eslint . && tsc --noEmit --project web';
  const ASKED = 'run --silent lint\n';
  /** What npm says it installed. */
  const INSTALLED = 'node_modules/.package-lock.json';

  /** A project of which one file says something; `lint` is its script. */
  async function code(
    name: string,
    file: string,
    text: string,
    lint = LINT,
  ): Promise<string> {
    const folder = await project(name, '{}');
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ scripts: { lint } }, undefined, 2),
    );
    await mkdir(join(folder, 'node_modules'));
    await writeFile(join(folder, INSTALLED), '{}');
    await writeFile(join(folder, 'src.js'), 'good');
    await writeFile(join(folder, file), text);
    return folder;
  }

  /** What npm itself was asked when both were linted, one after the other. */
  async function linted(...folders: string[]): Promise<string> {
    for (const folder of folders) {
      expect((await npm(folder, 'run', '--silent', 'lint')).code).toBe(0);
    }
    return readFile(join(work, 'bin/asked'), 'utf8');
  }

  it('that passed is run once for the same code, whatever is beside it', async () => {
    const one = await code('one', 'README.md', 'one');
    const two = await code('two', 'README.md', 'two');
    expect(await linted(one, two)).toBe(ASKED);
  });

  it.each(['src.js', 'tsconfig.json', '.oxlintrc.json', '.gitignore'])(
    'is run again where %s differs',
    async file => {
      const one = await code('one', file, '{"one":1}');
      const two = await code('two', file, '{"two":2}');
      expect(await linted(one, two)).toBe(ASKED.repeat(2));
    },
  );

  it('is run again where the lockfile differs', async () => {
    const one = await code('one', 'src.js', 'good');
    const two = await code('two', 'src.js', 'good');
    await writeFile(join(two, 'package-lock.json'), '{"other":1}');
    expect(await linted(one, two)).toBe(ASKED.repeat(2));
  });

  it('is run again where something else is installed, and always where nothing is', async () => {
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map(name => code(name, 'src.js', 'good')),
    );
    await writeFile(join(two, INSTALLED), '{"other":1}');
    await rm(join(three, 'node_modules'), { recursive: true });
    expect(await linted(one, two, three, one, two, three)).toBe(
      ASKED.repeat(4),
    );
  });

  it.each(['prelint', 'postlint'])('with a %s is always run', async script => {
    const one = await code('one', 'src.js', 'good');
    const scripts = { [script]: 'codegen', lint: LINT };
    const text = JSON.stringify({ scripts }, undefined, 2);
    await writeFile(join(one, 'package.json'), text);
    expect(await linted(one, one)).toBe(ASKED.repeat(2));
  });

  it.each([
    ['what reads more than code', 'vale . && eslint .', ''],
    ['a linter with variables', 'eslint $WHAT', ''],
    ['a linter of documents', LINT, 'import markdown from "@eslint/markdown"'],
  ])('of %s is always run', async (_, lint, config) => {
    const one = await code('one', 'eslint.config.js', config, lint);
    const two = await code('two', 'eslint.config.js', config, lint);
    expect(await linted(one, two)).toBe(ASKED.repeat(2));
  });

  it('that failed is run again, and says why each time', async () => {
    for (const name of ['one', 'two']) {
      const folder = await code(name, 'src.js', 'broken');
      const { code: exit, output } = await npm(
        folder,
        'run',
        '--silent',
        'lint',
      );
      expect([exit, output]).toEqual([1, 'src.js is broken\n']);
    }
    expect(await readFile(join(work, 'bin/asked'), 'utf8')).toBe(
      ASKED.repeat(2),
    );
  });

  it('waits for who lints the same', async () => {
    const folders = await Promise.all(
      ['one', 'two', 'three'].map(name => code(name, 'src.js', 'good')),
    );
    const results = await Promise.all(
      folders.map(folder => npm(folder, 'run', '--silent', 'lint')),
    );
    expect(results.map(({ code: exit }) => exit)).toEqual([0, 0, 0]);
    expect(await readFile(join(work, 'bin/asked'), 'utf8')).toBe(ASKED);
  });
});

describe('promtool', () => {
  const TEST = 'rule_files: [rules.yaml]\ntests: []\n';

  async function rules(
    name: string,
    text: string,
    test = TEST,
  ): Promise<string> {
    const folder = join(work, name, 'prometheus');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'rules.yaml'), text);
    await writeFile(join(folder, 'rules.test.yaml'), test);
    return folder;
  }

  const promtool = (cwd: string, ...args: string[]) =>
    run('promtool', args, { cwd, env });

  const promtoolAsked = () => asked('promtool-asked');

  it('is asked once for a test that passed, from wherever', async () => {
    const one = await rules('one', 'good');
    await rules('two', 'good');
    const results = [
      await promtool(one, 'test', 'rules', 'rules.test.yaml'),
      await promtool(
        work,
        'test',
        'rules',
        'two/prometheus/rules.test.yaml',
        'one/prometheus/rules.test.yaml',
      ),
    ];
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(results[1].output).toContain('two/prometheus/rules.test.yaml');
    expect(await promtoolAsked()).toBe('test rules rules.test.yaml\n');
  });

  it.each([
    ['other rules', 'other', TEST],
    ['another test', 'good', `${TEST}# more\n`],
  ])('is asked again for %s', async (_, text, test) => {
    const one = await rules('one', 'good');
    const two = await rules('two', text, test);
    await promtool(one, 'test', 'rules', 'rules.test.yaml');
    await promtool(two, 'test', 'rules', 'rules.test.yaml');
    expect(await promtoolAsked()).toBe(
      'test rules rules.test.yaml\n'.repeat(2),
    );
  });

  it.each([
    ['files elsewhere', 'rule_files: [../rules.yaml]\n'],
    ['a list written otherwise', 'rule_files:\n  - rules.yaml\n'],
    ['two lists', `${TEST}${TEST}`],
    ['a file that is not there', 'rule_files: [rules.yaml, more.yaml]\n'],
  ])('is always asked for %s', async (_, test) => {
    const one = await rules('one', 'good', test);
    await promtool(one, 'test', 'rules', 'rules.test.yaml');
    await promtool(one, 'test', 'rules', 'rules.test.yaml');
    expect(await promtoolAsked()).toBe(
      'test rules rules.test.yaml\n'.repeat(2),
    );
  });

  it('is always asked for what failed, also beside what passed', async () => {
    const good = await rules('good', 'good');
    const bad = await rules('bad', 'never');
    const file = (folder: string) => join(folder, 'rules.test.yaml');
    for (const files of [
      [bad, good],
      [good, bad],
    ]) {
      const { code, output } = await promtool(
        work,
        'test',
        'rules',
        ...files.map(file),
      );
      expect(code).toBe(1);
      expect(output).toContain('FAILED');
    }
    expect(await promtoolAsked()).toBe(
      [bad, good, bad].map(f => `test rules ${file(f)}\n`).join(''),
    );
  });

  it('is believed where what passed cannot be remembered', async () => {
    const one = await rules('one', 'taken');
    const test = ['test', 'rules', 'rules.test.yaml'];
    expect((await promtool(one, ...test)).code).toBe(0);
  });

  it('does everything else itself', async () => {
    const one = await rules('one', 'good');
    const all = [
      'check rules rules.yaml',
      'test rules --diff rules.test.yaml',
      'test rules',
    ];
    for (const command of [...all, ...all]) {
      await promtool(one, ...command.split(' '));
    }
    expect(await promtoolAsked()).toBe([...all, ...all, ''].join('\n'));
  });
});
