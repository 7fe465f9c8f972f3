import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import { PREVIEW_FIELD } from '@pavedroad/plugin-golden-paths-common';
import { PreviewField } from './PreviewField';

/** `ui:field: PavedRoadPreview` */
export const previewFormField = createFormField({
  name: PREVIEW_FIELD,
  component: PreviewField,
  schema: makeFieldSchema({ output: z => z.null() }),
});
