import { parse } from 'yaml';
import {
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
import type { Kind } from './types';

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
      async verify(artifact) {
        const asked = await verifyModel(artifact);
        return asked.status === 'passed'
          ? verifyService(artifact, wanted)
          : asked;
      },
    };
  },
  mutations: () => ({
    files: [
      ...STATIC_MUTATIONS.filter(({ id }) => !OF_OTHERS.test(id)),
      ...ML_SERVICE_MUTATIONS.files,
    ],
    scripts: [...ML_SERVICE_MUTATIONS.scripts, ...SCRIPT_MUTATIONS],
    artifact: ML_SERVICE_MUTATIONS.artifact,
  }),
};
