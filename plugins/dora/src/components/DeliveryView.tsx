import { ReactNode, Suspense, lazy } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  ErrorState,
  formatPlural,
  LoadingSkeleton,
  SampleDataBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { ButtonLink, Flex, Text } from '@backstage/ui';
import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { doraApiRef } from '../api/DoraApi';
import { NotifyControl } from '../notify';
import { PlotCaptionProvider } from '../plot/PlotCaption';
import { useScrollToFragment } from '../state/useScrollToFragment';
import { useViewState, useZoneInAddress } from '../state/useViewState';
import { comparisonOf, TABS, windowOf } from '../state/viewState';
import { captionOf } from '../words/against';
import { countedWords } from '../words/notes';
import { AllDefinitionsDialog } from './DefinitionDialog';
import { DeploymentDetail } from './DeploymentDetail';
import { DeploymentsSection } from './DeploymentsSection';
import { FirstDeployment } from './FirstDeployment';
import { OverviewTab } from './OverviewTab';
import { TabBar } from './TabBar';
import { UrgentNotes } from './UrgentNotes';
import { useScopeTitle } from './useScopeTitle';
import { ViewControls } from './ViewControls';

const LeadTimeTab = lazy(() =>
  import('./LeadTimeTab').then(m => ({ default: m.LeadTimeTab })),
);
const ServicesTab = lazy(() =>
  import('./ServicesTab').then(m => ({ default: m.ServicesTab })),
);
const IncidentDetail = lazy(() =>
  import('./IncidentDetail').then(m => ({ default: m.IncidentDetail })),
);
const IncidentsSection = lazy(() =>
  import('./IncidentsSection').then(m => ({ default: m.IncidentsSection })),
);
const ReportView = lazy(() =>
  import('./ReportView').then(m => ({ default: m.ReportView })),
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
  useZoneInAddress();
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
  const scopeTitle = useScopeTitle(metrics.data?.scope.entityRef);

  if (state.deployment) {
    return <DeploymentDetail id={state.deployment} timeZone={timeZone} />;
  }
  if (state.incident) {
    return (
      <Suspense fallback={<LoadingSkeleton rows={8} rowHeight={32} />}>
        <IncidentDetail {...state.incident} timeZone={timeZone} />
      </Suspense>
    );
  }
  const response = metrics.data;
  if (state.tab === 'report') {
    return (
      <Suspense fallback={<LoadingSkeleton rows={4} rowHeight={48} />}>
        <WithMetrics
          {...metrics}
          single={single}
          entityRef={entityRef}
          ownNotes
        >
          {known => (
            <PlotCaptionProvider value={captionOf(known, scopeTitle)}>
              <ReportView query={query} response={known} single={single} />
            </PlotCaptionProvider>
          )}
        </WithMetrics>
      </Suspense>
    );
  }
  const tabs = TABS.filter(tab => !single || tab !== 'services');
  const tab = tabs.find(id => id === state.tab) ?? 'overview';

  const content: Record<(typeof TABS)[number], () => ReactNode> = {
    overview: () => (
      <WithMetrics {...metrics} single={single} entityRef={entityRef}>
        {known => <OverviewTab query={query} response={known} />}
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
      <WithMetrics {...metrics} single={single} ownNotes>
        {known => <DataQualityTab response={known} single={single} />}
      </WithMetrics>
    ),
  };

  return (
    <PlotCaptionProvider value={response && captionOf(response, scopeTitle)}>
      <ViewControls
        state={state}
        change={change}
        scopeControl={props.scopeControl}
        entityRef={entityRef}
      />
      <ScopeLine entityRef={entityRef} response={response} single={single} />
      <TabBar tabs={tabs} />
      <Suspense
        key={tab}
        fallback={<LoadingSkeleton rows={4} rowHeight={48} />}
      >
        {content[tab]()}
        <FollowFragment />
      </Suspense>
    </PlotCaptionProvider>
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
  /** The tab itself says why its figures are not the whole truth. */
  ownNotes?: boolean;
  /** Given where the place of missing figures is taken by how to report the first deployment. */
  entityRef?: string;
  children: (response: MetricsResponse) => ReactNode;
}) {
  const { data, error, isLoading, reload, single, entityRef } = props;
  const nothing =
    data && hasNothing(data) && 'entityRef' in props ? data : undefined;
  // Who just reported the first deployment must not think that it got lost.
  const counted =
    nothing && countedWords(nothing.dataQuality, nothing.window.timeZone);
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
      {props.ownNotes && !nothing ? undefined : (
        <UrgentNotes
          notes={data?.dataQuality}
          timeZone={data?.window.timeZone}
        />
      )}
      {nothing ? (
        <>
          {counted ? (
            <Text as="p" color="secondary" style={{ margin: 0 }}>
              {counted}
            </Text>
          ) : undefined}
          <FirstDeployment
            entityRef={single ? entityRef : undefined}
            response={nothing}
          />
        </>
      ) : undefined}
      {data && !nothing ? props.children(data) : undefined}
    </>
  );
}

/** No service in scope has ever reported a deployment. */
function hasNothing({ scope, dataQuality }: MetricsResponse): boolean {
  const silent = dataQuality.find(note => note.code === 'no_deployments');
  return scope.services === 0 || silent?.services.length === scope.services;
}

/** How much is in scope, and what can be done with all of it. */
function ScopeLine(props: {
  entityRef?: string;
  response?: MetricsResponse;
  single: boolean;
}) {
  const { response, single } = props;
  const { hrefOf } = useViewState();
  return (
    <Flex
      gap="3"
      align="center"
      justify="between"
      style={{ flexWrap: 'wrap', minHeight: 32 }}
    >
      <Flex gap="3" align="center" style={{ flexWrap: 'wrap' }}>
        {response && !single ? (
          <Text as="p" color="secondary" style={{ margin: 0 }}>
            {formatPlural(response.scope.services, 'service')} in scope
          </Text>
        ) : undefined}
        {response?.sampleData ? <SampleDataBadge /> : undefined}
      </Flex>
      {response ? (
        <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
          <NotifyControl scopeEntityRef={props.entityRef} />
          <AllDefinitionsDialog response={response} />
          <ButtonLink variant="secondary" href={hrefOf({ tab: 'report' })}>
            Report
          </ButtonLink>
        </Flex>
      ) : undefined}
    </Flex>
  );
}
