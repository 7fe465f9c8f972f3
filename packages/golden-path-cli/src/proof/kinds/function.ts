import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { bareEnv, run } from '../../lib/run';
import { listFiles } from '../../lib/files';
import { questionsOf } from '../../template/answers';
import { verifyService } from '../../verify/service';
import { executeStress } from '../../verify/pipeline';
import { type Outcome, outcome } from '../../verify/types';
import { SCRIPT_MUTATIONS } from '../mutations';
import { FUNCTION_MUTATIONS } from './functionMutations';
import { expectationOf } from './service';
import type { Kind } from './types';

/** A wrong configuration of the function itself: a part of the trial beside those of `verifyService`. */
const INSIDE = 'inside';

/** Where the zip lies unpacked beside it, so that it can be broken. */
const UNPACKED = 'function';

async function zip(folder: string, ...args: string[]): Promise<void> {
  const { code, output } = await run('python3', ['-m', 'zipfile', ...args], {
    cwd: folder,
    timeoutMs: 60_000,
  });
  if (code !== 0) {
    throw new Error(`function.zip: ${output.trim().slice(-500)}`);
  }
}

/** The first time the zip is unpacked beside itself, as it was built; afterwards what lies there is what it holds. */
async function sameAsUnpacked(artifact: string): Promise<void> {
  const folder = join(artifact, UNPACKED);
  const unpacked = await access(folder).then(
    () => true,
    () => false,
  );
  if (unpacked) {
    const files = (await listFiles(folder)).map(f => join(UNPACKED, f));
    await zip(artifact, '-c', 'function.zip', ...files);
  } else {
    await zip(artifact, '-e', 'function.zip', UNPACKED);
  }
}

/** The gateway refuses its own settings, which `verifyService` looks at; this is a variable of the function inside. */
async function refusesConfiguration(artifact: string): Promise<Outcome> {
  const { code, output } = await run(join(artifact, 'start'), [], {
    cwd: artifact,
    env: bareEnv({ PORT: '0', LOG_LEVEL: 'loud' }),
    timeoutMs: 10_000,
  });
  return outcome(
    code === 78 && output.includes('LOG_LEVEL')
      ? []
      : [
          {
            where: 'configuration',
            message: `an invalid LOG_LEVEL ends with ${code}; 78 and the variable's name are right`,
          },
        ],
  );
}

/** Something that is called for each event: on this machine through a gateway that serves the very zip the account gets. */
export const serverlessFunction: Kind = {
  type: 'function',
  makes: 'repository',
  requires: ['name', 'owner', 'description'],
  values: ['port', 'syntheticPath', 'syntheticExpect', 'faultPath'],
  verifiers: [],
  runsPipeline: true,
  builtFolder: () => '.',
  async trial(project) {
    const expected = {
      ...(await expectationOf(project)),
      // The gateway adds up what the log says; of an account, CloudWatch's alarms of that account are told.
      environmentUnsaid: true,
    };
    return {
      title:
        'The function: its zip served, probed, scraped, stopped, refused with a wrong configuration',
      async verify(artifact, options = {}) {
        await sameAsUnpacked(artifact);
        if (options.part !== INSIDE) {
          const served = await verifyService(artifact, expected, options);
          if (served.status !== 'passed' || options.part !== undefined) {
            return served;
          }
        }
        return refusesConfiguration(artifact);
      },
    };
  },
  stress: {
    title: 'Under stress: load test and fault experiment',
    verify: executeStress,
  },
  strategies: template =>
    (questionsOf(template).strategy?.enum ?? ['rolling']).map(String),
  mutations: () => ({
    ...FUNCTION_MUTATIONS,
    scripts: [...FUNCTION_MUTATIONS.scripts, ...SCRIPT_MUTATIONS],
  }),
};
