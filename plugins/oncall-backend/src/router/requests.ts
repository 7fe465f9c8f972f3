import { InputError, isError } from '@backstage/errors';
import {
  fullRef,
  IDEMPOTENCY_KEY_HEADER,
  MAX_CHANGE_OVERRIDES,
  overlapWithin,
  parseInstant,
  type ProposedOverride,
} from '@pavedroad/plugin-oncall-common';

/* One reader for each part of a request. All throw InputError with a sentence that names the part. */

const DAY = 86_400_000;
const EARLIEST = Date.UTC(1970, 0);
const LATEST = Date.UTC(2100, 0);

/** An instant of the query in milliseconds. */
export function readInstantParam(value: unknown, name: string): number {
  if (typeof value !== 'string') {
    throw new InputError(
      `${name} must be one ISO 8601 instant with an offset, such as 2026-03-29T01:00:00Z`,
    );
  }
  // In a query an unescaped plus sign arrives as a space.
  const instant = parseInstant(value.replace(' ', '+'), name);
  if (instant < EARLIEST || instant >= LATEST) {
    throw new InputError(`${name} must lie between 1970 and 2100`);
  }
  return instant;
}

/** The window of the query in milliseconds, of at most some days; from now on for `defaultDays` when it is left out. */
export function readWindowParams(
  query: Record<string, unknown>,
  options: { now: number; defaultDays: number; maxDays: number },
): { from: number; to: number } {
  const from =
    query.from === undefined
      ? options.now
      : readInstantParam(query.from, 'from');
  const to =
    query.to === undefined
      ? from + options.defaultDays * DAY
      : readInstantParam(query.to, 'to');
  if (to <= from) {
    throw new InputError('to must come after from');
  }
  if (to - from > options.maxDays * DAY) {
    throw new InputError(
      `The window from ${new Date(from).toISOString()} to ${new Date(
        to,
      ).toISOString()} is longer than ${options.maxDays} days`,
    );
  }
  return { from, to };
}

/** An entity ref of the query, in full. The kind must be there. */
export function readEntityRefParam(value: unknown): string {
  const ref =
    typeof value === 'string' && value.includes(':')
      ? fullRef(value, { kind: '', namespace: 'default' })
      : undefined;
  if (!ref) {
    throw new InputError(
      'entityRef must be an entity ref with its kind, such as component:default/ledger',
    );
  }
  return ref;
}

/** The name or ref of a schedule, in full. */
export function readScheduleRef(value: unknown, name: string): string {
  const ref = fullRef(value, { kind: 'oncallschedule', namespace: 'default' });
  if (!ref?.startsWith('oncallschedule:')) {
    throw new InputError(
      `${name} must be the name or ref of an OnCallSchedule, such as payments`,
    );
  }
  return ref;
}

/** The schedules of a parameter that may be given several times; undefined when it is not given. */
export function readScheduleRefs(
  value: unknown,
  name: string,
): string[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return [...new Set(values.map(one => readScheduleRef(one, name)))];
}

/** The group of the query in full; undefined when it is not given. */
export function readGroupParam(value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const ref = fullRef(value, { kind: 'group', namespace: 'default' });
  if (!ref?.startsWith('group:')) {
    throw new InputError(
      'group must be the name or ref of a Group, such as group:default/payments',
    );
  }
  return ref;
}

/** How many items a page of the query may have. */
export function readLimitParam(
  value: unknown,
  options: { fallback: number; max: number },
): number {
  if (value === undefined) {
    return options.fallback;
  }
  const limit =
    typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > options.max) {
    throw new InputError(
      `limit must be a whole number from 1 to ${options.max}`,
    );
  }
  return limit;
}

/** How the caller wants the answer: by `format`, or by the header `Accept`. */
export function readFormatParam(request: {
  query: Record<string, unknown>;
  headers: { accept?: string };
}): 'json' | 'csv' {
  const { format } = request.query;
  if (format !== undefined && format !== 'json' && format !== 'csv') {
    throw new InputError('format must be json or csv');
  }
  return (
    format ??
    (request.headers.accept?.split(';')[0].trim() === 'text/csv'
      ? 'csv'
      : 'json')
  );
}

