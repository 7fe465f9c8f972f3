import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  DeliveryEventSource,
  DeliverySourceDescription,
  DeliveryWebhook,
  deliveryDigest,
  headerText,
  isObject,
  matchesAuthorization,
  matchesSecret,
  NormaliseResult,
  outcomeOf,
  parseWebhookBody,
  RawDeliveryEvent,
  readSecrets,
  WebhookRequest,
} from '@pavedroad/plugin-dora-node';
import { ApplicationRules, normaliseApplication } from './application';
import { selectNotification } from './select';

const TOKEN_HEADER = 'x-webhook-token';
/** Type of a notification, as it lies in the inbox. */
const APPLICATION_TYPE = 'io.argoproj.argocd.application';

/**
 * The notifications of Argo CD, in the template of the documentation, as a source
 * of deployments.
 *
 * @public
 */
export class ArgoCdSource implements DeliveryEventSource {
  readonly id = 'argocd';
  readonly normaliserVersion = 1;
  readonly settings: string;
  readonly description: DeliverySourceDescription = {
    title: 'Argo CD',
    provides: ['deployments'],
    access: [
      'A webhook service, template and trigger in argocd-notifications-cm that send syncs to the portal, and its token in argocd-notifications-secret; adding them needs write access to the namespace of Argo CD.',
      'The same token, in the portal’s configuration as dora.argocd.webhookTokens.',
    ],
    docs: 'sources/argocd.md',
  };
  readonly configured: boolean;
  readonly webhook: DeliveryWebhook;

  /** @throws InputError for settings that make no sense */
  static fromConfig(config: Config): ArgoCdSource {
    const own = config.getOptionalConfig('dora.argocd');
    const revisionFrom = own?.getOptionalString('revisionFrom') ?? 'source';
    if (revisionFrom !== 'source' && revisionFrom !== 'images') {
      throw new InputError('dora.argocd.revisionFrom must be source or images');
    }
    return new ArgoCdSource(readSecrets(own, 'webhookTokens'), {
      revisionFrom,
      appName: own?.getOptionalString('appName'),
      environments:
        own?.getOptionalConfigArray('environments')?.map(item => ({
          cluster: item.getOptionalString('cluster'),
          namespace: item.getOptionalString('namespace'),
          project: item.getOptionalString('project'),
          instance: item.getOptionalString('instance'),
          environment: item.getString('environment'),
        })) ?? [],
    });
  }

  private readonly appName: RegExp | undefined;

  private constructor(
    tokens: string[],
    private readonly rules: ApplicationRules,
  ) {
    this.configured = tokens.length > 0;
    this.settings = JSON.stringify(rules);
    try {
      this.appName = rules.appName ? new RegExp(rules.appName, 'u') : undefined;
    } catch {
      throw new InputError('dora.argocd.appName is not a regular expression');
    }
    this.webhook = {
      verify: async request => {
        const token = headerText(request, TOKEN_HEADER);
        return token === undefined
          ? matchesAuthorization(request, { bearerTokens: tokens })
          : matchesSecret(token, tokens);
      },
      receive,
      topic: 'dora.webhooks.argocd',
    };
  }

  understands(type: string): boolean {
    return type === APPLICATION_TYPE;
  }

  normalise(event: RawDeliveryEvent): NormaliseResult {
    return outcomeOf(() =>
      normaliseApplication(event, this.rules, this.appName),
    );
  }
}

/**
 * One event per notification. There is no delivery id; a repeated delivery is the
 * same body once more, byte for byte.
 *
 * @throws InputError
 */
function receive(request: WebhookRequest): RawDeliveryEvent[] {
  const data = parseWebhookBody(request.body);
  if (!isObject(data.app)) {
    throw new InputError(
      'The body holds no app; see the template in the documentation',
    );
  }
  return [
    {
      id: deliveryDigest(request.body),
      source: '/webhooks/argocd',
      type: APPLICATION_TYPE,
      data: selectNotification(data),
      extensions: {},
      sample: false,
      receivedAt: request.receivedAt,
    },
  ];
}
