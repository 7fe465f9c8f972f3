import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  catalogProcessingExtensionPoint,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { catalogScmEventsServiceRef } from '@backstage/plugin-catalog-node/alpha';

import { ConfiguredLocations } from './ConfiguredLocations';
import { OnCallScheduleProcessor } from './OnCallScheduleProcessor';

/**
 * Adds the kind `OnCallSchedule` to the catalog. Where such entities may come from is set by `catalog.rules`; name the kind only for
 * trusted locations, since a schedule decides who is called at night. A push to such a location is read at once, also the first one.
 */
export const catalogModuleOnCall = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'oncall',
  register(reg) {
    reg.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        logger: coreServices.logger,
        processing: catalogProcessingExtensionPoint,
        reader: coreServices.urlReader,
        scmEvents: catalogScmEventsServiceRef,
      },
      async init({
        auth,
        catalog,
        config,
        logger,
        processing,
        reader,
        scmEvents,
      }) {
        ConfiguredLocations.fromConfig(config, {
          auth,
          catalog,
          logger,
        }).follow(scmEvents);
        processing.addProcessor(
          new OnCallScheduleProcessor(async url => {
            const file = await reader.readUrl(url);
            return (await file.buffer()).toString('utf8');
          }),
        );
      },
    });
  },
});
