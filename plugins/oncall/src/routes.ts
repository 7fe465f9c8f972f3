import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The page with everybody on call. */
export const rootRouteRef = createRouteRef();
