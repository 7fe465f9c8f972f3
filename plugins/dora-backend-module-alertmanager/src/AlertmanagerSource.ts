import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { JsonObject } from '@backstage/types';
import {
  DeliveryEventSource,
  DeliverySourceDescription,
  DeliveryWebhook,
  deliveryDigest,
  incidentDetails,
  looseText,
  matchesAuthorization,
  memberOf,
  NormaliseResult,
  outcomeOf,
  parseWebhookBody,
  RawDeliveryEvent,
  readSecrets,
  WebhookRequest,
} from '@pavedroad/plugin-dora-node';
import { AlertRules, normaliseAlert } from './alert';

/** Type of one alert of a notification, as it lies in the inbox. */
const ALERT_TYPE = 'io.prometheus.alertmanager.alert';

/**
 * Alertmanager's webhooks (version 4) as a source of incidents.
 *
 * @public
 */
export class AlertmanagerSource implements DeliveryEventSource {
  readonly id = 'alertmanager';
  readonly normaliserVersion = 2;
  readonly settings: string;
  readonly description: DeliverySourceDescription = {
    title: 'Prometheus Alertmanager',
    provides: ['incidents'],
    access: [
      'A webhook receiver in Alertmanager’s configuration that sends alerts, and their resolution, to the portal.',
      'Its bearer token or password, in the portal’s configuration as dora.alertmanager.bearerTokens or dora.alertmanager.basicAuth.',
    ],
    docs: 'sources/alertmanager.md',
  };
  readonly configured: boolean;
  readonly webhook: DeliveryWebhook;

  static fromConfig(config: Config): AlertmanagerSource {
    const own = config.getOptionalConfig('dora.alertmanager');
    // As a whole: not every name of a label is a name of a setting.
    const labels = (item: Config) =>
      Object.fromEntries(
        Object.entries(item.get<JsonObject>('labels')).map(([name, value]) => [
          name,
          String(value),
        ]),
      );
    return new AlertmanagerSource(
      {
        bearerTokens: readSecrets(own, 'bearerTokens'),
        basicAuth:
          own?.getOptionalConfigArray('basicAuth')?.map(item => ({
            username: item.getString('username'),
            password: item.getString('password'),
          })) ?? [],
      },
      {
        incidents: own
          ?.getOptionalConfigArray('incidents')
          ?.map(item => ({ labels: labels(item) })) ?? [
          { labels: { severity: 'critical' } },
          { labels: { incident: 'true' } },
        ],
        serviceLabels: own?.getOptionalStringArray('serviceLabels') ?? [
          'service',
          'app_kubernetes_io_name',
          'app',
          'job',
        ],
        environmentLabels: own?.getOptionalStringArray('environmentLabels') ?? [
          'environment',
          'env',
        ],
        services:
          own?.getOptionalConfigArray('services')?.map(item => ({
            labels: labels(item),
            entityRef: item.getString('entityRef').toLowerCase(),
          })) ?? [],
      },
    );
  }

  private constructor(
    credentials: {
      bearerTokens: string[];
      basicAuth: { username: string; password: string }[];
    },
    private readonly rules: AlertRules,
  ) {
    this.configured =
      credentials.bearerTokens.length + credentials.basicAuth.length > 0;
    this.settings = JSON.stringify(rules);
    this.webhook = {
      verify: async request => matchesAuthorization(request, credentials),
      receive,
      challenge: 'Bearer realm="dora", Basic realm="dora"',
      topic: 'dora.webhooks.alertmanager',
    };
  }

  understands(type: string): boolean {
    return type === ALERT_TYPE;
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return outcomeOf(() => normaliseAlert(event, this.rules));
  }
}

/**
 * One event per alert of the notification. A notification has no identity, but what
 * an alert says has: a repetition says the same and is recognised.
 *
 * @throws InputError
 */
function receive(request: WebhookRequest): RawDeliveryEvent[] {
  const { alerts, ...group } = parseWebhookBody(request.body);
  if (!Array.isArray(alerts)) {
    throw new InputError('The body holds no list of alerts');
  }
  const data: JsonObject = {};
  for (const name of ['groupKey', 'receiver', 'externalURL', 'version']) {
    const value = looseText(memberOf(group, name));
    if (value !== undefined) {
      data[name] = value;
    }
  }
  // Once: the body is as long as the list.
  const body = deliveryDigest(request.body);
  return alerts.map((alert, index) => ({
    id: identityOf(alert) ?? deliveryDigest(body, String(index)),
    source: '/webhooks/alertmanager',
    type: ALERT_TYPE,
    data: { ...data, alert },
    extensions: {},
    sample: false,
    receivedAt: request.receivedAt,
  }));
}

/** An alert says: this label set, since then, fires or stopped at this moment, and may name the service it is about. */
function identityOf(alert: unknown): string | undefined {
  const fingerprint = looseText(memberOf(alert, 'fingerprint'));
  const startsAt = looseText(memberOf(alert, 'startsAt'));
  const status = looseText(memberOf(alert, 'status'));
  if (!fingerprint || !startsAt || !status) {
    return undefined;
  }
  const endsAt =
    status === 'resolved' ? looseText(memberOf(alert, 'endsAt')) : undefined;
  const { service } = incidentDetails(memberOf(alert, 'annotations'));
  return deliveryDigest(
    fingerprint,
    startsAt,
    status,
    endsAt ?? '',
    ...(service ? [JSON.stringify(service)] : []),
  );
}
