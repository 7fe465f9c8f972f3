import type { Entity } from '@backstage/catalog-model';

/** The links of an entity that lead to what to do when it fails: of type `runbook`, or called so. Pure. */
export function runbooksOf(entity: Entity): { url: string; title: string }[] {
  return (entity.metadata.links ?? [])
    .filter(
      ({ url, title, type }) =>
        /^https?:\/\//i.test(url) &&
        (type?.toLocaleLowerCase('en-US') === 'runbook' ||
          /\b(run|play)book/i.test(title ?? '')),
    )
    .map(({ url, title }) => ({ url, title: title ?? 'Runbook' }));
}
