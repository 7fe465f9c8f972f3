import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** One request a fake host was asked, for assertions. */
export type SeenRequest = { method: string; path: string; body: unknown };

/** A host that keeps real git repositories and answers the API shapes of a provider. */
export type FakeHost = {
  url: string;
  /** `localhost:<port>` */
  host: string;
  /** Bare repository of a slug. */
  folder(slug: string): string;
  has(slug: string): boolean;
  /** Makes a repository as somebody else would. */
  seed(slug: string): void;
  seen: SeenRequest[];
  /** Answers the next matching request with this status instead. */
  failNext(method: string, path: RegExp, status: number): void;
  close(): Promise<void>;
};

type Api = (
  request: SeenRequest & { authorization: string },
  store: {
    has(slug: string): boolean;
    empty(slug: string): boolean;
    createdAt(slug: string): string;
    create(slug: string): void;
    remove(slug: string): void;
    url: string;
  },
) => { status: number; body?: unknown } | undefined;

const OWNER = 'fernhill';

/** GitHub's REST shapes, for an organisation called `fernhill` and the token `github-token`. */
export const githubApi: Api = (request, store) => {
  const { method, path, body, authorization } = request;
  if (!path.startsWith('/api/v3/')) {
    return undefined;
  }
  if (authorization !== 'Bearer github-token') {
    return { status: 401, body: { message: 'Bad credentials' } };
  }
  const route = `${method} ${path.slice('/api/v3'.length)}`;
  const repository = (slug: string) => ({
    id: 1296269,
    name: slug.split('/')[1],
    full_name: slug,
    private: true,
    html_url: `${store.url}/${slug}`,
    clone_url: `${store.url}/${slug}.git`,
    size: store.empty(slug) ? 0 : 108,
    default_branch: 'main',
    created_at: store.createdAt(slug).replace(/\.\d+Z$/, 'Z'),
  });
  if (route === `GET /orgs/${OWNER}`) {
    return { status: 200, body: { login: OWNER, id: 1 } };
  }
  if (route === `POST /orgs/${OWNER}/repos`) {
    const slug = `${OWNER}/${(body as { name: string }).name}`;
    if (store.has(slug)) {
      return {
        status: 422,
        body: {
          message: 'Repository creation failed.',
          errors: [
            {
              resource: 'Repository',
              field: 'name',
              message: 'name already exists on this account',
            },
          ],
        },
      };
    }
    store.create(slug);
    return { status: 201, body: repository(slug) };
  }
  const match = /^(GET|DELETE) \/repos\/([^/]+\/[^/]+)$/.exec(route);
  if (match && store.has(match[2])) {
    if (match[1] === 'DELETE') {
      store.remove(match[2]);
      return { status: 204 };
    }
    return { status: 200, body: repository(match[2]) };
  }
  return { status: 404, body: { message: 'Not Found' } };
};

/** GitLab's REST shapes, for a group called `fernhill` and the token `gitlab-token`. */
export const gitlabApi: (token: string | undefined) => Api =
  token => (request, store) => {
    const { method, path, body } = request;
    if (!path.startsWith('/api/v4/')) {
      return undefined;
    }
    if (token !== 'gitlab-token') {
      return { status: 401, body: { message: '401 Unauthorized' } };
    }
    const route = `${method} ${path.slice('/api/v4'.length)}`;
    const project = (slug: string) => ({
      id: 3,
      path: slug.split('/')[1],
      path_with_namespace: slug,
      http_url_to_repo: `${store.url}/${slug}.git`,
      web_url: `${store.url}/${slug}`,
      empty_repo: store.empty(slug),
      default_branch: 'main',
      created_at: store.createdAt(slug),
    });
    if (route === `GET /namespaces/${OWNER}`) {
      return { status: 200, body: { id: 7, kind: 'group', full_path: OWNER } };
    }
    if (route === 'POST /projects') {
      const { path: name, namespace_id: namespace } = body as {
        path: string;
        namespace_id: number;
      };
      const slug = `${OWNER}/${name}`;
      if (namespace !== 7 || store.has(slug)) {
        return {
          status: 400,
          body: { message: { path: ['has already been taken'] } },
        };
      }
      store.create(slug);
      return { status: 201, body: project(slug) };
    }
    const match = /^(GET|DELETE) \/projects\/([^/]+)$/.exec(route);
    const slug = match && decodeURIComponent(match[2]);
    if (match && slug && store.has(slug)) {
      if (match[1] === 'DELETE') {
        store.remove(slug);
        return { status: 202, body: { message: '202 Accepted' } };
      }
      return { status: 200, body: project(slug) };
    }
    return { status: 404, body: { message: '404 Project Not Found' } };
  };

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

