import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { DeliveryQuery } from '../api/DoraApi';
import { StageBreakdown } from './StageBreakdown';

/** Where lead time goes. */
export function LeadTimeTab(props: {
  query: DeliveryQuery;
  response: MetricsResponse;
}) {
  return (
    <StageBreakdown
      stages={props.response.metrics.changeLeadTime.stages ?? []}
    />
  );
}
