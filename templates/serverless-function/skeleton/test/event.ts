import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { toEvent } from '../local/gateway.js';

/** An event as the gateway makes it of a request without anything special, changed by `changes`. */
export function eventOf(routeKey: string, changes: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  const [method = 'GET', url = '/'] = routeKey.split(' ', 2);
  const request = { method, url, headers: {}, body: Buffer.of(), sourceIp: '127.0.0.1', requestId: 'test', at: new Date(0) };
  return { ...toEvent(request, { routeKey, pathParameters: {} }), ...changes };
}
