import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Jenkins as far as credentials of folders go: crumbs that count in their session, stores that keep XML, and its ways to refuse. */
export type FakeJenkins = {
  url: string;
  /** Paths of folders, such as `payments/ledger`, with their secrets by id. */
  folders: Map<string, Map<string, string>>;
  /** Asks for no crumb, as with CSRF protection off. */
  withoutCrumbs: boolean;
  /** Answers what matches with this status, and an address to go to. */
  refuses?: { route: RegExp; status: number; location?: string };
  /** Every request, as `METHOD path`. */
  asked: string[];
  close(): Promise<void>;
};

const AUTHORIZATION = `Basic ${Buffer.from('portal:api-token').toString(
  'base64',
)}`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const element = (xml: string, name: string) =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];

/** Starts it for the user `portal` with the token `api-token`. */
export async function startFakeJenkins(): Promise<FakeJenkins> {
  let sessions = 0;
  const crumbs = new Map<string, string>();
  const jenkins: FakeJenkins = {
    url: '',
    folders: new Map(),
    withoutCrumbs: false,
    asked: [],
    close: async () => undefined,
  };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const path = decodeURIComponent((request.url ?? '').split('?')[0]);
    const route = `${request.method} ${path}`;
    jenkins.asked.push(route);
    const answer = (status: number, text = '', headers = {}) => {
      response.writeHead(status, headers);
      response.end(text);
    };
    if (jenkins.refuses?.route.test(route)) {
      const { status, location } = jenkins.refuses;
      answer(status, '', location ? { location } : {});
      return;
    }
    if (request.headers.authorization !== AUTHORIZATION) {
      answer(401);
      return;
    }
    if (path === '/crumbIssuer/api/json') {
      if (jenkins.withoutCrumbs) {
        answer(404);
        return;
      }
      sessions += 1;
      const cookie = `JSESSIONID.1=node${sessions}`;
      crumbs.set(cookie, `crumb-${sessions}`);
      answer(
        200,
        JSON.stringify({
          crumb: crumbs.get(cookie),
          crumbRequestField: 'Jenkins-Crumb',
        }),
        { 'set-cookie': `${cookie}; Path=/; HttpOnly` },
      );
      return;
    }
    const [, jobs, rest] =
      /^((?:\/job\/[^/]+)+)\/credentials\/store\/folder\/(.+)$/.exec(path) ??
      [];
    const secrets = jenkins.folders.get(
      (jobs ?? '').split('/job/').slice(1).join('/'),
    );
    if (!secrets) {
      answer(404);
      return;
    }
    if (
      request.method === 'POST' &&
      !jenkins.withoutCrumbs &&
      crumbs.get(request.headers.cookie ?? '') !==
        request.headers['jenkins-crumb']
    ) {
      answer(403, 'No valid crumb was included in the request');
      return;
    }
    const isXml = request.headers['content-type'] === 'application/xml';
    const [, known] =
      /^domain\/_\/credential\/([^/]+)\/(?:api\/json|config\.xml)$/.exec(
        rest,
      ) ?? [];
    if (rest === 'api/json') {
      answer(200, '{}');
    } else if (request.method === 'GET' && known) {
      answer(secrets.has(known) ? 200 : 404, JSON.stringify({ id: known }));
    } else if (rest === 'domain/_/createCredentials' && isXml) {
      const id = element(body, 'id') ?? '';
      if (secrets.has(id)) {
        answer(409);
        return;
      }
      secrets.set(id, body);
      answer(200);
    } else if (request.method === 'POST' && known && isXml) {
      secrets.set(known, body);
      answer(200);
    } else {
      answer(404);
    }
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  jenkins.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  jenkins.close = () =>
    new Promise(resolve => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return jenkins;
}
