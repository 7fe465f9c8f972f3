import { Exclusion } from '../api';

/** Durations in seconds, of which the order is known: exactly, or by buckets. */
export interface Distribution {
  count: number;
  /** Continuous percentile, `p` 0–1; undefined without values. */
  percentile(p: number): number | undefined;
}

/** Durations of which each is independent of the others. */
export interface IndependentDurations extends Distribution {
  /** Distribution-free 95 % interval of the median. */
  medianInterval(): [number, number] | undefined;
  /** Medians of resamples, unsorted; none without values. */
  resampledMedians(replicates: number, seed: number): Float64Array;
  /** 0 when exact. */
  maxRelativeError: number;
}

/** Durations that come in groups: the changes of deployments. Resampling draws whole groups. */
export interface GroupedDurations extends IndependentDurations {
  /** How many groups there are. */
  groups: number;
  /** @param replicates - how often to resample, where that is needed; 1,000 unless told */
  medianInterval(replicates?: number): [number, number] | undefined;
}

/** One stage of lead time. */
export interface StageTimes extends Distribution {
  /** Of all values, in seconds. */
  sum: number;
}

/** What the figures of one span follow from. Counts are exact wherever they come from. */
export interface Summary {
  /** `change` deployments. */
  deployments: number;
  /** `change` deployments of which a failure would be known. */
  covered: number;
  /** Of these, those with a live attribution. */
  failed: number;
  /** Recovery times of those that recovered. */
  recovery: IndependentDurations;
  /** `change` and `rollback` deployments of which a failure would be known. */
  reworkBase: number;
  /** Of these, the unplanned repairs. */
  rework: number;
  /** Lead times of the changes that count. */
  lead: GroupedDurations;
  /** In the order of `STAGE_NAMES`; only where they are asked for. */
  stages?: StageTimes[];
  /** Sum of the lead times, in seconds. */
  leadSum: number;
  excluded: Exclusion[];
  /** Some deployment is of the sample organisation. */
  sample: boolean;
}

/** A whole window: its figures and the days on which something was deployed. */
export interface WindowSummary {
  summary: Summary;
  /** Beginnings, in epoch milliseconds, of the calendar days of the time zone that have a `change` deployment. */
  deployingDays: ReadonlySet<number>;
}