/** The place of the query at which a list goes on; undefined at its start. */
export function readCursorParam(value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || value === '' || value.length > 2000) {
    throw new InputError('cursor must be the nextCursor of the page before');
  }
  return value;
}

/** The id of an override or a calendar. */
export function readUuid(value: unknown, name: string): string {
  if (
    typeof value !== 'string' ||
    !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
  ) {
    throw new InputError(`${name} must be an id as this API gives it`);
  }
  return value.toLocaleLowerCase('en-US');
}

/** A switch of the query: `true` or `false`, false when it is left out. */
export function readFlagParam(value: unknown, name: string): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false') {
    throw new InputError(`${name} must be true or false`);
  }
  return value === 'true';
}

/** The body of a request, which must be a JSON object with no other than the known fields. */
export function readBody(
  body: unknown,
  known: string[],
): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InputError('The body must be a JSON object');
  }
  const strange = Object.keys(body).find(key => !known.includes(key));
  if (strange !== undefined) {
    throw new InputError(
      `${strange} is not known; expected ${known.join(', ')}`,
    );
  }
  return body as Record<string, unknown>;
}

const CHANGE_KINDS = [
  'override',
  'take-shift',
  'give-shift',
  'swap',
  'holiday-cover',
] as const;
const CONFLICT_CODES = [
  'no-effect',
  'leaves-gap',
  'double-booking',
  'beats-override',
  'in-the-past',
  'long-stretch',
] as const;
/** How far ahead an override may begin, in days. */
const AHEAD = 5 * 366;

/** What somebody wants to change. */
export type ReadChange = {
  kind: (typeof CHANGE_KINDS)[number];
  overrides: ProposedOverride[];
  reason?: string;
  accepted: (typeof CONFLICT_CODES)[number][];
  idempotencyKey?: string;
};

/** The change in the body of a request; `now` in milliseconds. */
export function readChange(value: unknown, now: number): ReadChange {
  const body = readBody(value, [
    'kind',
    'overrides',
    'reason',
    'accepted',
    'idempotencyKey',
  ]);
  const { kind, overrides, accepted = [] } = body;
  const known = CHANGE_KINDS.find(one => one === kind);
  if (!known) {
    throw new InputError(`kind must be one of ${CHANGE_KINDS.join(', ')}`);
  }
  if (
    !Array.isArray(overrides) ||
    overrides.length < 1 ||
    overrides.length > MAX_CHANGE_OVERRIDES
  ) {
    throw new InputError(
      `overrides must be a list of 1 to ${MAX_CHANGE_OVERRIDES} overrides`,
    );
  }
  if (!Array.isArray(accepted)) {
    throw new InputError('accepted must be a list of codes of conflicts');
  }
  const reason = readReason(body.reason);
  const idempotencyKey = readIdempotencyKey(body.idempotencyKey);
  const read = overrides.map((one, index) => {
    try {
      return readOverrideFields(
        readBody(one, [
          'scheduleRef',
          'type',
          'person',
          'with',
          'from',
          'to',
          'level',
        ]),
        'scheduleRef',
        now,
      );
    } catch (error) {
      throw isError(error) && error.name === 'InputError'
        ? new InputError(`overrides[${index}]: ${error.message}`)
        : error;
    }
  });
  const overlap = overlapWithin(read);
  if (overlap) {
    throw new InputError(
      `overrides[${overlap[0]}] and overrides[${overlap[1]}] are about the same person, schedule and time`,
    );
  }
  return {
    kind: known,
    overrides: read,
    ...(reason ? { reason } : {}),
    ...(idempotencyKey ? { idempotencyKey } : {}),
    accepted: accepted.map(code => {
      const found = CONFLICT_CODES.find(one => one === code);
      if (!found) {
        throw new InputError(
          `accepted must hold codes of conflicts: ${CONFLICT_CODES.join(', ')}`,
        );
      }
      return found;
    }),
  };
}

