import { HomePageLayoutBlueprint } from '@backstage/plugin-home-react/alpha';

/** Lays out the home page: what to do next first, then the widgets that plugins contribute. */
export const homeLayoutExtension = HomePageLayoutBlueprint.make({
  params: {
    loader: async () => {
      const { HomeLayout } = await import('./HomeLayout');
      return HomeLayout;
    },
  },
});
