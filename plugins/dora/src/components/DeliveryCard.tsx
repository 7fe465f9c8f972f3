import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  entityRouteParams,
  entityRouteRef,
  useEntity,
} from '@backstage/plugin-catalog-react';
import { Section, useAsyncData, viewerTimeZone } from '@pavedroad/portal-ui';
import { doraApiRef } from '../api/DoraApi';
import { readViewState, windowOf } from '../state/viewState';
import { Glance } from './Glance';

/** How an entity has delivered lately, on its overview. */
export function DeliveryCard() {
  const api = useApi(doraApiRef);
  const { entity } = useEntity();
  const entityRoute = useRouteRef(entityRouteRef);
  const entityRef = stringifyEntityRef(entity);
  const { data, error, reload } = useAsyncData(`dora/card ${entityRef}`, () => {
    const state = readViewState(
      new URLSearchParams(),
      new Date(),
      viewerTimeZone(),
    );
    return api.getMetrics({
      entityRef,
      ...windowOf(state),
      environment: state.environment,
      timeZone: state.timeZone,
      interval: state.interval,
    });
  });
  return (
    <Section title="Delivery">
      <Glance
        title={entity.metadata.title ?? entity.metadata.name}
        response={data}
        error={error}
        reload={reload}
        href={`${entityRoute?.(entityRouteParams(entity)) ?? ''}/delivery`}
      />
    </Section>
  );
}
