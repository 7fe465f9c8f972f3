import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type File = { mode: string; content: Buffer };
type Tree = Map<string, File>;

/** What a fake host keeps of one repository, `fernhill/ledger` with default branch `main`. */
export type FakeRepository = {
  trees: Map<string, Tree>;
  commits: Map<
    string,
    { tree: string; message: string; author: string; parents: string[] }
  >;
  branches: Map<string, string>;
  pulls: {
    number: number;
    state: string;
    source: string;
    target: string;
    title: string;
  }[];
  /** Writes files on a branch as somebody with a checkout would. */
  commit(branch: string, files: Record<string, string>): void;
  file(branch: string, path: string): File | undefined;
};

const sha = (text: string | Buffer) =>
  createHash('sha1').update(text).digest('hex');

function repository(): FakeRepository {
  const trees: FakeRepository['trees'] = new Map();
  const commits: FakeRepository['commits'] = new Map();
  const branches = new Map<string, string>();
  const treeAt = (branch: string): Tree => {
    const commit = commits.get(branches.get(branch) ?? '');
    return trees.get(commit?.tree ?? '') ?? new Map();
  };
  const repo: FakeRepository = {
    trees,
    commits,
    branches,
    pulls: [],
    commit(branch, files) {
      const tree = new Map(treeAt(branch));
      for (const [path, content] of Object.entries(files)) {
        tree.set(path, { mode: '100644', content: Buffer.from(content) });
      }
      branches.set(
        branch,
        addCommit(repo, addTree(repo, tree), 'By hand', 'Somebody <s@x>', [
          branches.get(branch) ?? '',
        ]),
      );
    },
    file: (branch, path) => treeAt(branch).get(path),
  };
  return repo;
}

function addTree(repo: FakeRepository, tree: Tree): string {
  const id = sha(
    [...tree]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, file]) => `${path} ${file.mode} ${sha(file.content)}`)
      .join('\n'),
  );
  repo.trees.set(id, tree);
  return id;
}

function addCommit(
  repo: FakeRepository,
  tree: string,
  message: string,
  author: string,
  parents: string[],
): string {
  const id = sha(`${tree} ${message} ${author} ${parents}`);
  repo.commits.set(id, { tree, message, author, parents });
  return id;
}

type Answer = { status: number; body?: unknown };
const notFound = { status: 404, body: { message: 'Not Found' } };

/** The shapes of GitHub's REST interface, as its documentation gives them. */
function github(repo: FakeRepository, blobs: Map<string, Buffer>, url: string) {
  return (
    method: string,
    path: string,
    query: URLSearchParams,
    body: never,
  ) => {
    const input = body as Record<string, never>;
    const route = `${method} ${path.replace(
      '/api/v3/repos/fernhill/ledger',
      '',
    )}`;
    const pull = (p: FakeRepository['pulls'][number]) => ({
      number: p.number,
      state: p.state,
      html_url: `${url}/fernhill/ledger/pull/${p.number}`,
    });
    let match: RegExpExecArray | null;
    if (!path.startsWith('/api/v3/repos/fernhill/ledger')) {
      return notFound;
    }
    if (route === 'GET ') {
      return { status: 200, body: { default_branch: 'main' } };
    }
    match = /^GET \/git\/ref\/heads\/(.+)$/.exec(route);
    if (match) {
      const name = decodeURIComponent(match[1]);
      const head = repo.branches.get(name);
      return head
        ? {
            status: 200,
            body: { ref: `refs/heads/${name}`, object: { sha: head } },
          }
        : notFound;
    }
    match = /^GET \/git\/commits\/(\w+)$/.exec(route);
    if (match) {
      const commit = repo.commits.get(match[1]);
      return commit
        ? { status: 200, body: { tree: { sha: commit.tree } } }
        : notFound;
    }
    match = /^GET \/git\/trees\/(\w+)$/.exec(route);
    if (match) {
      const [, id] = match;
      const tree = repo.trees.get(id) ?? new Map<string, File>();
      return {
        status: 200,
        body: {
          truncated: false,
          tree: [...tree].map(([name, file]) => ({
            path: name,
            mode: file.mode,
            type: 'blob',
            sha: sha(file.content),
          })),
        },
      };
    }
    if (route === 'POST /git/blobs') {
      const content = Buffer.from(input.content, 'base64');
      blobs.set(sha(content), content);
      return { status: 201, body: { sha: sha(content) } };
    }
    if (route === 'POST /git/trees') {
      const { base_tree: base, tree: entries } = body as {
        base_tree: string;
        tree: { path: string; mode: string; sha: string | null }[];
      };
      const tree = new Map(repo.trees.get(base));
      for (const entry of entries) {
        if (entry.sha === null && !tree.delete(entry.path)) {
          return { status: 422, body: { message: 'GitRPC::BadObjectState' } };
        }
        if (entry.sha !== null) {
          tree.set(entry.path, {
            mode: entry.mode,
            content: blobs.get(entry.sha) ?? Buffer.from('?'),
          });
        }
      }
      return { status: 201, body: { sha: addTree(repo, tree) } };
    }
    if (route === 'POST /git/commits') {
      const author = input.author as { name: string; email: string };
      return {
        status: 201,
        body: {
          sha: addCommit(
            repo,
            input.tree,
            input.message,
            `${author.name} <${author.email}>`,
            input.parents,
          ),
        },
      };
    }
    if (route === 'POST /git/refs') {
      const name = String(input.ref).replace('refs/heads/', '');
      if (repo.branches.has(name)) {
        return { status: 422, body: { message: 'Reference already exists' } };
      }
      repo.branches.set(name, input.sha);
      return { status: 201, body: {} };
    }
    if (route === 'GET /pulls') {
      return {
        status: 200,
        body: repo.pulls
          .filter(
            p =>
              p.state === query.get('state') &&
              `fernhill:${p.source}` === query.get('head') &&
              p.target === query.get('base'),
          )
          .map(pull),
      };
    }
    if (route === 'POST /pulls') {
      const made = {
        number: repo.pulls.length + 1,
        state: 'open',
        source: input.head,
        target: input.base,
        title: input.title,
      };
      repo.pulls.push(made);
      return { status: 201, body: pull(made) };
    }
    match = /^GET \/contents\/(.+)$/.exec(route);
    if (match) {
      const file = repo.file(
        query.get('ref') ?? '',
        decodeURIComponent(match[1]),
      );
      return file
        ? {
            status: 200,
            body: {
              type: 'file',
              encoding: 'base64',
              size: file.content.length,
              content: file.content.toString('base64'),
            },
          }
        : notFound;
    }
    return notFound;
  };
}

