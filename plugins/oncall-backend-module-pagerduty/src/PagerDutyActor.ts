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

import { restClientOf } from './restClient';

/** Sends incidents by the REST API to a service, or alerts by the Events API to an integration. */
export class PagerDutyActor implements PageActor {
  static create(
    account: ProviderAccount,
    keys: Map<string, string>,
  ): PagerDutyActor {
    const { config } = account;
    return new PagerDutyActor(
      restClientOf(
        account,
        config.getOptionalString('actionToken') ?? config.getString('apiToken'),
      ),
      ProviderClient.forAccount(account, {
        key: 'eventsBaseUrl',
        fallback: 'https://events.pagerduty.com',
      }),
      keys,
      config.getOptionalString('from'),
    );
  }

  private constructor(
    private readonly rest: ProviderClient,
    private readonly events: ProviderClient,
    private readonly keys: Map<string, string>,
    /** On whose behalf the REST API acts. */
    private readonly from: string | undefined,
  ) {}

  pageProblem(key: { kind: string; value: string }): string | undefined {
    return key.kind === 'integration' || key.kind === 'service'
      ? this.changeProblem({ key })
      : 'it pages services: name one by pagerduty.com/service-id';
  }

  changeProblem({ key }: Pick<PageActorReference, 'key'>): string | undefined {
    if (key?.kind === 'integration') {
      return this.keys.has(key.value)
        ? undefined
        : 'no entity names this integration any more';
    }
    return this.from
      ? undefined
      : 'the account needs `from`, the address of a user of PagerDuty on whose behalf the portal acts';
  }

  async page(
    key: { kind: string; value: string },
    page: PageToSend,
  ): Promise<SentPage> {
    const details = [page.details, `Sent by ${page.sender}`, page.link]
      .filter(Boolean)
      .join('\n\n');
    if (key.kind === 'integration') {
      await this.#event(key.value, {
        event_action: 'trigger',
        dedup_key: page.dedupKey,
        payload: {
          summary: page.title,
          source: page.link ?? 'portal',
          severity: page.urgency === 'high' ? 'critical' : 'warning',
          custom_details: { details },
        },
      });
      return {};
    }
    try {
      const answer = await this.rest.act({
        path: ['incidents'],
        headers: this.#behalf(),
        body: {
          incident: {
            type: 'incident',
            title: page.title,
            service: { id: key.value, type: 'service_reference' },
            urgency: page.urgency,
            incident_key: page.dedupKey,
            body: { type: 'incident_body', details },
          },
        },
      });
      return sentOf(fieldsOf(fieldsOf(answer)?.incident));
    } catch (error) {
      if (error instanceof ProviderActionError && error.statusCode === 409) {
        // An open incident of that key is refused: the page was sent before.
        const known = await this.#find(page.dedupKey).catch(() => undefined);
        if (known) {
          return known;
        }
      }
      throw error;
    }
  }

  async acknowledge(page: PageActorReference): Promise<void> {
    await this.#change(page, 'acknowledged', 'acknowledge');
  }

  async resolve(page: PageActorReference): Promise<void> {
    await this.#change(page, 'resolved', 'resolve');
  }

  async #change(page: PageActorReference, status: string, action: string) {
    if (page.key?.kind === 'integration') {
      await this.#event(page.key.value, {
        event_action: action,
        dedup_key: page.dedupKey,
      });
      return;
    }
    const id = page.externalId ?? (await this.#find(page.dedupKey))?.externalId;
    if (!id) {
      throw new ProviderActionError('it has no such incident', 409, true);
    }
    await this.rest.act({
      method: 'PUT',
      path: ['incidents', id],
      headers: this.#behalf(),
      body: { incident: { type: 'incident_reference', status } },
    });
  }

  async #event(hash: string, event: object) {
    const key = this.keys.get(hash)!;
    await this.events.act({
      path: ['v2', 'enqueue'],
      secrets: [key],
      body: { routing_key: key, ...event },
    });
  }

  async #find(key: string): Promise<SentPage | undefined> {
    const answer = await this.rest.ask({
      path: ['incidents'],
      query: { incident_key: key, date_range: 'all', limit: '10' },
    });
    const found = fieldsOf(answer)?.incidents;
    // An empty key would find all there are.
    const incident = (Array.isArray(found) ? found : [])
      .map(fieldsOf)
      .find(item => item?.incident_key === key);
    return incident && sentOf(incident);
  }

  #behalf(): Record<string, string> {
    return { from: this.from! };
  }
}

function sentOf(incident: Record<string, unknown> | undefined): SentPage {
  const externalId = looseId(incident?.id);
  const url = looseUrl(incident?.html_url);
  return {
    ...(externalId ? { externalId } : {}),
    ...(url ? { url } : {}),
  };
}
