import { ResponseError } from '@backstage/errors';
import { DiscoveryApi, FetchApi } from '@backstage/frontend-plugin-api';
import {
  SubscriptionChangeResponse,
  SubscriptionListResponse,
  SubscriptionRequest,
} from '@pavedroad/plugin-dora-common';

/** Asks the delivery backend who is told about what. Rejects with `ResponseError`. */
export class SubscriptionsClient {
  static create(options: {
    discoveryApi: DiscoveryApi;
    fetchApi: FetchApi;
  }): SubscriptionsClient {
    return new SubscriptionsClient(options.discoveryApi, options.fetchApi);
  }

  private constructor(
    private readonly discoveryApi: DiscoveryApi,
    private readonly fetchApi: FetchApi,
  ) {}

  /** What the reader and their groups are told; everything they are told about when no scope is given. */
  async list(): Promise<SubscriptionListResponse> {
    return (await this.ask({ method: 'GET' })).json();
  }

  /** What those are told about one scope for whom the reader may speak. */
  async about(entityRef: string): Promise<SubscriptionListResponse> {
    return (
      await this.ask({ method: 'GET' }, new URLSearchParams({ entityRef }))
    ).json();
  }

  /** Sets what one subscriber is told about one scope. */
  async set(request: SubscriptionRequest): Promise<SubscriptionChangeResponse> {
    return (
      await this.ask({
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      })
    ).json();
  }

  private async ask(
    init: RequestInit,
    search?: URLSearchParams,
  ): Promise<Response> {
    const response = await this.fetchApi.fetch(
      `${await this.discoveryApi.getBaseUrl('dora')}/subscriptions${
        search ? `?${search}` : ''
      }`,
      init,
    );
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    return response;
  }
}
