import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bareEnv, run } from './run';
import { inScratch } from './scratch';

describe('inScratch', () => {
  it.each([
    ['when it is done', false],
    ['when it fails', true],
  ])('leaves nothing of its commands behind %s', async (_, fails) => {
    const before = process.env.TMPDIR;
    const made: string[] = [];
    const doing = inScratch(async folder => {
      made.push(folder);
      for (const env of [process.env, bareEnv({ X: '1' })]) {
        const { stdout } = await run('mktemp', ['-d'], { cwd: '/', env });
        made.push(stdout.trim());
      }
      expect(made.map(path => existsSync(path))).toEqual(made.map(() => true));
      if (fails) {
        throw new Error('no');
      }
    });
    const failures = await doing.then(
      () => [],
      (error: Error) => [error.message],
    );
    expect(failures).toEqual(fails ? ['no'] : []);
    const [folder, ...others] = made;
    expect(others.map(path => dirname(path))).toEqual(
      others.map(() => join(folder, 'tmp')),
    );
    expect(made.map(path => existsSync(path))).toEqual(made.map(() => false));
    expect(process.env.TMPDIR).toBe(before);
  });
});
