import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  DeliveryEventSource,
  DeliverySourceDescription,
  DeliveryWebhook,
  headerText,
  isObject,
  looseText,
  matchesHmac,
  NormaliseResult,
  optionalMoment,
  outcomeOf,
  parseWebhookBody,
  RawDeliveryEvent,
  readSecrets,
  WebhookRequest,
} from '@pavedroad/plugin-dora-node';
import { IncidentFilter, normalisePagerDutyEvent } from './incident';

const SIGNATURE_HEADER = 'x-pagerduty-signature';
const SIGNATURE = /^v1=([0-9a-f]{64})$/;
/** More than PagerDuty ever sends: one per secret of the subscription. */
const MAX_SIGNATURES = 20;

const TYPE_PREFIX = 'com.pagerduty.';
const EVENT_TYPE = /^[a-z][a-z0-9_.]{0,99}$/;

/**
 * PagerDuty's V3 webhooks as a source of incidents.
 *
 * @public
 */
export class PagerDutySource implements DeliveryEventSource {
  readonly id = 'pagerduty';
  readonly normaliserVersion = 3;
  readonly settings: string;
  readonly description: DeliverySourceDescription = {
    title: 'PagerDuty',
    provides: ['incidents'],
    access: [
      'A V3 webhook subscription that sends incident and service events to the portal; adding one needs a PagerDuty account administrator, or a manager of the team or service.',
      'Its signing secret, in the portal’s configuration as dora.pagerduty.webhookSecrets.',
    ],
    docs: 'sources/pagerduty.md',
  };
  readonly configured: boolean;
  readonly webhook: DeliveryWebhook;

  static fromConfig(config: Config): PagerDutySource {
    return new PagerDutySource(
      readSecrets(config, 'dora.pagerduty.webhookSecrets'),
      {
        urgencies: config.getOptionalStringArray(
          'dora.pagerduty.incidents.urgencies',
        ) ?? ['high'],
        priorities: config.getOptionalStringArray(
          'dora.pagerduty.incidents.priorities',
        ),
      },
    );
  }

  private constructor(
    private readonly secrets: string[],
    private readonly filter: IncidentFilter,
  ) {
    this.configured = secrets.length > 0;
    this.settings = JSON.stringify(filter);
    this.webhook = {
      verify: async request => this.verify(request),
      receive,
      topic: 'dora.webhooks.pagerduty',
    };
  }

  understands(type: string): boolean {
    return type.startsWith(TYPE_PREFIX);
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return outcomeOf(() =>
      normalisePagerDutyEvent(
        event,
        event.type.slice(TYPE_PREFIX.length),
        this.filter,
      ),
    );
  }

  /** The header lists a signature for each secret of the subscription: one must be ours. */
  private verify(request: WebhookRequest): boolean {
    const header = headerText(request, SIGNATURE_HEADER) ?? '';
    if (header.length > 100 * MAX_SIGNATURES) {
      return false;
    }
    const offered = header
      .split(',')
      .slice(0, MAX_SIGNATURES)
      .flatMap(part => SIGNATURE.exec(part.trim())?.[1] ?? []);
    return matchesHmac('sha256', request.body, offered, this.secrets);
  }
}

/** One event per request. @throws InputError */
function receive(request: WebhookRequest): RawDeliveryEvent[] {
  const { event } = parseWebhookBody(request.body);
  if (!isObject(event)) {
    throw new InputError('The body holds no event; only V3 webhooks are read');
  }
  const id = looseText(event.id);
  const type = looseText(event.event_type);
  if (id === undefined || type === undefined || !EVENT_TYPE.test(type)) {
    throw new InputError('event.id or event.event_type is missing or odd');
  }
  return [
    {
      id,
      source: '/webhooks/pagerduty',
      type: `${TYPE_PREFIX}${type}`,
      time: momentOf(event.occurred_at),
      data: event as RawDeliveryEvent['data'],
      extensions: {},
      sample: false,
      receivedAt: request.receivedAt,
    },
  ];
}

/** What is no moment is refused when the event is read, with a reason. */
function momentOf(value: unknown): string | undefined {
  try {
    return optionalMoment('event.occurred_at', value);
  } catch {
    return undefined;
  }
}
