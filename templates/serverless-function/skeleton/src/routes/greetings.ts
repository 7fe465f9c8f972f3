import type { Flags } from '../flags.js';
import { HttpError, type Route } from '../http.js';

/**
 * The example endpoint: replace it with the first thing this function is for, and with it its line in `routes.json`,
 * `test/greetings.test.ts`, `acceptance/greetings.test.mjs` and the path in `docs/openapi.yaml`.
 */
export function greetings(flags: Flags): Route {
  return async event => {
    const name = event.pathParameters?.name ?? '';
    if (name.length < 1 || name.length > 100) {
      throw new HttpError(400, 'A name has 1 to 100 characters');
    }
    const greeting = `Hello, ${name}!`;
    const longer = await flags.getBooleanValue('longer-greeting', false);
    return { status: 200, body: { greeting: longer ? `${greeting} Nice to meet you.` : greeting } };
  };
}
