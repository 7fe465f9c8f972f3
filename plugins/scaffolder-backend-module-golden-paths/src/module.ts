import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogScmEventsServiceRef } from '@backstage/plugin-catalog-node/alpha';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { DefaultChangeProposer } from '@pavedroad/plugin-git-node';
import { createCheckoutAction } from './actions/checkout';
import { createCompareAction } from './actions/compare';
import { createDraftTemplateAction } from './actions/draftTemplate';
import { createEditAction } from './actions/edit';
import { createConnectAction } from './actions/connect';
import { createManifestAction } from './actions/manifest';
import { createPreflightAction } from './actions/preflight';
import { createProposeAction } from './actions/propose';
import { createPublishAction } from './actions/publish';
import { createRegisterAction } from './actions/register';
import { createUndoAction } from './actions/undo';
import { AwaitedLocations } from './lib/AwaitedLocations';
import { CancellationGuard } from './lib/cancellation';
import { createRepositoryHost } from './hosts/createRepositoryHost';
import { JenkinsSecrets } from './hosts/JenkinsSecrets';

/** The scaffolder actions golden paths use. */
export const scaffolderModuleGoldenPaths = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'golden-paths',
  register(env) {
    env.registerInit({
      deps: {
        actions: scaffolderActionsExtensionPoint,
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        logger: coreServices.logger,
        reader: coreServices.urlReader,
        scmEvents: catalogScmEventsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init({ actions, scmEvents, ...deps }) {
        AwaitedLocations.create(deps).follow(scmEvents);
        const services = { ...deps, host: createRepositoryHost(deps) };
        const guard = new CancellationGuard(services);
        const changes = {
          ...services,
          proposer: DefaultChangeProposer.create(deps),
        };
        actions.addActions(
          createCheckoutAction(changes),
          createCompareAction(),
          createEditAction(),
          createDraftTemplateAction(services),
          createPreflightAction(services),
          createManifestAction(services),
          createProposeAction(changes, guard),
          createPublishAction(services, guard),
          createRegisterAction(services, guard),
          createConnectAction(
            { ...services, jenkins: JenkinsSecrets.fromConfig(deps.config) },
            guard,
          ),
          createUndoAction(services),
        );
      },
    });
  },
});
