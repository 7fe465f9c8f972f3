import {
  dataQualityText,
  DataQualityNote,
  DeploymentAttribution,
} from '@pavedroad/plugin-dora-common';
import { CsvValue } from '@pavedroad/portal-ui';

/** The deployment, or the incident, that a file of attributions is about. */
export interface AttributionsOf {
  serviceRef: string;
  deployment?: string;
  incident?: string;
  definition: { version: number };
  dataQuality?: readonly DataQualityNote[];
}

/**
 * Everything that was said about failures, as rows of a file: an auditor takes along who said what, when, and what counts. What it is
 * about stands in every row, for a file is read far from its page.
 */
export function attributionCsvRows(
  attributions: readonly DeploymentAttribution[],
  of: AttributionsOf,
): Record<string, CsvValue>[] {
  return attributions.map(attribution => ({
    service: of.serviceRef,
    ...(of.deployment !== undefined && { of_deployment: of.deployment }),
    ...(of.incident !== undefined && { of_incident: of.incident }),
    cause: attribution.cause.kind,
    cause_id: attribution.cause.id,
    incident: attribution.incident?.title,
    opened_at: attribution.incident?.openedAt,
    resolved_at: attribution.incident?.resolvedAt,
    state: attribution.state,
    blames: attribution.blames ?? 'this',
    deployment: attribution.deploymentId,
    method: attribution.method,
    confidence: attribution.confidence,
    evidence: attribution.evidence,
    author_kind: attribution.author.kind,
    author: attribution.author.name,
    recorded_at: attribution.recordedAt,
    taken_back_at: attribution.withdrawn?.at,
    taken_back_by: attribution.withdrawn?.by,
    taken_back_because: attribution.withdrawn?.reason,
    definition_version: of.definition.version,
    data_quality: dataQualityText(of.dataQuality),
  }));
}
