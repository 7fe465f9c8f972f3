import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import {
  GitHostClient,
  REPOSITORY_ANNOTATION,
} from '@pavedroad/plugin-git-common';
import { RiGitRepositoryLine } from '@remixicon/react';
import { gitHostApiRef } from './api';
import { rootRouteRef } from './routes';

const api = ApiBlueprint.make({
  params: define =>
    define({
      api: gitHostApiRef,
      deps: { discovery: discoveryApiRef, fetchApi: fetchApiRef },
      factory: deps => new GitHostClient(deps),
    }),
});

const page = PageBlueprint.make({
  params: {
    path: '/git',
    routeRef: rootRouteRef,
    title: 'Repositories',
    icon: <RiGitRepositoryLine size={22} aria-hidden />,
    noHeader: true,
    loader: async () => {
      const { GitPages } = await import('./components/GitPages');
      return <GitPages />;
    },
  },
});

const card = EntityCardBlueprint.make({
  name: 'repository',
  params: {
    type: 'info',
    filter: {
      [`metadata.annotations.${REPOSITORY_ANNOTATION}`]: { $exists: true },
    },
    loader: async () => {
      const { EntityRepositoryCard } = await import(
        './components/EntityRepositoryCard'
      );
      return <EntityRepositoryCard />;
    },
  },
});

/** Repositories, files, commits and pull requests of the git host, and a card on entities. */
export const gitPlugin = createFrontendPlugin({
  pluginId: 'git',
  routes: { root: rootRouteRef },
  extensions: [api, page, card],
});
