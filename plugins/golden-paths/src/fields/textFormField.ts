import { makeFieldSchema } from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import { TextQuestion } from './TextQuestion';

/** `ui:field: PavedRoadText` */
export const textFormField = createFormField({
  name: 'PavedRoadText',
  component: TextQuestion,
  schema: makeFieldSchema({
    output: z => z.string(),
    uiOptions: z =>
      z.object({
        rows: z
          .number()
          .optional()
          .describe('Lines that are shown; one by default'),
      }),
  }),
});
