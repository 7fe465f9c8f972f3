import { createHmac } from 'node:crypto';
import { InputError } from '@backstage/errors';
import { JsonObject } from '@backstage/types';
import {
  deliveryDigest,
  DeliveryWebhook,
  headerText,
  looseText,
  matchesSecret,
  parseWebhookBody,
  RawDeliveryEvent,
  slimPayload,
  WebhookRequest,
} from '@pavedroad/plugin-dora-node';

/** `source` of everything that webhooks bring. */
export const WEBHOOK_SOURCE = '/webhooks/gitlab';
/** `source` of everything that is asked for; nobody can send such from outside. */
export const API_SOURCE = 'urn:pavedroad:gitlab';
/** Topic on which other plugins hear of a webhook once it is recorded. */
export const WEBHOOK_TOPIC = 'dora.webhooks.gitlab';

const TYPE_PREFIX = 'com.gitlab.';
const SIGNING_TOKEN = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
/** How far the clock of a signature may be from ours, in milliseconds. */
const TOLERANCE = 5 * 60_000;

/** Type in the inbox of a kind of object such as `push`. */
export function typeOf(kind: string): string {
  return `${TYPE_PREFIX}${kind}`;
}

/** The kind of object that a type in the inbox stands for. */
export function kindOf(type: string): string | undefined {
  return type.startsWith(TYPE_PREFIX)
    ? type.slice(TYPE_PREFIX.length)
    : undefined;
}

const DROPPED = new Set([
  'assignee',
  'assignees',
  'avatar_url',
  'git_http_url',
  'git_ssh_url',
  'http_url',
  'reviewers',
  'runner',
  'ssh_url',
  'user',
  'user_avatar',
  'user_email',
  'user_name',
  'user_url',
  'user_username',
]);

/** A payload without what no reader needs. */
export function slimGitlab(payload: JsonObject): JsonObject {
  return slimPayload(payload, name => DROPPED.has(name));
}

/**
 * The webhook of the source. GitLab proves itself by a secret token in a header,
 * or, where a signing token is set, by an HMAC over id, time and body as the
 * Standard Webhooks specification has it.
 */
export function gitlabWebhook(secrets: readonly string[]): DeliveryWebhook {
  const keys = secrets.flatMap(secret => {
    const [, key] = SIGNING_TOKEN.exec(secret) ?? [];
    return key ? [Buffer.from(key, 'base64')] : [];
  });
  const tokens = secrets.filter(secret => !SIGNING_TOKEN.test(secret));
  return {
    topic: WEBHOOK_TOPIC,
    async verify(request) {
      const token = matchesSecret(
        headerText(request, 'x-gitlab-token'),
        tokens,
      );
      const signed = matchesSignature(request, keys);
      return token || signed;
    },
    receive(request): RawDeliveryEvent[] {
      const payload = parseWebhookBody(request.body);
      const kind = looseText(payload.object_kind ?? payload.event_name);
      if (!kind || !/^[a-z_]{1,60}$/.test(kind)) {
        throw new InputError('The payload names no kind of object');
      }
      return [
        {
          id: deliveryId(request),
          source: WEBHOOK_SOURCE,
          type: typeOf(kind),
          data: slimGitlab(payload),
          extensions: {},
          sample: false,
          receivedAt: request.receivedAt,
        },
      ];
    },
  };
}

function matchesSignature(
  request: WebhookRequest,
  keys: readonly Buffer[],
): boolean {
  const id = headerText(request, 'webhook-id') ?? '';
  const timestamp = headerText(request, 'webhook-timestamp') ?? '';
  const offered = (headerText(request, 'webhook-signature') ?? '')
    .slice(0, 4_000)
    .split(' ')
    .slice(0, 10);
  const recent =
    /^\d{1,12}$/.test(timestamp) &&
    Math.abs(Number(timestamp) * 1_000 - Date.parse(request.receivedAt)) <=
      TOLERANCE;
  const expected = keys.map(
    key =>
      `v1,${createHmac('sha256', key)
        .update(`${id}.${timestamp}.`)
        .update(request.body)
        .digest('base64')}`,
  );
  let found = false;
  for (const signature of offered) {
    const matches = matchesSecret(signature, expected);
    found = found || (matches && id !== '' && recent);
  }
  return found;
}

/**
 * The id that stays the same when GitLab sends a delivery again. The id of the event
 * is shared by all webhooks that one event sets off in turn, so the body goes with it.
 */
function deliveryId(request: WebhookRequest): string {
  const own =
    headerText(request, 'idempotency-key') ?? headerText(request, 'webhook-id');
  if (own && /^[\w.:-]{1,200}$/.test(own)) {
    return own;
  }
  const event = headerText(request, 'x-gitlab-event-uuid') ?? '';
  return deliveryDigest(event.slice(0, 200), request.body);
}
