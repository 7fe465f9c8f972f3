import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { durationToMilliseconds } from '@backstage/types';
import { readDurationFromConfig } from '@backstage/config';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  GIT_PUSH_TOPIC,
  type GitPushEvent,
} from '@pavedroad/plugin-git-common';
import { DefaultChangeProposer } from '@pavedroad/plugin-git-node';
import { oncallPermissions } from '@pavedroad/plugin-oncall-common';
import {
  onCallProvidersExtensionPoint,
  type OnCallProvider,
} from '@pavedroad/plugin-oncall-node';

import { registerActions } from './actions';
import { CatalogDirectory } from './catalog/CatalogDirectory';
import { CachedProvider } from './providers/CachedProvider';
import { CalendarFetcher } from './ical/CalendarFetcher';
import { CalendarImports } from './ical/CalendarImports';
import { NativeOnCallProvider } from './providers/NativeOnCallProvider';
import { NamePrivacy } from './privacy/NamePrivacy';
import { ProposalService } from './proposals/ProposalService';
import { Authorizer } from './router/Authorizer';
import { createRouter } from './router/createRouter';
import { CalendarService } from './service/CalendarService';
import { ChangeService } from './service/ChangeService';
import { CoverageService } from './service/CoverageService';
import { HandoverService } from './service/HandoverService';
import { HygieneService } from './service/HygieneService';
import { IncidentReader } from './service/IncidentReader';
import { LoadService } from './service/LoadService';
import { OnCallService } from './service/OnCallService';
import { PageService } from './service/PageService';
import { ProviderShiftService } from './service/ProviderShiftService';
import { ScheduleStates } from './service/ScheduleStates';
import { ShiftReader } from './service/ShiftReader';
import { TimelineService } from './service/TimelineService';
import { WebhookService } from './service/WebhookService';
import { CalendarImportStore } from './store/CalendarImportStore';
import { DatabaseChangeStore } from './store/DatabaseChangeStore';
import { DatabaseHandoverStore } from './store/DatabaseHandoverStore';
import { DatabaseOnCallStore } from './store/DatabaseOnCallStore';
import { DatabasePageStore } from './store/DatabasePageStore';
import { sharedSecret } from './store/secrets';
import { tellingPageStore } from './store/tellingPageStore';

/**
 * How long deliveries of webhooks and keys of requests are known, in milliseconds; they are repeated for a day or two at most.
 */
const KEPT_DELIVERIES = 30 * 86_400_000;

