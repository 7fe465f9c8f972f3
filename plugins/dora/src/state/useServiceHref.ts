import { useCallback } from 'react';
import { useRouteRef } from '@backstage/frontend-plugin-api';
import { deliveryRouteRef } from '../routes';
import { useViewState } from './useViewState';

/** Addresses of the same view of another scope: its period, interval, environment and zone stay. */
export function useServiceHref(): (entityRef: string) => string {
  const page = useRouteRef(deliveryRouteRef);
  const { hrefOf } = useViewState();
  const base = page?.() ?? '/delivery';
  return useCallback(
    entityRef =>
      `${base}${hrefOf({
        scope: entityRef,
        tab: undefined,
        deployment: undefined,
        search: undefined,
        sort: undefined,
        order: undefined,
        compareScope: undefined,
      })}`,
    [base, hrefOf],
  );
}
