import type { RequestHandler, Response } from 'express';

import type { Caller } from '../router/Authorizer';
import type { NamePrivacy } from './NamePrivacy';
import type { NameView } from './NameView';

const views = new WeakMap<Response, NameView>();
const unrestricted = new WeakSet<Response>();

/**
 * Puts the filter over every answer in JSON of the routes after it, errors included. An answer sent before anybody was let in is filtered as
 * for a stranger.
 */
export function hideNames(privacy: NamePrivacy): RequestHandler {
  return (_request, response, next) => {
    if (!privacy.enabled) {
      next();
      return;
    }
    privacy
      .viewOf({ name: undefined, ownershipRefs: [] })
      .then(stranger => {
        if (stranger) {
          views.set(response, stranger);
        }
        const json = response.json.bind(response);
        response.json = body => json(seen(response, body));
        next();
      })
      .catch(next);
  };
}

/** Notes for whom an answer is, once the caller is known. */
export async function lookedAtBy(
  response: Response | undefined,
  caller: Caller,
  privacy: NamePrivacy,
): Promise<void> {
  if (!response || !privacy.enabled) {
    return;
  }
  const view = caller.isUser ? await privacy.viewOf(caller) : undefined;
  if (view) {
    views.set(response, view);
  } else {
    unrestricted.add(response);
  }
}

/** What the caller may see of names; undefined for all of them. */
export function viewFor(response: Response): NameView | undefined {
  return unrestricted.has(response) ? undefined : views.get(response);
}

/** An answer as the caller may see it; for answers that are not sent as JSON. */
export function seen<T>(response: Response, answer: T): T {
  return viewFor(response)?.filter(answer) ?? answer;
}
