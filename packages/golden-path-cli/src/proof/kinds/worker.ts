import { parse } from 'yaml';
import { which } from '../../lib/run';
import { executeStress } from '../../verify/pipeline';
import type { Rules } from '../../verify/prometheus';
import { verifyWorker } from '../../verify/worker';
import {
  isOfEveryProject,
  SCRIPT_MUTATIONS,
  STATIC_MUTATIONS,
} from '../mutations';
import { byLanguage } from './language';
import type { Kind } from './types';
import { WORKER_MUTATIONS } from './workerMutations';

/** Something that takes events from a stream. */
export const worker: Kind = {
  type: 'worker',
  makes: 'repository',
  requires: ['name', 'owner', 'description'],
  values: ['port', 'lagSeconds'],
  verifiers: [],
  runsPipeline: true,
  builtFolder: template => byLanguage(template, { python: 'lib/worker' }),
  async trial(project) {
    const rules = parse(
      await project.read('observability/prometheus/rules.yaml'),
    ) as Rules;
    return {
      title:
        'The worker: on a real Redis, with duplicates, poison, a kill in the middle, a drain and a broker that goes and comes',
      verify: (artifact, options) => verifyWorker(artifact, rules, options),
    };
  },
  stress: {
    title: 'Under stress: load test and fault experiment',
    verify: async clone =>
      (await which('redis-server'))
        ? executeStress(clone)
        : { status: 'skipped', missing: 'redis-server' },
  },
  // Nothing takes requests; a new release takes events beside the old one until that has drained.
  strategies: () => ['rolling'],
  mutations: () => ({
    files: [
      ...STATIC_MUTATIONS.filter(isOfEveryProject),
      // A Deployment like any other, without a Service.
      ...STATIC_MUTATIONS.filter(
        ({ id }) =>
          id.startsWith('kubernetes-') &&
          ![
            'kubernetes-no-port',
            'kubernetes-service-selector',
            'kubernetes-unchecked-from-outside',
          ].includes(id),
      ),
      ...WORKER_MUTATIONS.files,
    ],
    scripts: [...WORKER_MUTATIONS.scripts, ...SCRIPT_MUTATIONS],
    artifact: WORKER_MUTATIONS.artifact,
  }),
};
