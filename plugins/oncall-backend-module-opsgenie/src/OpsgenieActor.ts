import {
  fieldsOf,
  looseId,
  looseText,
  ProviderActionError,
  type PageActor,
  type PageActorReference,
  type PageToSend,
  type ProviderAccount,
  type ProviderClient,
  type SentPage,
} from '@pavedroad/plugin-oncall-node';

import { actingClientOf, productOf, UUID, type Product } from './products';

const MESSAGE = 130;
/** How often, and after how many milliseconds, is asked what became of a request. */
const WAITS = [100, 300, 800];

/** Sends alerts, of Opsgenie or of JSM Operations, whose alert APIs are alike. */
export class OpsgenieActor implements PageActor {
  /** Undefined for an account without `actionToken`. */
  static create(account: ProviderAccount): OpsgenieActor | undefined {
    const client = actingClientOf(account);
    return client && new OpsgenieActor(client, productOf(account));
  }

  private constructor(
    private readonly api: {
      client: ProviderClient;
      root: string[];
      jsm: boolean;
    },
    private readonly product: Product,
  ) {}

  async page(
    key: { kind: string; value: string },
    page: PageToSend,
  ): Promise<SentPage> {
    const answer = await this.api.client.act({
      path: [...this.api.root, 'alerts'],
      body: {
        message: page.title.slice(0, MESSAGE),
        alias: page.dedupKey,
        description: [page.details, `Sent by ${page.sender}`, page.link]
          .filter(Boolean)
          .join('\n\n'),
        responders: [await this.#responder(key)],
        priority: page.urgency === 'high' ? 'P1' : 'P4',
        source: 'portal',
      },
    });
    return await this.#outcome(answer);
  }

  async acknowledge(page: PageActorReference): Promise<void> {
    await this.#change(page, 'acknowledge');
  }

  async resolve(page: PageActorReference): Promise<void> {
    await this.#change(page, 'close');
  }

  async #change(page: PageActorReference, action: string) {
    const { client, root, jsm } = this.api;
    const note = `By ${page.sender} in the portal`;
    const id = page.externalId ?? (jsm ? await this.#find(page) : undefined);
    if (!id && jsm) {
      throw new ProviderActionError('it has no such alert', 409, true);
    }
    const answer = await client.act({
      path: [...root, 'alerts', id ?? page.dedupKey, action],
      query: jsm ? {} : { identifierType: id ? 'id' : 'alias' },
      body: { note, source: 'portal' },
    });
    await this.#outcome(answer);
  }

  async #find(page: PageActorReference): Promise<string | undefined> {
    const answer = await this.api.client.ask({
      path: [...this.api.root, 'alerts', 'alias'],
      query: { alias: page.dedupKey },
    });
    return looseId(fieldsOf(answer)?.id);
  }

  async #responder(key: { kind: string; value: string }) {
    if (!this.api.jsm) {
      return UUID.test(key.value)
        ? { type: key.kind, id: key.value }
        : { type: key.kind, name: key.value };
    }
    const id = UUID.test(key.value) ? key.value : await this.#idOf(key);
    if (!id) {
      throw new ProviderActionError(
        `it has no ${key.kind} ${key.value}`,
        409,
        true,
      );
    }
    return { type: key.kind, id };
  }

  async #idOf(key: { kind: string; value: string }) {
    try {
      return key.kind === 'team'
        ? await this.product.teamId(key.value)
        : looseId((await this.product.schedule(key.value))?.id);
    } catch (error) {
      // Nothing was sent yet.
      throw new ProviderActionError(
        error instanceof Error ? error.message : String(error),
        502,
        true,
      );
    }
  }

  /** Requests are accepted first and done later; what is not told in time will come by webhook. */
  async #outcome(accepted: unknown): Promise<SentPage> {
    const request = looseId(fieldsOf(accepted)?.requestId);
    if (!request) {
      throw new ProviderActionError(
        'its answer is not as expected: the id of the request is missing',
        502,
        false,
      );
    }
    for (const wait of WAITS) {
      await new Promise(resolve => setTimeout(resolve, wait));
      const answer = fieldsOf(
        await this.api.client
          .ask({ path: [...this.api.root, 'alerts', 'requests', request] })
          .catch(() => undefined),
      );
      const data = fieldsOf(answer?.data) ?? answer;
      const success = data?.isSuccess ?? data?.success;
      if (data && success === false) {
        throw new ProviderActionError(
          `it refused: ${looseText(data.status) ?? 'it does not say why'}`,
          409,
          true,
        );
      }
      const externalId = looseId(data?.alertId);
      if (externalId) {
        return { externalId };
      }
    }
    return {};
  }
}
