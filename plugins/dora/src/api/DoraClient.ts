import { DiscoveryApi, FetchApi } from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import {
  DeploymentDetailResponse,
  DeploymentListResponse,
  MetricsResponse,
} from '@pavedroad/plugin-dora-common';
import {
  DeliveryQuery,
  DeploymentsQuery,
  DoraApi,
  MetricsQuestion,
  ServiceFigures,
} from './DoraApi';

type Parameters = Record<string, string | number | boolean | undefined>;

/** Asks the delivery backend over HTTP. */
export class DoraClient implements DoraApi {
  static create(options: {
    discoveryApi: DiscoveryApi;
    fetchApi: FetchApi;
  }): DoraClient {
    return new DoraClient(options.discoveryApi, options.fetchApi);
  }

  private constructor(
    private readonly discoveryApi: DiscoveryApi,
    private readonly fetchApi: FetchApi,
  ) {}

  async getMetrics(query: MetricsQuestion): Promise<MetricsResponse> {
    return (await this.get('/metrics', { ...query })).json();
  }

  async getServices(
    query: DeliveryQuery,
  ): Promise<{ items: ServiceFigures[] }> {
    return (await this.get('/services', { ...query })).json();
  }

  async getDeployments(
    query: DeploymentsQuery,
  ): Promise<DeploymentListResponse> {
    return (await this.get('/deployments', { ...query })).json();
  }

  async getDeploymentsCsv(query: DeploymentsQuery): Promise<string> {
    const { cursor: _cursor, limit: _limit, ...filters } = query;
    return (
      await this.get('/deployments', { ...filters, format: 'csv' })
    ).text();
  }

  async getDeployment(id: string): Promise<DeploymentDetailResponse> {
    return (
      await this.get(`/deployments/${encodeURIComponent(id)}`, {})
    ).json();
  }

  private async get(path: string, parameters: Parameters): Promise<Response> {
    const given = Object.entries(parameters).filter(
      ([, value]) => value !== undefined && value !== '',
    );
    const search = new URLSearchParams(
      given.map(([key, value]) => [key, String(value)]),
    ).toString();
    const response = await this.fetchApi.fetch(
      `${await this.discoveryApi.getBaseUrl('dora')}${path}${
        search && `?${search}`
      }`,
    );
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    return response;
  }
}
