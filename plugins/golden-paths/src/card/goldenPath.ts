import type { Entity } from '@backstage/catalog-model';

/** Annotation that names the template a component was made from. */
export const SOURCE_TEMPLATE_ANNOTATION = 'backstage.io/source-template';

/** Annotation with the version of that template: on components the one they were made from, on templates the newest. */
export const TEMPLATE_VERSION_ANNOTATION = 'pavedroad.dev/template-version';

/** Annotation of a component that is being taken out of service: the file with what is left to do, such as `docs/decommission.md`. */
export const OUT_OF_SERVICE_ANNOTATION = 'pavedroad.dev/out-of-service';

/** Where a component comes from. */
export type GoldenPath = { templateRef: string; version?: string };

/** Whether a component says that it was made from a template. */
export function isOnGoldenPath(entity: Entity): boolean {
  return Boolean(entity.metadata.annotations?.[SOURCE_TEMPLATE_ANNOTATION]);
}

/** Whether a component is being taken out of service. */
export function isOutOfService(entity: Entity): boolean {
  return Boolean(entity.metadata.annotations?.[OUT_OF_SERVICE_ANNOTATION]);
}

/** Address of a page of a component's docs in the portal, from its file; `undefined` for one without docs, and for a file that is no page. */
export function docsPage(entity: Entity, file: string): string | undefined {
  const page = /^docs\/([A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*)\.md$/.exec(
    file,
  )?.[1];
  if (!page || !entity.metadata.annotations?.['backstage.io/techdocs-ref']) {
    return undefined;
  }
  const { namespace = 'default', name } = entity.metadata;
  return `/docs/${[namespace, entity.kind, name]
    .map(part => encodeURIComponent(part.toLowerCase()))
    .join('/')}/${page}`;
}

/** Reads where a component comes from; `undefined` when it does not say. */
export function readGoldenPath(entity: Entity): GoldenPath | undefined {
  const annotations = entity.metadata.annotations ?? {};
  const templateRef = annotations[SOURCE_TEMPLATE_ANNOTATION];
  return templateRef
    ? { templateRef, version: annotations[TEMPLATE_VERSION_ANNOTATION] }
    : undefined;
}
