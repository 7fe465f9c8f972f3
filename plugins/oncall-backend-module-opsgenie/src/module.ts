import { createOnCallProviderModule } from '@pavedroad/plugin-oncall-node';

import { createOpsgenieProvider } from './OpsgenieReader';

/**
 * Makes Opsgenie and JSM Operations a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleOpsgenie = createOnCallProviderModule({
  moduleId: 'opsgenie',
  create: createOpsgenieProvider,
});
