import {
  DomainEvent,
  isCalendarDay,
  ServiceHint,
} from '@pavedroad/plugin-dora-common';
import { NormaliseResult } from '@pavedroad/plugin-dora-node';
import { PackageURL } from 'packageurl-js';

/** A problem that the sender can mend: the event is rejected with its message. */
export class EventProblem extends Error {}

/** An event that is fine and of no interest: it is ignored with its message. */
export class EventIgnored extends Error {}

/** Runs a reader and turns what it throws into the outcome it stands for. */
export function outcomeOf(read: () => DomainEvent[]): NormaliseResult {
  try {
    return { outcome: 'accepted', events: read() };
  } catch (error) {
    if (error instanceof EventProblem) {
      return { outcome: 'rejected', reason: error.message };
    }
    if (error instanceof EventIgnored) {
      return { outcome: 'ignored', reason: error.message };
    }
    throw error;
  }
}

type JsonObject = { [key: string]: unknown };

const MAX_NAME_LENGTH = 1_000;
const COMMIT_ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const RFC_3339 =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,30})?)?([Zz]|[+-]\d{2}:?\d{2})$/;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object, or an empty one when there is none. */
export function objectAt(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** A short text, trimmed; `undefined` when absent or empty. @throws EventProblem */
export function optionalText(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw new EventProblem(`${name} must be text`);
  }
  const text = value.trim();
  if (text.length > MAX_NAME_LENGTH) {
    throw new EventProblem(
      `${name} is longer than ${MAX_NAME_LENGTH} characters`,
    );
  }
  return text || undefined;
}

/** @throws EventProblem when absent, empty or no text */
export function requiredText(name: string, value: unknown): string {
  const text = optionalText(name, value);
  if (text === undefined) {
    throw new EventProblem(`${name} is missing`);
  }
  return text;
}

/** The beginning of a text, never ending in half a character: such text cannot be stored. */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** Prose is cut instead of refused: it is shown and decides nothing. */
export function prose(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim()
    ? cut(value.trim(), 500)
    : undefined;
}

/** A link to show. Anything but http(s) is left out: it ends up in a page. */
export function link(value: unknown): string | undefined {
  return typeof value === 'string' &&
    value.length <= 2_000 &&
    /^https?:\/\/[^\s]+$/i.test(value)
    ? value
    : undefined;
}

/** A moment as an ISO instant in UTC. @throws EventProblem */
export function optionalMoment(
  name: string,
  value: unknown,
): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  const milliseconds =
    typeof value === 'string' &&
    value.length <= 64 &&
    RFC_3339.test(value) &&
    isCalendarDay(value)
      ? Date.parse(value.replace(' ', 'T'))
      : NaN;
  if (Number.isNaN(milliseconds)) {
    throw new EventProblem(`${name} is not an RFC 3339 date-time`);
  }
  return new Date(milliseconds).toISOString();
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
  if (!COMMIT_ID.test(id)) {
    throw new EventProblem(`${name} is not a full commit id`);
  }
  return id;
}

export function isCommitId(text: string | undefined): text is string {
  return text !== undefined && COMMIT_ID.test(text.toLowerCase());
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
