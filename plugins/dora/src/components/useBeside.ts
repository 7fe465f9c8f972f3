import { useMemo } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { useAsyncData } from '@pavedroad/portal-ui';
import { DeliveryQuery, doraApiRef } from '../api/DoraApi';
import { ViewState } from '../state/viewState';
import { againstWords } from '../words/against';
import { Beside } from './FigureCard';
import { useScopeTitle } from './useScopeTitle';

/** More marks than this would be a pattern, not moments. */
const MAXIMUM_INCIDENTS = 40;
const MAXIMUM_RELEASES = 200;

/**
 * What stands beside the figures: the course of the other period or scope, and the moments of incidents and deployments where
 * there are few enough to tell apart. The figures do not wait for it, and stay as they are where it cannot be had.
 */
export function useBeside(
  query: DeliveryQuery,
  state: ViewState,
  response: MetricsResponse,
): Beside {
  const api = useApi(doraApiRef);
  const { comparison } = response;
  const question = {
    ...query,
    interval: state.interval,
    ...(state.comparison === 'scope'
      ? { entityRef: state.compareScope }
      : { from: comparison.window.from, to: comparison.window.to }),
  };
  const { data: other } = useAsyncData(
    `dora/beside ${JSON.stringify(question)}`,
    () => api.getMetrics(question),
  );
  const few =
    (response.metrics.deploymentFrequency.deployments ?? 0) <= MAXIMUM_RELEASES;
  const { data: marks } = useAsyncData(
    few ? `dora/marks ${JSON.stringify(query)}` : undefined,
    async () => {
      const [incidents, releases] = await Promise.all([
        api.getIncidents({ ...query, limit: MAXIMUM_INCIDENTS }),
        api.getDeployments({ ...query, limit: MAXIMUM_RELEASES }),
      ]);
      return {
        incidents: incidents.nextCursor
          ? []
          : incidents.items.map(({ openedAt }) => openedAt),
        releases: releases.nextCursor
          ? []
          : releases.items.map(({ finishedAt }) => finishedAt),
      };
    },
  );
  const otherTitle = useScopeTitle(
    state.comparison === 'scope'
      ? comparison.scope?.entityRef ?? state.compareScope
      : undefined,
  );
  const against = useMemo(
    () => againstWords(state, response, otherTitle),
    [state, response, otherTitle],
  );
  return { against, other, marks };
}
