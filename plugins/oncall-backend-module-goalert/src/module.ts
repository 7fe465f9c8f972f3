import { createOnCallProviderModule } from '@pavedroad/plugin-oncall-node';

import { createGoAlertProvider } from './GoAlertReader';

/**
 * Makes GoAlert a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleGoAlert = createOnCallProviderModule({
  moduleId: 'goalert',
  create: createGoAlertProvider,
});