/** Answers who is on call, under `/api/oncall`. */
export const oncallPlugin = createBackendPlugin({
  pluginId: 'oncall',
  register(env) {
    const added = new Map<string, OnCallProvider>();
    env.registerExtensionPoint(onCallProvidersExtensionPoint, {
      addProvider(provider) {
        if (provider.id === 'native' || added.has(provider.id)) {
          throw new Error(
            `There is an on-call provider ${provider.id} already`,
          );
        }
        added.set(provider.id, provider);
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
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        scheduler: coreServices.scheduler,
        signals: signalsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { auth, config, catalog, logger } = deps;
        const clock = () => Date.now();
        const duration = (key: string, fallback: number) =>
          config.has(key)
            ? durationToMilliseconds(readDurationFromConfig(config, { key }))
            : fallback;
        const store = await DatabaseOnCallStore.create(deps.database);
        const states = new ScheduleStates(store, clock);
        const imports = new CalendarImports({
          store: new CalendarImportStore(await deps.database.getClient()),
          fetcher: CalendarFetcher.fromConfig(config),
          logger,
          clock,
          interval: duration('oncall.calendars.refresh', 300_000),
          hideNames:
            config.getOptionalBoolean(
              'oncall.privacy.hideNamesFromNonMembers',
            ) ?? false,
        });
        const directory = new CatalogDirectory({
          catalog,
          auth,
          logger,
          maxAge: duration('oncall.catalogRefresh', 30_000),
          onRead: async snapshot => {
            const changes = await store.takeUp(
              await imports.resolve(snapshot),
              snapshot.invalid.map(i => i.scheduleRef),
            );
            if (changes > 0) {
              logger.info(`Took up ${changes} versions of on-call schedules`);
            }
            for (const { scheduleRef, problem } of snapshot.invalid) {
              logger.warn(
                `${scheduleRef} cannot be read, its last good version stays: ${problem}`,
              );
            }
            if (imports.untried) {
              // Nobody who asks waits for a feed.
              imports
                .refresh()
                .catch(error =>
                  logger.warn(`Calendars could not be read: ${error}`),
                );
            }
          },
        });
        imports.onChange(() => directory.refresh());
        const native = new NativeOnCallProvider(states, store, clock);
        const parts = { directory, states, store, native, clock };
        const providers = [...added.values()].map(
          provider =>
            new CachedProvider(provider, logger, clock, () =>
              store.revisions.ofProvider(provider.id),
            ),
        );
        const service = new OnCallService({
          ...parts,
          providers,
          calendarsOf: ref => imports.statesOf(ref),
        });

        deps.permissionsRegistry.addPermissions(oncallPermissions);
        const db = await deps.database.getClient();
        const administrators =
          config.getOptionalStringArray('portal.administrators') ?? [];
        const privacy = new NamePrivacy({
          enabled:
            config.getOptionalBoolean(
              'oncall.privacy.hideNamesFromNonMembers',
            ) ?? false,
          secret: await sharedSecret(db, 'pseudonyms'),
          administrators,
          directory,
          states,
        });
        const authorizer = new Authorizer({
          auth,
          httpAuth: deps.httpAuth,
          permissions: deps.permissions,
          userInfo: deps.userInfo,
          directory,
          privacy,
          administrators,
        });
        const pageStore = tellingPageStore(new DatabasePageStore(db), {
          signals: deps.signals,
          logger,
        });
        const changeStore = new DatabaseChangeStore(db);
        const pages = new PageService({
          ...parts,
          service,
          providers: [...added.values()],
          pages: pageStore,
          notifications: deps.notifications,
          logger,
          privacy,
          escalateAfter: duration('oncall.native.escalateAfter', 600_000),
          appUrl: config.getString('app.baseUrl').replace(/\/+$/, ''),
        });
        const shifts = new ShiftReader(parts);
        const incidents = new IncidentReader({
          ...parts,
          auth,
          discovery: deps.discovery,
          logger,
          service,
        });
        const handover = new HandoverService({
          ...parts,
          shifts,
          incidents,
          pages,
          notes: new DatabaseHandoverStore(db),
          notifications: deps.notifications,
          logger,
        });
        const changes = new ChangeService({
          ...parts,
          changes: changeStore,
          notifications: deps.notifications,
          logger,
          longStretch: duration('oncall.longStretch', 8 * 86_400_000),
        });
        registerActions(deps.actions, {
          authorizer,
          service,
          changes,
          auditor: deps.auditor,
          privacy,
          clock,
        });
        const providerShifts = new ProviderShiftService({
          ...parts,
          providers,
        });
        const coverage = new CoverageService({ ...parts, providerShifts });
        deps.httpRouter.use(
          createRouter({
            authorizer,
            auditor: deps.auditor,
            service,
            coverage,
            timeline: new TimelineService({ ...parts, shifts }),
            handover,
            load: new LoadService({
              ...parts,
              shifts,
              incidents,
              pages: pageStore,
            }),
            changes,
            hygiene: new HygieneService({ ...parts, service, coverage }),
            calendars: new CalendarService({ ...parts, privacy }),
            proposals: new ProposalService({
              ...parts,
              auth,
              changes: DefaultChangeProposer.create(deps),
              repository: config.getOptionalString(
                'oncall.proposals.repository',
              ),
            }),
            privacy,
            pages,
            providerShifts,
            webhooks: new WebhookService({
              directory,
              providers,
              pages: pageStore,
            }),
            logger,
            clock,
            baseUrl: () => deps.discovery.getExternalBaseUrl('oncall'),
          }),
        );
        deps.httpRouter.addAuthPolicy({
          path: '/calendar',
          allow: 'unauthenticated',
        });

        deps.httpRouter.addAuthPolicy({
          path: '/webhooks',
          allow: 'unauthenticated',
        });

        // Every back end looks; each page that is due is taken by one of them.
        await deps.scheduler.scheduleTask({
          id: 'escalate-pages',
          scope: 'local',
          frequency: { seconds: 15 },
          timeout: { minutes: 2 },
          initialDelay: { seconds: 10 },
          fn: async () => {
            await pages.escalate();
          },
        });
        await deps.scheduler.scheduleTask({
          id: 'forget-webhook-deliveries',
          scope: 'global',
          frequency: { hours: 24 },
          timeout: { minutes: 10 },
          initialDelay: { minutes: 10 },
          fn: async () => {
            await pageStore.forgetDeliveries(clock() - KEPT_DELIVERIES);
            await changeStore.forgetRequests(clock() - KEPT_DELIVERIES);
          },
        });

        if (config.getOptionalBoolean('oncall.handoffNotifications')) {
          // Every back end looks; each shift is told of by one of them.
          await deps.scheduler.scheduleTask({
            id: 'tell-of-handoffs',
            scope: 'local',
            frequency: { seconds: 30 },
            timeout: { minutes: 2 },
            initialDelay: { seconds: 20 },
            fn: async () => {
              await handover.tellOfHandoffs();
            },
          });
        }

        await deps.scheduler.scheduleTask({
          id: 'read-calendars',
          scope: 'local',
          frequency: { seconds: 60 },
          timeout: { minutes: 2 },
          initialDelay: { seconds: 20 },
          fn: async () => {
            await imports.refresh();
          },
        });

        // A schedule that was merged is in effect as soon as the catalog has read it. The git host gives addresses below the same one.
        const gitUrl = `${config
          .getString('backend.baseUrl')
          .replace(/\/+$/, '')}/api/git`;
        await deps.events.subscribe({
          id: 'oncall-expect-change',
          topics: [GIT_PUSH_TOPIC],
          async onEvent({ eventPayload }) {
            const { ref, defaultBranch, owner, name } =
              eventPayload as GitPushEvent;
            if (ref === `refs/heads/${defaultBranch}`) {
              directory.expectChange(`url:${gitUrl}/${owner}/${name}/`);
            }
          },
        });

        // Keeps every back end's view warm and takes changes up even when nobody asks.
        await deps.scheduler.scheduleTask({
          id: 'read-catalog',
          scope: 'local',
          frequency: { seconds: 30 },
          timeout: { minutes: 2 },
          initialDelay: { seconds: 5 },
          fn: async () => {
            await directory.refresh();
          },
        });
      },
    });
  },
});
