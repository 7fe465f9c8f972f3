import { AuditorService, LoggerService } from '@backstage/backend-plugin-api';
import {
  ownerProblem,
  repositoryNameProblem,
} from '@pavedroad/plugin-git-common';
import { NextFunction, Request, RequestHandler, Response } from 'express';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GitHttpService, serveGitHttp } from '../git/httpBackend';
import { assertPushedRefs, PushRefusedError } from '../git/pushCommands';
import { Actor, ActorResolver } from '../service/actors';
import { Authorizer } from '../service/Authorizer';
import { PushRecorder } from '../service/PushRecorder';
import { RepositoryService } from '../service/RepositoryService';
import { RepositoryRow } from '../store/GitStore';
import { Gate } from '../util/Gate';
import { auditMeta } from './routes';

const STATUS: Record<string, number> = {
  InputError: 400,
  AuthenticationError: 401,
  NotAllowedError: 403,
  NotFoundError: 404,
  ConflictError: 409,
  PayloadTooLargeError: 413,
};

class PayloadTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`The push is larger than this host accepts (${maxBytes} bytes)`);
    this.name = 'PayloadTooLargeError';
  }
}

/** What a git client asks for. */
export interface GitHttpTarget {
  owner: string;
  name: string;
  service: GitHttpService;
  step: 'advertise' | 'rpc';
}

/**
 * Reads the method and URL of a git client's request.
 *
 * @param rawPath - path below the plugin, not decoded
 * @returns `undefined` when it is no request of the smart protocol
 */
export function parseGitHttpTarget(
  method: string,
  rawPath: string,
  service: unknown,
): GitHttpTarget | undefined {
  const match =
    /^\/([^/]+)\/([^/]+)\.git\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(
      rawPath,
    );
  if (!match) {
    return undefined;
  }
  // Allowed names need no encoding, so what is encoded is not allowed.
  const [, owner, name, action] = match;
  if (ownerProblem(owner) || repositoryNameProblem(name)) {
    return undefined;
  }
  if (action === 'info/refs') {
    return method === 'GET' &&
      (service === 'git-upload-pack' || service === 'git-receive-pack')
      ? { owner, name, service, step: 'advertise' }
      : undefined;
  }
  return method === 'POST'
    ? { owner, name, service: action as GitHttpService, step: 'rpc' }
    : undefined;
}

/** Writes the whole body to a file, so that no lock waits for a slow client. */
async function spool(
  request: Request,
  file: string,
  maxBytes: number,
): Promise<void> {
  let size = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _, callback) {
      size += chunk.length;
      if (size > maxBytes) {
        callback(new PayloadTooLargeError(maxBytes));
      } else {
        callback(undefined, chunk);
      }
    },
  });
  await pipeline(request, counter, createWriteStream(file, { mode: 0o600 }));
}

/** Serves `/<owner>/<name>.git/…` to git clients. */
export function gitHttpHandler(options: {
  actors: ActorResolver;
  authorizer: Authorizer;
  repositories: RepositoryService;
  recorder: PushRecorder;
  auditor: AuditorService;
  logger: LoggerService;
  /** Folder for bodies of pushes on their way in. */
  incoming: string;
  maxPushBytes: number;
  timeoutMs: number;
  maxConcurrentRequests: number;
}): RequestHandler {
  const { actors, authorizer, repositories, recorder, auditor, logger } =
    options;
  const gate = new Gate(options.maxConcurrentRequests);

  const push = async (
    target: GitHttpTarget,
    actor: Actor,
    serve: (bodyFile: string) => Promise<void>,
    request: Request,
    repositoryId: string,
  ) => {
    const event = await auditor.createEvent({
      eventId: 'repository-push',
      severityLevel: 'medium',
      request,
      meta: auditMeta({
        actor,
        params: { owner: target.owner, name: target.name },
      }),
    });
    const bodyFile = path.join(options.incoming, `${randomUUID()}.push`);
    try {
      await spool(request, bodyFile, options.maxPushBytes);
      await assertPushedRefs(
        bodyFile,
        /^(?:x-)?gzip$/.test(request.get('content-encoding') ?? ''),
      );
      await recorder.record(repositoryId, actor.ref, () => serve(bodyFile));
      await event.success();
    } catch (error) {
      await event.fail({ error: error as Error });
      throw error;
    } finally {
      await fs.rm(bodyFile, { force: true });
    }
  };

  const requirePush = async (
    actor: Actor,
    repository: RepositoryRow,
    request: Request,
  ) => {
    try {
      await authorizer.requirePush(actor, repository);
    } catch (error) {
      if (actor.type !== 'anonymous') {
        const { owner, name } = repository;
        const event = await auditor.createEvent({
          eventId: 'repository-push',
          severityLevel: 'medium',
          request,
          meta: auditMeta({ actor, params: { owner, name } }),
        });
        await event.fail({ error: error as Error });
      }
      throw error;
    }
  };

  const handle = async (
    target: GitHttpTarget,
    request: Request,
    response: Response,
  ): Promise<void> => {
    const actor = await actors.resolve(request);
    const writes = target.service === 'git-receive-pack';
    // Asked before the repository is looked up: without credentials nobody
    // learns which repositories exist.
    await authorizer.requireRead(actor);
    const repository = await repositories.find(target);
    if (writes) {
      await requirePush(actor, repository, request);
    }
    const serve = (bodyFile?: string) =>
      serveGitHttp({
        repositoryPath: repositories.open(repository).path,
        service: target.service,
        step: target.step,
        request,
        response,
        bodyFile,
        user: actor.ref,
        maxPushBytes: options.maxPushBytes,
        timeoutMs: options.timeoutMs,
        endWithClient: bodyFile === undefined,
      });
    if (writes && target.step === 'rpc') {
      await push(target, actor, serve, request, repository.id);
    } else {
      // Pushes wait for the lock of their repository instead; one that has it
      // must not wait for clones over slow lines.
      await gate.run(() => serve());
    }
    response.end();
  };

  return (request: Request, response: Response, next: NextFunction) => {
    const target = parseGitHttpTarget(
      request.method,
      request.path,
      request.query.service,
    );
    if (!target) {
      next();
      return;
    }
    handle(target, request, response).catch(error => {
      if (error instanceof PushRefusedError) {
        // Only an answer in its own protocol reaches the user of git.
        response
          .status(200)
          .setHeader('Content-Type', 'application/x-git-receive-pack-result')
          .setHeader('Cache-Control', 'no-cache')
          .end(error.report);
        return;
      }
      const status = STATUS[(error as Error).name] ?? 500;
      if (status === 500 && !response.destroyed) {
        logger.error(
          `Could not serve ${request.method} ${request.path}`,
          error,
        );
      }
      if (response.headersSent) {
        // The status is gone; a cut connection is the only way left to say so.
        response.destroy();
        return;
      }
      if (status === 401) {
        response.setHeader(
          'WWW-Authenticate',
          'Basic realm="git", charset="UTF-8"',
        );
      }
      // Git clients show plain text to their users.
      response
        .status(status)
        .type('text/plain')
        .send(
          status === 500
            ? 'The git host could not complete the request\n'
            : `${(error as Error).message}\n`,
        );
    });
  };
}
