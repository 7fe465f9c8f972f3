import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The organisation's delivery page. */
export const deliveryRouteRef = createRouteRef();

/** Bringing delivery history in from a file. */
export const importRouteRef = createRouteRef();
