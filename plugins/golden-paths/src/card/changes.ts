import {
  ANNOTATION_SOURCE_LOCATION,
  type Entity,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { isOnGoldenPath, isOutOfService, readGoldenPath } from './goldenPath';

/** Annotation of a template: the types of components it changes, with commas or spaces between them. */
export const CHANGES_ANNOTATION = 'pavedroad.dev/changes';

/**
 * Annotation of such a template, with commas or spaces between: `on-path` when only for what is on a golden path, `made` when only for what a
 * template made as a whole and not for what was adopted, `off-path` when only for everything else, `living` when not for what is being taken
 * out of service. All of them have to hold.
 */
export const CHANGES_ONLY_ANNOTATION = 'pavedroad.dev/changes-only';

/** A change that can be made to a component. */
export type Change = {
  templateRef: string;
  title: string;
  description: string;
  /** Address of its form with what is known filled in. */
  href: string;
};

const annotation = (entity: Entity, name: string) =>
  entity.metadata.annotations?.[name];

/** The words of an annotation that lists some. */
const listed = (entity: Entity, name: string) =>
  (annotation(entity, name) ?? '').split(/[\s,]+/).filter(Boolean);

/** Whether a component says where its code is, without which nothing can be proposed. */
export function hasRepository(entity: Entity): boolean {
  return (
    entity.kind === 'Component' &&
    (annotation(entity, ANNOTATION_SOURCE_LOCATION)?.startsWith('url:') ??
      false)
  );
}

/** What is known of a component, as the answers of forms. */
function knownAnswers(entity: Entity): Record<string, unknown> {
  const owner = entity.relations?.find(r => r.type === 'ownedBy')?.targetRef;
  const system = entity.relations?.find(
    r => r.type === 'partOf' && r.targetRef.startsWith('system:'),
  )?.targetRef;
  const tier = Number(entity.metadata.labels?.['pavedroad.dev/tier']);
  return {
    name: entity.metadata.name,
    description: entity.metadata.description,
    owner,
    system,
    tier: [1, 2, 3].includes(tier) ? tier : undefined,
  };
}

/**
 * The changes that apply to a component, in the order of their titles. Only forms for components on no path ask what it is; the others
 * ask for what is to be, which nobody can know beforehand.
 */
export function changesFor(
  entity: Entity,
  templates: readonly Entity[],
): Change[] {
  if (!hasRepository(entity)) {
    return [];
  }
  const type = String(entity.spec?.type ?? '');
  const source = readGoldenPath(entity)?.templateRef.toLowerCase();
  // A change that put it on the path left its pipeline as it was.
  const adopted = templates.some(known => stringifyEntityRef(known) === source);
  const standings = [
    ...(isOnGoldenPath(entity)
      ? ['on-path', ...(adopted ? [] : ['made'])]
      : ['off-path']),
    ...(isOutOfService(entity) ? [] : ['living']),
  ];
  return templates
    .filter(
      template =>
        listed(template, CHANGES_ANNOTATION).includes(type) &&
        listed(template, CHANGES_ONLY_ANNOTATION).every(only =>
          standings.includes(only),
        ),
    )
    .map(template => {
      const { name, namespace = 'default', title } = template.metadata;
      const offPath = listed(template, CHANGES_ONLY_ANNOTATION).includes(
        'off-path',
      );
      const answers = {
        entityRef: stringifyEntityRef(entity),
        ...(offPath ? knownAnswers(entity) : {}),
      };
      return {
        templateRef: stringifyEntityRef(template),
        title: title ?? name,
        description: template.metadata.description ?? '',
        href: `/create/templates/${encodeURIComponent(
          namespace,
        )}/${encodeURIComponent(name)}?${new URLSearchParams({
          formData: JSON.stringify(answers),
        })}`,
      };
    })
    .sort((a, b) => a.title.localeCompare(b.title, 'en'));
}

/**
 * Whether somebody may propose changes to a component, by the entity refs they own through: those who own it, and administrators of the
 * portal. The portal decides again when a change is made.
 *
 * @param administrators - entity refs of `portal.administrators`
 */
export function mayChange(
  entity: Entity,
  ownershipRefs: readonly string[],
  administrators: readonly string[],
): boolean {
  const full = (ref: string) =>
    stringifyEntityRef(parseEntityRef(ref, { defaultKind: 'group' }));
  const mine = new Set(ownershipRefs.map(full));
  return [
    ...administrators,
    ...(entity.relations ?? [])
      .filter(({ type }) => type === 'ownedBy')
      .map(({ targetRef }) => targetRef),
  ].some(ref => mine.has(full(ref)));
}
