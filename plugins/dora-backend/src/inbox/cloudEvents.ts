import { isCalendarDay } from '@pavedroad/plugin-dora-common';
import { CloudEvent, RejectedInput } from './types';
import { inspectJson, JsonLimits, storableText } from './inspectJson';

/** How the events of a request are laid out, by the CloudEvents HTTP binding. */
export type CloudEventsMode = 'structured' | 'batch' | 'binary';

/** What the `Content-Type` header and the `ce-` headers say about a request. */
export type CloudEventsRequestKind =
  | { mode: CloudEventsMode; charset: string; mediaType: string }
  | { unsupported: string };

/** One member of a request: an event, or the reason why it is not one. */
export type ParsedMember = CloudEvent | RejectedInput;

const CORE_ATTRIBUTES = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
]);

/** Longest value of a context attribute, in characters. Far above any real one. */
export const MAX_ATTRIBUTE_LENGTH = 2048;

/** CloudEvents asks for letters and digits, at most 20; senders with an underscore or a longer name lose nothing by it. */
const EXTENSION_NAME = /^[A-Za-z0-9_-]{1,100}$/;

const LONE_SURROGATE = /\p{Surrogate}/u;

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) {
      return true;
    }
  }
  return false;
}

/**
 * Decides from the headers how a request carries its events.
 *
 * @param headers - request headers with lower-case names
 */
export function cloudEventsRequestKind(
  headers: Record<string, string | string[] | undefined>,
): CloudEventsRequestKind {
  const contentType = first(headers['content-type']) ?? '';
  const [rawMediaType, ...parameters] = contentType.split(';');
  const mediaType = rawMediaType.trim().toLowerCase();
  const charset =
    parameters
      .map(parameter => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(parameter))
      .find(match => match)?.[1]
      .toLowerCase() ?? 'utf-8';

  if (mediaType === 'application/cloudevents+json') {
    return { mode: 'structured', charset, mediaType };
  }
  if (mediaType === 'application/cloudevents-batch+json') {
    return { mode: 'batch', charset, mediaType };
  }
  if (mediaType.startsWith('application/cloudevents')) {
    return {
      unsupported: `the event format ${mediaType} is not supported; send JSON`,
    };
  }
  if (headers['ce-specversion'] !== undefined || headers['ce-type']) {
    return { mode: 'binary', charset, mediaType };
  }
  return {
    unsupported: `expected application/cloudevents+json, application/cloudevents-batch+json or ce- headers, got ${
      mediaType || 'no content type'
    }`,
  };
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** True for media types whose body is JSON; CloudEvents data is JSON unless said otherwise. */
export function isJsonMediaType(mediaType: string | undefined): boolean {
  if (!mediaType) {
    return true;
  }
  const name = mediaType.split(';')[0].trim().toLowerCase();
  return name === '' || name === 'application/json' || name.endsWith('+json');
}

/** Attribute values in `ce-` headers are percent-encoded; a broken encoding is kept as it came. */
function decodeHeaderValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * Builds the JSON form of an event sent in binary mode, so that all three modes
 * share one set of checks.
 *
 * @param data - the parsed body
 */
export function binaryEventToJson(
  headers: Record<string, string | string[] | undefined>,
  mediaType: string,
  data: unknown,
): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = first(value);
    if (name.startsWith('ce-') && text !== undefined) {
      event[name.slice('ce-'.length)] = decodeHeaderValue(text);
    }
  }
  if (mediaType) {
    event.datacontenttype = mediaType;
  }
  if (data !== undefined) {
    event.data = data;
  }
  return event;
}

type AttributeProblem = { problem: string };

function requiredText(
  event: Record<string, unknown>,
  name: string,
): string | AttributeProblem {
  const value = event[name];
  if (value === undefined || value === null) {
    return { problem: `${name} is missing` };
  }
  if (typeof value !== 'string') {
    return { problem: `${name} must be text` };
  }
  if (value.trim() === '') {
    return { problem: `${name} is empty` };
  }
  return checkText(name, value);
}

function checkText(name: string, value: string): string | AttributeProblem {
  if (value.length > MAX_ATTRIBUTE_LENGTH) {
    return {
      problem: `${name} is longer than ${MAX_ATTRIBUTE_LENGTH} characters`,
    };
  }
  if (hasControlCharacter(value)) {
    return { problem: `${name} contains control characters` };
  }
  if (LONE_SURROGATE.test(value)) {
    return { problem: `${name} is not well-formed Unicode` };
  }
  return value;
}

