import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { executeMakeVerify, executeStress } from './pipeline';
import { openProject } from './project';

let work: string;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'golden-path-pipeline-test-'));
});

afterEach(() => rm(work, { recursive: true, force: true }));

/** A repository whose files say what is given; scripts can be run. */
async function repository(files: Record<string, string>): Promise<string> {
  const folder = join(work, 'repository');
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
    await chmod(join(folder, file), 0o755);
  }
  return folder;
}

describe('make verify', () => {
  it.each([
    ['passes where the scripts do', 'exit 0', 'passed', []],
    [
      'fails with a script, and says how it ended',
      'echo it is broken; exit 3',
      'failed',
      [{ where: 'make verify', message: /^exit 2:[^]*it is broken/ }],
    ],
  ])('%s', async (_, script, status, findings) => {
    const folder = await repository({
      Makefile: 'verify:\n\t@ci/verify.sh\n',
      'ci/verify.sh': `#!/bin/sh\n${script}\n`,
    });
    const { outcome } = await executeMakeVerify(
      await openProject(folder),
      join(work, 'run'),
    );
    expect(outcome).toMatchObject({
      status,
      findings: findings.map(({ where, message }) => ({
        where,
        message: expect.stringMatching(message),
      })),
    });
  });
});

describe('stress', () => {
  const scripts = ['deploy', 'watch', 'load', 'stop', 'fault'];
  const DEPLOYED = 'DEPLOYMENT_URL=http://127.0.0.1:18080\n';
  const built = (broken: Record<string, string> = {}) =>
    repository({
      'build/deployments/staging.env': DEPLOYED,
      ...Object.fromEntries(
        scripts.map(name => [
          `ci/${name}.sh`,
          `#!/bin/sh\n${
            broken[name] ?? (name === 'watch' ? 'echo [127.0.0.1:18080]' : ':')
          }\n`,
        ]),
      ),
    });

  it('passes where every script does', async () => {
    expect(await executeStress(await built())).toMatchObject({
      status: 'passed',
    });
  });

  it.each([
    [
      'a load that misses its objectives',
      { load: 'echo too slow; exit 1' },
      'ci/load.sh staging',
      'too slow',
    ],
    [
      'a fault that is not survived',
      { fault: 'echo gone; exit 1' },
      'ci/fault.sh',
      'gone',
    ],
    [
      'a Prometheus that watches something else',
      { watch: 'echo [127.0.0.1:9]' },
      'ci/watch.sh',
      'Prometheus does not watch what listens at 127.0.0.1:18080',
    ],
  ])('finds %s', async (_, broken, where, message) => {
    expect(await executeStress(await built(broken))).toEqual({
      status: 'failed',
      findings: [{ where, message }],
    });
  });
});
