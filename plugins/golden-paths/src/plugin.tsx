import { createFrontendPlugin } from '@backstage/frontend-plugin-api';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import {
  FormFieldBlueprint,
  scaffolderTemplateOutputsBlueprint,
} from '@backstage/plugin-scaffolder-react/alpha';
import { lazy, Suspense } from 'react';
import { hasRepository } from './card/changes';
import { isOnGoldenPath } from './card/goldenPath';
import { hasObjectives } from './card/objectives';
import { EVERY_TEMPLATE } from './outputs/everyTemplate';

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

const textField = FormFieldBlueprint.make({
  name: 'text',
  params: {
    field: () => import('./fields/textFormField').then(m => m.textFormField),
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

const objectivesCard = EntityCardBlueprint.make({
  name: 'objectives',
  params: {
    type: 'info',
    filter: hasObjectives,
    loader: () =>
      import('./card/ObjectivesCard').then(m => <m.ObjectivesCard />),
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

const TemplateOutputs = lazy(() =>
  import('./outputs/TemplateOutputs').then(m => ({
    default: m.TemplateOutputs,
  })),
);

const outputs = scaffolderTemplateOutputsBlueprint.make({
  params: {
    templateRefs: EVERY_TEMPLATE,
    component: ({ output }) => (
      <Suspense fallback={null}>
        <TemplateOutputs output={output} />
      </Suspense>
    ),
  },
});

/** Form fields of golden paths, what comes out of them, and where a component comes from. */
export const goldenPathsPlugin = createFrontendPlugin({
  pluginId: 'golden-paths',
  extensions: [
    nameField,
    ownerField,
    textField,
    previewField,
    goldenPathCard,
    objectivesCard,
    changesCard,
    outputs,
  ],
});
