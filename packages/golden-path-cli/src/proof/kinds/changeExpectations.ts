import { parseManifest } from '@pavedroad/plugin-golden-paths-common';
import { parseAllDocuments } from 'yaml';
import {
  differences,
  type RepositoryContent,
} from '../../render/changeActions';
import type { Answers } from '../../template/answers';
import type { Finding } from '../../verify/types';
import { awsResourceFindings } from './awsResourceExpectations';

type Expectation = (
  answers: Answers,
  before: RepositoryContent,
  after: RepositoryContent,
) => Finding[];

const text = (repository: RepositoryContent, path: string) =>
  repository.get(path)?.content.toString('utf8') ?? '';

const paths = (repository: RepositoryContent, pattern: RegExp) =>
  Array.from(repository.keys()).filter(path => pattern.test(path));

type Entity = {
  kind?: string;
  spec?: { owner?: string; lifecycle?: string };
  metadata?: { annotations?: Record<string, string> };
};

const entities = (repository: RepositoryContent) =>
  parseAllDocuments(text(repository, 'catalog-info.yaml')).map(
    document => document.toJS() as Entity,
  );

/** A finding for every file that still, or does not yet, say something. */
const says = (
  repository: RepositoryContent,
  files: RegExp,
  words: RegExp,
  message: string,
): Finding[] =>
  paths(repository, files)
    .filter(path => words.test(text(repository, path)))
    .map(where => ({ where, message }));

const addSlo: Expectation = ({ sloName }, _, after) => {
  const folder = `observability/prometheus/slo-${sloName}`;
  return [
    ...(entities(after).some(
      e => e.metadata?.annotations?.[`pavedroad.dev/slo.${sloName}`],
    )
      ? []
      : [{ where: 'catalog-info.yaml', message: 'does not tell of it' }]),
    ...[
      `${folder}/rules.yaml`,
      `${folder}/rules.test.yaml`,
      `docs/runbooks/slo-${sloName}.md`,
    ]
      .filter(path => !after.has(path))
      .map(where => ({ where, message: 'is missing' })),
    ...(after.has('observability/prometheus/prometheus.yaml') &&
    !text(after, 'observability/prometheus/prometheus.yaml').includes(
      `slo-${sloName}/rules.yaml`,
    )
      ? [
          {
            where: 'observability/prometheus/prometheus.yaml',
            message: 'does not load the rules',
          },
        ]
      : []),
    ...(after.has('observability/kustomization.yaml') &&
    !text(after, 'observability/kustomization.yaml').includes(
      `prometheus/slo-${sloName}/rules.yaml`,
    )
      ? [
          {
            where: 'observability/kustomization.yaml',
            message: 'leaves the rules behind',
          },
        ]
      : []),
  ];
};

const changeOwner: Expectation = ({ owner }, before, after) => {
  const old = String(
    entities(before).find(e => e.kind === 'Component')?.spec?.owner,
  )
    .split('/')
    .pop();
  const wrong = entities(after).filter(
    e => e.spec?.owner !== undefined && e.spec.owner !== owner,
  );
  return [
    ...wrong.map(e => ({
      where: `catalog-info.yaml: ${e.kind}`,
      message: `still belongs to ${e.spec?.owner}`,
    })),
    ...says(
      after,
      /^CODEOWNERS$/,
      new RegExp(`@${old}\\b`),
      'asks the old owner for reviews',
    ),
    // Addresses and the system keep their names; what was and what was answered is history. Tests have examples of their own.
    ...Array.from(after.keys())
      .filter(
        path =>
          !/^(\.golden-path\.yaml|.*CHANGELOG\.md|tests?\/.*)$/.test(path),
      )
      .filter(path =>
        new RegExp(`(?<![\\w/.-])@?${old}(?![\\w/-])`).test(text(after, path)),
      )
      .map(where => ({ where, message: 'names the old owner' })),
  ];
};

