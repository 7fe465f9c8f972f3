import {
  fieldsOf,
  looseId,
  looseText,
  ProviderActionError,
  ProviderClient,
  readBaseUrl,
  type PageActor,
  type PageActorReference,
  type PageChange,
  type PageToSend,
  type ProviderAccount,
  type SentPage,
} from '@pavedroad/plugin-oncall-node';

/** A GraphQL API key of GoAlert is made for one document; this is the one for `actionKey`. */
export const ACTION = `mutation PortalAcknowledge($input: UpdateAlertsInput!) {
  updateAlerts(input: $input) {
    id
    status
  }
}`;

/** Sends alerts by generic integration keys, one for each service, and acknowledges them by GraphQL. */
export class GoAlertActor implements PageActor {
  /** Undefined for an account without `integrationKeys`. */
  static create(account: ProviderAccount): GoAlertActor | undefined {
    const { config } = account;
    const keys = config.getOptionalConfigArray('integrationKeys') ?? [];
    if (keys.length === 0) {
      return undefined;
    }
    const client = (key: string) =>
      ProviderClient.forAccount(account, {
        key: 'baseUrl',
        headers: { authorization: `Bearer ${key}` },
      });
    const actionKey = config.getOptionalString('actionKey');
    return new GoAlertActor(
      new Map(
        keys.map(item => [
          item.getString('service'),
          client(item.getString('key')),
        ]),
      ),
      actionKey ? client(actionKey) : undefined,
      readBaseUrl(account, 'baseUrl'),
    );
  }

  private constructor(
    private readonly services: Map<string, ProviderClient>,
    private readonly graphql: ProviderClient | undefined,
    private readonly baseUrl: string,
  ) {}

  pageProblem(key: { kind: string; value: string }): string | undefined {
    if (key.kind !== 'service') {
      return 'it pages services: name one by goalert.me/service-id';
    }
    return this.services.has(key.value)
      ? undefined
      : `the account needs a generic integration key of the service ${key.value} in integrationKeys`;
  }

  changeProblem(
    page: Omit<PageActorReference, 'sender'>,
    change: PageChange,
  ): string | undefined {
    if (change === 'resolve' && page.key && !this.pageProblem(page.key)) {
      return undefined;
    }
    if (!this.graphql) {
      return 'the account needs `actionKey`, a GraphQL API key for the document in the guide';
    }
    return /^\d{1,15}$/.test(page.externalId ?? '')
      ? undefined
      : 'the id of the alert is not known yet';
  }

  async page(
    key: { kind: string; value: string },
    page: PageToSend,
  ): Promise<SentPage> {
    const answer = await this.#send(key, {
      summary: page.title,
      details: [page.details, `Sent by ${page.sender}`, page.link]
        .filter(Boolean)
        .join('\n\n'),
      dedup: page.dedupKey,
    });
    const externalId = looseId(fieldsOf(answer)?.AlertID);
    if (!externalId) {
      throw new ProviderActionError(
        'its answer is not as expected: the id of the alert is missing',
        502,
        false,
      );
    }
    return { externalId, url: `${this.baseUrl}/alerts/${externalId}` };
  }

  async acknowledge(page: PageActorReference): Promise<void> {
    await this.#update(page, 'StatusAcknowledged');
  }

  async resolve(page: PageActorReference): Promise<void> {
    if (page.key && !this.pageProblem(page.key)) {
      await this.#send(page.key, {
        summary: 'Closed',
        action: 'close',
        dedup: page.dedupKey,
      });
      return;
    }
    await this.#update(page, 'StatusClosed');
  }

  async #send(key: { value: string }, body: object): Promise<unknown> {
    return await this.services.get(key.value)!.act({
      path: ['api', 'v2', 'generic', 'incoming'],
      body,
    });
  }

  async #update(page: PageActorReference, newStatus: string) {
    const answer = fieldsOf(
      await this.graphql!.act({
        path: ['api', 'graphql'],
        body: {
          operationName: 'PortalAcknowledge',
          query: ACTION,
          variables: {
            input: { alertIDs: [Number(page.externalId)], newStatus },
          },
        },
      }),
    );
    const errors = Array.isArray(answer?.errors) ? answer.errors : [];
    if (errors.length > 0) {
      throw new ProviderActionError(
        `it refused: ${looseText(fieldsOf(errors[0])?.message) ?? 'no reason'}`,
        409,
        true,
      );
    }
    if (!fieldsOf(answer?.data)) {
      throw new ProviderActionError(
        'its answer is not as expected: the data is missing',
        502,
        false,
      );
    }
  }
}
