import { NotFoundError } from '@backstage/errors';
import type {
  OnCallProvider,
  OnCallWebhook,
  WebhookEvent,
  WebhookRequest,
} from '@pavedroad/plugin-oncall-node';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import type { CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type { CachedProvider } from '../providers/CachedProvider';
import type { PageNews, PageStore } from '../store/PageStore';

/** What became of one event of a webhook. */
export type WebhookResult = {
  id: string;
  outcome: 'accepted' | 'duplicate' | 'ignored';
};

/** Takes in what providers tell of their pages. */
export class WebhookService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      providers: CachedProvider[];
      pages: PageStore;
    },
  ) {}

  /**
   * Who takes the webhooks of an account in.
   * @throws NotFoundError when nobody does.
   */
  receiver(
    providerId: string,
    accountName: string | undefined,
  ): { cached: CachedProvider; webhook: OnCallWebhook; account: string } {
    const cached = this.parts.providers.find(
      ({ provider }) => provider.id === providerId,
    );
    const webhook = cached?.provider.webhook;
    const account = webhook?.accountOf(accountName);
    if (!cached || !webhook || account === undefined) {
      throw new NotFoundError(
        'No webhooks are taken in here; see webhookSecrets in the configuration of the account',
      );
    }
    return { cached, webhook, account };
  }

  /**
   * Records the events of a verified request. Once it answers, they are kept.
   * @throws InputError for a body that cannot be read.
   */
  async takeIn(
    receiver: ReturnType<WebhookService['receiver']>,
    request: WebhookRequest,
  ): Promise<WebhookResult[]> {
    const { cached, webhook, account } = receiver;
    const events = webhook.read(account, request);
    const snapshot = await this.parts.directory.snapshot();
    const results: WebhookResult[] = [];
    for (const event of events) {
      const news = await newsOf(event, cached.provider, account, snapshot);
      const fresh = await this.parts.pages.takeIn(
        {
          provider: cached.provider.id,
          account,
          id: event.id,
          type: event.type,
          ...(event.onCallChanged ? { onCallChanged: true } : {}),
        },
        news,
      );
      let outcome: WebhookResult['outcome'] = 'duplicate';
      if (fresh) {
        outcome = news || event.onCallChanged ? 'accepted' : 'ignored';
      }
      results.push({ id: event.id, outcome });
    }
    return results;
  }
}

/** What an event says of a page, with the schedule and entity of the catalog it is about, and with people by their addresses. */
async function newsOf(
  event: WebhookEvent,
  provider: OnCallProvider,
  account: string,
  snapshot: CatalogSnapshot,
): Promise<PageNews | undefined> {
  const { page } = event;
  if (!page) {
    return undefined;
  }
  const { scheduleIds, people, by, createdAt, ...rest } = page;
  const addresses =
    (await provider.webhook?.identify?.(account, [
      ...people,
      ...(by ? [by] : []),
    ])) ?? new Map<string, string>();
  const known = (person: string) => addresses.get(person) ?? person;
  const found = entityOf(provider, scheduleIds, snapshot);
  const scheduleId = found?.scheduleId ?? scheduleIds[0];
  return {
    ...rest,
    at: Date.parse(event.at),
    people: [...new Set(people.map(known))],
    ...(by ? { by: known(by) } : {}),
    ...(createdAt ? { createdAt: Date.parse(createdAt) } : {}),
    ...(scheduleId ? { scheduleRef: `${provider.id}:${scheduleId}` } : {}),
    ...(found?.entityRef ? { entityRef: found.entityRef } : {}),
  };
}

/** The entity that names one of the schedules, the closest first; no entity where several name it. */
function entityOf(
  provider: OnCallProvider,
  scheduleIds: string[],
  snapshot: CatalogSnapshot,
): { scheduleId: string; entityRef?: string } | undefined {
  for (const scheduleId of scheduleIds) {
    const refs: string[] = [];
    for (const { ref, entity } of snapshot.entities.values()) {
      if (provider.match(entity)?.scheduleId === scheduleId) {
        refs.push(ref);
      }
    }
    if (refs.length > 0) {
      return {
        scheduleId,
        ...(refs.length === 1 ? { entityRef: refs[0] } : {}),
      };
    }
  }
  return undefined;
}
