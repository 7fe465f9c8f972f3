import { AuditorServiceEventSeverityLevel } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { JsonObject } from '@backstage/types';
import { Request, Response } from 'express';
import { z } from 'zod';
import { Actor } from '../service/actors';

/** What a handler gets: the caller, and parts of the request that passed their schemas. */
export interface RouteContext<P, Q, B> {
  actor: Actor;
  params: P;
  query: Q;
  body: B;
  request: Request;
  response: Response;
}

/** What a handler answers: JSON by its schema, or `undefined` once it answered itself. */
export interface RouteAnswer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** How a write is entered in the audit log. */
export interface RouteAudit {
  eventId: string;
  severityLevel?: AuditorServiceEventSeverityLevel;
}

/** One route: its description for the OpenAPI document, its schemas, its handler. */
export interface Route {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Express path below `/v1`. */
  path: string;
  summary: string;
  tag: string;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Schema of the 2xx answer, or a content type for one that is not JSON. */
  answer?: z.ZodType | string;
  status?: number;
  /** Present exactly on routes that write. */
  audit?: RouteAudit;
  handle(
    context: RouteContext<unknown, unknown, unknown>,
  ): Promise<RouteAnswer | undefined>;
}

type Output<T> = T extends z.ZodType ? z.output<T> : undefined;

/** Declares a route; the handler's argument types follow from the schemas. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  declaration: Omit<Route, 'params' | 'query' | 'body' | 'handle'> & {
    params?: P;
    query?: Q;
    body?: B;
    handle(
      context: RouteContext<Output<P>, Output<Q>, Output<B>>,
    ): Promise<RouteAnswer | undefined>;
  },
): Route {
  return declaration as Route;
}

/**
 * Reads part of a request by its schema.
 *
 * @throws InputError with one sentence per mistake
 */
export function parseWith(
  schema: z.ZodType | undefined,
  value: unknown,
  where: string,
): unknown {
  if (!schema) {
    return undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const sentences = result.error.issues.slice(0, 5).map(issue => {
    const path = issue.path.map(String).join('.');
    return `${path ? `${where}.${path}` : where}: ${issue.message}`;
  });
  throw new InputError(sentences.join('; '));
}

/** What of the request identifies the object of a write, for the audit log. */
export function auditMeta(context: {
  actor: Actor;
  params: unknown;
}): JsonObject {
  const { actor } = context;
  return {
    actor: actor.ref,
    ...(actor.type === 'token' ? { accessToken: actor.tokenId } : {}),
    ...((context.params as JsonObject | undefined) ?? {}),
  };
}
