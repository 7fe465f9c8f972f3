import { dirname } from 'node:path';
import { z } from 'zod';
import { Problem } from './problem';

// Loose, so that a misspelt `iff` is still there to be found.
const stepSchema = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  action: z.string(),
  if: z.union([z.string(), z.boolean()]).optional(),
  each: z
    .union([
      z.string(),
      z.array(z.unknown()),
      z.record(z.string(), z.unknown()),
    ])
    .optional(),
  input: z.record(z.string(), z.unknown()).optional(),
});

const propertySchema = z.looseObject({
  title: z.string().optional(),
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
  default: z.unknown().optional(),
  pattern: z.string().optional(),
  'ui:field': z.string().optional(),
});

const pageSchema = z.looseObject({
  title: z.string().optional(),
  required: z.array(z.string()).optional(),
  properties: z.record(z.string(), propertySchema).optional(),
  /**
   * Questions that are asked where another one of this page is answered as a branch says. A form sees one page at a time: of a question of
   * another page it resolves nothing, and asks none of these.
   */
  dependencies: z
    .record(
      z.string(),
      z.looseObject({
        oneOf: z.array(
          z.looseObject({ properties: z.record(z.string(), propertySchema) }),
        ),
      }),
    )
    .optional(),
});

const templateSchema = z.looseObject({
  apiVersion: z.literal('scaffolder.backstage.io/v1beta3'),
  kind: z.literal('Template'),
  metadata: z.looseObject({
    name: z.string(),
    title: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({
    owner: z.string().optional(),
    parameters: z
      .union([z.array(pageSchema), pageSchema.transform(page => [page])])
      .default([]),
    steps: z.array(stepSchema),
    output: z.unknown().optional(),
  }),
});

export type TemplateStep = z.infer<typeof stepSchema>;
export type TemplateProperty = z.infer<typeof propertySchema>;
export type TemplatePage = z.infer<typeof pageSchema>;

/** A template as its folder holds it. */
export type Template = {
  name: string;
  version: string;
  /** Folder of template.yaml. */
  folder: string;
  /** The folder all templates share, holding `platform` too. */
  root: string;
  pages: TemplatePage[];
  steps: TemplateStep[];
  /** The entity as written, for schema checks. */
  entity: z.infer<typeof templateSchema>;
};

/** The annotation that holds a template's semantic version. */
export const VERSION_ANNOTATION = 'pavedroad.dev/template-version';

/**
 * A template entity as the renderer reads it.
 *
 * @param folder - where its template.yaml is
 * @param root - the folder that holds all that its steps read; the one above by default
 * @throws Problem when it is none
 */
export function templateOf(
  entity: unknown,
  folder: string,
  root: string = dirname(folder),
): Template {
  const parsed = templateSchema.safeParse(entity);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Problem(
      `is not a template: ${issue.message} at "${issue.path.join('.')}".`,
    );
  }
  const { data } = parsed;
  return {
    name: data.metadata.name,
    version: data.metadata.annotations?.[VERSION_ANNOTATION] ?? '',
    folder,
    root,
    pages: data.spec.parameters,
    steps: data.spec.steps,
    entity: data,
  };
}
