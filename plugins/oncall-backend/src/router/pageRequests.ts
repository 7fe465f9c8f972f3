import { InputError } from '@backstage/errors';
import type { PageRequest } from '@pavedroad/plugin-oncall-common';

import type { PageFilter, PageStatus } from '../store/PageStore';
import {
  readBody,
  readCursorParam,
  readEntityRefParam,
  readIdempotencyKey,
  readInstantParam,
  readLimitParam,
  readScheduleRef,
} from './requests';

const TITLE = 200;
const DETAILS = 5_000;

/** The name or ref of an OnCallSchedule, or the ref of a provider's schedule as `GET /now` shows it. */
export function readAnyScheduleRef(value: unknown, name: string): string {
  return typeof value === 'string' &&
    /^(?!oncallschedule:)[a-z][a-z0-9-]*:[^/\s]*\/[^/\s]+\/[^/\s]+$/.test(
      value,
    ) &&
    value.length <= 1_200
    ? value
    : readScheduleRef(value, name);
}

/** The page in the body of a request. @throws InputError */
export function readPage(value: unknown): PageRequest {
  const body = readBody(value, [
    'entityRef',
    'scheduleRef',
    'title',
    'details',
    'urgency',
    'idempotencyKey',
  ]);
  if ((body.entityRef === undefined) === (body.scheduleRef === undefined)) {
    throw new InputError('One of entityRef and scheduleRef is required');
  }
  const { urgency } = body;
  const idempotencyKey = readIdempotencyKey(body.idempotencyKey);
  if (urgency !== 'high' && urgency !== 'low') {
    throw new InputError('urgency must be high or low');
  }
  if (idempotencyKey === undefined) {
    throw new InputError('idempotencyKey is required, such as a random UUID');
  }
  const title = readText(body.title, 'title', TITLE)?.trim();
  if (!title || /[\r\n]/.test(title)) {
    throw new InputError('title must be a line of text');
  }
  const details = readText(body.details, 'details', DETAILS);
  return {
    ...(body.entityRef === undefined
      ? { scheduleRef: readAnyScheduleRef(body.scheduleRef, 'scheduleRef') }
      : { entityRef: readEntityRefParam(body.entityRef) }),
    title,
    ...(details ? { details } : {}),
    urgency,
    idempotencyKey,
  };
}

/** Which pages to list. @throws InputError */
export function readPageFilter(query: Record<string, unknown>): PageFilter {
  const { schedule, entityRef, status, from, to, limit, cursor } = query;
  const statuses: unknown[] = ['triggered', 'acknowledged', 'resolved'];
  if (status !== undefined && !statuses.includes(status)) {
    throw new InputError('status must be triggered, acknowledged or resolved');
  }
  const after = readCursorParam(cursor);
  const place = /^(\d{1,15})_([0-9a-f-]{36})$/.exec(after ?? '');
  if (after !== undefined && !place) {
    throw new InputError('cursor must be the nextCursor of the page before');
  }
  return {
    limit: readLimitParam(limit, { fallback: 50, max: 200 }),
    ...(schedule === undefined
      ? {}
      : { scheduleRef: readAnyScheduleRef(schedule, 'schedule') }),
    ...(entityRef === undefined
      ? {}
      : { entityRef: readEntityRefParam(entityRef) }),
    ...(status === undefined ? {} : { status: status as PageStatus }),
    ...(from === undefined ? {} : { from: readInstantParam(from, 'from') }),
    ...(to === undefined ? {} : { to: readInstantParam(to, 'to') }),
    ...(place ? { before: { createdAt: Number(place[1]), id: place[2] } } : {}),
  };
}

function readText(
  value: unknown,
  name: string,
  most: number,
): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || value.length > most) {
    throw new InputError(
      `${name} must be a text of at most ${most} characters`,
    );
  }
  // The database holds neither of them.
  if (value.includes('\0') || /\p{Surrogate}/u.test(value)) {
    throw new InputError(`${name} holds characters that cannot be kept`);
  }
  return value;
}
