import {
  createExternalRouteRef,
  createRouteRef,
} from '@backstage/frontend-plugin-api';

/** The page with everybody on call. */
export const rootRouteRef = createRouteRef();

/** The delivery page, in a portal that has one: an incident has its page there. */
export const deliveryRouteRef = createExternalRouteRef({
  defaultTarget: 'dora.root',
});
