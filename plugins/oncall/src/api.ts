import {
  createApiRef,
  type DiscoveryApi,
  type FetchApi,
} from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import type {
  CoverageAnswer,
  EntityNow,
  EverybodyNow,
  ShiftsAnswer,
} from '@pavedroad/plugin-oncall-common';

/** What the screens ask the on-call back end. All methods reject with a ResponseError when it refuses. */
export interface OnCallApi {
  /** Who is on call for an entity now. */
  entityNow(entityRef: string): Promise<EntityNow>;
  /** Everybody on call now, with every service. */
  everybodyNow(): Promise<EverybodyNow>;
  /** The shifts of a schedule in a window of ISO instants. */
  shifts(
    scheduleRef: string,
    window: { from: string; to: string },
  ): Promise<ShiftsAnswer>;
  /** Gaps and double bookings of a schedule in a window of ISO instants. */
  coverage(
    scheduleRef: string,
    window: { from: string; to: string },
  ): Promise<CoverageAnswer>;
}

/** See {@link OnCallApi}. */
export const onCallApiRef = createApiRef<OnCallApi>({
  id: 'plugin.oncall.api',
});

/** Asks over HTTP. */
export class OnCallClient implements OnCallApi {
  constructor(
    private readonly options: {
      discoveryApi: DiscoveryApi;
      fetchApi: FetchApi;
    },
  ) {}

  async entityNow(entityRef: string): Promise<EntityNow> {
    return await this.#get('/now', { entityRef });
  }

  async everybodyNow(): Promise<EverybodyNow> {
    return await this.#get('/now', { services: 'true' });
  }

  async shifts(
    schedule: string,
    window: { from: string; to: string },
  ): Promise<ShiftsAnswer> {
    return await this.#get('/shifts', { schedule, ...window });
  }

  async coverage(
    schedule: string,
    window: { from: string; to: string },
  ): Promise<CoverageAnswer> {
    return await this.#get('/coverage', { schedule, ...window });
  }

  async #get<T>(path: string, query: Record<string, string>): Promise<T> {
    const baseUrl = await this.options.discoveryApi.getBaseUrl('oncall');
    const response = await this.options.fetchApi.fetch(
      `${baseUrl}${path}?${new URLSearchParams(query)}`,
    );
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    return await response.json();
  }
}
