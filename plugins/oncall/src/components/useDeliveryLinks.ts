import { useRouteRef } from '@backstage/frontend-plugin-api';

import { deliveryRouteRef } from '../routes';

/** Addresses of the pages of incidents and deployments. */
export type DeliveryLinks = {
  /** The page of an incident, which says who was on call then. */
  incident: (serviceRef: string, id: string) => string;
  /** The page of a deployment. */
  deployment: (id: string) => string;
};

/** Where incidents and deployments have their pages; undefined in a portal without delivery pages. */
export function useDeliveryLinks(): DeliveryLinks | undefined {
  const delivery = useRouteRef(deliveryRouteRef);
  if (!delivery) {
    return undefined;
  }
  const to = (search: Record<string, string>) =>
    `${delivery()}?${new URLSearchParams(search)}`;
  return {
    incident: (serviceRef, id) =>
      to({ tab: 'incidents', incident: `${serviceRef} ${id}` }),
    deployment: id => to({ deployment: id }),
  };
}
