import { InputError } from '@backstage/errors';
import {
  carriesSecret,
  digestOf,
  fieldsOf,
  looseId,
  looseText,
  looseUrl,
  readWebhookBody,
  type WebhookFormat,
  type WebhookPage,
} from '@pavedroad/plugin-oncall-node';

/**
 * Webhooks of GoAlert carry neither a signature nor a time, and their address is all that can be set: the secret is in it, as the user's
 * password, which arrives as `Authorization: Basic`.
 */
export const goAlertWebhook: WebhookFormat = {
  verify: carriesSecret,

  read(request, scheduleId) {
    const body = readWebhookBody(request.body);
    const type = looseId(body.Type);
    if (!type) {
      throw new InputError('The body has no Type');
    }
    const at = request.receivedAt;
    // Without an id of its own a delivery is known by what it says, and when: an alert may be acknowledged twice.
    const id = digestOf(request.body, at.slice(0, 15));
    const schedule = looseId(body.ScheduleID);
    if (type === 'ScheduleOnCallUsers' && schedule) {
      return [{ id, type, at, onCallChanged: true }];
    }
    const externalId = looseId(body.AlertID);
    const status = statusOf(type, looseText(body.LogEntry));
    if (!externalId || !status) {
      return [{ id, type, at }];
    }
    const service = looseId(body.ServiceID);
    const title = looseText(body.Summary);
    const url = looseUrl(body.GoAlertURL);
    const dedupKey = looseId(fieldsOf(body.Meta)?.dedup);
    const who = /^(?:Acknowledged|Closed) by (.{1,200}?)(?: via .*)?$/i.exec(
      looseText(body.LogEntry) ?? '',
    )?.[1];
    const by =
      who && status !== 'triggered' ? `goalert:${slug(who)}` : undefined;
    return [
      {
        id,
        type,
        at,
        page: {
          externalId,
          status,
          people: [],
          names: by && who ? { [by]: who } : {},
          scheduleIds: service ? [scheduleId('service', service)] : [],
          ...(title ? { title } : {}),
          ...(url ? { url } : {}),
          ...(by ? { by } : {}),
          ...(dedupKey ? { dedupKey } : {}),
        },
      },
    ];
  },
};

function slug(name: string): string {
  return encodeURIComponent(name.trim());
}

/** An alert's status messages tell what happened only in the words of the log. */
function statusOf(
  type: string,
  log: string | undefined,
): WebhookPage['status'] {
  if (type === 'Alert') {
    return 'triggered';
  }
  if (type !== 'AlertStatus' || !log) {
    return undefined;
  }
  if (/^acknowledged\b/i.test(log)) {
    return 'acknowledged';
  }
  if (/^closed\b/i.test(log)) {
    return 'resolved';
  }
  return /^(escalated|created)\b/i.test(log) ? 'triggered' : undefined;
}
