import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { RuntimeConfig } from '../../shared/runtimeConfig.js';
import { createNonce, pageHeaders } from '../securityHeaders.js';
import type { Site, SiteFile } from '../site.js';

/** Whether a client takes a coding; `br;q=0` says that it does not. */
export function accepts(header: string | undefined, coding: string): boolean {
  return (header ?? '').split(',').some(part => {
    const [name, ...parameters] = part.split(';').map(word => word.trim().toLowerCase());
    return name === coding && !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter));
  });
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: SiteFile, cacheControl: string): FastifyReply {
  reply.headers({ 'cache-control': cacheControl, etag: file.etag, vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === file.etag) {
    return reply.status(304).send();
  }
  const codings = request.headers['accept-encoding'];
  reply.type(file.type);
  if (file.br && accepts(codings, 'br')) {
    return reply.header('content-encoding', 'br').send(file.br);
  }
  if (file.gzip && accepts(codings, 'gzip')) {
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  }
  return reply.send(file.body);
}

/** Paths that are never a page: what asks for them wants data or a file. */
const NO_PAGE = /^\/v\d+\/|\.[^/]*$/;

/** The built site: files with their name's hash are kept for a year, everything else is asked for again, and any other path is the page. */
export const pages: FastifyPluginAsync<{ site: Site; runtimeConfig: () => Promise<RuntimeConfig> }> = async (app, options) => {
  const { site, runtimeConfig } = options;

  // A name that stays, for the synthetic check: the script's own has a hash in it.
  app.get('/assets/entry', async (_request, reply) => reply.header('cache-control', 'no-cache').redirect(site.entry, 302));

  app.get('/assets/*', async (request, reply) => {
    const file = site.file(pathOf(request));
    return file ? sendFile(request, reply, file, 'public, max-age=31536000, immutable') : reply.callNotFound();
  });

  app.get('/*', async (request, reply) => {
    const path = pathOf(request);
    const file = path === '/index.html' ? undefined : site.file(path);
    if (file) {
      return sendFile(request, reply, file, 'no-cache');
    }
    if (NO_PAGE.test(path) && path !== '/index.html') {
      return reply.callNotFound();
    }
    const nonce = createNonce();
    // Not compressed: it is small, and holds a secret of this one answer.
    return reply
      .headers({ 'cache-control': 'no-cache', ...pageHeaders(nonce) })
      .type('text/html; charset=utf-8')
      .send(site.page(nonce, await runtimeConfig()));
  });
};

const pathOf = (request: FastifyRequest) => request.url.split('?', 1)[0] ?? '/';
