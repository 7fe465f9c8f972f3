import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { EntityContentBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { RiRocket2Line } from '@remixicon/react';
import { doraApiRef } from './api/DoraApi';
import { DoraClient } from './api/DoraClient';
import { deliveryRouteRef } from './routes';

export const doraApiExtension = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: doraApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: deps => DoraClient.create(deps),
    }),
});

export const deliveryPageExtension = PageBlueprint.make({
  params: {
    path: '/delivery',
    title: 'Delivery',
    icon: <RiRocket2Line size={22} aria-hidden />,
    routeRef: deliveryRouteRef,
    noHeader: true,
    loader: () =>
      import('./components/DeliveryPage').then(m => <m.DeliveryPage />),
  },
});

export const deliveryTabExtension = EntityContentBlueprint.make({
  name: 'delivery',
  params: {
    path: '/delivery',
    title: 'Delivery',
    group: 'development',
    filter: { kind: 'component' },
    loader: () =>
      import('./components/DeliveryTab').then(m => <m.DeliveryTab />),
  },
});

/** Delivery metrics: a page for the organisation and a tab on every component. */
export default createFrontendPlugin({
  pluginId: 'dora',
  title: 'Delivery',
  routes: { root: deliveryRouteRef },
  extensions: [doraApiExtension, deliveryPageExtension, deliveryTabExtension],
});
