import { createOnCallProviderModule } from '@pavedroad/plugin-oncall-node';

import { createSplunkProvider } from './SplunkReader';

/**
 * Makes Splunk On-Call a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleSplunk = createOnCallProviderModule({
  moduleId: 'splunk',
  create: createSplunkProvider,
});
