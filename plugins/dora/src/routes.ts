import {
  createExternalRouteRef,
  createRouteRef,
} from '@backstage/frontend-plugin-api';

/** The organisation's delivery page. */
export const deliveryRouteRef = createRouteRef();

/** Bringing delivery history in from a file. */
export const importRouteRef = createRouteRef();

/** The on-call page, in a portal that has one. */
export const onCallRouteRef = createExternalRouteRef({
  defaultTarget: 'oncall.root',
});
