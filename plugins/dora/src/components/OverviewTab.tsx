import { lazy, Suspense } from 'react';
import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { LoadingSkeleton } from '@pavedroad/portal-ui';
import { DeliveryQuery } from '../api/DoraApi';
import { useViewState } from '../state/useViewState';
import { METRIC_NAMES } from '../words/figures';
import { ComparisonSection } from './ComparisonSection';
import { FigureCard } from './FigureCard';
import { StageBreakdown } from './StageBreakdown';
import { useBeside } from './useBeside';
import styles from './delivery.module.css';

const BenchmarksSection = lazy(() =>
  import('./BenchmarksSection').then(m => ({ default: m.BenchmarksSection })),
);

/** The five figures, where lead time goes, and how they stand against published benchmarks. */
export function OverviewTab(props: {
  query: DeliveryQuery;
  response: MetricsResponse;
}) {
  const { query, response } = props;
  const { state } = useViewState();
  const beside = useBeside(query, state, response);
  return (
    <>
      {state.comparison === 'before' ? undefined : (
        <ComparisonSection response={response} against={beside.against} />
      )}
      <div className={styles.figures}>
        {METRIC_NAMES.map(name => (
          <FigureCard
            key={name}
            name={name}
            response={response}
            beside={beside}
          />
        ))}
        <StageBreakdown stages={response.metrics.changeLeadTime.stages ?? []} />
      </div>
      <Suspense fallback={<LoadingSkeleton rows={3} />}>
        <BenchmarksSection response={response} />
      </Suspense>
    </>
  );
}