const decommission: Expectation = (_, before, after) => [
  ...entities(after)
    .filter(e => e.spec?.lifecycle && e.spec.lifecycle !== 'deprecated')
    .map(e => ({
      where: `catalog-info.yaml: ${e.kind}`,
      message: `is still ${e.spec?.lifecycle}`,
    })),
  ...(entities(after).some(e => {
    const page = e.metadata?.annotations?.['pavedroad.dev/out-of-service'];
    return e.kind === 'Component' && page !== undefined && after.has(page);
  })
    ? []
    : [
        {
          where: 'catalog-info.yaml',
          message: 'does not lead to what is left to do',
        },
      ]),
  ...says(
    after,
    /^observability\//,
    /severity: page\b/,
    'still wakes somebody',
  ),
  ...(text(after, 'ci/deploy.sh').includes('ci/undeploy.sh') &&
  after.get('ci/undeploy.sh')?.executable
    ? []
    : [{ where: 'ci/deploy.sh', message: 'does not take down' }]),
  ...paths(
    after,
    /^infra\/aws(-resources\/[^/]+)?\/(bucket|database|queue)-[^/]+\.tf$/,
  )
    .filter(
      path => !text(after, 'docs/decommission.md').includes(`\`${path}\``),
    )
    .map(where => ({ where, message: 'is not in the checklist' })),
  ...(!/\bkubectl delete\b/.test(text(after, 'ci/undeploy.sh')) ||
  Array.from(after.keys())
    .filter(path => path.startsWith('infra/kubernetes/'))
    .every(path => !/^kind: Rollout$/m.test(text(after, path))) ||
  /\bRollout:rollouts\.argoproj\.io\b/.test(text(after, 'ci/undeploy.sh'))
    ? []
    : [{ where: 'ci/undeploy.sh', message: 'leaves the rollout running' }]),
  // The pipeline itself is the same, on every CI system.
  ...differences(before, after)
    .filter(path => /^(\.gitlab|\.github|Jenkinsfile|\.jenkins)/.test(path))
    .map(where => ({ where, message: 'the pipeline differs' })),
];

const adopt: Expectation = (_, before, after) => {
  const manifest = parseManifest(text(after, '.golden-path.yaml'));
  const changed = differences(before, after);
  const others = changed.filter(
    path => path !== '.golden-path.yaml' && manifest.files[path] === undefined,
  );
  const taken = Object.entries(manifest.files)
    .filter(
      ([path, file]) =>
        before.has(path) &&
        file.class !== 'seed' &&
        !changed.includes(path) &&
        path !== 'catalog-info.yaml',
    )
    .map(([where]) => ({
      where,
      message: 'was there before, and is not left to the team',
    }));
  return [
    ...others.map(where => ({
      where,
      message: 'is new, and no record of the render has it',
    })),
    ...taken,
    ...(paths(
      after,
      /^(\.github\/workflows\/|\.gitlab\/|\.jenkins\/)paved-road\./,
    ).some(path => text(after, path).includes('ci/road/alert-rules.sh'))
      ? []
      : [
          {
            where: 'ci/road/alert-rules.sh',
            message: 'no pipeline tests the alert rules',
          },
        ]),
    ...[
      'docs/on-call.md',
      'ci/road/alert-rules.sh',
      'ci/road/report.sh',
      '.golden-path.yaml',
    ]
      .filter(path => !after.has(path))
      .map(where => ({ where, message: 'is missing' })),
  ];
};

const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  'add-slo': addSlo,
  'adopt-existing-service': adopt,
  'aws-resource': awsResourceFindings,
  'change-owner': changeOwner,
  decommission,
};

/** What a change has to come to beyond what verifiers see; nothing for templates that say nothing here. */
export function expectations(
  template: string,
  answers: Answers,
  before: RepositoryContent,
  after: RepositoryContent,
): Finding[] {
  return Object.hasOwn(EXPECTATIONS, template)
    ? EXPECTATIONS[template](answers, before, after)
    : [];
}
