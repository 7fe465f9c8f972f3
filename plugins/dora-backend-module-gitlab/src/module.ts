import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  getGitLabRequestOptions,
  ScmIntegrations,
} from '@backstage/integration';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import {
  ApiClient,
  catalogRepositories,
  deliveryEventSourcesExtensionPoint,
  scheduleBackfill,
} from '@pavedroad/plugin-dora-node';
import { GitlabAccessFor, GitlabSource } from './GitlabSource';
import { readGitlabOptions } from './options';

/**
 * Makes GitLab a source of delivery events: its webhooks and, where it is
 * configured, what happened before them.
 *
 * @public
 */
export const doraModuleGitlab = createBackendModule({
  pluginId: 'dora',
  moduleId: 'gitlab',
  register(env) {
    env.registerInit({
      deps: {
        sources: deliveryEventSourcesExtensionPoint,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        events: eventsServiceRef,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
      },
      async init({
        sources,
        auth,
        catalog,
        config,
        events,
        logger,
        scheduler,
      }) {
        const options = readGitlabOptions(config);
        const integrations = ScmIntegrations.fromConfig(config);

        const accessFor: GitlabAccessFor = async ({ host }, signal) => {
          const integration = integrations.gitlab.byHost(host)?.config;
          // Anonymous requests see neither deployments nor merge requests of most.
          if (!integration?.token) {
            return undefined;
          }
          return {
            apiBaseUrl: integration.apiBaseUrl,
            webBaseUrl: integration.baseUrl,
            client: ApiClient.create({
              headers: async () => ({
                'user-agent': 'pavedroad-portal',
                ...getGitLabRequestOptions(integration).headers,
              }),
              // A webhook is completed soon or by the next backfill.
              ...(signal ? { signal } : { maxWait: 60_000 }),
            }),
          };
        };
        const source = GitlabSource.create({
          options,
          accessFor,
          repositories: () =>
            catalogRepositories({
              catalog,
              auth,
              annotation: 'gitlab.com/project-slug',
              hosts: [
                ...new Set([
                  ...integrations.gitlab
                    .list()
                    .map(({ config: { host } }) => host),
                  'gitlab.com',
                ]),
              ],
            }),
          events,
          logger,
        });
        sources.addSource(source);
        if (options.backfill) {
          await scheduleBackfill({
            scheduler,
            source,
            frequency: options.backfill.frequency,
            delaySeconds: 45,
          });
        }
      },
    });
  },
});
