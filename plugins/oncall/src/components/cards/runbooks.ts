import type { Entity } from '@backstage/catalog-model';

/** Titles that say what they are: "Ledger runbook", "Playbooks". */
const CALLED_SO = /\b(run|play)book/i;

/** The links of an entity that lead to what to do when it fails: of type `runbook`, or called so. Pure. */
export function runbooksOf(entity: Entity): { url: string; title: string }[] {
  return (entity.metadata.links ?? [])
    .filter(
      ({ url, title, type }) =>
        /^https?:\/\//i.test(url) &&
        (type?.toLocaleLowerCase('en-US') === 'runbook' ||
          CALLED_SO.test(title ?? '')),
    )
    .map(({ url, title }) => ({
      url,
      // Beside who is on call, a button must say by itself what it leads to.
      title:
        title === undefined || CALLED_SO.test(title)
          ? title ?? 'Runbook'
          : `Runbook: ${title}`,
    }));
}
