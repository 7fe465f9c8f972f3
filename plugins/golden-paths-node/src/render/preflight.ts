import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import type { Answers } from '../answers';

/** Base URL of the portal that offline renders speak of. */
export const DEFAULT_PORTAL_URL = 'http://localhost:7007';

/**
 * What `pavedroad:preflight` would answer for a free name, a real owner and the portal's own git host. Offline there is nobody to ask;
 * only the names and addresses are worked out.
 */
export function offlinePreflight(
  answers: Answers,
  options: { portalUrl: string; templateRef: string },
): Record<string, unknown> {
  const { portalUrl, templateRef } = options;
  const name = String(answers.name);
  const owner = parseEntityRef(String(answers.owner), {
    defaultKind: 'group',
    defaultNamespace: 'default',
  });
  const slug = `${owner.name}/${name}`;
  const git = `${portalUrl}/api/git/${slug}`;
  const repoContentsUrl = `${git}/tree/main/`;
  return {
    name,
    owner: stringifyEntityRef(owner),
    ownerName: owner.name,
    entityRef: `component:default/${name}`,
    provider: 'git',
    repository: slug,
    cloneUrl: `${git}.git`,
    repositoryUrl: `${portalUrl}/git/${slug}`,
    defaultBranch: 'main',
    repoContentsUrl,
    catalogInfoUrl: `${git}/blob/main/catalog-info.yaml`,
    sourceLocation: `url:${repoContentsUrl}`,
    annotations: {
      'pavedroad.dev/repository': slug,
      'backstage.io/source-location': `url:${repoContentsUrl}`,
      'backstage.io/source-template': templateRef,
    },
    portalUrl,
    warnings: [],
  };
}
