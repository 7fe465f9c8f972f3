import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  DeliveryEventSource,
  DeliverySourceDescription,
  DeliveryWebhook,
  deliveryDigest,
  headerText,
  isObject,
  looseText,
  matchesAuthorization,
  matchesSecret,
  NormaliseResult,
  outcomeOf,
  parseWebhookBody,
  RawDeliveryEvent,
  readSecrets,
  WebhookRequest,
} from '@pavedroad/plugin-dora-node';
import { AlertRules, momentOf, normaliseAlertAction } from './alert';

const TOKEN_HEADER = 'x-webhook-token';
const TYPE_PREFIX = 'com.opsgenie.alert.';
const ACTION = /^[A-Za-z][A-Za-z0-9 _-]{0,79}$/;

/**
 * The webhooks of Opsgenie and of Jira Service Management's operations, which
 * sends the same payloads, as a source of incidents.
 *
 * @public
 */
export class OpsgenieSource implements DeliveryEventSource {
  readonly id = 'opsgenie';
  readonly normaliserVersion = 3;
  readonly settings: string;
  readonly description: DeliverySourceDescription = {
    title: 'Opsgenie and Jira Service Management',
    provides: ['incidents'],
    access: [
      'An outgoing webhook integration that sends the actions Create, Acknowledge, UnAcknowledge, Close, Delete, UpdatePriority and UpdateMessage to the portal, with the details of the alert and a custom header that holds a token. Adding one needs an administrator of the account, or of the team.',
      'The same token, in the portal’s configuration as dora.opsgenie.webhookTokens.',
    ],
    docs: 'sources/opsgenie.md',
  };
  readonly configured: boolean;
  readonly webhook: DeliveryWebhook;

  static fromConfig(config: Config): OpsgenieSource {
    const own = config.getOptionalConfig('dora.opsgenie');
    return new OpsgenieSource(
      {
        bearerTokens: readSecrets(own, 'webhookTokens'),
        basicAuth:
          own?.getOptionalConfigArray('basicAuth')?.map(item => ({
            username: item.getString('username'),
            password: item.getString('password'),
          })) ?? [],
      },
      {
        priorities: own?.getOptionalStringArray('incidents.priorities') ?? [
          'P1',
          'P2',
        ],
        alertUrl: own?.getOptionalString('alertUrl'),
        tags: own?.getOptionalStringArray('incidents.tags'),
        teams: Object.fromEntries(
          own
            ?.getOptionalConfigArray('teams')
            ?.map(team => [team.getString('id'), team.getString('name')]) ?? [],
        ),
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
      verify: async request => {
        const token = headerText(request, TOKEN_HEADER);
        return token === undefined
          ? matchesAuthorization(request, credentials)
          : matchesSecret(token, credentials.bearerTokens);
      },
      receive,
      challenge: 'Basic realm="dora"',
      topic: 'dora.webhooks.opsgenie',
    };
  }

  understands(type: string): boolean {
    return type.startsWith(TYPE_PREFIX);
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return outcomeOf(() =>
      normaliseAlertAction(
        event,
        event.type.slice(TYPE_PREFIX.length),
        this.rules,
      ),
    );
  }
}

/**
 * One event per request. There is no delivery id; a repeated delivery is the same
 * body once more, byte for byte.
 *
 * @throws InputError
 */
function receive(request: WebhookRequest): RawDeliveryEvent[] {
  const data = parseWebhookBody(request.body);
  const action = looseText(data.action);
  if (action === undefined || !ACTION.test(action)) {
    throw new InputError('The body names no action');
  }
  if (!isObject(data.alert)) {
    throw new InputError('The body holds no alert');
  }
  return [
    {
      id: deliveryDigest(request.body),
      source: '/webhooks/opsgenie',
      type: `${TYPE_PREFIX}${action.toLowerCase().replace(/[ _-]/g, '')}`,
      time: momentOf(data.alert.updatedAt) ?? momentOf(data.alert.createdAt),
      data,
      extensions: {},
      sample: false,
      receivedAt: request.receivedAt,
    },
  ];
}
