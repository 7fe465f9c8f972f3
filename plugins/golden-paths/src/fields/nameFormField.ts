import {
  configApiRef,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import {
  type CustomFieldValidator,
  makeFieldSchema,
} from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import { findNameProblem } from '../api/nameCheck';
import { NameField, type NameFieldOptions } from './NameField';

/** Refuses the step when the name is against the rules or taken. */
export const validateName: CustomFieldValidator<
  string,
  NameFieldOptions
> = async (name, field, { apiHolder, formData, uiSchema }) => {
  const catalogApi = apiHolder.get(catalogApiRef);
  const configApi = apiHolder.get(configApiRef);
  const discoveryApi = apiHolder.get(discoveryApiRef);
  const fetchApi = apiHolder.get(fetchApiRef);
  if (!catalogApi || !configApi || !discoveryApi || !fetchApi) {
    return;
  }
  const owner = formData[uiSchema?.['ui:options']?.ownerParameter ?? 'owner'];
  const problem = await findNameProblem(
    name,
    typeof owner === 'string' ? owner : undefined,
    { catalogApi, configApi, discoveryApi, fetchApi },
    uiSchema?.['ui:options']?.kind,
  );
  if (problem) {
    field.addError(problem);
  }
};

/** `ui:field: PavedRoadName` */
export const nameFormField = createFormField({
  name: 'PavedRoadName',
  component: NameField,
  validation: validateName,
  schema: makeFieldSchema({
    output: z => z.string(),
    uiOptions: z =>
      z.object({
        ownerParameter: z
          .string()
          .optional()
          .describe('The parameter that holds the owner'),
        kind: z
          .enum(['component', 'template'])
          .optional()
          .describe('What is named; a component by default'),
      }),
  }),
});
