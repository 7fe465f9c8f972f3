import { ServiceUnavailableError } from '@backstage/errors';
import { parseInstant } from '@pavedroad/plugin-oncall-common';

/*
 * Reading what providers answer. Nothing in it is taken for granted: a part that is missing or of another kind is an error that says
 * which, so that the last known answer stays instead of a wrong one.
 */

/**
 * An object of an answer.
 * @throws ServiceUnavailableError when it is none.
 */
export function objectOf(
  value: unknown,
  what: string,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unexpected(what);
  }
  return Object.fromEntries(Object.entries(value));
}

/**
 * A list of an answer.
 * @throws ServiceUnavailableError when it is none.
 */
export function listOf(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) {
    throw unexpected(what);
  }
  return value;
}

/** A text of an answer, without the spaces around it; undefined when it is none or empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== ''
    ? value.trim()
    : undefined;
}

/**
 * A text that an answer must have.
 * @throws ServiceUnavailableError when it has not.
 */
export function requiredText(value: unknown, what: string): string {
  const text = textOf(value);
  if (text === undefined) {
    throw unexpected(what);
  }
  return text;
}

/**
 * Milliseconds of an ISO 8601 instant with an offset.
 * @throws ServiceUnavailableError when it is none.
 */
export function instantOf(value: unknown, what: string): number {
  const text = requiredText(value, what);
  try {
    return parseInstant(text, what);
  } catch {
    throw unexpected(what);
  }
}

/** A zone of an answer, or UTC when it names none that exists. */
export function timeZoneOf(value: unknown): string {
  const name = textOf(value);
  try {
    return new Intl.DateTimeFormat('en', {
      timeZone: name ?? 'Etc/UTC',
    }).resolvedOptions().timeZone;
  } catch {
    return 'Etc/UTC';
  }
}

function unexpected(what: string): Error {
  return new ServiceUnavailableError(
    `its answer is not as expected: ${what} is missing or of another kind`,
  );
}
