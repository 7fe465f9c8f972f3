import { ServiceFacts } from '@pavedroad/plugin-dora-common';

/** Counts of one service, one label (tier or environment) and one day in UTC. */
export interface ServiceDay {
  /** Days since 1970-01-01. */
  day: number;
  label: string;
  isTier: boolean;
  /** `change` deployments. */
  deployments: number;
  /** Changes that count for lead time. */
  changes: number;
  /** `change` deployments that failure data covers. */
  covered: number;
  /** Of those, with a live attribution. */
  failed: number;
  /** Of those, recovered. */
  recovered: number;
  /** Covered `change` and `rollback` deployments. */
  reworkBase: number;
  rework: number;
  /** Bucket, count, bucket, count …, by bucket; see {@link leadBucket}. */
  leadHistogram: number[];
}

const DAY_MILLISECONDS = 86_400_000;

/**
 * Bounds of neighbouring buckets differ by 2 %, so the middle of a bucket is at
 * most 1 % away from any value in it.
 */
const BUCKET_GROWTH = Math.log(1.02);

/** Bucket of a lead time in seconds: 0 for less than a second, then logarithmic. */
export function leadBucket(seconds: number): number {
  return seconds < 1 ? 0 : 1 + Math.floor(Math.log(seconds) / BUCKET_GROWTH);
}

/** The value a bucket stands for, in seconds. */
export function bucketSeconds(bucket: number): number {
  return bucket === 0 ? 0 : Math.exp((bucket - 0.5) * BUCKET_GROWTH);
}

/** Day in UTC of a moment in epoch milliseconds. */
export function utcDay(milliseconds: number): number {
  return Math.floor(milliseconds / DAY_MILLISECONDS);
}

/** Rollups of a service: one entry per day and label that has a deployment. Pure. */
export function rollUp(
  facts: Pick<ServiceFacts, 'deployments' | 'changes'>,
): ServiceDay[] {
  const days = new Map<string, ServiceDay>();
  const histograms = new Map<ServiceDay, Map<number, number>>();
  const daysOfDeployment = new Map<string, ServiceDay[]>();

  for (const deployment of facts.deployments) {
    const day = utcDay(deployment.finishedAt);
    const labels: [string | undefined, boolean][] = [
      [deployment.tier, true],
      [deployment.environment, false],
    ];
    const touched: ServiceDay[] = [];
    for (const [label, isTier] of labels) {
      if (label === undefined) {
        continue;
      }
      const key = `${day} ${isTier} ${label}`;
      let entry = days.get(key);
      if (!entry) {
        entry = {
          day,
          label,
          isTier,
          deployments: 0,
          changes: 0,
          covered: 0,
          failed: 0,
          recovered: 0,
          reworkBase: 0,
          rework: 0,
          leadHistogram: [],
        };
        days.set(key, entry);
        histograms.set(entry, new Map());
      }
      touched.push(entry);
      const isChange = deployment.kind === 'change';
      const covered =
        deployment.failureData && deployment.origin !== 'release_tag';
      entry.deployments += Number(isChange);
      entry.covered += Number(isChange && covered);
      entry.failed += Number(isChange && covered && deployment.failed);
      entry.recovered += Number(
        isChange &&
          covered &&
          deployment.failed &&
          deployment.recoverySeconds !== undefined,
      );
      const reworkable = covered && deployment.kind !== 'redeploy';
      entry.reworkBase += Number(reworkable);
      entry.rework += Number(reworkable && deployment.rework);
    }
    daysOfDeployment.set(deployment.id, touched);
  }
  for (const change of facts.changes) {
    if (change.excluded !== undefined) {
      continue;
    }
    for (const entry of daysOfDeployment.get(change.deploymentId) ?? []) {
      entry.changes += 1;
      const histogram = histograms.get(entry)!;
      const bucket = leadBucket(change.leadSeconds);
      histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1);
    }
  }
  for (const [entry, histogram] of histograms) {
    entry.leadHistogram = [...histogram]
      .sort((a, b) => a[0] - b[0])
      .flatMap(pair => pair);
  }
  return [...days.values()];
}