/** The override in the body of a request; `now` in milliseconds. */
export function readOverride(
  value: unknown,
  now: number,
): ProposedOverride & { reason?: string; idempotencyKey?: string } {
  const body = readBody(value, [
    'schedule',
    'type',
    'person',
    'with',
    'from',
    'to',
    'level',
    'reason',
    'idempotencyKey',
  ]);
  const reason = readReason(body.reason);
  const idempotencyKey = readIdempotencyKey(body.idempotencyKey);
  return {
    ...readOverrideFields(body, 'schedule', now),
    ...(reason ? { reason } : {}),
    ...(idempotencyKey ? { idempotencyKey } : {}),
  };
}

function readOverrideFields(
  body: Record<string, unknown>,
  scheduleField: string,
  now: number,
): ProposedOverride {
  const { type, level } = body;
  if (type !== 'replace' && type !== 'add' && type !== 'remove') {
    throw new InputError('type must be replace, add or remove');
  }
  const person = readUser(body.person, 'person');
  let stand: string | undefined;
  if (type === 'replace') {
    stand = readUser(body.with, 'with');
    if (stand === person) {
      throw new InputError('with must be somebody else than person');
    }
  } else if (body.with !== undefined) {
    throw new InputError('with is only for type replace');
  }
  const from = readInstantParam(body.from, 'from');
  const to = readInstantParam(body.to, 'to');
  if (to <= from) {
    throw new InputError('to must come after from');
  }
  if (to - from > 366 * DAY) {
    throw new InputError('An override lasts at most 366 days');
  }
  if (from > now + AHEAD * DAY) {
    throw new InputError('An override begins at most five years ahead');
  }
  if (
    level !== undefined &&
    (typeof level !== 'number' || !Number.isInteger(level) || level < 1)
  ) {
    throw new InputError('level must be a whole number from 1');
  }
  return {
    scheduleRef: readScheduleRef(body[scheduleField], scheduleField),
    type,
    person,
    ...(stand ? { with: stand } : {}),
    from,
    to,
    ...(level === undefined ? {} : { level }),
  };
}

/** The name a client gave to a request, from its body; undefined when it gave none. */
export function readIdempotencyKey(
  value: unknown,
  name = 'idempotencyKey',
): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || !/^[\x21-\x7e]{8,200}$/.test(value)) {
    throw new InputError(
      `${name} must have 8 to 200 characters without spaces, such as a random UUID`,
    );
  }
  return value;
}

/**
 * The name a client gave to a request, in its header or its body.
 * @throws InputError when it cannot be one, or the two differ.
 */
export function readRequestKey(
  request: { header(name: string): string | undefined },
  inBody?: string,
): string | undefined {
  const inHeader = readIdempotencyKey(
    request.header(IDEMPOTENCY_KEY_HEADER),
    IDEMPOTENCY_KEY_HEADER,
  );
  if (inHeader !== undefined && inBody !== undefined && inHeader !== inBody) {
    throw new InputError(
      `${IDEMPOTENCY_KEY_HEADER} and idempotencyKey must be the same; one of them is enough`,
    );
  }
  return inHeader ?? inBody;
}

/** A reason of at most 500 characters; undefined when it is left out or empty. */
export function readReason(reason: unknown): string | undefined {
  return reason === undefined || reason === ''
    ? undefined
    : readText(reason, 'reason', 500);
}

/** A text of the body that is not empty and that the database can keep. */
export function readText(value: unknown, name: string, max: number): string {
  if (typeof value !== 'string' || value.trim() === '' || value.length > max) {
    throw new InputError(
      `${name} must be a text of at most ${max.toLocaleString(
        'en-US',
      )} characters`,
    );
  }
  // The database holds neither of them.
  if (value.includes('\0') || /\p{Surrogate}/u.test(value)) {
    throw new InputError(`${name} holds characters that cannot be kept`);
  }
  return value;
}

function readUser(value: unknown, name: string): string {
  const ref = fullRef(value, { kind: 'user', namespace: 'default' });
  if (!ref?.startsWith('user:')) {
    throw new InputError(
      `${name} must be a user such as user:default/ines.duarte`,
    );
  }
  return ref;
}
