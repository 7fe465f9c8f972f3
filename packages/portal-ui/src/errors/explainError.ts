/** An error in the words of the person who meets it. */
export type ExplainedError = {
  /** What went wrong, as the server or the browser said it. */
  message: string;
  /** What to do about it. */
  advice: string;
  /** Set when the server named one: the id under which the log has this request. */
  requestId?: string;
};

type ErrorBody = {
  error?: { message?: unknown };
  request?: { id?: unknown };
  response?: { statusCode?: unknown };
};

function statusOf(error: unknown): number | undefined {
  const candidate = error as {
    statusCode?: unknown;
    response?: { status?: unknown };
    body?: ErrorBody;
  };
  const status =
    candidate?.statusCode ??
    candidate?.response?.status ??
    candidate?.body?.response?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function adviceFor(error: unknown, status: number | undefined): string {
  if (status === 401) {
    return 'Sign in again and come back to this page.';
  }
  if (status === 403) {
    return 'Ask an owner of it, or the platform team, for access.';
  }
  if (status === 404) {
    return 'Check the address; it may have been renamed or removed.';
  }
  if (status === 409) {
    return 'Someone else changed it meanwhile. Reload and look again.';
  }
  if (status !== undefined && status < 500) {
    return 'Correct what it names and try again.';
  }
  if (error instanceof TypeError) {
    return 'The portal could not be reached. Check the connection and try again.';
  }
  return 'Try again; if it stays, tell the platform team.';
}

/**
 * Reads what Backstage's `ResponseError`, a failed `fetch` or any thrown value has to say.
 *
 * The body is Backstage's error shape: `{ error: { name, message }, request: { id? }, response: { statusCode } }`.
 */
export function explainError(error: unknown): ExplainedError {
  const body = (error as { body?: ErrorBody })?.body;
  const fromServer = body?.error?.message;
  const own = error instanceof Error ? error.message : String(error);
  const text =
    typeof fromServer === 'string' && fromServer !== '' ? fromServer : own;
  const message = text === '' ? 'Something went wrong.' : text;
  const requestId = body?.request?.id;
  return {
    message: /[.!?]$/.test(message) ? message : `${message}.`,
    advice: adviceFor(error, statusOf(error)),
    requestId: typeof requestId === 'string' ? requestId : undefined,
  };
}
