import type { Entity } from '@backstage/catalog-model';

/** Annotation that names the template a component was made from. */
export const SOURCE_TEMPLATE_ANNOTATION = 'backstage.io/source-template';

/** Annotation with the version of that template: on components the one they were made from, on templates the newest. */
export const TEMPLATE_VERSION_ANNOTATION = 'pavedroad.dev/template-version';

/** Where a component comes from. */
export type GoldenPath = { templateRef: string; version?: string };

/** Whether a component says that it was made from a template. */
export function isOnGoldenPath(entity: Entity): boolean {
  return Boolean(entity.metadata.annotations?.[SOURCE_TEMPLATE_ANNOTATION]);
}

/** Reads where a component comes from; `undefined` when it does not say. */
export function readGoldenPath(entity: Entity): GoldenPath | undefined {
  const annotations = entity.metadata.annotations ?? {};
  const templateRef = annotations[SOURCE_TEMPLATE_ANNOTATION];
  return templateRef
    ? { templateRef, version: annotations[TEMPLATE_VERSION_ANNOTATION] }
    : undefined;
}
