import { DeploymentKind, ServiceQuality } from './facts';
import { Interval } from './api';

/**
 * Narrow rows that metrics are computed from. A backend selects exactly these columns, for the
 * union of the window and the comparison window; rows outside are ignored, so more does no harm.
 */
export interface DeploymentRow {
  id: string;
  /** Epoch milliseconds. */
  finishedAt: number;
  kind: DeploymentKind;
  failureData: boolean;
  failed: boolean;
  rework: boolean;
  origin: 'event' | 'release_tag';
  first: boolean;
  /** A `historyGap` is set. */
  unknownHistory: boolean;
  recoverySeconds?: number;
  sample: boolean;
}

/** One delivered change. `finishedAt` is that of the deployment that delivered it. */
export interface ChangeRow {
  deploymentId: string;
  /** Epoch milliseconds. */
  finishedAt: number;
  leadSeconds: number;
  /** Seconds in the order of `STAGE_NAMES`; undefined = unknown and folded into the next. */
  stages: readonly (number | undefined)[];
  excluded?: 'first_deployment' | 'negative_total_time' | 'bot';
}

/** Incidents of the tier, for counting what is attributed to nothing. */
export interface IncidentRow {
  /** Epoch milliseconds. */
  openedAt: number;
  /** Blames a deployment, or is explicitly nobody's fault. */
  attributed: boolean;
}

/** One per service in scope. */
export interface ServiceRow extends ServiceQuality {
  serviceRef: string;
  /** Epoch milliseconds of its first deployment; before it, nothing is known rather than nothing deployed. */
  connectedSince?: number;
  /** Epoch milliseconds from which its facts are kept, where a question reaches back further; what was before is not known any more. */
  keptFrom?: number;
  sample: boolean;
}

export interface MetricsRows {
  services: readonly ServiceRow[];
  deployments: readonly DeploymentRow[];
  changes: readonly ChangeRow[];
  incidents: readonly IncidentRow[];
}

/** A validated query: moments in epoch milliseconds, half-open windows. */
export interface MetricsQuery {
  entityRef?: string;
  from: number;
  to: number;
  compareFrom: number;
  compareTo: number;
  /** Compare with this scope instead of with another period. */
  compareEntityRef?: string;
  timeZone: string;
  interval: Interval;
  /** A tier, or the name of an environment. */
  environment: string;
}
