import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { parse } from 'yaml';
import { z } from 'zod';
import { Problem } from '../lib/problem';

const stepSchema = z.object({
  id: z.string(),
  name: z.string().optional(),
  action: z.string(),
  if: z.union([z.string(), z.boolean()]).optional(),
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

/** Where this checkout keeps its templates. */
export const TEMPLATES_ROOT = resolvePackagePath(
  '@pavedroad/golden-path-cli',
  '../../templates',
);

/** Names of all templates below a folder, sorted. */
export async function listTemplates(root = TEMPLATES_ROOT): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  const names = await Promise.all(
    entries
      .filter(entry => entry.isDirectory())
      .map(async ({ name }) => {
        const file = await stat(join(root, name, 'template.yaml')).catch(
          () => undefined,
        );
        return file?.isFile() ? [name] : [];
      }),
  );
  return names.flat().sort();
}

/** Reads a template by its name, or by the path of its folder. Throws a {@link Problem} when there is none or it is not one. */
export async function loadTemplate(
  nameOrFolder: string,
  root = TEMPLATES_ROOT,
): Promise<Template> {
  const folder = /[\\/]/.test(nameOrFolder)
    ? resolve(nameOrFolder)
    : join(root, nameOrFolder);
  const file = join(folder, 'template.yaml');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const names = await listTemplates(root).catch(() => []);
    throw new Problem(
      `There is no template '${nameOrFolder}'. Choose one of: ${names.join(
        ', ',
      )}.`,
    );
  }
  const parsed = templateSchema.safeParse(parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Problem(
      `${file} is not a template: ${issue.message} at "${issue.path.join(
        '.',
      )}".`,
    );
  }
  const entity = parsed.data;
  return {
    name: entity.metadata.name,
    version: entity.metadata.annotations?.[VERSION_ANNOTATION] ?? '',
    folder,
    root: dirname(folder),
    pages: entity.spec.parameters,
    steps: entity.spec.steps,
    entity,
  };
}
