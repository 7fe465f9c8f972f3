import { ReactNode } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  ErrorState,
  LoadingSkeleton,
  SampleDataBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { Flex, Text } from '@backstage/ui';
import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { doraApiRef } from '../api/DoraApi';
import { useScrollToFragment } from '../state/useScrollToFragment';
import { useViewState } from '../state/useViewState';
import { windowOf } from '../state/viewState';
import { METRIC_NAMES } from '../words/figures';
import { DeploymentDetail } from './DeploymentDetail';
import { DeploymentsSection } from './DeploymentsSection';
import { FigureCard } from './FigureCard';
import { FirstDeployment } from './FirstDeployment';
import {
  DataQualitySection,
  DefinitionSection,
  ExclusionsSection,
} from './Notes';
import { StageBreakdown } from './StageBreakdown';
import { ViewControls } from './ViewControls';
import styles from './delivery.module.css';

/** How often an open screen asks again, so that a new deployment shows by itself; a large scope costs more to ask for. */
const REFRESH_SECONDS = { single: 5, many: 15 };

/** Everything about the delivery of one scope. */
export function DeliveryView(props: {
  /** Absent: everything. */
  entityRef?: string;
  /** The scope is one component. */
  single?: boolean;
  scopeControl?: ReactNode;
}) {
  const { entityRef, single = false } = props;
  const { state, change } = useViewState();
  const api = useApi(doraApiRef);
  useScrollToFragment();
  const { environment, timeZone, interval } = state;
  const query = { entityRef, ...windowOf(state), environment, timeZone };
  const refreshSeconds = REFRESH_SECONDS[single ? 'single' : 'many'];
  const metrics = useAsyncData(
    `dora/metrics ${JSON.stringify({ ...query, interval })}`,
    () => api.getMetrics({ ...query, interval }),
    { refreshSeconds },
  );

  if (state.deployment) {
    return (
      <DeploymentDetail
        id={state.deployment}
        timeZone={timeZone}
        onBack={() => change({ deployment: undefined })}
      />
    );
  }
  const response = metrics.data;
  return (
    <>
      <ViewControls
        state={state}
        change={change}
        scopeControl={props.scopeControl}
      />
      {metrics.error ? (
        <ErrorState
          action="Delivery metrics could not be loaded"
          error={metrics.error}
          onRetry={metrics.reload}
        />
      ) : undefined}
      {!response && metrics.isLoading ? <FiguresSkeleton /> : undefined}
      {response ? (
        <>
          <ScopeLine response={response} single={single} />
          {hasNothing(response) ? (
            <>
              <FirstDeployment
                entityRef={single ? entityRef : undefined}
                response={response}
              />
              <DataQualitySection notes={response.dataQuality} />
            </>
          ) : (
            <>
              <div className={styles.figures}>
                {METRIC_NAMES.map(name => (
                  <FigureCard key={name} name={name} response={response} />
                ))}
                <StageBreakdown
                  stages={response.metrics.changeLeadTime.stages ?? []}
                />
              </div>
              <DeploymentsSection
                query={query}
                showService={!single}
                refreshSeconds={refreshSeconds}
              />
              <div className={styles.pair}>
                <DataQualitySection notes={response.dataQuality} />
                <ExclusionsSection excluded={response.excluded} />
              </div>
            </>
          )}
          <DefinitionSection version={response.definition.version} />
        </>
      ) : undefined}
    </>
  );
}

/** No service in scope has ever reported a deployment. */
function hasNothing({ scope, dataQuality }: MetricsResponse): boolean {
  const silent = dataQuality.find(note => note.code === 'no_deployments');
  return scope.services === 0 || silent?.services.length === scope.services;
}

function ScopeLine(props: { response: MetricsResponse; single: boolean }) {
  const { response, single } = props;
  if (!response.sampleData && single) {
    return null;
  }
  const { services } = response.scope;
  return (
    <Flex gap="3" align="center" style={{ flexWrap: 'wrap' }}>
      {single ? undefined : (
        <Text as="p" color="secondary" style={{ margin: 0 }}>
          {services === 1 ? '1 service' : `${services} services`} in scope
        </Text>
      )}
      {response.sampleData ? <SampleDataBadge /> : undefined}
    </Flex>
  );
}

function FiguresSkeleton() {
  return (
    <div className={styles.figures}>
      {METRIC_NAMES.map((name, i) => (
        <LoadingSkeleton
          key={name}
          rows={5}
          rowHeight={48}
          label={i === 0 ? 'Loading delivery metrics' : 'Loading'}
        />
      ))}
    </div>
  );
}
