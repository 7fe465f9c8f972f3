import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { METRIC_NAMES } from '../words/figures';
import { FigureCard } from './FigureCard';
import { StageBreakdown } from './StageBreakdown';
import styles from './delivery.module.css';

/** The five figures, and where lead time goes. */
export function OverviewTab({ response }: { response: MetricsResponse }) {
  return (
    <div className={styles.figures}>
      {METRIC_NAMES.map(name => (
        <FigureCard key={name} name={name} response={response} />
      ))}
      <StageBreakdown stages={response.metrics.changeLeadTime.stages ?? []} />
    </div>
  );
}
