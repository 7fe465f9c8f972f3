import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a fake server received it. */
export type FakeRequest = {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
};

/** What a fake server answers; `undefined` leaves the request hanging. */
export type FakeAnswer = {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as it is when a text, else as JSON. */
  body?: unknown;
};

/** Answers one request. */
export type FakeHandler = (request: FakeRequest) => FakeAnswer | undefined;

/** An HTTP server on the loopback address that stands for a provider. */
export class FakeServer {
  /** What was asked, in order. */
  readonly requests: FakeRequest[] = [];
  #misbehaviour: FakeHandler | undefined;
  #drops: ((request: FakeRequest) => boolean) | undefined;

  static async start(handler: FakeHandler): Promise<FakeServer> {
    const server = createServer();
    const fake = new FakeServer(server, handler);
    await new Promise<void>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
    return fake;
  }

  private constructor(private readonly server: Server, handler: FakeHandler) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', chunk => chunks.push(chunk));
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://fake');
        const received: FakeRequest = {
          method: request.method ?? 'GET',
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        };
        this.requests.push(received);
        const answer = (this.#misbehaviour ?? handler)(received);
        if (this.#drops?.(received)) {
          request.socket.destroy();
          return;
        }
        if (!answer) {
          return;
        }
        response.writeHead(answer.status ?? 200, {
          'content-type': 'application/json',
          ...answer.headers,
        });
        response.end(
          typeof answer.body === 'string'
            ? answer.body
            : JSON.stringify(answer.body ?? {}),
        );
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Answers everything so from now on; without a handler it behaves again. */
  misbehave(handler?: FakeHandler) {
    this.#misbehaviour = handler;
  }

  /** Does what it is asked, but breaks the connection instead of answering, for some requests; without a choice for none again. */
  interfere(drops?: (request: FakeRequest) => boolean) {
    this.#drops = drops;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }
}
