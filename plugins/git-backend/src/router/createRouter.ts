import { AuditorService, LoggerService } from '@backstage/backend-plugin-api';
import { AuthenticationError, NotFoundError } from '@backstage/errors';
import {
  fileUrl,
  parseFileUrl,
  RepositorySlug,
} from '@pavedroad/plugin-git-common';
import express, { NextFunction, Request, Response, Router } from 'express';
import { Actor, ActorResolver } from '../service/actors';
import { Authorizer } from '../service/Authorizer';
import { RepositoryService } from '../service/RepositoryService';
import { sendBlob, wantsHtml } from './files';
import { openApiDocument } from './openapi';
import { auditMeta, parseWith, Route } from './routes';

/** Files travel as base64 inside JSON, a third larger than they are. */
const COMMIT_BODY_LIMIT = '96mb';
const BODY_LIMIT = '512kb';

/** Connects the routes to HTTP: authenticate, parse, call, answer. */
export function createRouter(options: {
  routes: Route[];
  gitHttp: express.RequestHandler;
  actors: ActorResolver;
  authorizer: Authorizer;
  repositories: RepositoryService;
  auditor: AuditorService;
  logger: LoggerService;
  appBaseUrl: string;
}): Router {
  const { actors, auditor, logger, repositories, authorizer } = options;
  const router = Router();
  const knownActors = new WeakMap<Request, Actor>();

  const actorOf = async (request: Request): Promise<Actor> => {
    const actor = knownActors.get(request) ?? (await actors.resolve(request));
    knownActors.set(request, actor);
    return actor;
  };

  /** Runs an async handler; what git itself stumbles on stays in the log. */
  const guarded =
    (handler: (request: Request, response: Response) => Promise<void>) =>
    (request: Request, response: Response, next: NextFunction) => {
      handler(request, response).catch(error => {
        if (response.headersSent) {
          logger.error(
            `Could not finish ${request.method} ${request.path}`,
            error,
          );
          response.destroy();
          return;
        }
        if ((error as Error).name === 'AuthenticationError') {
          response.setHeader('WWW-Authenticate', 'Bearer');
        }
        if ((error as Error).name === 'GitCommandError') {
          logger.error(
            `Could not serve ${request.method} ${request.path}`,
            error,
          );
          next(new Error('The git host could not complete the request'));
          return;
        }
        next(error);
      });
    };

  router.use(options.gitHttp);

  const document = openApiDocument(options.routes);
  router.get('/openapi.json', (_, response) => {
    response.json(document);
  });

  for (const route of options.routes) {
    const writes = route.method !== 'get';
    const json = express.json({
      limit:
        route.audit?.eventId === 'commit-create'
          ? COMMIT_BODY_LIMIT
          : BODY_LIMIT,
    });
    router[route.method](
      `/v1${route.path}`,
      (request: Request, _: Response, next: NextFunction) => {
        // Who it is comes before the body is read.
        actorOf(request)
          .then(actor => {
            if (writes && actor.type === 'anonymous') {
              throw new AuthenticationError('Writing needs credentials');
            }
            next();
          }, next)
          .catch(next);
      },
      json,
      guarded(async (request, response) => {
        const actor = await actorOf(request);
        const params = parseWith(route.params, request.params, 'path');
        const query = parseWith(route.query, request.query, 'query');
        const body = parseWith(route.body, request.body ?? {}, 'body');
        const event = route.audit
          ? await auditor.createEvent({
              ...route.audit,
              request,
              meta: auditMeta({ actor, params }),
            })
          : undefined;
        try {
          const answer = await route.handle({
            actor,
            params,
            query,
            body,
            request,
            response,
          });
          await event?.success();
          if (answer) {
            response.status(route.status ?? 200).set(answer.headers ?? {});
            if (answer.body === undefined) {
              response.end();
            } else {
              response.json(answer.body);
            }
          }
        } catch (error) {
          await event?.fail({ error: error as Error });
          throw error;
        }
      }),
    );
  }

  router.get(
    /^\/([^/]+)\/([^/]+)\/(blob|tree)\/(.+)$/,
    guarded(async (request, response) => {
      // The path is read as a URL of the host, so that one set of rules decides.
      const host = 'http://host.invalid';
      const target = parseFileUrl(host, `${host}${request.path}`);
      if (!target) {
        throw new NotFoundError('There is no such file');
      }
      const slug: RepositorySlug = { owner: target.owner, name: target.name };
      if (wantsHtml(request.get('accept'))) {
        response.redirect(
          302,
          fileUrl(
            `${options.appBaseUrl}/git`,
            slug,
            target.kind,
            target.refAndPath.join('/'),
            '',
          ),
        );
        return;
      }
      const actor = await actorOf(request);
      await authorizer.requireRead(actor);
      const git = repositories.open(await repositories.find(slug));
      const { commit, path } = await git.resolveRefAndPath(target.refAndPath);
      if (target.kind === 'tree') {
        response.setHeader('X-Git-Commit', commit);
        response.json(await git.tree(commit, path, false));
        return;
      }
      await sendBlob(git, commit, path, request, response, { download: false });
    }),
  );

  // Nothing else is here; without this a mistyped clone URL would be a page.
  router.use((_request, _response, next) => {
    next(new NotFoundError('The git host has no such address'));
  });

  return router;
}
