import { InputError } from '@backstage/errors';
import {
  carriesSecret,
  digestOf,
  looseId,
  looseMoment,
  looseText,
  readWebhookBody,
  type WebhookFormat,
  type WebhookPage,
} from '@pavedroad/plugin-oncall-node';

const PHASE: Record<string, WebhookPage['status']> = {
  UNACKED: 'triggered',
  ACKED: 'acknowledged',
  RESOLVED: 'resolved',
};

/** Outgoing webhooks whose payload is written as the guide says; a custom header carries the secret. */
export const splunkWebhook: WebhookFormat = {
  verify: carriesSecret,

  read(request, scheduleId) {
    const body = readWebhookBody(request.body);
    const phase = looseText(body.phase)?.toLocaleUpperCase('en-US') ?? '';
    const id = digestOf(request.body);
    const at = looseMoment(momentOf(body.at)) ?? request.receivedAt;
    if (body.event === 'on-call') {
      return [
        {
          id: digestOf(request.body, at),
          type: 'on-call',
          at,
          onCallChanged: true,
        },
      ];
    }
    const externalId = looseId(body.incident);
    const status = Object.hasOwn(PHASE, phase) ? PHASE[phase] : undefined;
    if (!externalId || !status) {
      throw new InputError(
        'The body needs incident and phase, as the guide writes the payload',
      );
    }
    const dedupKey = looseId(body.entityId);
    const title = looseText(body.title);
    const user = looseId(body.by);
    // Nobody in particular is called SYSTEM.
    const by =
      user && user !== 'SYSTEM' && status !== 'triggered'
        ? `splunk:${user}`
        : undefined;
    const team = looseText(body.team);
    return [
      {
        id,
        type: phase,
        at,
        page: {
          externalId,
          status,
          people: [],
          names: by && user ? { [by]: user } : {},
          scheduleIds: team ? [scheduleId('team', team)] : [],
          ...(dedupKey ? { dedupKey } : {}),
          ...(title ? { title } : {}),
          ...(by ? { by } : {}),
        },
      },
    ];
  },
};

/** Variables of a payload arrive as text. */
function momentOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{10,19}$/.test(value)
    ? Number(value)
    : value;
}
