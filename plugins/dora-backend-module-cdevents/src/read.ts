import { ServiceHint } from '@pavedroad/plugin-dora-common';
import {
  EventProblem,
  isCommitId,
  optionalMoment as momentOf,
  optionalText as shortText,
  requiredText as requiredShortText,
} from '@pavedroad/plugin-dora-node';
import { PackageURL } from 'packageurl-js';

/** Longer than other sources have: names are references of the sender's own, such as package URLs with qualifiers. */
const MAX_NAME_LENGTH = 1_000;

/** A short text, trimmed; `undefined` when absent or empty. @throws EventProblem */
export function optionalText(name: string, value: unknown): string | undefined {
  return shortText(name, value, MAX_NAME_LENGTH);
}

/** @throws EventProblem when absent, empty or no text */
export function requiredText(name: string, value: unknown): string {
  return requiredShortText(name, value, MAX_NAME_LENGTH);
}

/** The beginning of a text, never ending in half a character: such text cannot be stored. */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** A moment as an ISO instant in UTC; an empty text is none. @throws EventProblem */
export function optionalMoment(
  name: string,
  value: unknown,
): string | undefined {
  if (value === '') {
    throw new EventProblem(`${name} is not an RFC 3339 date-time`);
  }
  return momentOf(name, value);
}

/** @throws EventProblem */
export function requiredMoment(name: string, value: unknown): string {
  const moment = optionalMoment(name, value);
  if (moment === undefined) {
    throw new EventProblem(`${name} is missing`);
  }
  return moment;
}

/** A list of short texts. @throws EventProblem */
export function textList(name: string, value: unknown): string[] | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!Array.isArray(value) || value.length > 10_000) {
    throw new EventProblem(`${name} must be a list of texts`);
  }
  return value.map((item, index) => requiredText(`${name}[${index}]`, item));
}

/** A full commit id in lower case. @throws EventProblem */
export function commitId(name: string, value: unknown): string {
  const id = requiredText(name, value).toLowerCase();
  if (!isCommitId(id)) {
    throw new EventProblem(`${name} is not a full commit id`);
  }
  return id;
}

/** A purl in canonical form; anything else as it came. */
export function canonicalArtifact(
  text: string | undefined,
): string | undefined {
  if (!text?.startsWith('pkg:')) {
    return text;
  }
  try {
    return PackageURL.fromString(text).toString();
  } catch {
    throw new EventProblem('artifactId is not a valid package URL');
  }
}

/** The version that a purl names. */
export function artifactVersion(
  artifact: string | undefined,
): string | undefined {
  if (!artifact?.startsWith('pkg:')) {
    return undefined;
  }
  try {
    return PackageURL.fromString(artifact).version || undefined;
  } catch {
    return undefined;
  }
}

const REPOSITORY_PURL_TYPES = new Set(['github', 'gitlab', 'bitbucket', 'git']);

/** The repository an artifact's purl names, when it names one. */
export function repositoryOfArtifact(
  artifact: string | undefined,
): string | undefined {
  if (!artifact?.startsWith('pkg:')) {
    return undefined;
  }
  try {
    const purl = PackageURL.fromString(artifact);
    if (REPOSITORY_PURL_TYPES.has(purl.type) && purl.namespace) {
      return `${purl.namespace}/${purl.name}`.toLowerCase();
    }
    const vcs = purl.qualifiers?.vcs_url;
    return vcs
      ? vcs
          .replace(/^git\+/, '')
          .replace(/@[0-9a-f]{7,64}$/, '')
          .toLowerCase()
      : undefined;
  } catch {
    return undefined;
  }
}

/** What names a service: an entity ref, or a name or slug with what else is known. */
export function serviceHint(
  id: string | undefined,
  artifact: string | undefined,
): ServiceHint | undefined {
  const repository = repositoryOfArtifact(artifact);
  if (id === undefined) {
    return repository ? { repository } : undefined;
  }
  if (/^[a-z][a-z0-9-]*:[^\s:/]+(\/[^\s:/]+)?$/i.test(id)) {
    return { entityRef: id.toLowerCase() };
  }
  return { name: id, ...(repository && { repository }) };
}
