import { DeploymentLocator, ServiceHint } from '@pavedroad/plugin-dora-common';
import { isObject, looseText } from './reading';

/**
 * What the free fields of an alert or incident say about deliveries.
 *
 * @public
 */
export interface IncidentDetails {
  /** The deployment it names as its cause. */
  deployment?: DeploymentLocator;
  /** A commit it names. */
  revision?: string;
  /** A purl or image it names. */
  artifact?: string;
  environment?: string;
  /** The component or repository it names. */
  service?: ServiceHint;
}

/** Spellings by field, compared without case, `_`, `-` and spaces. */
const FIELDS = {
  deployment: ['deployment', 'deploymentid'],
  revision: ['revision', 'commit', 'commitid', 'gitcommit', 'gitsha'],
  artifact: ['artifact', 'artifactid', 'image'],
  environment: ['environment', 'env'],
  component: ['component', 'entityref', 'backstageentity'],
  repository: ['repository', 'repo'],
};

const ENTITY_REF = /^[a-z][a-z0-9-]*:[^\s:/]+(\/[^\s:/]+)?$/i;
const REVISION = /^[0-9a-f]{7,64}$/i;

/**
 * Reads the free fields of an alert or incident. Senders fill them as they like, so
 * what is not understood is passed over.
 *
 * @public
 */
export function incidentDetails(fields: unknown): IncidentDetails {
  if (!isObject(fields)) {
    return {};
  }
  const found: Partial<Record<keyof typeof FIELDS, string>> = {};
  for (const [key, value] of Object.entries(fields).slice(0, 500)) {
    const spelled = key
      .slice(0, 50)
      .toLowerCase()
      .replace(/[\s_-]/g, '');
    const text = looseText(value);
    for (const [field, spellings] of Object.entries(FIELDS)) {
      if (text !== undefined && spellings.includes(spelled)) {
        found[field as keyof typeof FIELDS] ??= text;
      }
    }
  }
  return detailsOf(found);
}

/**
 * Reads `revision=…`, `deployment=…`, `artifact=…` in a title or key, for tools that
 * pass nothing else on.
 *
 * @public
 */
export function incidentDetailsInText(
  text: string | undefined,
): IncidentDetails {
  const fields: Record<string, string> = {};
  const mentions = (text ?? '')
    .slice(0, 2_000)
    .matchAll(/\b(revision|deployment|artifact)=([^\s,;()[\]"']{1,300})/gi);
  for (const [, name, value] of mentions) {
    fields[name.toLowerCase()] ??= value;
  }
  return incidentDetails(fields);
}

function detailsOf(
  found: Partial<Record<keyof typeof FIELDS, string>>,
): IncidentDetails {
  const { deployment, revision, artifact, environment, component } = found;
  const service: ServiceHint = {
    ...(component &&
      (ENTITY_REF.test(component)
        ? { entityRef: component.toLowerCase() }
        : { name: component })),
    ...(found.repository && { repository: found.repository }),
  };
  return {
    ...(deployment && { deployment: { id: deployment } }),
    ...(revision &&
      REVISION.test(revision) && {
        revision: revision.toLowerCase(),
      }),
    ...(artifact && { artifact }),
    ...(environment && { environment }),
    ...(Object.keys(service).length > 0 && { service }),
  };
}
