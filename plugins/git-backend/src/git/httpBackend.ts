import { Request, Response } from 'express';
import { InputError } from '@backstage/errors';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import path from 'node:path';
import { gitEnvironment } from './environment';
import { killProcessGroup, spawnGit } from './runGit';

/** The two services of git's smart HTTP protocol. */
export type GitHttpService = 'git-upload-pack' | 'git-receive-pack';

const MAX_HEADER_BYTES = 64 * 1024;

/** One request for git's own CGI program. */
export interface GitHttpRequest {
  repositoryPath: string;
  service: GitHttpService;
  /** `advertise` is GET info/refs, `rpc` is POST <service>. */
  step: 'advertise' | 'rpc';
  request: Request;
  response: Response;
  /** File that holds the whole body; streamed from the request if left out. */
  bodyFile?: string;
  /** Who is asking, for git's environment. */
  user: string;
  maxPushBytes: number;
  timeoutMs: number;
  /** Whether git ends when the client leaves. A push that is whole goes on. */
  endWithClient: boolean;
}

/**
 * Splits what a CGI program wrote into headers and the start of the body.
 *
 * @returns `undefined` while the headers are not complete
 */
export function parseCgiHeaders(
  output: Buffer,
): { status: number; headers: [string, string][]; rest: Buffer } | undefined {
  const match = /\r?\n\r?\n/.exec(output.toString('latin1'));
  if (!match) {
    return undefined;
  }
  let status = 200;
  const headers: [string, string][] = [];
  for (const line of output
    .subarray(0, match.index)
    .toString('latin1')
    .split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) {
      const name = line.slice(0, colon);
      const value = line.slice(colon + 1).trim();
      if (name.toLowerCase() === 'status') {
        status = Number.parseInt(value, 10);
      } else {
        headers.push([name, value]);
      }
    }
  }
  return {
    status,
    headers,
    rest: output.subarray(match.index + match[0].length),
  };
}

/** A header is handed on only in the form git itself would send. */
function header(
  request: Request,
  name: string,
  pattern: RegExp,
): string | undefined {
  const value = request.get(name);
  return value !== undefined && pattern.test(value) ? value : undefined;
}

/**
 * Serves one request with `git http-backend`, streaming both ways. Resolves
 * when git has ended; the caller ends the response, once whatever the client
 * may rely on is safe.
 *
 * @throws InputError when git cannot make sense of the request
 */
export async function serveGitHttp(options: GitHttpRequest): Promise<void> {
  const { request, response, repositoryPath, service, step } = options;
  const environment: NodeJS.ProcessEnv = {
    ...gitEnvironment(repositoryPath, [
      ['http.receivepack', 'true'],
      ['http.uploadpack', 'true'],
      ['http.getanyfile', 'false'],
      ['uploadpack.allowFilter', 'true'],
      ['receive.maxInputSize', String(options.maxPushBytes)],
      // Objects are checked before they are kept. What old, honest histories
      // are known to contain stays acceptable; what attacks a clone does not.
      ['receive.fsckObjects', 'true'],
      ['receive.fsck.zeroPaddedFilemode', 'ignore'],
      ['receive.fsck.badTimezone', 'ignore'],
      ['receive.fsck.missingSpaceBeforeDate', 'ignore'],
      ['receive.fsck.missingSpaceBeforeEmail', 'ignore'],
      ['receive.fsck.missingNameBeforeEmail', 'ignore'],
      ['receive.fsck.missingTaggerEntry', 'ignore'],
      ['receive.fsck.badFilemode', 'ignore'],
      // Branches and tags only; refs/pull belongs to the host.
      ['receive.hideRefs', 'refs'],
      ['receive.hideRefs', '!refs/heads'],
      ['receive.hideRefs', '!refs/tags'],
      ['uploadpack.hideRefs', 'refs/pull'],
    ]),
    GIT_PROJECT_ROOT: path.dirname(repositoryPath),
    GIT_HTTP_EXPORT_ALL: '1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_METHOD: step === 'advertise' ? 'GET' : 'POST',
    PATH_INFO: `/${path.basename(repositoryPath)}/${
      step === 'advertise' ? 'info/refs' : service
    }`,
    QUERY_STRING: step === 'advertise' ? `service=${service}` : '',
    CONTENT_TYPE: step === 'rpc' ? `application/x-${service}-request` : '',
    REMOTE_USER: options.user,
    REMOTE_ADDR: '127.0.0.1',
    // Names the committer of reflogs, which are off; git asks for it anyway.
    GIT_COMMITTER_NAME: options.user,
    GIT_COMMITTER_EMAIL: 'git-host@localhost',
  };
  const encoding = header(request, 'content-encoding', /^(?:gzip|x-gzip)$/);
  if (encoding) {
    environment.HTTP_CONTENT_ENCODING = encoding;
  }
  const protocol = header(request, 'git-protocol', /^[a-z0-9.=:-]{1,200}$/);
  if (protocol) {
    environment.GIT_PROTOCOL = protocol;
  }

  const child = spawnGit(repositoryPath, ['http-backend'], environment);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killProcessGroup(child);
  }, options.timeoutMs);
  const onClientGone = () => {
    if (options.endWithClient && !response.writableFinished) {
      killProcessGroup(child);
    }
  };
  response.on('close', onClientGone);

  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 4096) {
      stderr += chunk.toString('utf8');
    }
  });
  const exited = new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve(code ?? undefined));
  });
  // Observed below; until then an early failure must not count as unhandled.
  exited.catch(() => undefined);

  let body: Readable | undefined;
  if (step === 'rpc') {
    body = options.bodyFile ? createReadStream(options.bodyFile) : request;
  }
  // Git closes its input as soon as it has read enough or refuses.
  child.stdin.on('error', () => undefined);
  if (body) {
    body.on('error', () => child.stdin.destroy());
    body.pipe(child.stdin);
  } else {
    child.stdin.end();
  }

  try {
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      let payload = chunk;
      if (head) {
        head = Buffer.concat([head, chunk]);
        const parsed = parseCgiHeaders(head);
        if (!parsed) {
          if (head.length > MAX_HEADER_BYTES) {
            throw new Error('git http-backend sent too long a header');
          }
          continue;
        }
        head = undefined;
        payload = parsed.rest;
        response.status(parsed.status);
        for (const [name, value] of parsed.headers) {
          response.setHeader(name, value);
        }
        response.setHeader('X-Content-Type-Options', 'nosniff');
      }
      if (
        payload.length > 0 &&
        !response.destroyed &&
        !response.write(payload)
      ) {
        await new Promise<void>(resolve => {
          const done = () => {
            response.off('drain', done);
            response.off('close', done);
            resolve();
          };
          response.on('drain', done);
          response.on('close', done);
        });
      }
    }
    const exitCode = await exited;
    if (timedOut) {
      throw new Error('git took too long to answer');
    }
    if (head) {
      throw new InputError(
        `git could not read the request (exit code ${exitCode}): ${stderr.trim()}`,
      );
    }
  } finally {
    clearTimeout(timer);
    response.off('close', onClientGone);
    killProcessGroup(child);
    if (body && body === request) {
      request.unpipe(child.stdin);
      request.resume();
    }
  }
}
