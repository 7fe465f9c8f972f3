import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import type { RendererProps } from '@backstage/plugin-home-react';
import { HomePageWidgetBlueprint } from '@backstage/plugin-home-react/alpha';
import { RiPhoneLine } from '@remixicon/react';

import { onCallApiRef, OnCallClient } from './api';
import { deliveryRouteRef, rootRouteRef } from './routes';

const api = ApiBlueprint.make({
  params: define =>
    define({
      api: onCallApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: deps => new OnCallClient(deps),
    }),
});

const page = PageBlueprint.make({
  params: {
    path: '/on-call',
    routeRef: rootRouteRef,
    title: 'On call',
    icon: <RiPhoneLine size={22} aria-hidden />,
    noHeader: true,
    loader: async () => {
      const { OnCallPage } = await import('./components/OnCallPage');
      return <OnCallPage />;
    },
  },
});

const card = EntityCardBlueprint.make({
  name: 'now',
  params: {
    type: 'info',
    filter: {
      kind: { $in: ['component', 'system', 'group', 'oncallschedule'] },
    },
    loader: async () => {
      const { EntityOnCallCard } = await import(
        './components/EntityOnCallCard'
      );
      return <EntityOnCallCard />;
    },
  },
});

const shifts = EntityCardBlueprint.make({
  name: 'shifts',
  params: {
    type: 'content',
    filter: { kind: 'oncallschedule' },
    loader: async () => {
      const { ScheduleShiftsCard } = await import(
        './components/ScheduleShiftsCard'
      );
      return <ScheduleShiftsCard />;
    },
  },
});

const widget = HomePageWidgetBlueprint.make({
  name: 'mine',
  params: {
    name: 'OnCallMine',
    title: 'Your on-call',
    description: 'Whether you are on call, until when, and when you are next',
    layout: {
      width: { minColumns: 3, defaultColumns: 4 },
      height: { minRows: 2, defaultRows: 3 },
    },
    components: async () => {
      const { OnCallWidget } = await import('./components/OnCallWidget');
      const { Section } = await import('@pavedroad/portal-ui');
      return {
        Content: OnCallWidget,
        Renderer: ({ title, Content }: RendererProps) => (
          <Section title={title ?? 'Your on-call'}>
            <Content />
          </Section>
        ),
      };
    },
  },
});

/** Who is on call: cards on entities and schedules, a page with everybody, and a widget for the home page. */
export const oncallPlugin = createFrontendPlugin({
  pluginId: 'oncall',
  routes: { root: rootRouteRef },
  externalRoutes: { delivery: deliveryRouteRef },
  extensions: [api, page, card, shifts, widget],
});
