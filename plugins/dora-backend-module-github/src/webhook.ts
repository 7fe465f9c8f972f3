import { InputError } from '@backstage/errors';
import { JsonObject } from '@backstage/types';
import {
  DeliveryWebhook,
  headerText,
  matchesHmac,
  parseWebhookBody,
  RawDeliveryEvent,
  slimPayload,
  WebhookRequest,
} from '@pavedroad/plugin-dora-node';

/** `source` of everything that webhooks bring. */
export const WEBHOOK_SOURCE = '/webhooks/github';
/** `source` of everything that is asked for; nobody can send such from outside. */
export const API_SOURCE = 'urn:pavedroad:github';
/** Topic on which other plugins hear of a webhook once it is recorded. */
export const WEBHOOK_TOPIC = 'dora.webhooks.github';

const TYPE_PREFIX = 'com.github.';

/** Type in the inbox of a webhook event such as `push`. */
export function typeOf(event: string): string {
  return `${TYPE_PREFIX}${event}`;
}

/** The webhook event that a type in the inbox stands for. */
export function eventOf(type: string): string | undefined {
  return type.startsWith(TYPE_PREFIX)
    ? type.slice(TYPE_PREFIX.length)
    : undefined;
}

const KEPT_URLS = new Set([
  'html_url',
  'target_url',
  'log_url',
  'environment_url',
]);
const DROPPED = new Set([
  '_links',
  'enterprise',
  'gravatar_id',
  'hook_config',
  'installation',
  'node_id',
  'organization',
  'permissions',
  'reactions',
  'sender',
]);

/** A payload without what no reader needs; pages of the API are kept alike. */
export function slimGithub(payload: JsonObject): JsonObject {
  return slimPayload(
    payload,
    name =>
      DROPPED.has(name) || (name.endsWith('_url') && !KEPT_URLS.has(name)),
  );
}

/** The webhook of the source. */
export function githubWebhook(secrets: readonly string[]): DeliveryWebhook {
  return {
    topic: WEBHOOK_TOPIC,
    async verify(request) {
      const signature = /^sha256=([0-9a-f]{64})$/.exec(
        headerText(request, 'x-hub-signature-256') ?? '',
      );
      return matchesHmac(
        'sha256',
        request.body,
        signature ? [signature[1]] : [],
        secrets,
      );
    },
    receive(request): RawDeliveryEvent[] {
      const event = headerText(request, 'x-github-event');
      if (!event || !/^[a-z_]{1,60}$/.test(event)) {
        throw new InputError('The header X-GitHub-Event names no event');
      }
      const delivery = headerText(request, 'x-github-delivery');
      if (!delivery || !/^[\w-]{1,100}$/.test(delivery)) {
        throw new InputError('The header X-GitHub-Delivery names no delivery');
      }
      return [
        {
          id: delivery,
          source: WEBHOOK_SOURCE,
          type: typeOf(event),
          data: slimGithub(parseWebhookBody(payloadOf(request))),
          extensions: {},
          sample: false,
          receivedAt: request.receivedAt,
        },
      ];
    },
  };
}

/** The JSON, also when the webhook is set to send it as a form. */
function payloadOf(request: WebhookRequest): Buffer {
  const type = headerText(request, 'content-type') ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    return request.body;
  }
  const payload = new URLSearchParams(request.body.toString('utf8')).get(
    'payload',
  );
  return Buffer.from(payload ?? '', 'utf8');
}