/** RFC 3339 only: `Date.parse` alone would accept prose and local times. */
const RFC_3339 =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,30})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Parses an RFC 3339 date-time to epoch milliseconds, or `undefined` when it is not one. */
export function parseTimestamp(text: string): number | undefined {
  if (text.length > 64 || !RFC_3339.test(text) || !isCalendarDay(text)) {
    return undefined;
  }
  const milliseconds = Date.parse(text.replace(' ', 'T').toUpperCase());
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/**
 * Checks one event in the CloudEvents JSON format. Pure: the moment of receipt
 * is passed in, and nothing thrown: what is wrong with a member is its result.
 */
export function parseCloudEvent(
  input: unknown,
  options: { receivedAt: string; limits: JsonLimits },
): ParsedMember {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { rejected: 'an event must be a JSON object' };
  }
  const raw = input as Record<string, unknown>;
  const id = requiredText(raw, 'id');
  const source = requiredText(raw, 'source');
  const echo = {
    id: typeof id === 'string' ? id : shorten(raw.id),
    source: typeof source === 'string' ? source : shorten(raw.source),
  };
  const reject = (reason: string): RejectedInput => ({
    ...echo,
    rejected: reason,
  });

  if (typeof id !== 'string') {
    return reject(id.problem);
  }
  if (typeof source !== 'string') {
    return reject(source.problem);
  }
  const type = requiredText(raw, 'type');
  if (typeof type !== 'string') {
    return reject(type.problem);
  }
  if (raw.specversion !== '1.0') {
    return reject(
      raw.specversion === undefined
        ? 'specversion is missing'
        : 'specversion must be "1.0"',
    );
  }
  let subject: string | undefined;
  if (raw.subject !== undefined && raw.subject !== null) {
    const checked = requiredText(raw, 'subject');
    if (typeof checked !== 'string') {
      return reject(checked.problem);
    }
    subject = checked;
  }
  let time: string | undefined;
  if (raw.time !== undefined && raw.time !== null) {
    if (typeof raw.time !== 'string') {
      return reject('time must be text');
    }
    const parsed = parseTimestamp(raw.time);
    if (parsed === undefined) {
      return reject('time is not an RFC 3339 date-time');
    }
    time = new Date(parsed).toISOString();
  }

  const mediaType =
    typeof raw.datacontenttype === 'string' ? raw.datacontenttype : undefined;
  let data = raw.data;
  if (raw.data_base64 !== undefined && raw.data_base64 !== null) {
    const decoded = decodeBase64Data(raw.data_base64, mediaType);
    if ('problem' in decoded) {
      return reject(decoded.problem);
    }
    data = decoded.data;
  }

  const inspectedData = inspectJson(data, options.limits, 'data');
  if ('problem' in inspectedData) {
    return reject(inspectedData.problem);
  }

  const extensions: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (CORE_ATTRIBUTES.has(name) || value === null || value === undefined) {
      continue;
    }
    if (!EXTENSION_NAME.test(name)) {
      return reject(
        `the name of an extension attribute must be at most 100 letters and digits: ${shorten(
          name,
        )}`,
      );
    }
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      return reject(`extension attribute ${shorten(name)} must be a scalar`);
    }
    const checked = checkText(shorten(name) ?? '', String(value));
    if (typeof checked !== 'string') {
      return reject(checked.problem);
    }
    extensions[name.toLowerCase()] = checked;
  }

  return {
    id,
    source,
    type,
    subject,
    time,
    data: inspectedData.value,
    extensions,
    sample: extensions.sampledata?.toLowerCase() === 'true',
    receivedAt: options.receivedAt,
  };
}

function decodeBase64Data(
  encoded: unknown,
  mediaType: string | undefined,
): { data: unknown } | AttributeProblem {
  if (
    typeof encoded !== 'string' ||
    !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(encoded)
  ) {
    return { problem: 'data_base64 is not base64' };
  }
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  if (!isJsonMediaType(mediaType)) {
    return { data: text };
  }
  try {
    return { data: JSON.parse(text) };
  } catch {
    return { problem: 'data_base64 does not hold JSON' };
  }
}

/** What a rejected event is named by in the answer: enough to find it, never a megabyte. */
function shorten(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  if (typeof value !== 'string') {
    return undefined;
  }
  const text = storableText(value.slice(0, 200));
  return value.length > 200 ? `${text}…` : text;
}
