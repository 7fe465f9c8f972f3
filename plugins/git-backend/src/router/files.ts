import { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { GitRepository } from '../git/GitRepository';

const SNIFF_BYTES = 8000;

/**
 * Whether a client that sends this Accept header is a browser opening a page.
 * Programs ask for anything (`*` `/*`) or for nothing in particular.
 */
export function wantsHtml(accept: string | undefined): boolean {
  return /(?:^|,)\s*text\/html\s*(?:[;,]|$)/i.test(accept ?? '');
}

/** Whether If-None-Match names this ETag. */
export function matchesEtag(
  ifNoneMatch: string | undefined,
  etag: string,
): boolean {
  return (ifNoneMatch ?? '')
    .split(',')
    .map(candidate =>
      candidate.trim().replace(/^W\//, '').replace(/^"|"$/g, ''),
    )
    .some(candidate => candidate === etag || candidate === '*');
}

/** A file name for Content-Disposition: plain ASCII and the true name beside it. */
function disposition(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const plain = name.replace(/[^\w.-]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    encodeURIComponent,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/**
 * What nobody's content may do: be taken for a page, a script or a frame of
 * the portal.
 */
function harden(response: Response): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; frame-ancestors 'none'; sandbox",
  );
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  // Ask again each time; the ETag makes that cheap.
  response.setHeader('Cache-Control', 'private, no-cache');
}

async function firstChunk(
  stream: Readable,
): Promise<{ chunk: Buffer; rest: AsyncIterator<Buffer> }> {
  const rest = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const first = await rest.next();
  return { chunk: first.done ? Buffer.alloc(0) : first.value, rest };
}

/**
 * Sends the bytes of a file as text or as bytes, never as anything a browser
 * would run. The ETag is the object id, so unchanged content answers 304 even
 * when other files changed. There is no Last-Modified: commit dates say when
 * something was written, not when it arrived here.
 *
 * @throws NotFoundError when there is no such file
 */
export async function sendBlob(
  git: GitRepository,
  commit: string,
  path: string,
  request: Request,
  response: Response,
  options: { download: boolean },
): Promise<void> {
  const blob = await git.blob(commit, path);
  harden(response);
  response.setHeader('ETag', `"${blob.id}"`);
  response.setHeader('X-Git-Commit', commit);
  if (matchesEtag(request.get('if-none-match'), blob.id)) {
    response.status(304).end();
    return;
  }
  const stream = git.openBlob(blob.id);
  try {
    const { chunk, rest } = await firstChunk(stream);
    const binary = chunk.subarray(0, SNIFF_BYTES).includes(0);
    response.setHeader(
      'Content-Type',
      binary ? 'application/octet-stream' : 'text/plain; charset=utf-8',
    );
    response.setHeader('Content-Length', blob.size);
    if (binary || options.download) {
      response.setHeader('Content-Disposition', disposition(path));
    }
    await pipeline(async function* whole() {
      yield chunk;
      for (let next = await rest.next(); !next.done; next = await rest.next()) {
        yield next.value;
      }
    }, response);
  } catch (error) {
    if (!isClientGone(error, response)) {
      throw error;
    }
  } finally {
    stream.destroy();
  }
}

/**
 * Sends a directory as a gzipped tar file. The ETag is the commit.
 *
 * @throws NotFoundError when there is no such directory
 */
export async function sendArchive(
  git: GitRepository,
  commit: string,
  path: string,
  request: Request,
  response: Response,
): Promise<void> {
  // Throws before anything is sent.
  await git.tree(commit, path, false);
  harden(response);
  response.setHeader('ETag', `"${commit}"`);
  response.setHeader('X-Git-Commit', commit);
  if (matchesEtag(request.get('if-none-match'), commit)) {
    response.status(304).end();
    return;
  }
  response.setHeader('Content-Type', 'application/gzip');
  response.setHeader(
    'Content-Disposition',
    disposition(`${commit.slice(0, 12)}.tar.gz`),
  );
  const stream = git.openArchive(commit, path);
  try {
    await pipeline(stream, response);
  } catch (error) {
    if (!isClientGone(error, response)) {
      throw error;
    }
  }
}

/** A client that leaves before the end is nobody's error. */
function isClientGone(error: unknown, response: Response): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' && response.destroyed;
}
