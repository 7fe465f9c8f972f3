import {
  coreServices,
  createBackendPlugin,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import {
  DEFINITION_VERSION,
  deriveFacts,
  deriveHistory,
  doraPermissions,
} from '@pavedroad/plugin-dora-common';
import {
  DeliveryEventSource,
  deliveryEventSourcesExtensionPoint,
} from '@pavedroad/plugin-dora-node';
import { registerActions } from './actions';
import { CatalogServiceDirectory } from './catalog/CatalogServiceDirectory';
import { PeopleDirectory } from './catalog/PeopleDirectory';
import { ScopeResolver } from './catalog/ScopeResolver';
import { closedToReporting } from './credentials/closedToReporting';
import { CredentialService } from './credentials/CredentialService';
import { CredentialStore } from './credentials/CredentialStore';
import { DatabaseDeliveryStore } from './database/DatabaseDeliveryStore';
import { DatabaseFactStore, DeriveFacts } from './database/DatabaseFactStore';
import { EnvironmentStore } from './database/EnvironmentStore';
import { IncidentStore } from './database/IncidentStore';
import { QueryStore } from './database/QueryStore';
import { RollupReader } from './database/RollupReader';
import { RollupStore } from './database/RollupStore';
import { SourceStore } from './database/SourceStore';
import { createImportsRouter } from './imports/createImportsRouter';
import { ImportService } from './imports/ImportService';
import { importSource } from './imports/importSource';
import { readImportLimits } from './imports/options';
import { manualSource } from './manual/manualSource';
import { NoticeStore } from './notifications/NoticeStore';
import { Notifier } from './notifications/Notifier';
import { SubscriptionService } from './notifications/SubscriptionService';
import { SubscriptionStore } from './notifications/SubscriptionStore';
import { readDoraOptions } from './options';
import { createOutgoingRouter } from './outgoing/createOutgoingRouter';
import { readOutgoingOptions } from './outgoing/options';
import { OutgoingStore } from './outgoing/OutgoingStore';
import { OutgoingWorker } from './outgoing/OutgoingWorker';
import { readRetentionOptions } from './retention/options';
import { RetentionService } from './retention/RetentionService';
import { RetentionStore } from './retention/RetentionStore';
import { createEventsRouter } from './router/createEventsRouter';
import { createRouter } from './router/createRouter';
import { AttributionService } from './service/AttributionService';
import { CatalogSync } from './service/CatalogSync';
import { CorrectionPolicy } from './service/CorrectionPolicy';
import { CorrectionService } from './service/CorrectionService';
import { DeliveryFigures } from './service/DeliveryFigures';
import { DeploymentService } from './service/DeploymentService';
import { ExplainService } from './service/ExplainService';
import { FactWorker } from './service/FactWorker';
import { EnvironmentService } from './service/EnvironmentService';
import { IncidentService } from './service/IncidentService';
import { IngestService } from './service/IngestService';
import { LiveNotes } from './service/LiveNotes';
import { MetricsService } from './service/MetricsService';
import { OnCallClient } from './service/OnCallClient';
import { ReplayService } from './service/ReplayService';
import { RollupWorker } from './service/RollupWorker';
import { SourcesService } from './service/SourcesService';

/**
 * Raised when the same events and settings would give other facts without the
 * definition having changed, so that a start derives them anew.
 */
const DERIVATION_VERSION = 3;

const SOURCE_ID = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * Delivery metrics: takes delivery events in, derives facts and rollups, and
 * answers the five metrics and the deployments behind them.
 *
 * @public
 */
export const doraPlugin = createBackendPlugin({
  pluginId: 'dora',
  register(env) {
    const sources: DeliveryEventSource[] = [manualSource, importSource];
    env.registerExtensionPoint(deliveryEventSourcesExtensionPoint, {
      addSource(source) {
        if (!SOURCE_ID.test(source.id)) {
          throw new Error(
            `A source of delivery events needs a lower-case name, got ${source.id}`,
          );
        }
        if (sources.some(({ id }) => id === source.id)) {
          throw new Error(
            `There are two sources of delivery events named ${source.id}`,
          );
        }
        sources.push(source);
      },
    });

    env.registerInit({
      deps: {
        actions: actionsRegistryServiceRef,
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        scheduler: coreServices.scheduler,
        userInfo: coreServices.userInfo,
      },
      async init({
        actions,
        auditor,
        auth,
        catalog,
        config,
        database,
        discovery,
        events,
        httpAuth,
        httpRouter,
        lifecycle,
        logger,
        notifications,
        permissions,
        permissionsRegistry,
        scheduler,
        userInfo,
      }) {
        const options = readDoraOptions(config);
        const knex = await database.getClient();
        if (!database.migrations?.skip) {
          await knex.migrate.latest({
            directory: resolvePackagePath(
              '@pavedroad/plugin-dora-backend',
              'migrations',
            ),
          });
        }
        permissionsRegistry.addPermissions(doraPermissions);

        const deliveryStore = DatabaseDeliveryStore.create({ knex });
        const outgoing = readOutgoingOptions(config);
        const outgoingStore = OutgoingStore.create({ knex, outgoing });
        const outgoingWorker = OutgoingWorker.create({
          ...outgoing,
          store: outgoingStore,
          events,
          logger,
        });
        const factStore = DatabaseFactStore.create({
          knex,
          ...(outgoing.targets.length > 0 && {
            onFactsChanged: (tx, derived) => outgoingStore.record(tx, derived),
          }),
        });
        const retentionStore = RetentionStore.create({ knex });
        const queryStore = QueryStore.create({ knex });
        const sourceStore = SourceStore.create({ knex });
        await deliveryStore.applySettings(
          JSON.stringify([
            DEFINITION_VERSION,
            DERIVATION_VERSION,
            options.facts,
          ]),
        );

        const derive: DeriveFacts = {
          history: ({ entityRef, sourcePath }, input) =>
            deriveHistory({
              ...input,
              serviceRef: entityRef,
              config: { ...options.facts, sourcePath },
            }),
          facts: deriveFacts,
        };
        const worker = FactWorker.create({ store: factStore, derive, logger });
        const rollupWorker = RollupWorker.create({
          store: RollupStore.create({ knex }),
          logger,
        });
        const directory = CatalogServiceDirectory.create({
          catalog,
          auth,
          logger,
          rules: options.serviceRules,
        });
        const ingest = IngestService.create({
          store: deliveryStore,
          sources,
          directory,
          logger,
          timeLimits: options,
          onRecorded: () => worker.wake(),
          ownSource: outgoing.source,
        });
        const replay = ReplayService.create({
          store: deliveryStore,
          sources,
          ingest,
          directory,
          logger,
          onDone: () => worker.wake(),
        });
        const sync = CatalogSync.create({
          directory,
          store: deliveryStore,
          logger,
          onChanged: () => worker.wake(),
        });

        httpRouter.addAuthPolicy({
          path: '/webhooks',
          allow: 'unauthenticated',
        });
        const closed = closedToReporting(httpAuth, auth);
        const importLimits = readImportLimits(config);
        httpRouter.use(
          createImportsRouter({
            imports: ImportService.create({
              ingest,
              directory,
              limits: importLimits,
              jsonLimits: options.limits,
            }),
            limits: importLimits,
            httpAuth: closed,
            permissions,
            auditor,
          }),
        );
        const policy = CorrectionPolicy.create({
          auth,
          userInfo,
          permissions,
          administrators: (
            config.getOptionalStringArray('portal.administrators') ?? []
          ).map(ref => stringifyEntityRef(parseEntityRef(ref))),
        });
        const reporting = CredentialService.create({
          store: CredentialStore.create({ knex }),
          policy,
          catalog,
          auth,
          auditor,
        });
        httpRouter.use(
          createEventsRouter({
            ingest,
            reporting,
            sources,
            limits: options.limits,
            bodyBytes: options.bodyBytes,
            httpAuth,
            permissions,
            auditor,
            events,
            logger,
          }),
        );
        httpRouter.use(
          createOutgoingRouter({
            store: outgoingStore,
            outgoing,
            httpAuth: closed,
            permissions,
            auditor,
          }),
        );
        const scopes = ScopeResolver.create({ catalog, auth });
        const onCall = OnCallClient.create({ auth, discovery, logger });
        const people = PeopleDirectory.create({ catalog, auth, logger });
        const incidentStore = IncidentStore.create({ knex });
        const figures = DeliveryFigures.create({
          store: queryStore,
          rollups: RollupReader.create({ knex }),
        });
        const notes = LiveNotes.create({
          delivery: deliveryStore,
          factStore,
          retention: retentionStore,
        });
        const metrics = MetricsService.create({
          store: queryStore,
          scopes,
          catalog,
          onCall,
          notes,
          figures,
        });
        const deployments = DeploymentService.create({
          metrics,
          incidents: incidentStore,
          people,
          policy,
          catalog,
          onCall,
        });
        const corrections = CorrectionService.create({
          attributions: AttributionService.create({
            store: queryStore,
            incidents: incidentStore,
            ingest,
            recompute: serviceRef =>
              factStore.deriveService(serviceRef, derive),
          }),
          policy,
          catalog,
          auditor,
          first: work => rollupWorker.ahead(work),
        });
        const subscriptionStore = SubscriptionStore.create({ knex });
        const explanations = ExplainService.create({
          metrics,
          appBaseUrl: config.getOptionalString('app.baseUrl') ?? '',
        });
        registerActions(actions, {
          metrics,
          deployments,
          explanations,
          corrections,
          policy,
        });
        httpRouter.use(
          await createRouter({
            metrics,
            deployments,
            incidents: IncidentService.create({
              store: queryStore,
              incidents: incidentStore,
              scopes,
              people,
              policy,
              catalog,
              onCall,
              notes,
            }),
            environments: EnvironmentService.create({
              environments: EnvironmentStore.create({ knex }),
              store: queryStore,
              figures,
              scopes,
            }),
            corrections,
            explanations,
            subscriptions: SubscriptionService.create({
              store: subscriptionStore,
              scopes,
              people,
              policy,
              catalog,
              auditor,
            }),
            reporting,
            policy,
            delivery: deliveryStore,
            sources: SourcesService.create({ sources, store: sourceStore }),
            httpAuth: closed,
          }),
        );

        // Each backend keeps its own view of the catalog, so this runs on all.
        await scheduler.scheduleTask({
          id: 'dora-catalog-sync',
          scope: 'local',
          frequency: { milliseconds: options.catalogRefreshMilliseconds },
          timeout: { minutes: 5 },
          fn: () => sync.run(options.catalogRefreshMilliseconds / 2),
        });
        if (options.notifications) {
          const notifier = Notifier.create({
            subscriptions: subscriptionStore,
            notices: NoticeStore.create({ knex }),
            metrics,
            scopes,
            catalog,
            people,
            onCall,
            notifications,
            auth,
            logger,
            limits: options.notifications,
          });
          await scheduler.scheduleTask({
            id: 'dora-notifications',
            scope: 'global',
            frequency: {
              milliseconds: options.notifications.checkIntervalMilliseconds,
            },
            timeout: { minutes: 15 },
            initialDelay: { seconds: 10 },
            fn: () => notifier.run(Date.now()),
          });
        }
        await scheduler.scheduleTask({
          id: 'dora-rejection-retention',
          scope: 'global',
          frequency: { hours: 6 },
          timeout: { minutes: 5 },
          fn: () =>
            deliveryStore.pruneRejections(
              new Date(Date.now() - options.rejectionRetentionMilliseconds),
            ),
        });

        await scheduler.scheduleTask({
          id: 'dora-outgoing-retention',
          scope: 'global',
          frequency: { hours: 1 },
          timeout: { minutes: 5 },
          fn: () => outgoingStore.prune(),
        });

        const retention = RetentionService.create({
          store: retentionStore,
          retention: readRetentionOptions(config),
          logger,
          onRestored: () => worker.wake(),
        });
        await scheduler.scheduleTask({
          id: 'dora-retention',
          scope: 'global',
          frequency: { hours: 6 },
          timeout: { hours: 1 },
          fn: () => retention.run(Date.now()),
        });

        lifecycle.addStartupHook(async () => {
          await replay.start();
          await factStore.resume();
          await worker.start();
          rollupWorker.start();
          outgoingWorker.start();
          for (const source of sources) {
            await source.connect?.(ingest, sourceStore.stateOf(source.id));
          }
        });
        lifecycle.addShutdownHook(() => replay.stop());
        lifecycle.addShutdownHook(() => worker.stop());
        lifecycle.addShutdownHook(() => rollupWorker.stop());
        lifecycle.addShutdownHook(() => outgoingWorker.stop());
      },
    });
  },
});
