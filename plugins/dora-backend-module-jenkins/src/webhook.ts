import { createHash, timingSafeEqual } from 'node:crypto';
import { InputError } from '@backstage/errors';
import { JsonValue } from '@backstage/types';
import {
  DeliveryWebhook,
  RawDeliveryEvent,
  WebhookRequest,
} from '@pavedroad/plugin-dora-node';
import { Envelope, readEnvelope } from './envelope';
import { JenkinsOptions } from './options';

/** Of the envelope, so that one event is the same whoever passes it on. */
const SOURCE = '/webhooks/jenkins';

/**
 * Receives events of the plugin's HTTP sink. The sink knows an address and
 * nothing else: credentials in that address are given when the answer asks for
 * them, which is what the challenge is for.
 */
export function jenkinsWebhook(
  options: Pick<JenkinsOptions, 'token' | 'username'>,
): DeliveryWebhook {
  return {
    challenge: 'Basic realm="Delivery events", charset="UTF-8"',
    async verify(request) {
      return isAuthorised(request, options);
    },
    receive(request) {
      const envelope = readEnvelope(
        request.headers,
        request.body.toString('utf8'),
      );
      if (!envelope) {
        throw new InputError(
          'The body is neither a CloudEvent nor what the HTTP sink of the CDEvents plugin for Jenkins sends',
        );
      }
      return [rawEvent(envelope, request.receivedAt)];
    },
  };
}

function same(given: string, expected: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function isAuthorised(
  { headers }: WebhookRequest,
  { token, username }: Pick<JenkinsOptions, 'token' | 'username'>,
): boolean {
  const header = headers.authorization;
  const [, scheme, value] =
    /^(bearer|basic) +(\S+) *$/i.exec(
      typeof header === 'string' ? header : '',
    ) ?? [];
  if (!token || !value) {
    return false;
  }
  if (scheme.toLowerCase() === 'bearer') {
    return same(value, token);
  }
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return (
    colon >= 0 &&
    same(decoded.slice(colon + 1), token) &&
    (username === undefined || same(decoded.slice(0, colon), username))
  );
}

function rawEvent(envelope: Envelope, receivedAt: string): RawDeliveryEvent {
  const moment = envelope.time === undefined ? NaN : Date.parse(envelope.time);
  return {
    id: envelope.id,
    source: SOURCE,
    type: envelope.type,
    ...(!Number.isNaN(moment) && { time: new Date(moment).toISOString() }),
    data: withoutLogs(envelope.data) as JsonValue,
    extensions: {},
    sample: false,
    receivedAt,
  };
}

/** Logs and arguments of steps tell nothing about delivery, may be long and may hold what is secret: they are not kept. */
function withoutLogs(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return data;
  }
  const { customData } = data as { customData?: unknown };
  if (
    typeof customData !== 'object' ||
    customData === null ||
    Array.isArray(customData)
  ) {
    return data;
  }
  const {
    log: _log,
    arguments: _arguments,
    ...kept
  } = customData as Record<string, unknown>;
  return { ...data, customData: kept };
}
