import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { InputError } from '@backstage/errors';
import { JsonObject } from '@backstage/types';
import { DomainEvent, isCalendarDay } from '@pavedroad/plugin-dora-common';
import { NormaliseResult, WebhookRequest } from './types';

/*
 * What sources need again and again to read payloads that nobody vouches for:
 * a reader checks every field it uses, names the first that is wrong, and never
 * throws anything but the two errors below.
 */

/**
 * A problem that the sender can mend: the event is rejected with its message.
 *
 * @public
 */
export class EventProblem extends Error {}

/**
 * An event that is fine and of no interest: it is ignored with its message.
 *
 * @public
 */
export class EventIgnored extends Error {}

/**
 * Runs a reader and turns what it throws into the outcome it stands for.
 *
 * @public
 */
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

const MAX_NAME_LENGTH = 500;
const MAX_PROSE_LENGTH = 500;
const MAX_LIST_LENGTH = 1_000;
const RFC_3339 =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,30})?)?([Zz]|[+-]\d{2}:?\d{2})$/;
const COMMIT_ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

type Fields = { [key: string]: unknown };

/** @public */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An object, or an empty one when there is none.
 *
 * @public
 */
export function objectAt(value: unknown): Fields {
  return isObject(value) ? value : {};
}

/**
 * The own member of an object. Names that come from a payload or from
 * configuration must not reach what every object inherits.
 *
 * @public
 */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name)
    ? value[name]
    : undefined;
}

/**
 * A short text, trimmed; `undefined` when absent or empty.
 *
 * @param maxLength - in characters
 * @throws EventProblem
 * @public
 */
export function optionalText(
  name: string,
  value: unknown,
  maxLength = MAX_NAME_LENGTH,
): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw new EventProblem(`${name} must be text`);
  }
  const text = value.trim();
  if (text.length > maxLength) {
    throw new EventProblem(`${name} is longer than ${maxLength} characters`);
  }
  return text || undefined;
}

/**
 * @throws EventProblem when absent, empty or no text
 * @public
 */
export function requiredText(
  name: string,
  value: unknown,
  maxLength = MAX_NAME_LENGTH,
): string {
  const text = optionalText(name, value, maxLength);
  if (text === undefined) {
    throw new EventProblem(`${name} is missing`);
  }
  return text;
}

/**
 * A short text that may be missing or of another shape without harm.
 *
 * @public
 */
export function looseText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_NAME_LENGTH
    ? value.trim() || undefined
    : undefined;
}

/**
 * Prose is cut instead of refused: it is shown and decides nothing.
 *
 * @public
 */
export function prose(value: unknown): string | undefined {
  if (typeof value !== 'string') {
    return undefined;
  }
  // Never between the halves of a character: such text cannot be stored.
  const text = value
    .trim()
    .slice(0, MAX_PROSE_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '');
  return text || undefined;
}

/**
 * A link to show. Anything but http(s) is left out: it ends up in a page.
 *
 * @public
 */
export function link(value: unknown): string | undefined {
  return typeof value === 'string' &&
    value.length <= 2_000 &&
    /^https?:\/\/[^\s]+$/i.test(value)
    ? value
    : undefined;
}

/**
 * A text as a part of an address. Unlike the built-in encoding, it takes halves of
 * characters too.
 *
 * @public
 */
