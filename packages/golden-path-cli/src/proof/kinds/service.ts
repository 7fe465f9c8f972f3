import { parse } from 'yaml';
import { questionsOf } from '../../template/answers';
import { artifactFindings, processesOf } from '../../verify/paas';
import { executeStress } from '../../verify/pipeline';
import type { Rules } from '../../verify/prometheus';
import { type ServiceExpectation, verifyService } from '../../verify/service';
import { outcome, type Project } from '../../verify/types';
import { SCRIPT_MUTATIONS, STATIC_MUTATIONS } from '../mutations';
import { byLanguage } from './language';
import { PYTHON_MUTATIONS, TYPESCRIPT_MUTATIONS } from './serviceMutations';
import type { Kind } from './types';

/** What the rules and the synthetic check expect of the running service. */
export async function expectationOf(
  project: Project,
): Promise<ServiceExpectation> {
  const rules = parse(
    await project.read('observability/prometheus/rules.yaml'),
  ) as Rules;
  const all = rules.groups.flatMap(group => group.rules);
  const watch = parse(
    await project.read('observability/prometheus/prometheus.yaml'),
  ) as {
    scrape_configs: {
      metrics_path?: string;
      static_configs: { targets: string[] }[];
    }[];
  };
  const target = watch.scrape_configs.find(c => c.metrics_path === '/probe')
    ?.static_configs[0].targets[0];
  return {
    path: new URL(target ?? 'http://localhost/').pathname,
    expressions: all.map(rule => String(rule.expr)),
    records: new Set(all.flatMap(rule => rule.record ?? [])),
  };
}

/** A process that answers requests and is kept running. */
export const service: Kind = {
  type: 'service',
  makes: 'repository',
  requires: ['name', 'owner', 'description'],
  values: ['port', 'syntheticPath', 'syntheticExpect', 'faultPath', 'browser'],
  verifiers: [],
  runsPipeline: true,
  builtFolder: template =>
    byLanguage(template, { typescript: 'dist', python: 'lib/service' }),
  async trial(project) {
    const expected = await expectationOf(project);
    return {
      title: 'The service: started, probed, scraped, stopped',
      verify: (artifact, options) => verifyService(artifact, expected, options),
    };
  },
  /** The Procfile's web process, started as a platform would: in the artifact, by the words of the Procfile. */
  async furtherTrials(rows) {
    const row = rows.find(r => r.project.files.includes('Procfile'));
    if (!row) {
      return [];
    }
    const web = processesOf(await row.project.read('Procfile')).get('web');
    const expected = await expectationOf(row.project);
    return [
      {
        row,
        id: 'paas-process',
        title:
          "The artifact as platforms take it, and the Procfile's web process: started, probed, scraped, stopped",
        async verify(artifact) {
          const packed = await artifactFindings(artifact);
          return packed.length > 0
            ? outcome(packed)
            : verifyService(artifact, expected, {
                start: ['/bin/sh', '-c', `exec ${web}`],
              });
        },
      },
    ];
  },
  stress: {
    title: 'Under stress: load test and fault experiment',
    verify: executeStress,
  },
  /** Those the form offers; the template's own when it does not ask. */
  strategies(template, row) {
    const offered = questionsOf(template).strategy?.enum;
    return (offered ?? [row.answers.strategy ?? 'rolling']).map(String);
  },
  mutations(template) {
    const own = byLanguage(template, {
      typescript: TYPESCRIPT_MUTATIONS,
      python: PYTHON_MUTATIONS,
    });
    return {
      files: [...STATIC_MUTATIONS, ...own.files],
      scripts: [...own.scripts, ...SCRIPT_MUTATIONS],
      artifact: own.artifact,
    };
  },
};
