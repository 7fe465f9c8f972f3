import { looseText, looseTexts, objectAt } from '@pavedroad/plugin-dora-node';

type Fields = { [key: string]: unknown };

/**
 * Whether a sync was asked to go back to a revision out of the application's
 * history, as `argocd app rollback` does.
 *
 * Argo CD does not say so. But the operation then names a revision that was
 * deployed first before the one it replaces was, and nobody but a person asks for
 * such: automated syncs go where the branch is. A sync that returns to the newer
 * one of two revisions is no rollback.
 */
export function isRollback(status: Fields, operation: Fields): boolean {
  const request = objectAt(operation.operation);
  if (objectAt(request.initiatedBy).automated === true) {
    return false;
  }
  const target = revisionsOf(request.sync);
  const startedAt = momentOf(operation.startedAt);
  if (target === undefined || Number.isNaN(startedAt)) {
    return false;
  }
  const before = (Array.isArray(status.history) ? status.history : [])
    .slice(-1_000)
    .map(objectAt)
    .map(entry => ({
      at: momentOf(entry.deployedAt),
      revisions: revisionsOf(entry),
    }))
    .filter(({ at }) => at < startedAt)
    .sort((a, b) => a.at - b.at)
    .map(({ revisions }) => revisions);
  const replaced = before.at(-1);
  const first = before.indexOf(target);
  return (
    replaced !== undefined &&
    replaced !== target &&
    first >= 0 &&
    first < before.indexOf(replaced)
  );
}

/** One text for the revision, or revisions of several sources. */
function revisionsOf(value: unknown): string | undefined {
  const { revision, revisions } = objectAt(value);
  const several = looseTexts(revisions);
  return several.length > 0 ? several.join(' ') : looseText(revision);
}

function momentOf(value: unknown): number {
  return typeof value === 'string' && value.length <= 64
    ? Date.parse(value)
    : NaN;
}
