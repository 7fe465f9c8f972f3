import {
  type CompoundEntityRef,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import {
  configApiRef,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/frontend-plugin-api';
import {
  type CustomFieldValidator,
  makeFieldSchema,
} from '@backstage/plugin-scaffolder-react';
import { createFormField } from '@backstage/plugin-scaffolder-react/alpha';
import { onCallProblem } from '@pavedroad/plugin-golden-paths-common';
import { fetchOnCallCoverage } from '../api/onCall';
import { OwnerField } from './OwnerField';

/** Refuses the step when the owner is not a group, or one that nobody is on call for. */
export const validateOwner: CustomFieldValidator<string> = async (
  owner,
  field,
  { apiHolder },
) => {
  let ref: CompoundEntityRef;
  try {
    ref = parseEntityRef(owner ?? '', { defaultKind: 'group' });
  } catch {
    field.addError('Choose the group that will own it.');
    return;
  }
  if (ref.kind.toLocaleLowerCase('en-US') !== 'group') {
    field.addError('The owner has to be a group: people change teams.');
    return;
  }
  const discoveryApi = apiHolder.get(discoveryApiRef);
  const fetchApi = apiHolder.get(fetchApiRef);
  const required =
    apiHolder
      .get(configApiRef)
      ?.getOptionalBoolean('goldenPaths.requireOnCall') ?? true;
  if (!required || !discoveryApi || !fetchApi) {
    return;
  }
  // What cannot be asked now is asked again before anything is created.
  const coverage = await fetchOnCallCoverage(stringifyEntityRef(ref), {
    discoveryApi,
    fetchApi,
  }).catch(() => undefined);
  const problem = coverage && onCallProblem(ref.name, coverage);
  if (problem?.refuses) {
    field.addError(problem.message);
  }
};

/** `ui:field: PavedRoadOwner` */
export const ownerFormField = createFormField({
  name: 'PavedRoadOwner',
  component: OwnerField,
  validation: validateOwner,
  schema: makeFieldSchema({ output: z => z.string() }),
});
