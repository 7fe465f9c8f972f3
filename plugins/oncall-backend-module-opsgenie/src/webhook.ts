import { InputError } from '@backstage/errors';
import {
  carriesSecret,
  digestOf,
  fieldsOf,
  looseId,
  looseMoment,
  looseText,
  readWebhookBody,
  type WebhookFormat,
  type WebhookPage,
} from '@pavedroad/plugin-oncall-node';

const STATUS: Record<string, WebhookPage['status']> = {
  Create: 'triggered',
  UnAcknowledge: 'triggered',
  Acknowledge: 'acknowledged',
  Close: 'resolved',
};
const MOST = 20;

/** Webhooks of Opsgenie and JSM Operations, which sign nothing: a header of the integration carries the secret. */
export const opsgenieWebhook: WebhookFormat = {
  verify: carriesSecret,

  read(request, scheduleId) {
    const body = readWebhookBody(request.body);
    const action = looseId(body.action);
    const alert = fieldsOf(body.alert);
    if (!action || !alert) {
      throw new InputError('The body holds no action of an alert');
    }
    const id = digestOf(request.body);
    const at = looseMoment(alert.updatedAt) ?? request.receivedAt;
    const status = Object.hasOwn(STATUS, action) ? STATUS[action] : undefined;
    const externalId = looseId(alert.alertId);
    if (!externalId || !status) {
      return [{ id, type: action, at }];
    }
    const person = personOf(alert.username);
    const listed: unknown[] = Array.isArray(alert.responders)
      ? alert.responders
      : [];
    const responders = listed.slice(0, MOST).flatMap(item => {
      const responder = fieldsOf(item);
      return responder ? [responder] : [];
    });
    const dedupKey = looseId(alert.alias);
    const createdAt = looseMoment(alert.createdAt);
    const title = looseText(alert.message);
    return [
      {
        id,
        type: action,
        at,
        page: {
          externalId,
          status,
          names: {},
          people: responders
            .filter(r => r.type === 'user')
            .flatMap(r => personOf(r.name ?? r.username) ?? []),
          scheduleIds: responders
            .filter(r => r.type === 'schedule' || r.type === 'team')
            .flatMap(r =>
              [looseText(r.name), looseText(r.id)].flatMap(value =>
                value ? [scheduleId(String(r.type), value)] : [],
              ),
            ),
          urgency: ['P1', 'P2', 'P3'].includes(looseText(alert.priority) ?? '')
            ? 'high'
            : 'low',
          ...(dedupKey ? { dedupKey } : {}),
          ...(createdAt ? { createdAt } : {}),
          ...(title ? { title } : {}),
          ...(status !== 'triggered' && person ? { by: person } : {}),
        },
      },
    ];
  },
};

/** A user is called by an address. */
function personOf(name: unknown): string | undefined {
  const text = looseText(name);
  return text && /^[^\s@:]+@[^\s@]+$/.test(text)
    ? `mailto:${text.toLocaleLowerCase('en-US')}`
    : undefined;
}
