import { DiscoveryApi, FetchApi } from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import {
  CreatedReportingCredential,
  DeliverySourcesResponse,
  DeploymentChangesResponse,
  DeploymentDetailResponse,
  DeploymentListResponse,
  EnvironmentsResponse,
  IncidentDetailResponse,
  IncidentListResponse,
  LeadTimesResponse,
  ManualAttributionRequest,
  MetricsResponse,
  ReportingCredential,
  ReportingCredentialsResponse,
  ServicesResponse,
} from '@pavedroad/plugin-dora-common';
import {
  Correction,
  DeliveryQuery,
  DeploymentsQuery,
  DoraApi,
  IncidentsQuery,
  MetricsQuestion,
  UnmappedTarget,
} from './DoraApi';

type Parameters = Record<string, string | number | boolean | undefined>;

const failuresOf = (deploymentId: string) =>
  `/deployments/${encodeURIComponent(deploymentId)}/failures`;
const changesOf = (deploymentId: string) =>
  `/deployments/${encodeURIComponent(deploymentId)}/changes`;

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

  async getServices(query: DeliveryQuery): Promise<ServicesResponse> {
    return (await this.get('/services', { ...query })).json();
  }

  async getLeadTimes(query: DeliveryQuery): Promise<LeadTimesResponse> {
    return (await this.get('/lead-times', { ...query })).json();
  }

  async getEnvironments(entityRef?: string): Promise<EnvironmentsResponse> {
    return (await this.get('/environments', { entityRef })).json();
  }

  async getSources(): Promise<DeliverySourcesResponse> {
    return (await this.get('/sources', {})).json();
  }

  async getUnmapped(): Promise<{ items: UnmappedTarget[] }> {
    return (await this.get('/unmapped', {})).json();
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

  async getDeploymentChanges(
    id: string,
    page: { cursor?: string; limit?: number },
  ): Promise<DeploymentChangesResponse> {
    return (await this.get(changesOf(id), { ...page })).json();
  }

  async getDeploymentChangesCsv(id: string): Promise<string> {
    return (await this.get(changesOf(id), { format: 'csv' })).text();
  }

  async getIncidents(query: IncidentsQuery): Promise<IncidentListResponse> {
    return (await this.get('/incidents', { ...query })).json();
  }

  async getIncident(
    serviceRef: string,
    id: string,
  ): Promise<IncidentDetailResponse> {
    return (await this.get('/incidents/detail', { serviceRef, id })).json();
  }

  async getIncidentsCsv(query: IncidentsQuery): Promise<string> {
    const { cursor: _cursor, limit: _limit, ...filters } = query;
    return (await this.get('/incidents', { ...filters, format: 'csv' })).text();
  }

  async attribute(
    deploymentId: string,
    request: ManualAttributionRequest,
  ): Promise<Correction> {
    return (
      await this.ask(
        failuresOf(deploymentId),
        {},
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(request),
        },
      )
    ).json();
  }

  async withdraw(
    deploymentId: string,
    attributionId: string,
    reason?: string,
  ): Promise<Correction> {
    return (
      await this.ask(
        failuresOf(deploymentId),
        { attributionId, reason },
        { method: 'DELETE' },
      )
    ).json();
  }

  async getReportingCredentials(
    entityRef: string,
  ): Promise<ReportingCredentialsResponse> {
    return (await this.get('/reporting-credentials', { entityRef })).json();
  }

  async createReportingCredential(
    entityRef: string,
    label: string,
  ): Promise<CreatedReportingCredential> {
    return (
      await this.ask(
        '/reporting-credentials',
        {},
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ entityRef, label }),
        },
      )
    ).json();
  }

  async revokeReportingCredential(id: string): Promise<ReportingCredential> {
    return (
      await this.ask(
        `/reporting-credentials/${encodeURIComponent(id)}`,
        {},
        { method: 'DELETE' },
      )
    ).json();
  }

  private get(path: string, parameters: Parameters): Promise<Response> {
    return this.ask(path, parameters);
  }

  private async ask(
    path: string,
    parameters: Parameters,
    init?: RequestInit,
  ): Promise<Response> {
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
      init,
    );
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    return response;
  }
}
