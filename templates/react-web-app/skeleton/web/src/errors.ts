import { type ErrorKind, type ErrorReport, ERRORS_URL, MESSAGE_LENGTH, PAGE_LENGTH, STACK_LENGTH } from '../../shared/reports.js';
import { send } from './send.js';

/** Most errors of one page load that are sent: a loop that fails says the same thing over and over. */
const MOST = 10;
let sent = 0;

/** Tells the server what went wrong. */
export function reportError(kind: ErrorKind, error: unknown): void {
  sent += 1;
  if (sent > MOST) {
    return;
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const report: ErrorReport = {
    page: window.location.pathname.slice(0, PAGE_LENGTH),
    kind,
    message: message.slice(0, MESSAGE_LENGTH),
    ...(stack === undefined ? {} : { stack: stack.slice(0, STACK_LENGTH) }),
  };
  send(ERRORS_URL, report);
}

/** What no boundary catches: errors in event handlers and timers, promises nobody waited for. */
export function reportUncaughtErrors(): void {
  window.addEventListener('error', event => reportError('script', event.error ?? event.message));
  window.addEventListener('unhandledrejection', event => reportError('promise', event.reason));
}