/** The shapes of GitLab's REST interface, as its documentation gives them. */
function gitlab(repo: FakeRepository, url: string) {
  return (
    method: string,
    path: string,
    query: URLSearchParams,
    body: never,
  ) => {
    const project = '/api/v4/projects/fernhill%2Fledger';
    if (!path.startsWith(project)) {
      return notFound;
    }
    const route = `${method} ${path.slice(project.length)}`;
    const merge = (p: FakeRepository['pulls'][number]) => ({
      iid: p.number,
      web_url: `${url}/fernhill/ledger/-/merge_requests/${p.number}`,
    });
    let match: RegExpExecArray | null;
    if (route === 'GET ') {
      return { status: 200, body: { default_branch: 'main' } };
    }
    match = /^GET \/repository\/branches\/(.+)$/.exec(route);
    if (match) {
      const head = repo.branches.get(decodeURIComponent(match[1]));
      return head ? { status: 200, body: { commit: { id: head } } } : notFound;
    }
    match = /^GET \/repository\/files\/(.+)$/.exec(route);
    if (match) {
      const ref = query.get('ref') ?? '';
      const branch = repo.branches.has(ref)
        ? ref
        : [...repo.branches].find(([, head]) => head === ref)?.[0] ?? '';
      const file = repo.file(branch, decodeURIComponent(match[1]));
      return file
        ? {
            status: 200,
            body: {
              content: file.content.toString('base64'),
              size: file.content.length,
              execute_filemode: file.mode === '100755',
            },
          }
        : notFound;
    }
    if (route === 'POST /repository/commits') {
      const input = body as {
        branch: string;
        start_sha: string;
        commit_message: string;
        author_name: string;
        author_email: string;
        actions: {
          action: string;
          file_path: string;
          content: string;
          execute_filemode?: boolean;
        }[];
      };
      if (repo.branches.has(input.branch)) {
        return {
          status: 400,
          body: { message: `A branch called '${input.branch}' already exists` },
        };
      }
      const start = repo.commits.get(input.start_sha);
      const tree = new Map(repo.trees.get(start?.tree ?? ''));
      for (const { action, file_path: name, ...file } of input.actions) {
        if ((action === 'create') === tree.has(name)) {
          return { status: 400, body: { message: `${action} ${name}` } };
        }
        if (action === 'delete') {
          tree.delete(name);
        } else {
          tree.set(name, {
            mode: file.execute_filemode ? '100755' : '100644',
            content: Buffer.from(file.content, 'base64'),
          });
        }
      }
      repo.branches.set(
        input.branch,
        addCommit(
          repo,
          addTree(repo, tree),
          input.commit_message,
          `${input.author_name} <${input.author_email}>`,
          [input.start_sha],
        ),
      );
      return { status: 201, body: {} };
    }
    if (route === 'GET /merge_requests') {
      return {
        status: 200,
        body: repo.pulls
          .filter(
            p =>
              query.get('state') === 'opened' &&
              p.state === 'open' &&
              p.source === query.get('source_branch') &&
              p.target === query.get('target_branch'),
          )
          .map(merge),
      };
    }
    if (route === 'POST /merge_requests') {
      const input = body as Record<string, never>;
      const made = {
        number: repo.pulls.length + 1,
        state: 'open',
        source: input.source_branch,
        target: input.target_branch,
        title: input.title,
      };
      repo.pulls.push(made);
      return { status: 201, body: merge(made) };
    }
    return notFound;
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Starts a host that answers as GitHub or GitLab does, for the token `host-token`. */
export async function startFakeHost(provider: 'github' | 'gitlab') {
  const repo = repository();
  const blobs = new Map<string, Buffer>();
  const seen: string[] = [];
  let url = '';
  let before: ((route: string) => Answer | undefined) | undefined;
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const method = request.method ?? 'GET';
    const text = await readBody(request);
    seen.push(`${method} ${pathname}`);
    const token =
      provider === 'github'
        ? request.headers.authorization?.replace('Bearer ', '')
        : request.headers['private-token'];
    const api =
      provider === 'github' ? github(repo, blobs, url) : gitlab(repo, url);
    const answer: Answer =
      token === 'host-token'
        ? before?.(`${method} ${pathname}`) ??
          api(method, pathname, searchParams, JSON.parse(text || '{}') as never)
        : { status: 401, body: { message: 'Bad credentials' } };
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  url = `http://${host}`;
  return {
    host,
    url,
    repo,
    seen,
    /** Called before each request; may do something meanwhile, or answer instead. */
    onRequest(hook: (route: string) => Answer | undefined) {
      before = hook;
    },
    close: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
