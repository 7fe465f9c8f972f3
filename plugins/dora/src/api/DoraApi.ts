import { createApiRef } from '@backstage/frontend-plugin-api';
import {
  CreatedReportingCredential,
  DeliverySourcesResponse,
  DeploymentChangesResponse,
  DeploymentDetailResponse,
  DeploymentKind,
  DeploymentListResponse,
  EnvironmentsResponse,
  IncidentDetailResponse,
  IncidentListResponse,
  Interval,
  LeadTimesResponse,
  ManualAttributionRequest,
  MetricsResponse,
  ReportingCredential,
  ReportingCredentialsResponse,
  ServiceHint,
  ServicesResponse,
} from '@pavedroad/plugin-dora-common';

/** Scope and window of a question. */
export interface DeliveryQuery {
  entityRef?: string;
  /** ISO 8601 date or instant; a date begins in the time zone. */
  from: string;
  /** Exclusive. */
  to: string;
  timeZone: string;
  /** A tier or the name of an environment. */
  environment: string;
}

/** A question for the five metrics. */
export interface MetricsQuestion extends DeliveryQuery {
  interval: Interval;
  /** The other period; the one of equal length just before unless told. */
  compareFrom?: string;
  compareTo?: string;
  /** Another scope over the same period, instead of another period. */
  compareEntityRef?: string;
}

/** A question for the deployments behind a number. */
export interface DeploymentsQuery extends DeliveryQuery {
  outcome?: 'ok' | 'failed';
  kind?: DeploymentKind;
  /** Only deployments of which a failure would be known. */
  failureData?: boolean;
  /** Only unplanned repairs. */
  rework?: boolean;
  /** Also attempts that never reached the environment. */
  attempts?: boolean;
  /** Only this service of the scope. */
  service?: string;
  /** Beginning of a revision or commit, a pull request's number, or words of an author, subject or source's id. */
  find?: string;
  cursor?: string;
  limit?: number;
}

/** A question for the incidents of a scope that opened in a window. */
export interface IncidentsQuery extends DeliveryQuery {
  status?: 'open' | 'resolved';
  /** Whether something is known about the cause. */
  attributed?: boolean;
  cursor?: string;
  limit?: number;
}

/** What a correction did. */
export interface Correction {
  serviceRef: string;
  attributionIds: string[];
  /** False when it was so already. */
  recorded: boolean;
  /** It is kept, and no number shows it until all events have been read anew. */
  pending?: boolean;
}

/** What events call a service that the catalog does not know: a row of `GET /api/dora/unmapped`. */
export interface UnmappedTarget {
  hint: ServiceHint;
  reason: 'unknown_service' | 'ambiguous_repository' | 'ambiguous_alias';
  events: number;
  /** ISO instant in UTC. */
  firstSeen: string;
}

/** What the screens ask the backend. Rejects with `ResponseError`. */
export interface DoraApi {
  getMetrics(query: MetricsQuestion): Promise<MetricsResponse>;
  /** The figures of each service of the scope. */
  getServices(query: DeliveryQuery): Promise<ServicesResponse>;
  /** How the lead times of the scope are distributed. */
  getLeadTimes(query: DeliveryQuery): Promise<LeadTimesResponse>;
  /** What services of a scope deploy to; of everything without one. */
  getEnvironments(entityRef?: string): Promise<EnvironmentsResponse>;
  /** Where events come from: what each source provides and needs, and what came in through it. */
  getSources(): Promise<DeliverySourcesResponse>;
  /** Names in events that lead to no service. */
  getUnmapped(): Promise<{ items: UnmappedTarget[] }>;
  getDeployments(query: DeploymentsQuery): Promise<DeploymentListResponse>;
  /** All of them, as CSV text. */
  getDeploymentsCsv(query: DeploymentsQuery): Promise<string>;
  getDeployment(id: string): Promise<DeploymentDetailResponse>;
  /** A page of what a deployment brought, by commit time. */
  getDeploymentChanges(
    id: string,
    page: { cursor?: string; limit?: number },
  ): Promise<DeploymentChangesResponse>;
  /** All of it, as CSV text. */
  getDeploymentChangesCsv(id: string): Promise<string>;
  getIncidents(query: IncidentsQuery): Promise<IncidentListResponse>;
  /** One incident of a service, with who was on call. */
  getIncident(serviceRef: string, id: string): Promise<IncidentDetailResponse>;
  /** All of them, as CSV text. */
  getIncidentsCsv(query: IncidentsQuery): Promise<string>;
  /** Puts a failure down to a deployment, or to none; resolves when every number is right, or with `pending`. */
  attribute(
    deploymentId: string,
    request: ManualAttributionRequest,
  ): Promise<Correction>;
  /** Takes an attribution back; resolves when every number is right, or with `pending`. */
  withdraw(
    deploymentId: string,
    attributionId: string,
    reason?: string,
  ): Promise<Correction>;
  /** What a service reports with; without tokens. */
  getReportingCredentials(
    entityRef: string,
  ): Promise<ReportingCredentialsResponse>;
  /** Makes one; its token is answered this once. */
  createReportingCredential(
    entityRef: string,
    label: string,
  ): Promise<CreatedReportingCredential>;
  revokeReportingCredential(id: string): Promise<ReportingCredential>;
}

export const doraApiRef = createApiRef<DoraApi>({ id: 'plugin.dora.service' });
