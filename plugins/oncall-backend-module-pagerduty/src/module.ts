import { createOnCallProviderModule } from '@pavedroad/plugin-oncall-node';

import { createPagerDutyProvider } from './PagerDutyReader';

/**
 * Makes PagerDuty a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModulePagerduty = createOnCallProviderModule({
  moduleId: 'pagerduty',
  create: createPagerDutyProvider,
});
