import { createApiRef } from '@backstage/frontend-plugin-api';
import {
  DeploymentDetailResponse,
  DeploymentKind,
  DeploymentListResponse,
  Interval,
  Metrics,
  MetricsResponse,
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
  cursor?: string;
  limit?: number;
}

/** One service with its figures: a row of `GET /api/dora/services`. */
export interface ServiceFigures {
  entityRef: string;
  metrics: Metrics;
  sampleData: boolean;
}

/** What the screens ask the backend. Rejects with `ResponseError`. */
export interface DoraApi {
  getMetrics(query: MetricsQuestion): Promise<MetricsResponse>;
  /** The figures of each service of the scope. */
  getServices(query: DeliveryQuery): Promise<{ items: ServiceFigures[] }>;
  getDeployments(query: DeploymentsQuery): Promise<DeploymentListResponse>;
  /** All of them, as CSV text. */
  getDeploymentsCsv(query: DeploymentsQuery): Promise<string>;
  getDeployment(id: string): Promise<DeploymentDetailResponse>;
}

export const doraApiRef = createApiRef<DoraApi>({ id: 'plugin.dora.service' });
