import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The repositories and everything below them. */
export const rootRouteRef = createRouteRef();
