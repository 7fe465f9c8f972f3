import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';

import { OnCallScheduleProcessor } from './OnCallScheduleProcessor';

/**
 * Adds the kind `OnCallSchedule` to the catalog. Where such entities may come from is set by `catalog.rules`; name the kind only for
 * trusted locations, since a schedule decides who is called at night.
 */
export const catalogModuleOnCall = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'oncall',
  register(reg) {
    reg.registerInit({
      deps: {
        catalog: catalogProcessingExtensionPoint,
        reader: coreServices.urlReader,
      },
      async init({ catalog, reader }) {
        catalog.addProcessor(
          new OnCallScheduleProcessor(async url => {
            const file = await reader.readUrl(url);
            return (await file.buffer()).toString('utf8');
          }),
        );
      },
    });
  },
});
