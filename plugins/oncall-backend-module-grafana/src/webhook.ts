import { InputError } from '@backstage/errors';
import {
  carriesSecret,
  digestOf,
  fieldsOf,
  looseId,
  looseMoment,
  looseText,
  looseUrl,
  readWebhookBody,
  type WebhookFormat,
  type WebhookPage,
} from '@pavedroad/plugin-oncall-node';

const STATUS: Record<string, WebhookPage['status']> = {
  'alert group created': 'triggered',
  firing: 'triggered',
  unresolve: 'triggered',
  unresolved: 'triggered',
  unacknowledge: 'triggered',
  unacknowledged: 'triggered',
  acknowledge: 'acknowledged',
  acknowledged: 'acknowledged',
  resolve: 'resolved',
  resolved: 'resolved',
};
/** Events of the trigger "status change" say the new status in the alert group only. */
const STATE: Record<string, WebhookPage['status']> = {
  new: 'triggered',
  firing: 'triggered',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
};
const MOST_PEOPLE = 50;

/** Outgoing webhooks with all data forwarded; a header carries the secret. */
export const grafanaWebhook: WebhookFormat = {
  verify: carriesSecret,

  read(request, scheduleId) {
    const body = readWebhookBody(request.body);
    const event = fieldsOf(body.event);
    const type = looseText(event?.type)?.toLocaleLowerCase('en-US');
    if (!type) {
      throw new InputError(
        'The body has no event.type: switch "Forward all" on in the webhook',
      );
    }
    const at = looseMoment(event?.time) ?? request.receivedAt;
    const id = digestOf(request.body);
    const group = fieldsOf(body.alert_group);
    const externalId = looseId(group?.id ?? body.alert_group_id);
    const state = looseText(group?.state) ?? '';
    let status = Object.hasOwn(STATUS, type) ? STATUS[type] : undefined;
    if (type === 'status change' && Object.hasOwn(STATE, state)) {
      status = STATE[state];
    }
    if (!externalId || !(status || type === 'escalation')) {
      return [{ id, type, at }];
    }
    const names: Record<string, string> = {};
    const person = (value: unknown) => personOf(value, names);
    const called = [body.notified_users, body.users_to_be_notified]
      .flatMap(list => (Array.isArray(list) ? list.slice(0, MOST_PEOPLE) : []))
      .flatMap(user => person(user) ?? []);
    const by =
      status === 'acknowledged' || status === 'resolved'
        ? person(body.user)
        : undefined;
    const chain = looseId(fieldsOf(body.escalation_chain)?.id);
    const dedupKey = looseId(fieldsOf(body.alert_payload)?.alert_uid);
    const title = looseText(group?.title);
    const url = looseUrl(fieldsOf(group?.permalinks)?.web);
    const createdAt = looseMoment(group?.created_at);
    return [
      {
        id,
        type,
        at,
        page: {
          externalId,
          names,
          people: [...new Set(called)],
          scheduleIds: chain ? [scheduleId('chain', chain)] : [],
          ...(status ? { status } : {}),
          ...(by ? { by } : {}),
          ...(dedupKey ? { dedupKey } : {}),
          ...(title ? { title } : {}),
          ...(url ? { url } : {}),
          ...(createdAt ? { createdAt } : {}),
        },
      },
    ];
  },
};

function personOf(
  value: unknown,
  names: Record<string, string>,
): string | undefined {
  const user = fieldsOf(value);
  const email = looseText(user?.email);
  if (email && /^[^\s@:]+@[^\s@]+$/.test(email)) {
    return `mailto:${email.toLocaleLowerCase('en-US')}`;
  }
  const id = looseId(user?.id);
  if (!id) {
    return undefined;
  }
  names[`grafana:${id}`] = looseText(user?.username) ?? id;
  return `grafana:${id}`;
}
