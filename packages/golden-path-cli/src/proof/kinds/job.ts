import { parse } from 'yaml';
import { verifyJob } from '../../verify/job';
import { executeStress } from '../../verify/pipeline';
import type { Rules } from '../../verify/prometheus';
import {
  isOfEveryProject,
  SCRIPT_MUTATIONS,
  STATIC_MUTATIONS,
} from '../mutations';
import { JOB_MUTATIONS } from './jobMutations';
import { byLanguage } from './language';
import type { Kind } from './types';

/** Something that runs to an end, instead of being asked. */
export const job: Kind = {
  type: 'job',
  makes: 'repository',
  requires: ['name', 'owner', 'description'],
  values: ['cron', 'deadlineSeconds', 'missedAfterSeconds', 'missedText'],
  verifiers: [],
  runsPipeline: true,
  builtFolder: template => byLanguage(template, { python: 'lib/job' }),
  async trial(project) {
    const rules = parse(
      await project.read('observability/prometheus/rules.yaml'),
    ) as Rules;
    return {
      title: 'The job: run, run again, made to fail, its outcome pushed',
      verify: (artifact, options) => verifyJob(artifact, rules, options),
    };
  },
  stress: {
    title: 'Under stress: load test and fault experiment',
    verify: executeStress,
  },
  // Nothing takes requests, so nothing takes them over.
  strategies: () => [],
  mutations: () => ({
    files: [
      ...STATIC_MUTATIONS.filter(isOfEveryProject),
      ...JOB_MUTATIONS.files,
    ],
    scripts: [...JOB_MUTATIONS.scripts, ...SCRIPT_MUTATIONS],
    artifact: JOB_MUTATIONS.artifact,
  }),
};
