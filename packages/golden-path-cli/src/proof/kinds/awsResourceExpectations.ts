import { parseAllDocuments } from 'yaml';
import type { Answers } from '../../template/answers';
import type { Finding } from '../../verify/types';

/** Files of a repository, by path. */
type Files = ReadonlyMap<string, { content: Buffer }>;

type Entity = {
  kind?: string;
  metadata?: { name?: string };
  spec?: { type?: string; dependsOn?: string[] };
};

type NetworkPolicy = {
  kind?: string;
  spec?: { egress?: { ports?: { port?: number | string }[] }[] };
};

/** What the files are and what the catalog knows once a resource was added. */
export function awsResourceFindings(
  { kind, resource }: Answers,
  before: Files,
  after: Files,
): Finding[] {
  const folder = before.has('infra/aws/iam.tf')
    ? 'infra/aws'
    : `infra/aws-resources/${resource}`;
  const missing = [
    `${folder}/${kind}-${resource}.tf`,
    `${folder}/versions.tf`,
    `docs/runbooks/${kind}-${resource}.md`,
    `docs/resources/${kind}-${resource}.md`,
  ]
    .filter(path => !after.has(path))
    .map(where => ({ where, message: 'is missing' }));
  const page = `docs/resources/${kind}-${resource}.md`;
  const policies = parseAllDocuments(
    after
      .get('infra/kubernetes/base/networkpolicy.yaml')
      ?.content.toString('utf8') ?? '',
  )
    .map(document => document.toJS() as NetworkPolicy | null)
    .filter(policy => policy?.kind === 'NetworkPolicy');
  const ports = policies.flatMap(policy =>
    (policy?.spec?.egress ?? []).flatMap(rule =>
      (rule.ports ?? []).map(({ port }) => port),
    ),
  );
  if (policies.length > 0) {
    missing.push(
      ...[443, ...(kind === 'database' ? [5432] : [])]
        .filter(port => !ports.includes(port))
        .map(port => ({
          where: 'infra/kubernetes/base/networkpolicy.yaml',
          message: `pods cannot reach the ${kind}: nothing lets them out to ${port}`,
        })),
      ...(after.get(page)?.content.includes('eks.amazonaws.com/role-arn')
        ? []
        : [{ where: page, message: 'does not say as whom pods come' }]),
    );
  }
  const catalog = parseAllDocuments(
    after.get('catalog-info.yaml')?.content.toString('utf8') ?? '',
  ).map(document => document.toJS() as Entity);
  const component = catalog.find(entity => entity.kind === 'Component');
  // A name of the catalog has 63 characters at most.
  const name = `${component?.metadata?.name?.slice(0, 42)}-${kind}-${resource}`;
  const names = catalog.map(
    entity => `${entity.kind} ${entity.metadata?.name}`,
  );
  if (new Set(names).size < names.length) {
    missing.push({
      where: 'catalog-info.yaml',
      message: 'two entities have the same name',
    });
  }
  const added = catalog.some(
    entity =>
      entity.kind === 'Resource' &&
      entity.metadata?.name === name &&
      entity.spec?.type === kind,
  );
  return added &&
    component?.spec?.dependsOn?.includes(`resource:default/${name}`)
    ? missing
    : [
        ...missing,
        {
          where: 'catalog-info.yaml',
          message: `the component does not depend on the ${kind}`,
        },
      ];
}
