import {
  DeploymentChange,
  StageName,
  StageSummary,
} from '@pavedroad/plugin-dora-common';
import { CsvValue } from '@pavedroad/portal-ui';

/** The stages of lead time as rows of a file: shares 0–1, durations in seconds. */
export function stageRows(
  stages: readonly StageSummary[],
): Record<string, CsvValue>[] {
  return stages.map(stage => ({
    stage: stage.name,
    share: stage.changes === 0 ? undefined : stage.shareOfTotal,
    p50_seconds: stage.p50Seconds,
    changes: stage.changes,
  }));
}

/** The stages of a change that are known, each with its place among all of them. */
export function knownStages(
  change: DeploymentChange,
): { name: StageName; position: number; seconds: number }[] {
  return change.stages.flatMap(({ name, seconds }, position) =>
    seconds === undefined ? [] : [{ name, position, seconds }],
  );
}
