import {
  type Entity,
  RELATION_HAS_MEMBER,
  stringifyEntityRef,
} from '@backstage/catalog-model';

/** One group to choose. */
export type OwnerOption = { ref: string; title: string };

/** The groups to choose from, those of the user first. */
export type OwnerOptions = { own: OwnerOption[]; others: OwnerOption[] };

function titleOf(group: Entity): string {
  const profile = group.spec?.profile as { displayName?: string } | undefined;
  return profile?.displayName ?? group.metadata.title ?? group.metadata.name;
}

/** Fewer groups below it first: a person's team comes before its department. */
function rank(group: Entity): number {
  const children = group.spec?.children;
  const parents = Array.isArray(children) ? children.length : 0;
  const members = (group.relations ?? []).some(
    relation => relation.type === RELATION_HAS_MEMBER,
  );
  return parents * 2 + (members ? 0 : 1);
}

/**
 * Sorts groups into those the user belongs to, their team before its departments, and the others by title.
 *
 * @param ownershipRefs - entity refs through which the user owns things
 */
export function sortOwners(
  groups: readonly Entity[],
  ownershipRefs: readonly string[],
): OwnerOptions {
  const mine = new Set(
    ownershipRefs.map(ref => ref.toLocaleLowerCase('en-US')),
  );
  const all = groups
    .map(group => ({
      ref: stringifyEntityRef(group),
      title: titleOf(group),
      rank: rank(group),
    }))
    .sort((a, b) => a.title.localeCompare(b.title));
  const strip = ({ ref, title }: OwnerOption) => ({ ref, title });
  return {
    own: all
      .filter(({ ref }) => mine.has(ref))
      .sort((a, b) => a.rank - b.rank)
      .map(strip),
    others: all.filter(({ ref }) => !mine.has(ref)).map(strip),
  };
}
