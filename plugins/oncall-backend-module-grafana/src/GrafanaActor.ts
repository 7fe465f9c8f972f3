import {
  fieldsOf,
  looseId,
  looseUrl,
  ProviderActionError,
  ProviderClient,
  type PageActor,
  type PageActorReference,
  type PageToSend,
  type ProviderAccount,
  type SentPage,
} from '@pavedroad/plugin-oncall-node';

import { grafanaClientOf } from './grafanaClient';

const MOST_PAGES = 10;

type Integration = { id: string; client: ProviderClient };

/** Sends alerts to integrations of the kind "formatted webhook", which tell one alert from another by `alert_uid`. */
export class GrafanaActor implements PageActor {
  /** Undefined for an account without `pageIntegrations`. */
  static create(account: ProviderAccount): GrafanaActor | undefined {
    const { config } = account;
    const found = config.getOptionalConfigArray('pageIntegrations') ?? [];
    if (found.length === 0) {
      return undefined;
    }
    return new GrafanaActor(
      new Map(
        found.map(item => [
          item.getString('for'),
          {
            id: item.getString('id'),
            client: ProviderClient.forAccount(
              { ...account, config: item },
              {
                key: 'url',
                secrets: item
                  .getString('url')
                  .split('/')
                  .filter(part => part.length > 7),
              },
            ),
          },
        ]),
      ),
      grafanaClientOf(
        account,
        config.getOptionalString('actionToken') ?? config.getString('apiToken'),
      ),
    );
  }

  private constructor(
    private readonly integrations: Map<string, Integration>,
    private readonly api: ProviderClient,
  ) {}

  pageProblem(key: { value: string }): string | undefined {
    return this.integrations.has(key.value)
      ? undefined
      : `the account needs an integration for ${key.value} in pageIntegrations`;
  }

  changeProblem({
    externalId,
    key,
  }: Pick<PageActorReference, 'externalId' | 'key'>): string | undefined {
    return externalId || (key && this.integrations.has(key.value))
      ? undefined
      : 'the alert group of the page is not known';
  }

  async page(
    key: { kind: string; value: string },
    page: PageToSend,
  ): Promise<SentPage> {
    // The whole address of an integration is its secret, so nothing is put behind it.
    await this.integrations.get(key.value)!.client.act({
      path: [],
      body: {
        alert_uid: page.dedupKey,
        title: page.title,
        state: 'alerting',
        message: [page.details, `Sent by ${page.sender}`]
          .filter(Boolean)
          .join('\n\n'),
        ...(page.link ? { link_to_upstream_details: page.link } : {}),
      },
    });
    // It takes an alert in first and makes a group of it later.
    return await this.#find(key, page.dedupKey).catch(() => ({}));
  }

  async acknowledge(page: PageActorReference): Promise<void> {
    await this.#change(page, 'acknowledge');
  }

  async resolve(page: PageActorReference): Promise<void> {
    await this.#change(page, 'resolve');
  }

  async #change(page: PageActorReference, action: string) {
    const id =
      page.externalId ??
      (page.key && (await this.#find(page.key, page.dedupKey)).externalId);
    if (!id) {
      throw new ProviderActionError('it has no such alert group', 409, true);
    }
    await this.api.act({ path: ['api', 'v1', 'alert_groups', id, action] });
  }

  async #find(key: { value: string }, uid: string): Promise<SentPage> {
    const integration = this.integrations.get(key.value);
    for (let page = 1; integration && page <= MOST_PAGES; page++) {
      const answer = fieldsOf(
        await this.api.ask({
          path: ['api', 'v1', 'alert_groups'],
          query: { integration_id: integration.id, page: String(page) },
        }),
      );
      const groups = Array.isArray(answer?.results) ? answer.results : [];
      const group = groups
        .map(fieldsOf)
        .find(
          item =>
            fieldsOf(fieldsOf(item?.last_alert)?.payload)?.alert_uid === uid,
        );
      if (group) {
        const externalId = looseId(group.id);
        const url = looseUrl(fieldsOf(group.permalinks)?.web);
        return {
          ...(externalId ? { externalId } : {}),
          ...(url ? { url } : {}),
        };
      }
      if (!answer?.next) {
        break;
      }
    }
    return {};
  }
}
