import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Environments } from './environments.js';
import { BadPathError, gatewayAnswer, type HttpResponse, matchRoute, toEvent, toResponse } from './gateway.js';
import type { Scrape } from './scrape.js';

export type ServerOptions = {
  environments: Pick<Environments, 'invoke' | 'count'>;
  scrape: Scrape;
  /** Routes of the API, as `routes.json` lists them. */
  routes: readonly string[];
  /** Writes a line of the runner's own log. */
  log: (level: 'info' | 'error', message: string, fields?: Record<string, unknown>) => void;
};

export type Gateway = {
  server: Server;
  /** From now on `/readyz` fails; requests are still answered. */
  drain: () => void;
};

/** Largest payload Lambda takes, in bytes. */
const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** The HTTP API in front of the function, with what a platform asks of a process besides: `/readyz` and `/metrics`. */
export function createGateway({ environments, scrape, routes, log }: ServerOptions): Gateway {
  let draining = false;

  async function respond(request: IncomingMessage): Promise<HttpResponse> {
    const method = request.method ?? 'GET';
    const url = request.url ?? '/';
    const path = url.split('?', 1)[0] ?? '/';
    if (path === '/readyz') {
      return draining ? gatewayAnswer(503, 'draining') : gatewayAnswer(200, 'ready');
    }
    if (path === '/metrics') {
      return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4' }, body: Buffer.from(scrape.text(environments.count())) };
    }
    const started = performance.now();
    let route = 'unmatched';
    // What the function does not answer itself it cannot count either.
    const own = (status: number, message: string) => {
      scrape.countRequest({ method, route, status }, (performance.now() - started) / 1000);
      return gatewayAnswer(status, message);
    };
    const body = await readBody(request);
    if (!body) {
      return own(413, 'Request Too Long');
    }
    let match;
    try {
      match = matchRoute(routes, method, path);
    } catch (error) {
      if (error instanceof BadPathError) {
        return own(400, 'Bad Request');
      }
      throw error;
    }
    if (!match) {
      return own(404, 'Not Found');
    }
    route = match.routeKey.split(' ', 2)[1] ?? 'unmatched';
    const requestId = randomUUID();
    const event = toEvent(
      { method, url, headers: request.headers, body, sourceIp: request.socket.remoteAddress ?? '', requestId, at: new Date() },
      match,
    );
    const outcome = await environments.invoke(event, { awsRequestId: requestId });
    switch (outcome.kind) {
      case 'answered':
        return toResponse(outcome.result);
      case 'throttled':
        scrape.countThrottle();
        log('error', 'throttled', { route, request_id: requestId });
        return own(503, 'Service Unavailable');
      case 'timed-out':
        scrape.countTimeout();
        log('error', 'timed out', { route, request_id: requestId });
        return own(503, 'Service Unavailable');
      default:
        log('error', 'the function failed', { route, request_id: requestId, error: outcome.error });
        return own(500, 'Internal Server Error');
    }
  }

  const server = createServer((request, response) => {
    respond(request)
      .catch((error: unknown) => {
        log('error', 'the gateway failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        return gatewayAnswer(500, 'Internal Server Error');
      })
      .then(({ status, headers, body }) => {
        response.writeHead(status, { ...headers, 'content-length': body.length, ...(draining ? { connection: 'close' } : {}) }).end(body);
      }, () => response.destroy());
  });
  return {
    server,
    drain: () => {
      draining = true;
    },
  };
}

/** `undefined` when it is larger than Lambda takes. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= PAYLOAD_LIMIT) {
      chunks.push(chunk);
    }
  }
  return size <= PAYLOAD_LIMIT ? Buffer.concat(chunks) : undefined;
}
