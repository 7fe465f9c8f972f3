import type { CatalogSnapshot } from '../catalog/CatalogSnapshot';

/** The part of the catalog that says who belongs where. */
export type GroupDirectory = Pick<CatalogSnapshot, 'entities' | 'members'>;

/** A group and the groups above it, nearest first. A circle of parents ends where it closes. Pure. */
export function groupAndAbove(
  directory: Pick<GroupDirectory, 'entities'>,
  groupRef: string,
): string[] {
  const seen = new Set<string>();
  let ref: string | undefined = groupRef;
  while (ref !== undefined && !seen.has(ref)) {
    seen.add(ref);
    ref = directory.entities.get(ref)?.parentRef;
  }
  return [...seen];
}

/**
 * Whether somebody with these refs (the user and the groups the user belongs to) belongs to a group, directly or to a group below it. Pure.
 */
export function belongsTo(
  directory: Pick<GroupDirectory, 'entities'>,
  ownershipRefs: string[],
  groupRef: string,
): boolean {
  return ownershipRefs.some(
    ref =>
      ref === groupRef ||
      (ref.startsWith('group:') &&
        groupAndAbove(directory, ref).includes(groupRef)),
  );
}

/** As `belongsTo`, or to a group above it: those who answer for the group. Pure. */
export function answersFor(
  directory: Pick<GroupDirectory, 'entities'>,
  ownershipRefs: string[],
  groupRef: string,
): boolean {
  const above = groupAndAbove(directory, groupRef);
  return (
    ownershipRefs.some(ref => above.includes(ref)) ||
    belongsTo(directory, ownershipRefs, groupRef)
  );
}
