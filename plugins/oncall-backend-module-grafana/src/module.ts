import { createOnCallProviderModule } from '@pavedroad/plugin-oncall-node';

import { createGrafanaProvider } from './GrafanaReader';

/**
 * Makes Grafana IRM a provider of on-call answers, when it has accounts.
 *
 * @public
 */
export const oncallModuleGrafana = createOnCallProviderModule({
  moduleId: 'grafana',
  create: createGrafanaProvider,
});
