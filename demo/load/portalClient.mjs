import { gzipSync } from 'node:zlib';

const ATTEMPTS = 6;

const sleep = milliseconds =>
  new Promise(resolve => {
    setTimeout(resolve, milliseconds);
  });

/**
 * Talks to a portal with one token. Requests that fail for reasons that pass (the network, a busy portal) are tried again with
 * growing pauses; everything sent here may be sent twice.
 *
 * @param {{ baseUrl: string, token: string }} options
 */
export function createPortalClient({ baseUrl, token }) {
  const root = baseUrl.replace(/\/+$/, '');

  /** @returns {Promise<Response>} the answer, also when it is not a success */
  async function request(method, route, { body, headers = {} } = {}) {
    let failure;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        const response = await fetch(`${root}${route}`, {
          method,
          headers: { authorization: `Bearer ${token}`, ...headers },
          body,
        });
        if (response.status !== 429 && response.status < 500) {
          return response;
        }
        failure = new Error(
          `${method} ${route} answered ${response.status}: ${await messageOf(
            response,
          )}`,
        );
      } catch (error) {
        failure = new Error(
          `${method} ${route} failed: ${error.cause?.message ?? error.message}`,
        );
      }
      if (attempt < ATTEMPTS) {
        await sleep(200 * 2 ** attempt);
      }
    }
    throw failure;
  }

  async function json(method, route, body) {
    const response = await request(method, route, {
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return response;
  }

  return {
    baseUrl: root,
    token,
    json,

    /**
     * Sends a batch of CloudEvents, compressed.
     *
     * @param {object[]} events
     * @returns {Promise<{ status: string, reason?: string }[]>} one result per event
     */
    async sendEvents(events) {
      const response = await request('POST', '/api/dora/events', {
        headers: {
          'content-type': 'application/cloudevents-batch+json',
          'content-encoding': 'gzip',
        },
        body: gzipSync(JSON.stringify(events)),
      });
      if (response.status !== 202) {
        throw new Error(
          `The portal did not take in the delivery history: ${
            response.status
          } ${await messageOf(response)}`,
        );
      }
      const answer = await response.json();
      return Array.isArray(answer) ? answer : answer.results;
    },

    /** Waits until the catalog has all of the entities. */
    async waitForEntities(entityRefs, withinMilliseconds) {
      const until = Date.now() + withinMilliseconds;
      for (;;) {
        const response = await json('POST', '/api/catalog/entities/by-refs', {
          entityRefs,
          fields: ['kind', 'metadata.name'],
        });
        if (!response.ok) {
          throw new Error(
            `The catalog answered ${response.status}: ${await messageOf(
              response,
            )}`,
          );
        }
        const { items } = await response.json();
        const missing = entityRefs.filter((_, index) => !items[index]);
        if (missing.length === 0) {
          return;
        }
        if (Date.now() > until) {
          throw new Error(
            `The catalog does not know ${missing.slice(0, 5).join(', ')}`,
          );
        }
        await sleep(500);
      }
    },
  };
}

/** What an error answer says. */
export async function messageOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error.message;
  } catch {
    return response.statusText;
  }
}
