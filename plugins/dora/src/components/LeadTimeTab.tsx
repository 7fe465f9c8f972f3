import { Link } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  LeadTimesResponse,
  MetricsResponse,
} from '@pavedroad/plugin-dora-common';
import {
  EmptyState,
  ErrorState,
  formatDurationSeconds,
  formatPlural,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { DeliveryQuery, doraApiRef } from '../api/DoraApi';
import { Histogram } from '../plot/Histogram';
import { Waterfall } from '../plot/Waterfall';
import { useViewState } from '../state/useViewState';
import { bottleneck } from '../words/figures';
import { unbroken } from '../words/unbroken';
import styles from './delivery.module.css';

/** Where lead time goes, stage by stage, and how it is distributed. */
export function LeadTimeTab(props: {
  query: DeliveryQuery;
  response: MetricsResponse;
}) {
  const { query, response } = props;
  const api = useApi(doraApiRef);
  const { hrefOf } = useViewState();
  const leadTimes = useAsyncData(
    `dora/lead-times ${JSON.stringify(query)}`,
    () => api.getLeadTimes(query),
  );
  const { stages = [] } = response.metrics.changeLeadTime;
  const known = stages.filter(stage => stage.changes > 0);
  const sentence = bottleneck(stages);
  return (
    <>
      <Section title="Where lead time goes">
        <p className={styles.answer}>
          {(sentence && unbroken(sentence)) ??
            (known.length === 0
              ? 'No changes in this period.'
              : 'Only the time from commit to deployment is known.')}
        </p>
        {known.length > 0 && !sentence ? (
          <p className={styles.comparison}>
            Connect pull requests and builds to see where it passes.{' '}
            <Link href={hrefOf({ tab: 'data-quality' }, '#what-to-connect')}>
              What to connect
            </Link>
          </p>
        ) : undefined}
        {known.length > 0 ? <Waterfall stages={stages} /> : undefined}
        {known.length > 0 ? (
          <p className={styles.comparison}>
            A stage’s share is the sum of its time over the sum of all lead
            times. A stage nobody reported is part of the one after it.
          </p>
        ) : undefined}
      </Section>
      <Section title="How lead times are distributed">
        {leadTimes.error ? (
          <ErrorState
            action="The distribution could not be loaded"
            error={leadTimes.error}
            onRetry={leadTimes.reload}
          />
        ) : undefined}
        {!leadTimes.data && leadTimes.isLoading ? (
          <LoadingSkeleton
            rows={4}
            rowHeight={48}
            label="Loading the distribution"
          />
        ) : undefined}
        {leadTimes.data ? (
          <Distribution distribution={leadTimes.data} />
        ) : undefined}
        <Link href={hrefOf({ tab: 'deployments' }, '#deployments')}>
          Deployments that brought the changes
        </Link>
      </Section>
    </>
  );
}

function Distribution({ distribution }: { distribution: LeadTimesResponse }) {
  const { changes, p50Seconds, p90Seconds, maxRelativeError, status } =
    distribution;
  if (changes === 0 || p50Seconds === undefined || p90Seconds === undefined) {
    return (
      <EmptyState
        title="No changes with a known lead time"
        description="None reached this environment in this period."
      />
    );
  }
  return (
    <>
      <p className={styles.answer}>
        {unbroken(spreadWords(p50Seconds, p90Seconds))}
        {status === 'insufficient_data'
          ? ' There are too few changes to rely on that.'
          : ''}
      </p>
      <Histogram distribution={distribution} />
      <p className={styles.comparison}>
        {formatPlural(changes, 'change')}.{' '}
        {maxRelativeError > 0
          ? `Percentiles are within ${Math.ceil(
              maxRelativeError * 100,
            )} % of the exact ones.`
          : 'Percentiles are exact.'}
      </p>
    </>
  );
}

/** How far slow changes lie from the middle one. */
export function spreadWords(p50: number, p90: number): string {
  const [half, most] = [p50, p90].map(formatDurationSeconds);
  const times = p50 > 0 ? p90 / p50 : Infinity;
  if (times < 1.5) {
    return `Most changes take about as long: half are in use within ${half}, nine in ten within ${most}.`;
  }
  return `Half of the changes are in use within ${half}; one in ten takes longer than ${most}${
    Number.isFinite(times) && times >= 2
      ? `, ${Math.round(times)} times as long`
      : ''
  }.`;
}
