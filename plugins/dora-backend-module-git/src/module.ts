import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { deliveryEventSourcesExtensionPoint } from '@pavedroad/plugin-dora-node';
import { PortalGitHost } from './GitHost';
import { GitPushSource } from './GitPushSource';

/**
 * Makes pushes to the portal's git host a source of delivery events.
 *
 * @public
 */
export const doraModuleGit = createBackendModule({
  pluginId: 'dora',
  moduleId: 'git',
  register(env) {
    env.registerInit({
      deps: {
        sources: deliveryEventSourcesExtensionPoint,
        auth: coreServices.auth,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
      },
      async init({ sources, auth, discovery, events, logger, scheduler }) {
        const source = GitPushSource.create({
          events,
          host: PortalGitHost.create({ auth, discovery }),
          logger,
        });
        sources.addSource(source);
        await scheduler.scheduleTask({
          id: 'dora-git-reconcile',
          scope: 'global',
          initialDelay: { seconds: 20 },
          frequency: { hours: 1 },
          timeout: { minutes: 30 },
          fn: async () => {
            try {
              await source.reconcile();
            } catch (error) {
              logger.warn(
                `Could not compare histories with the git host: ${error}`,
              );
            }
          },
        });
      },
    });
  },
});
