import { parseEntityRef } from '@backstage/catalog-model';
import {
  type CustomFieldValidator,
  makeFieldSchema,
} from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import { OwnerField } from './OwnerField';

/** Refuses the step when the owner is not a group. */
export const validateOwner: CustomFieldValidator<string> = (owner, field) => {
  let kind = '';
  try {
    kind = parseEntityRef(owner ?? '', { defaultKind: 'group' }).kind;
  } catch {
    field.addError('Choose the group that will own it.');
    return;
  }
  if (kind.toLocaleLowerCase('en-US') !== 'group') {
    field.addError('The owner has to be a group: people change teams.');
  }
};

/** `ui:field: PavedRoadOwner` */
export const ownerFormField = createFormField({
  name: 'PavedRoadOwner',
  component: OwnerField,
  validation: validateOwner,
  schema: makeFieldSchema({ output: z => z.string() }),
});
