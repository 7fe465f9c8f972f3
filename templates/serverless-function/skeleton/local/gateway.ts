import type { IncomingHttpHeaders } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A request as it came over HTTP. */
export type HttpRequest = {
  method: string;
  /** Path and query as in the request line. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  sourceIp: string;
  requestId: string;
  /** When it came. */
  at: Date;
};

export type Match = { routeKey: string; pathParameters: Record<string, string> };

export type HttpResponse = { status: number; headers: Record<string, string | string[]>; body: Buffer };

/** The request names a path that cannot be decoded. */
export class BadPathError extends Error {}

/**
 * The route of `routeKeys` (`GET /v1/things/{id}`, `ANY /files/{path+}`) that takes a request, as an HTTP API chooses it: the most
 * specific path first, a named method before `ANY`, then `$default`.
 */
export function matchRoute(routeKeys: readonly string[], method: string, path: string): Match | undefined {
  const asked = decodePath(path);
  const candidates = routeKeys.flatMap(routeKey => {
    const [verb, pattern] = routeKey.split(' ', 2);
    if (pattern === undefined || (verb !== 'ANY' && verb !== method)) {
      return [];
    }
    const found = matchSegments(pattern.split('/').slice(1), asked);
    return found ? [{ routeKey, pathParameters: found.parameters, rank: `${found.rank}${verb === 'ANY' ? 1 : 0}` }] : [];
  });
  candidates.sort((a, b) => a.rank.localeCompare(b.rank));
  const [best] = candidates;
  if (best) {
    return { routeKey: best.routeKey, pathParameters: best.pathParameters };
  }
  return routeKeys.includes('$default') ? { routeKey: '$default', pathParameters: {} } : undefined;
}

function decodePath(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw new BadPathError(path);
  }
}

/** `rank` sorts what is more specific first: a digit for each segment, 0 for a fixed one, 1 for a parameter, 2 for the rest of a path. */
function matchSegments(pattern: string[], path: string[]): { parameters: Record<string, string>; rank: string } | undefined {
  const parameters: Record<string, string> = {};
  let rank = '';
  for (const [index, segment] of pattern.entries()) {
    const value = path[index];
    const [, rest] = /^\{(.+)\+\}$/.exec(segment) ?? [];
    if (rest !== undefined && value !== undefined) {
      return { parameters: { ...parameters, [rest]: path.slice(index).join('/') }, rank: `${rank}2` };
    }
    const [, name] = /^\{(.+)\}$/.exec(segment) ?? [];
    if (name !== undefined && value !== undefined && value !== '') {
      parameters[name] = value;
      rank += '1';
    } else if (segment === value) {
      rank += '0';
    } else {
      return undefined;
    }
  }
  return path.length === pattern.length ? { parameters, rank } : undefined;
}

const isText = (contentType: string | undefined) =>
  contentType === undefined || /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|[\w.-]+\+(json|xml)))/i.test(contentType);

/** The event an HTTP API (payload format 2.0) makes of a request. */
export function toEvent(request: HttpRequest, match: Match): APIGatewayProxyEventV2 {
  const url = new URL(request.url, 'http://localhost');
  const { cookie, ...others } = request.headers;
  const headers = Object.fromEntries(
    Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat().join(',')]])),
  );
  const query: Record<string, string> = {};
  url.searchParams.forEach((value, name) => {
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value;
  });
  const text = isText(request.headers['content-type']);
  return {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie ? { cookies: cookie.split(/;\s*/) } : {}),
    headers,
    ...(Object.keys(query).length > 0 ? { queryStringParameters: query } : {}),
    ...(Object.keys(match.pathParameters).length > 0 ? { pathParameters: match.pathParameters } : {}),
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: request.headers.host ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method: request.method,
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey: match.routeKey,
      stage: '$default',
      time: request.at.toISOString(),
      timeEpoch: request.at.getTime(),
    },
    ...(request.body.length > 0 ? { body: request.body.toString(text ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: request.body.length > 0 && !text,
  };
}

/** The response an HTTP API makes of what a handler returned. Without a `statusCode`, all of it is the JSON body of a 200. */
export function toResponse(result: unknown): HttpResponse {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(result ?? null)) };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = result as {
    statusCode: number;
    headers?: Record<string, string | number | boolean>;
    cookies?: string[];
    body?: string;
    isBase64Encoded?: boolean;
  };
  return {
    status: statusCode,
    headers: {
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
      ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/** The gateway's own words, when it answers itself. */
export function gatewayAnswer(status: number, message: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ message })) };
}
