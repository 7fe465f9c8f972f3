import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { SwappableComponentBlueprint } from '@backstage/plugin-app-react';
import { TemplateCard } from '@backstage/plugin-scaffolder-react/alpha';

/** Shows templates with the work they save. Only an app may swap components, hence a module of its own. */
export const goldenPathsAppModule = createFrontendModule({
  pluginId: 'app',
  extensions: [
    SwappableComponentBlueprint.make({
      name: 'golden-paths-template-card',
      params: define =>
        define({
          component: TemplateCard,
          loader: () =>
            import('./templates/TemplateCard').then(m => m.TemplateCard),
        }),
    }),
  ],
});
