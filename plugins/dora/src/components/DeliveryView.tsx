import { ReactNode, Suspense, lazy } from 'react';
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
import {
  comparisonOf,
  DeliveryTabId,
  TABS,
  windowOf,
} from '../state/viewState';
import { DeploymentDetail } from './DeploymentDetail';
import { DeploymentsSection } from './DeploymentsSection';
import { FirstDeployment } from './FirstDeployment';
import { DefinitionSection } from './Notes';
import { OverviewTab } from './OverviewTab';
import { TabBar } from './TabBar';
import { ViewControls } from './ViewControls';

const LeadTimeTab = lazy(() =>
  import('./LeadTimeTab').then(m => ({ default: m.LeadTimeTab })),
);
const ServicesTab = lazy(() =>
  import('./ServicesTab').then(m => ({ default: m.ServicesTab })),
);
const IncidentsSection = lazy(() =>
  import('./IncidentsSection').then(m => ({ default: m.IncidentsSection })),
);
const DataQualityTab = lazy(() =>
  import('./DataQualityTab').then(m => ({ default: m.DataQualityTab })),
);

/** How often an open screen asks again, so that a new deployment shows by itself; a large scope costs more to ask for. */
const REFRESH_SECONDS = { single: 5, many: 15 };

/** Everything about the delivery of one scope: one header of controls, and parts that each have an address. */
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
  const { environment, timeZone, interval } = state;
  const query = { entityRef, ...windowOf(state), environment, timeZone };
  const question = { ...query, interval, ...comparisonOf(state) };
  const refreshSeconds = REFRESH_SECONDS[single ? 'single' : 'many'];
  const metrics = useAsyncData(
    `dora/metrics ${JSON.stringify(question)}`,
    () => api.getMetrics(question),
    { refreshSeconds },
  );

  if (state.deployment) {
    return <DeploymentDetail id={state.deployment} timeZone={timeZone} />;
  }
  const response = metrics.data;
  const tabs = TABS.filter(tab => !single || tab !== 'services');
  const tab = tabs.includes(state.tab) ? state.tab : 'overview';

  const content: Record<DeliveryTabId, () => ReactNode> = {
    overview: () => (
      <WithMetrics {...metrics} single={single} entityRef={entityRef}>
        {known => <OverviewTab response={known} />}
      </WithMetrics>
    ),
    'lead-time': () => (
      <WithMetrics {...metrics} single={single} entityRef={entityRef}>
        {known => <LeadTimeTab query={query} response={known} />}
      </WithMetrics>
    ),
    services: () => <ServicesTab query={query} />,
    deployments: () => (
      <DeploymentsSection
        query={query}
        showService={!single}
        refreshSeconds={refreshSeconds}
      />
    ),
    incidents: () => (
      <IncidentsSection
        query={query}
        showService={!single}
        refreshSeconds={refreshSeconds}
      />
    ),
    'data-quality': () => (
      <WithMetrics {...metrics} single={single}>
        {known => <DataQualityTab response={known} />}
      </WithMetrics>
    ),
  };

  return (
    <>
      <ViewControls
        state={state}
        change={change}
        scopeControl={props.scopeControl}
      />
      {response ? <ScopeLine response={response} single={single} /> : undefined}
      <TabBar tabs={tabs} />
      <Suspense
        key={tab}
        fallback={<LoadingSkeleton rows={4} rowHeight={48} />}
      >
        {content[tab]()}
        <FollowFragment />
      </Suspense>
      {response ? (
        <DefinitionSection version={response.definition.version} />
      ) : undefined}
    </>
  );
}

/** Stands after the content of a tab, so that what a link points at is there when it is followed. */
function FollowFragment() {
  useScrollToFragment();
  return null;
}

/** A tab that is about the metrics: waits for them, says what failed, and how to begin where nothing was ever deployed. */
function WithMetrics(props: {
  data?: MetricsResponse;
  error?: unknown;
  isLoading: boolean;
  reload: () => void;
  single: boolean;
  /** Given where the place of missing figures is taken by how to report the first deployment. */
  entityRef?: string;
  children: (response: MetricsResponse) => ReactNode;
}) {
  const { data, error, isLoading, reload, single, entityRef } = props;
  return (
    <>
      {error ? (
        <ErrorState
          action="Delivery metrics could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && isLoading ? (
        <LoadingSkeleton
          rows={5}
          rowHeight={64}
          label="Loading delivery metrics"
        />
      ) : undefined}
      {data && hasNothing(data) && 'entityRef' in props ? (
        <FirstDeployment
          entityRef={single ? entityRef : undefined}
          response={data}
        />
      ) : undefined}
      {data && !(hasNothing(data) && 'entityRef' in props)
        ? props.children(data)
        : undefined}
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
