import { Entity } from '@backstage/catalog-model';

/** Where a service's commits and pull requests can be read. */
export interface RepositoryLinks {
  commit: (id: string) => string;
  pullRequest: (number: number) => string;
}

const slugOf = (value: string | undefined) =>
  value && /^[\w.-]+(\/[\w.-]+)+$/.test(value) ? value : undefined;

/** Origin of the code host that the entity came from, when it is the one of the slug. */
function originOf(entity: Entity, slug: string, fallback: string): string {
  const annotations = entity.metadata.annotations ?? {};
  for (const name of [
    'backstage.io/source-location',
    'backstage.io/managed-by-location',
  ]) {
    const location = annotations[name]?.replace(/^url:/, '');
    try {
      const url = new URL(location ?? '');
      if (
        /^https?:$/.test(url.protocol) &&
        url.pathname.startsWith(`/${slug}`)
      ) {
        return url.origin;
      }
    } catch {
      // No address: the next annotation may have one.
    }
  }
  return fallback;
}

/** Addresses in the repository of a service, as its annotations name it; `undefined` where they name none. */
export function repositoryLinks(entity: Entity): RepositoryLinks | undefined {
  const annotations = entity.metadata.annotations ?? {};
  const own = slugOf(annotations['pavedroad.dev/repository']);
  if (own) {
    return {
      commit: id => `/git/${own}/commits/${id}`,
      pullRequest: number => `/git/${own}/pulls/${number}`,
    };
  }
  const github = slugOf(annotations['github.com/project-slug']);
  if (github) {
    const base = `${originOf(entity, github, 'https://github.com')}/${github}`;
    return {
      commit: id => `${base}/commit/${id}`,
      pullRequest: number => `${base}/pull/${number}`,
    };
  }
  const gitlab = slugOf(annotations['gitlab.com/project-slug']);
  if (gitlab) {
    const base = `${originOf(entity, gitlab, 'https://gitlab.com')}/${gitlab}`;
    return {
      commit: id => `${base}/-/commit/${id}`,
      pullRequest: number => `${base}/-/merge_requests/${number}`,
    };
  }
  return undefined;
}
