import {
  fieldsOf,
  looseText,
  ProviderActionError,
  ProviderClient,
  type PageActor,
  type PageActorReference,
  type PageToSend,
  type ProviderAccount,
  type SentPage,
} from '@pavedroad/plugin-oncall-node';

/** Sends alerts to the REST endpoint integration, which tells one incident from another by `entity_id`. */
export class SplunkActor implements PageActor {
  /** Undefined for an account without `restEndpointKey`. */
  static create(account: ProviderAccount): SplunkActor | undefined {
    const { config } = account;
    const key = config.getOptionalString('restEndpointKey');
    if (!key) {
      return undefined;
    }
    const routing = config.getOptionalConfigArray('routingKeys') ?? [];
    return new SplunkActor(
      ProviderClient.forAccount(account, {
        key: 'alertBaseUrl',
        fallback: 'https://alert.victorops.com',
      }),
      key,
      new Map(
        routing.map(item => [
          item.getString('team'),
          item.getString('routingKey'),
        ]),
      ),
    );
  }

  private constructor(
    private readonly client: ProviderClient,
    private readonly key: string,
    private readonly routingKeys: Map<string, string>,
  ) {}

  pageProblem(key: { value: string }): string | undefined {
    return this.routingKeys.has(key.value)
      ? undefined
      : `the account needs the routing key of the team ${key.value} in routingKeys`;
  }

  changeProblem({ key }: Pick<PageActorReference, 'key'>): string | undefined {
    return key && !this.pageProblem(key)
      ? undefined
      : 'only pages sent from the portal can be changed by it, while the team has a routing key';
  }

  async page(
    key: { kind: string; value: string },
    page: PageToSend,
  ): Promise<SentPage> {
    await this.#send(key, {
      message_type: page.urgency === 'high' ? 'CRITICAL' : 'WARNING',
      entity_id: page.dedupKey,
      entity_display_name: page.title,
      state_message: [page.details, `Sent by ${page.sender}`, page.link]
        .filter(Boolean)
        .join('\n\n'),
      monitoring_tool: 'portal',
    });
    return {};
  }

  async acknowledge(page: PageActorReference): Promise<void> {
    await this.#change(page, 'ACKNOWLEDGEMENT');
  }

  async resolve(page: PageActorReference): Promise<void> {
    await this.#change(page, 'RECOVERY');
  }

  async #change(page: PageActorReference, type: string) {
    await this.#send(page.key!, {
      message_type: type,
      entity_id: page.dedupKey,
      state_message: `By ${page.sender} in the portal`,
      monitoring_tool: 'portal',
    });
  }

  async #send(key: { value: string }, body: object) {
    const answer = fieldsOf(
      await this.client.act({
        path: [
          'integrations',
          'generic',
          '20131114',
          'alert',
          this.key,
          this.routingKeys.get(key.value)!,
        ],
        secrets: [this.key],
        body,
      }),
    );
    if (answer?.result !== 'success') {
      throw new ProviderActionError(
        `it did not take the alert in: ${
          looseText(answer?.messages ?? answer?.message) ?? 'no reason'
        }`.slice(0, 200),
        502,
        false,
      );
    }
  }
}
