import { InputError } from '@backstage/errors';
import {
  fieldsOf,
  headerOf,
  isSigned,
  looseId,
  looseMoment,
  looseText,
  looseUrl,
  readWebhookBody,
  type WebhookFormat,
  type WebhookPage,
} from '@pavedroad/plugin-oncall-node';

const STATUS: Record<string, WebhookPage['status']> = {
  'incident.triggered': 'triggered',
  'incident.reopened': 'triggered',
  'incident.unacknowledged': 'triggered',
  'incident.acknowledged': 'acknowledged',
  'incident.resolved': 'resolved',
};
/** Events that add people without changing the status. */
const CALLING = [
  'incident.escalated',
  'incident.reassigned',
  'incident.delegated',
  'incident.responder.added',
];
const MOST_SIGNATURES = 20;
const MOST_PEOPLE = 50;

/** V3 webhooks: signed by HMAC-SHA256, once for each secret of the subscription. */
export const pagerDutyWebhook: WebhookFormat = {
  verify(secrets, request) {
    const header = headerOf(request, 'x-pagerduty-signature') ?? '';
    const offered = header
      .slice(0, 100 * MOST_SIGNATURES)
      .split(',')
      .flatMap(part => /^v1=([0-9a-f]{64})$/.exec(part.trim())?.[1] ?? []);
    return isSigned(request.body, offered.slice(0, MOST_SIGNATURES), secrets);
  },

  read(request, scheduleId) {
    const event = fieldsOf(readWebhookBody(request.body).event);
    const id = looseId(event?.id);
    const type = looseId(event?.event_type);
    if (!event || !id || !type) {
      throw new InputError('The body holds no event of a V3 webhook');
    }
    const at = looseMoment(event.occurred_at) ?? request.receivedAt;
    const status = Object.hasOwn(STATUS, type) ? STATUS[type] : undefined;
    const data = fieldsOf(event.data);
    const externalId = looseId(data?.id);
    if (!data || !externalId || !(status || CALLING.includes(type))) {
      return [{ id, type, at, onCallChanged: type.startsWith('service.') }];
    }
    const names: Record<string, string> = {};
    const person = (value: unknown) => {
      const user = fieldsOf(value);
      const userId = looseId(user?.id);
      if (!userId || !looseText(user?.type)?.startsWith('user')) {
        return undefined;
      }
      names[`pagerduty:${userId}`] = looseText(user?.summary) ?? userId;
      return `pagerduty:${userId}`;
    };
    const assignees = Array.isArray(data.assignees) ? data.assignees : [];
    const people = assignees
      .slice(0, MOST_PEOPLE)
      .flatMap(item => person(item) ?? []);
    const by =
      status === 'acknowledged' || status === 'resolved'
        ? person(event.agent)
        : undefined;
    const service = looseId(fieldsOf(data.service)?.id);
    const policy = looseId(fieldsOf(data.escalation_policy)?.id);
    const urgency = data.urgency === 'low' ? 'low' : 'high';
    return [
      {
        id,
        type,
        at,
        page: {
          externalId,
          names,
          // Those who acknowledged or resolved were not called by that.
          people: status === 'resolved' ? [] : [...new Set(people)],
          scheduleIds: [
            ...(service ? [scheduleId('service', service)] : []),
            ...(policy ? [scheduleId('policy', policy)] : []),
          ],
          ...optional('dedupKey', looseId(data.incident_key)),
          ...optional('status', status),
          ...optional('by', by),
          ...optional('createdAt', looseMoment(data.created_at)),
          ...optional('title', looseText(data.title)),
          ...optional('url', looseUrl(data.html_url)),
          urgency,
        },
      },
    ];
  },
};

function optional<K extends string, T>(
  name: K,
  value: T | undefined,
): { [key in K]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [key in K]?: T };
}
