import {
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  type Entity,
  EntityPolicies,
  entityEnvelopeSchemaValidator,
  FieldFormatEntityPolicy,
  parseEntityRef,
  NoForeignRootFieldsEntityPolicy,
  resourceEntityV1alpha1Validator,
  SchemaValidEntityPolicy,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Finding, outcome, type Project, type Verifier } from './types';

const validators = [
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
];

const policy = EntityPolicies.allOf([
  new SchemaValidEntityPolicy(),
  new NoForeignRootFieldsEntityPolicy(),
  new FieldFormatEntityPolicy(),
]);

/** Annotations every component of a golden path carries. */
const REQUIRED_ANNOTATIONS = [
  'backstage.io/source-location',
  'backstage.io/source-template',
  'backstage.io/techdocs-ref',
  'pavedroad.dev/slo',
  'pavedroad.dev/template-version',
];

async function entityFindings(
  project: Project,
  file: string,
  entity: Entity,
): Promise<Finding[]> {
  const where = `${file}: ${entity?.kind} ${entity?.metadata?.name}`;
  try {
    entityEnvelopeSchemaValidator()(entity);
    // A placeholder stands for the text of the file it names.
    const definition = entity.spec?.definition;
    const placeholder =
      definition && typeof definition === 'object' && '$text' in definition
        ? String(definition.$text)
        : undefined;
    if (placeholder !== undefined) {
      const path = posix.join(posix.dirname(file), placeholder);
      if (!project.files.includes(path)) {
        return [{ where, message: `its definition ${path} is missing` }];
      }
      entity.spec = { ...entity.spec, definition: await project.read(path) };
    }
    await policy.enforce(entity);
    const known = await Promise.all(validators.map(v => v.check(entity)));
    if (!known.some(Boolean)) {
      return [{ where, message: `${entity.kind} is not expected here` }];
    }
  } catch (error) {
    return [{ where, message: String((error as Error).message) }];
  }
  if (entity.kind !== 'Component') {
    return [];
  }
  const findings = REQUIRED_ANNOTATIONS.filter(
    name => !entity.metadata.annotations?.[name],
  ).map(name => ({ where, message: `the annotation ${name} is missing` }));
  if (!/^group:/.test(String(entity.spec?.owner))) {
    findings.push({ where, message: 'its owner is not a group' });
  }
  if (!entity.metadata.links?.some(link => /on call/i.test(link.title ?? ''))) {
    findings.push({ where, message: 'nothing leads to who is on call' });
  }
  return findings;
}

/** APIs a component says it provides, and that are described nowhere beside it. */
export function apiFindings(
  file: string,
  described: readonly Entity[],
): Finding[] {
  const apis = new Set(
    described.flatMap(e =>
      e?.kind === 'API' ? [stringifyEntityRef(e).toLocaleLowerCase('en')] : [],
    ),
  );
  return described.flatMap(entity => {
    const provided = entity?.spec?.providesApis;
    return (Array.isArray(provided) ? provided : [])
      .map(ref =>
        stringifyEntityRef(
          parseEntityRef(String(ref), {
            defaultKind: 'api',
            defaultNamespace: entity.metadata.namespace,
          }),
        ),
      )
      .filter(ref => !apis.has(ref.toLocaleLowerCase('en')))
      .map(ref => ({
        where: `${file}: ${entity.kind} ${entity.metadata.name}`,
        message: `provides ${ref}, which is not described here`,
      }));
  });
}

/** Lines of CODEOWNERS that own nothing for anybody. */
export function ownerFindings(text: string): Finding[] {
  const lines = text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), at: index + 1 }))
    // GitLab's sections have their owners in the heading.
    .filter(({ line }) => line !== '' && !/^(#|\^?\[)/.test(line));
  return [
    ...(lines.length === 0
      ? [{ where: 'CODEOWNERS', message: 'names nobody' }]
      : []),
    ...lines
      .filter(
        ({ line }) =>
          !/\s(@[\w.-]+(\/[\w.-]+)*|[\w.+-]+@[\w-]+(\.[\w-]+)+)(\s|$)/.test(
            line,
          ),
      )
      .map(({ line, at }) => ({
        where: `CODEOWNERS:${at}`,
        message: `${line.split(/\s/)[0]} has no owner`,
      })),
  ];
}

export const entities: Verifier = {
  id: 'entities',
  title: "Catalog entities: the catalog's own rules",
  async verify(project) {
    const file = 'catalog-info.yaml';
    if (!project.files.includes(file)) {
      return outcome([{ where: file, message: 'is missing' }]);
    }
    const documents = parseAllDocuments(await project.read(file));
    const parsed = documents.map(d => d.toJSON() as Entity);
    const findings = (
      await Promise.all(parsed.map(e => entityFindings(project, file, e)))
    ).flat();
    findings.push(...apiFindings(file, parsed));
    if (project.files.includes('CODEOWNERS')) {
      findings.push(...ownerFindings(await project.read('CODEOWNERS')));
    }
    if (!parsed.some(e => e?.kind === 'Component')) {
      findings.push({ where: file, message: 'has no Component' });
    }
    return outcome(findings);
  },
};