export function encodePart(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

/**
 * A moment as an ISO instant in UTC.
 *
 * @throws EventProblem
 * @public
 */
export function optionalMoment(
  name: string,
  value: unknown,
): string | undefined {
  if (value === undefined || value === null || value === '') {
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

/**
 * @throws EventProblem
 * @public
 */
export function requiredMoment(name: string, value: unknown): string {
  const moment = optionalMoment(name, value);
  if (moment === undefined) {
    throw new EventProblem(`${name} is missing`);
  }
  return moment;
}

/**
 * A moment in epoch milliseconds as an ISO instant in UTC.
 *
 * @throws EventProblem
 * @public
 */
export function epochMoment(name: string, value: unknown): string {
  // What a Date can hold, with room for arithmetic on it.
  if (
    typeof value !== 'number' ||
    !Number.isFinite(value) ||
    Math.abs(value) > 8e15
  ) {
    throw new EventProblem(`${name} is not a moment in milliseconds`);
  }
  return new Date(value).toISOString();
}

/**
 * The texts of a list; what is no text is left out.
 *
 * @public
 */
export function looseTexts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.slice(0, MAX_LIST_LENGTH).flatMap(item => looseText(item) ?? [])
    : [];
}

/** @public */
export function isCommitId(text: string | undefined): text is string {
  return text !== undefined && COMMIT_ID.test(text.toLowerCase());
}

/**
 * Leaves out members without value, so that equal facts are equal JSON.
 *
 * @public
 */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}

/**
 * Parses the JSON object in the body of a webhook.
 *
 * @throws InputError when the body is not UTF-8, not JSON or not an object
 * @public
 */
export function parseWebhookBody(body: Buffer): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The engine's message quotes the input, which nobody vouches for.
    throw new InputError('The body is not JSON in UTF-8');
  }
  if (!isObject(parsed)) {
    throw new InputError('The body is not a JSON object');
  }
  return parsed as JsonObject;
}

/**
 * The value of a header that was sent once.
 *
 * @param name - in lower case
 * @public
 */
export function headerText(
  request: WebhookRequest,
  name: string,
): string | undefined {
  const value = memberOf(request.headers, name);
  return typeof value === 'string' ? value : undefined;
}

/**
 * Whether a text is one of the expected ones, in a time that depends on neither.
 * Empty secrets match nothing.
 *
 * @public
 */
export function matchesSecret(
  given: string | undefined,
  expected: readonly string[],
): boolean {
  const digest = (text: string) =>
    createHash('sha256').update(text, 'utf8').digest();
  const offered = digest(given ?? '');
  let found = false;
  for (const secret of expected) {
    const equal = timingSafeEqual(offered, digest(secret));
    found = found || (equal && secret !== '' && given !== undefined);
  }
  return found;
}

/**
 * Whether any offered signature is the HMAC of the body under any of the secrets.
 *
 * @param offered - lower-case hexadecimal, as the provider sends it
 * @public
 */
export function matchesHmac(
  algorithm: 'sha256',
  body: Buffer,
  offered: readonly string[],
  secrets: readonly string[],
): boolean {
  const expected = secrets
    .filter(secret => secret !== '')
    .map(secret => createHmac(algorithm, secret).update(body).digest('hex'));
  let found = false;
  for (const signature of offered) {
    const matches = matchesSecret(signature, expected);
    found = found || matches;
  }
  return found;
}

/** What an `Authorization` header may offer. */
interface OfferedCredentials {
  /** Tokens of the scheme `Bearer`. */
  bearerTokens: readonly string[];
  /** Name and password of the scheme `Basic`. */
  basicAuth?: readonly { username: string; password: string }[];
}

/**
 * Whether the `Authorization` header offers one of the expected credentials, in
 * constant time. Only their usual spelling is accepted.
 *
 * @public
 */
export function matchesAuthorization(
  request: WebhookRequest,
  expected: OfferedCredentials,
): boolean {
  const [, scheme, given] =
    /^(bearer|basic) +(\S+)$/i.exec(
      headerText(request, 'authorization') ?? '',
    ) ?? [];
  if (scheme?.toLowerCase() === 'basic') {
    return matchesSecret(
      given,
      (expected.basicAuth ?? []).map(({ username, password }) =>
        Buffer.from(`${username}:${password}`).toString('base64'),
      ),
    );
  }
  return matchesSecret(given, expected.bearerTokens);
}

/**
 * A short digest of parts, for delivery ids where the provider has none: the same
 * delivery sent again has the same id.
 *
 * @public
 */
export function deliveryDigest(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest('hex').slice(0, 32);
}
