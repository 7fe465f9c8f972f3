import { parse } from 'yaml';
import {
  MODEL_PARTS,
  modelLineage,
  trainingPipeline,
  verifyModel,
} from '../../verify/mlService';
import type { Rules } from '../../verify/prometheus';
import { type ServiceExpectation, verifyService } from '../../verify/service';
import type { Project } from '../../verify/types';
import { SCRIPT_MUTATIONS, STATIC_MUTATIONS } from '../mutations';
import { ML_SERVICE_MUTATIONS } from './mlServiceMutations';
import { expectationOf, service } from './service';
import { PYTHON_MUTATIONS } from './serviceMutations';
import type { Kind } from './types';

/** What every service has to do: a part of the trial beside those of `verifyService` and of `verifyModel`. */
const SERVED = 'served';

const MODEL_RULES = 'observability/prometheus/model/rules.yaml';

/** Mutations of what a service has on machines, or says of its type. */
const OF_OTHERS = /^(packer-.*|yaml-bad-indentation)$/;

/** What all rules read: those of the server and those of its model. */
async function expected(project: Project): Promise<ServiceExpectation> {
  const server = await expectationOf(project);
  const { groups } = parse(await project.read(MODEL_RULES)) as Rules;
  const all = groups.flatMap(group => group.rules);
  return {
    path: server.path,
    expressions: [...server.expressions, ...all.map(rule => String(rule.expr))],
    records: new Set([
      ...server.records,
      ...all.flatMap(rule => rule.record ?? []),
    ]),
  };
}

/** A service that answers with a model, and what makes that model. */
export const mlService: Kind = {
  ...service,
  type: 'ml-service',
  verifiers: [modelLineage, trainingPipeline],
  builtFolder: () => 'lib/service',
  async trial(project) {
    const wanted = await expected(project);
    return {
      title:
        'The service: predicts, refuses, counts, and serves no wrong model; started, probed, scraped, stopped',
      async verify(artifact, options = {}) {
        const { part } = options;
        const ofModel = part !== undefined && MODEL_PARTS.includes(part);
        if (part === undefined || ofModel) {
          const asked = await verifyModel(artifact, options);
          if (asked.status !== 'passed' || ofModel) {
            return asked;
          }
        }
        return verifyService(artifact, wanted, options);
      },
    };
  },
  mutations: () => ({
    files: [
      ...STATIC_MUTATIONS.filter(({ id }) => !OF_OTHERS.test(id)),
      ...ML_SERVICE_MUTATIONS.files,
    ],
    scripts: [...ML_SERVICE_MUTATIONS.scripts, ...SCRIPT_MUTATIONS],
    artifact: [
      ...ML_SERVICE_MUTATIONS.artifact,
      ...PYTHON_MUTATIONS.artifact.map(m => ({ part: SERVED, ...m })),
    ],
  }),
};
