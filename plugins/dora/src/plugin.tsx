import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import type { RendererProps } from '@backstage/plugin-home-react';
import { HomePageWidgetBlueprint } from '@backstage/plugin-home-react/alpha';
import { RiRocket2Line } from '@remixicon/react';
import { doraApiRef } from './api/DoraApi';
import { DoraClient } from './api/DoraClient';
import { deliveryRouteRef, importRouteRef, onCallRouteRef } from './routes';

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
    loader: () => import('./components/screens').then(m => <m.DeliveryPage />),
  },
});

/** For those who bring history in; the data-quality tab leads there. */
export const importPageExtension = PageBlueprint.make({
  name: 'import',
  params: {
    path: '/delivery/import',
    title: 'Import delivery history',
    routeRef: importRouteRef,
    noHeader: true,
    loader: () => import('./import/ImportPage').then(m => <m.ImportPage />),
  },
});

/** What delivery can be told of: services, what they are parts of, who owns them, and what they were made from. */
const SCOPES = ['component', 'system', 'domain', 'group', 'template'];

export const deliveryTabExtension = EntityContentBlueprint.make({
  name: 'delivery',
  params: {
    path: '/delivery',
    title: 'Delivery',
    group: 'development',
    filter: { kind: { $in: SCOPES } },
    loader: () => import('./components/screens').then(m => <m.DeliveryTab />),
  },
});

export const deliveryCardExtension = EntityCardBlueprint.make({
  name: 'delivery',
  params: {
    type: 'content',
    filter: { kind: { $in: SCOPES } },
    loader: () =>
      import('./components/DeliveryCard').then(m => <m.DeliveryCard />),
  },
});

export const deliveryWidgetExtension = HomePageWidgetBlueprint.make({
  name: 'delivery',
  params: {
    name: 'Delivery',
    title: 'Delivery',
    description: 'How your team has delivered lately',
    components: async () => {
      const [{ DeliveryWidget }, { Section }] = await Promise.all([
        import('./components/DeliveryWidget'),
        import('@pavedroad/portal-ui'),
      ]);
      return {
        Content: DeliveryWidget,
        Renderer: ({ title, Content }: RendererProps) => (
          <Section title={title ?? 'Delivery'}>
            <Content />
          </Section>
        ),
      };
    },
  },
});

/** Delivery metrics: a page for the organisation, a tab and a card on every part of it, and a widget for the home page. */
export default createFrontendPlugin({
  pluginId: 'dora',
  title: 'Delivery',
  routes: { root: deliveryRouteRef, import: importRouteRef },
  externalRoutes: { onCall: onCallRouteRef },
  extensions: [
    doraApiExtension,
    deliveryPageExtension,
    importPageExtension,
    deliveryTabExtension,
    deliveryCardExtension,
    deliveryWidgetExtension,
  ],
});
