import { DomainEvent } from '@pavedroad/plugin-dora-common';
import { JsonValue } from '@backstage/types';
import { NormaliseResult } from '../types';

const MAX_REASON = 2_000;
const UNSTORABLE = new RegExp(`\\p{Surrogate}|${String.fromCharCode(0)}`, 'u');

/** Fields each kind of event must have, and what they must be. */
const REQUIRED: Record<DomainEvent['type'], Record<string, Check>> = {
  deployment: {
    deploymentId: isName,
    status: oneOf([
      'pending',
      'running',
      'succeeded',
      'failed',
      'canceled',
      'inactive',
    ]),
    at: isMoment,
    environment: isName,
  },
  commits: { repository: isName, commits: isCommitList },
  pull_request: { repository: isName, number: isCount, updatedAt: isMoment },
  build: { artifact: isName, finishedAt: isMoment },
  incident: {
    incidentId: isName,
    action: oneOf(['opened', 'resolved', 'reopened', 'updated', 'dismissed']),
    at: isMoment,
  },
  remediation: { deployment: isPlainObject, recordedAt: isMoment },
  attribution: { attributionId: isName, recordedAt: isMoment },
  attribution_withdrawn: { attributionId: isName, recordedAt: isMoment },
  failure_data: {
    provides: oneOf(['incidents', 'rollbacks', 'hotfixes']),
    since: isMoment,
  },
  release_tag: { tag: isName, revision: isName, releasedAt: isMoment },
};

/** Fields that any event may have. Absent is fine, of another shape is not. */
const OPTIONAL: Record<string, Check> = {
  sample: value => typeof value === 'boolean',
  url: isLink,
  title: isText,
  startedAt: isMoment,
  openedAt: isMoment,
  approvedAt: isMoment,
  mergedAt: isMoment,
  revision: isName,
  artifact: isName,
  jobId: isName,
  mergeCommit: isName,
  defaultBranch: isName,
  rollback: value => typeof value === 'boolean',
  labels: isTextList,
  fixesIncidents: isTextList,
  reverts: isTextList,
  environment: isName,
  blames: isPlainObject,
  deployment: isPlainObject,
  service: isHint,
};

type Check = (value: unknown) => boolean;

function oneOf(values: string[]): Check {
  return value => typeof value === 'string' && values.includes(value);
}
function isText(value: unknown): boolean {
  return typeof value === 'string';
}
function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
function isMoment(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /T.*(Z|[+-]\d\d:?\d\d)$/i.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
function isLink(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/\S+$/i.test(value);
}
function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isName);
}
function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function isHint(value: unknown): boolean {
  return (
    isPlainObject(value) &&
    Object.values(value as object).every(
      member => member === undefined || isName(member) || isTextList(member),
    )
  );
}
function isCommitList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      commit =>
        isPlainObject(commit) &&
        isName(commit.id) &&
        isTextList(commit.parents) &&
        isMoment(commit.committedAt),
    )
  );
}

/** What is wrong with the result of a normaliser; `undefined` when nothing is. */
export function resultProblem(result: NormaliseResult): string | undefined {
  if (typeof result !== 'object' || result === null) {
    return 'it is no object';
  }
  switch (result.outcome) {
    case 'ignored':
    case 'rejected':
      return typeof result.reason === 'string' &&
        result.reason !== '' &&
        result.reason.length <= MAX_REASON
        ? valueProblem(result.reason, 'reason')
        : 'it gives no short reason';
    case 'accepted':
      return Array.isArray(result.events)
        ? result.events.map(eventProblem).find(problem => problem)
        : 'it holds no list of events';
    default:
      return 'it has none of the three outcomes';
  }
}

function eventProblem(event: DomainEvent, index: number): string | undefined {
  const name = `events[${index}]`;
  const required = Object.hasOwn(REQUIRED, event?.type)
    ? REQUIRED[event.type]
    : undefined;
  if (!required) {
    return `${name} is of no known type`;
  }
  const members = event as unknown as Record<string, unknown>;
  for (const [key, check] of Object.entries(required)) {
    if (!check(members[key])) {
      return `${name}.${key} is ${show(members[key])}`;
    }
  }
  for (const [key, check] of Object.entries(OPTIONAL)) {
    if (members[key] !== undefined && !check(members[key])) {
      return `${name}.${key} is ${show(members[key])}`;
    }
  }
  return valueProblem(event, name);
}

/** Only JSON that PostgreSQL can hold: no functions, dates, NaN, NUL or halves of characters. */
function valueProblem(value: unknown, path: string): string | undefined {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}`;
    case 'string':
      return UNSTORABLE.test(value)
        ? `${path} holds characters that cannot be stored`
        : undefined;
    case 'object':
      break;
    default:
      return `${path} is a ${typeof value}`;
  }
  if (value === null) {
    return undefined;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) {
    return `${path} is an instance of a class`;
  }
  for (const [key, member] of Object.entries(value)) {
    const problem = UNSTORABLE.test(key)
      ? `${path} has a name that cannot be stored`
      : valueProblem(member, `${path}.${key.slice(0, 40)}`);
    if (problem) {
      return problem;
    }
  }
  return undefined;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}

/**
 * What the back end makes of data before a source sees it: texts that can be
 * stored, bounded in length and depth. `undefined` when it refuses them.
 */
export function asInspected(value: JsonValue): JsonValue | undefined {
  const text = JSON.stringify(value);
  if (text === undefined) {
    return undefined;
  }
  const walk = (node: JsonValue, depth: number): JsonValue => {
    if (typeof node === 'string') {
      if (node.length > 65_536) {
        throw new RangeError('too long');
      }
      return storable(node);
    }
    if (typeof node !== 'object' || node === null) {
      return node;
    }
    if (depth > 64) {
      throw new RangeError('too deep');
    }
    if (Array.isArray(node)) {
      return node.map(member => walk(member, depth + 1));
    }
    // As entries: an assignment to __proto__ would change the prototype.
    return Object.fromEntries(
      Object.entries(node).map(([key, member]) => [
        storable(key),
        walk(member!, depth + 1),
      ]),
    );
  };
  try {
    return walk(JSON.parse(text), 0);
  } catch {
    return undefined;
  }
}

function storable(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replaceAll(String.fromCharCode(0), '\uFFFD');
}
