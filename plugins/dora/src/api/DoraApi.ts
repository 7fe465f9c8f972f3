import { createApiRef } from '@backstage/frontend-plugin-api';
import {
  DeploymentDetailResponse,
  DeploymentKind,
  DeploymentListResponse,
  Interval,
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

/** What the screens ask the backend. Rejects with `ResponseError`. */
export interface DoraApi {
  getMetrics(
    query: DeliveryQuery & { interval: Interval },
  ): Promise<MetricsResponse>;
  getDeployments(query: DeploymentsQuery): Promise<DeploymentListResponse>;
  /** All of them, as CSV text. */
  getDeploymentsCsv(query: DeploymentsQuery): Promise<string>;
  getDeployment(id: string): Promise<DeploymentDetailResponse>;
}

export const doraApiRef = createApiRef<DoraApi>({ id: 'plugin.dora.service' });
