import { HttpError, type Route } from '../http.js';

/**
 * The example endpoint: replace it with the first thing this function is for, and with it its line in `routes.json`,
 * `test/greetings.test.ts`, `acceptance/greetings.test.mjs` and the path in `docs/openapi.yaml`.
 */
export const greet: Route = event => {
  const name = event.pathParameters?.name ?? '';
  if (name.length < 1 || name.length > 100) {
    throw new HttpError(400, 'A name has 1 to 100 characters');
  }
  return { status: 200, body: { greeting: `Hello, ${name}!` } };
};
