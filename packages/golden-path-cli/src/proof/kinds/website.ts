import { parse } from 'yaml';
import type { Rules } from '../../verify/prometheus';
import { type ServiceExpectation, verifyService } from '../../verify/service';
import type { Project } from '../../verify/types';
import { verifyInBrowser, verifyWebsite } from '../../verify/website';
import { SCRIPT_MUTATIONS, STATIC_MUTATIONS } from '../mutations';
import { expectationOf, service } from './service';
import { TYPESCRIPT_MUTATIONS } from './serviceMutations';
import type { Kind } from './types';
import { WEBSITE_MUTATIONS } from './websiteMutations';

/** What browsers ask for, and what every service has to do: parts of the trial beside those of `verifyService`. */
const ASKED = 'asked';
const SERVED = 'served';

const PAGE_LOAD_RULES = 'observability/prometheus/page-load/rules.yaml';

/** Mutations of what a service has and a website does not: an API with its text. */
const OF_APIS =
  /^(entity-api-misspelt|entity-no-api-text|yaml-bad-indentation)$/;

/** What all rules read: those of the server and those of what browsers report. */
async function expected(project: Project): Promise<ServiceExpectation> {
  const server = await expectationOf(project);
  const { groups } = parse(await project.read(PAGE_LOAD_RULES)) as Rules;
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

/** A web application with the server that answers it: a service, and what browsers need. */
export const website: Kind = {
  ...service,
  type: 'website',
  values: [...service.values, 'pageLoadPercent', 'pageLoadBudget'],
  builtFolder: () => 'dist',
  async trial(project) {
    const wanted = await expected(project);
    return {
      title:
        'The application: policy, headers, files, reports of browsers; started, probed, scraped, stopped',
      async verify(artifact, options = {}) {
        const { part } = options;
        if (part === undefined || part === ASKED) {
          const asked = await verifyWebsite(artifact, options);
          if (asked.status !== 'passed' || part === ASKED) {
            return asked;
          }
        }
        return verifyService(artifact, wanted, options);
      },
    };
  },
  async furtherTrials(rows) {
    const ofServices = (await service.furtherTrials?.(rows)) ?? [];
    const [row] = rows.filter(r => r.project.files.includes('.gitlab-ci.yml'));
    return row
      ? [
          ...ofServices,
          {
            row,
            id: 'browser',
            title:
              'In Chromium: drawn, nothing stopped by the policy, vitals and violations arrive',
            verify: verifyInBrowser,
          },
        ]
      : ofServices;
  },
  mutations: () => ({
    files: [
      ...STATIC_MUTATIONS.filter(({ id }) => !OF_APIS.test(id)),
      ...WEBSITE_MUTATIONS.files,
    ],
    // Those of the website last: the last of them builds anew.
    scripts: [...SCRIPT_MUTATIONS, ...WEBSITE_MUTATIONS.scripts],
    artifact: [
      ...WEBSITE_MUTATIONS.artifact.map(m =>
        m.trial ? m : { ...m, part: ASKED },
      ),
      ...TYPESCRIPT_MUTATIONS.artifact.map(m => ({ part: SERVED, ...m })),
    ],
  }),
};
