import { createFrontendPlugin } from '@backstage/frontend-plugin-api';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { FormFieldBlueprint } from '@backstage/plugin-scaffolder-react/alpha';
import { hasRepository } from './card/changes';
import { isOnGoldenPath } from './card/goldenPath';

const nameField = FormFieldBlueprint.make({
  name: 'name',
  params: {
    field: () => import('./fields/nameFormField').then(m => m.nameFormField),
  },
});

const ownerField = FormFieldBlueprint.make({
  name: 'owner',
  params: {
    field: () => import('./fields/ownerFormField').then(m => m.ownerFormField),
  },
});

const previewField = FormFieldBlueprint.make({
  name: 'preview',
  params: {
    field: () =>
      import('./preview/previewFormField').then(m => m.previewFormField),
  },
});

const goldenPathCard = EntityCardBlueprint.make({
  name: 'golden-path',
  params: {
    type: 'info',
    filter: isOnGoldenPath,
    loader: () =>
      import('./card/GoldenPathCard').then(m => <m.GoldenPathCard />),
  },
});

const changesCard = EntityCardBlueprint.make({
  name: 'changes',
  params: {
    type: 'info',
    filter: hasRepository,
    loader: () => import('./card/ChangesCard').then(m => <m.ChangesCard />),
  },
});

/** Form fields of golden paths, and where a component comes from. */
export const goldenPathsPlugin = createFrontendPlugin({
  pluginId: 'golden-paths',
  extensions: [
    nameField,
    ownerField,
    previewField,
    goldenPathCard,
    changesCard,
  ],
});