/** Serves one smart HTTP request through git's own http-backend. */
async function serveGit(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const body = await readBody(request);
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'pusher',
    },
  });
  child.stdin.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) {
    chunks.push(chunk);
  }
  const answer = Buffer.concat(chunks);
  const end = answer.indexOf('\r\n\r\n');
  const headers = answer.subarray(0, end).toString().split('\r\n');
  let status = 200;
  for (const header of headers) {
    const [key, value] = header.split(/:\s*/, 2);
    if (key === 'Status') {
      status = Number(value.split(' ')[0]);
    } else {
      response.setHeader(key, value);
    }
  }
  response.statusCode = status;
  response.end(answer.subarray(end + 4));
}

/**
 * Starts a fake host. `provider` chooses the API and how git authenticates. Repositories are real, kept below `root`.
 */
export async function startFakeHost(
  provider: 'github' | 'gitlab',
  root: string,
): Promise<FakeHost> {
  mkdirSync(root, { recursive: true });
  const created = new Map<string, string>();
  const seen: SeenRequest[] = [];
  const failures: { method: string; path: RegExp; status: number }[] = [];
  const folder = (slug: string) => join(root, `${slug}.git`);
  const store = {
    has: (slug: string) => existsSync(folder(slug)),
    empty: (slug: string) =>
      spawnSync('git', [
        '-C',
        folder(slug),
        'rev-parse',
        '--verify',
        '-q',
        'main',
      ]).status !== 0,
    createdAt: (slug: string) =>
      created.get(slug) ?? '2020-01-01T00:00:00.000Z',
    create: (slug: string) => {
      spawnSync('git', ['init', '-q', '--bare', '-b', 'main', folder(slug)]);
      spawnSync('git', [
        '-C',
        folder(slug),
        'config',
        'http.receivepack',
        'true',
      ]);
      created.set(slug, new Date().toISOString());
    },
    remove: (slug: string) => rmSync(folder(slug), { recursive: true }),
    url: '',
  };
  const expectedGit = `Basic ${Buffer.from(
    provider === 'github'
      ? 'x-access-token:github-token'
      : 'oauth2:gitlab-token',
  ).toString('base64')}`;

  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const authorization = request.headers.authorization ?? '';
    const failure = failures.findIndex(
      f => f.method === request.method && f.path.test(path),
    );
    if (failure >= 0) {
      const [{ status }] = failures.splice(failure, 1);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'as the test wants it' }));
      return;
    }
    if (/\.git\//.test(path)) {
      if (authorization !== expectedGit) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' });
        response.end();
        return;
      }
      await serveGit(root, request, response);
      return;
    }
    const text = (await readBody(request)).toString();
    const entry: SeenRequest = {
      method: request.method ?? 'GET',
      path,
      body: text ? JSON.parse(text) : undefined,
    };
    seen.push(entry);
    const api =
      provider === 'github'
        ? githubApi
        : gitlabApi(request.headers['private-token'] as string | undefined);
    const answer = api({ ...entry, authorization }, store) ?? { status: 404 };
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  store.url = `http://${host}`;
  return {
    url: store.url,
    host,
    folder,
    has: store.has,
    seed: slug => {
      store.create(slug);
      created.set(slug, '2020-01-01T00:00:00.000Z');
    },
    seen,
    failNext: (method, path, status) => failures.push({ method, path, status }),
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
