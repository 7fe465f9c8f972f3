import {
  AuthService,
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, RELATION_OWNED_BY } from '@backstage/catalog-model';
import { isError } from '@backstage/errors';
import { NotificationPayload } from '@backstage/plugin-notifications-common';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { NotificationService } from '@backstage/plugin-notifications-node';
import {
  METRIC_ORDER,
  MetricName,
  MetricsResponse,
  parseMetricsQuery,
  SubscriptionKind,
} from '@pavedroad/plugin-dora-common';
import { PeopleDirectory } from '../catalog/PeopleDirectory';
import { ScopeResolver } from '../catalog/ScopeResolver';
import { MetricsService } from '../service/MetricsService';
import { OnCallClient } from '../service/OnCallClient';
import { composeChange, composeDigest, composeFailure } from './compose';
import { decideFailure } from './failures';
import { judge, nextWatchState, WatchState } from './judge';
import { MAX_ATTEMPTS, NoticeStore, StoredFailure } from './NoticeStore';
import { digestDue, DueReport, watchDue } from './schedule';
import { StoredSubscription, SubscriptionStore } from './SubscriptionStore';

const DAY = 86_400_000;
/** Longer than any occasion can come again. */
const KEEP_NOTICES = 120 * DAY;
/** More services than this that wait for their facts are an import, and an import is no news. */
const BUSY_SERVICES = 100;
const FAILURES_AT_ONCE = 200;

/** Limits of what is told. Milliseconds. */
export interface NotificationLimits {
  /** Since a deployment finished. */
  deploymentMaxAge: number;
  /** Since a digest was due. */
  digestMaxDelay: number;
}

/** What is to be told to whom, or undefined when there is nothing to tell. */
interface Notice {
  recipients: string[];
  payload: NotificationPayload;
}

/**
 * Tells people what they asked for. Decisions are made by pure functions next to this; here they are given their data, and
 * it is seen to that each occasion is told once, with any number of backends and across restarts.
 */
export class Notifier {
  private prunedAt = 0;

  static create(options: {
    subscriptions: SubscriptionStore;
    notices: NoticeStore;
    metrics: Pick<MetricsService, 'metrics'>;
    scopes: ScopeResolver;
    catalog: CatalogService;
    people: PeopleDirectory;
    onCall: Pick<OnCallClient, 'onCallAt'>;
    notifications: NotificationService;
    auth: AuthService;
    logger: LoggerService;
    limits: NotificationLimits;
  }): Notifier {
    return new Notifier(options);
  }

  private constructor(
    private readonly options: Parameters<typeof Notifier.create>[0],
  ) {}

  /** Tells all that is due. @param now - epoch milliseconds */
  async run(now: number): Promise<void> {
    const credentials = await this.options.auth.getOwnServiceCredentials();
    const all = await Promise.allSettled([
      this.tellFailures(now, credentials),
      this.tellDigests(now, credentials),
      this.tellChanges(now, credentials),
    ]);
    // What keeps one kind from being told does not hold up the others.
    for (const result of all) {
      if (result.status === 'rejected') {
        this.options.logger.error(
          'Could not look for what is to be told; trying again',
          isError(result.reason) ? result.reason : undefined,
        );
      }
    }
    if (now - this.prunedAt > DAY) {
      this.prunedAt = now;
      await this.options.notices.prune(now - KEEP_NOTICES);
    }
  }

  private async tellDigests(
    now: number,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const { limits } = this.options;
    await this.reports(
      'weekly_digest',
      subscription => digestDue(subscription, now, limits.digestMaxDelay),
      now,
      async (subscription, report, occasion) => {
        const response = await this.metricsOf(
          subscription,
          report,
          now,
          credentials,
        );
        const payload =
          response &&
          composeDigest(response, {
            scopeName: await this.nameOf(subscription.entityRef),
            date: report.date,
            occasion,
          });
        return payload && { recipients: [subscription.subscriber], payload };
      },
    );
  }

  private async tellChanges(
    now: number,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const { notices } = this.options;
    const after = new Map<string, () => Promise<void>>();
    await this.reports(
      'change_beyond_chance',
      subscription => watchDue(subscription, now),
      now,
      async (subscription, report, occasion) => {
        const response = await this.metricsOf(
          subscription,
          report,
          now,
          credentials,
        );
        if (!response) {
          return undefined;
        }
        const judgements = judge(response);
        const before = await notices.watchStates(subscription.id);
        const states = new Map<MetricName, WatchState>();
        const news = METRIC_ORDER.filter(name => {
          const { state, isNews } = nextWatchState(
            before.get(name),
            judgements[name],
          );
          if (state) {
            states.set(name, state);
          }
          return isNews;
        }).map(name => ({ name, judgement: judgements[name] }));
        // Kept only after it was told: whoever takes over decides the same again.
        after.set(occasion, () =>
          notices.saveWatchStates(subscription.id, states),
        );
        return news.length === 0
          ? undefined
          : {
              recipients: [subscription.subscriber],
              payload: composeChange(response, news, {
                scopeName: await this.nameOf(subscription.entityRef),
                date: report.date,
                occasion,
              }),
            };
      },
      occasion => after.get(occasion)?.() ?? Promise.resolve(),
    );
  }

  private async tellFailures(
    now: number,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const { notices, subscriptions, limits, logger } = this.options;
    const asked = await subscriptions.ofKind('failed_deployment');
    if (asked.length === 0 || (await notices.waiting()) > BUSY_SERVICES) {
      return;
    }
    const failures = await notices.failures(
      now - limits.deploymentMaxAge,
      now,
      FAILURES_AT_ONCE,
    );
    if (failures.length === 0) {
      return;
    }
    const servicesOf = new Map<string, Set<string>>();
    for (const { entityRef = '' } of asked) {
      if (!servicesOf.has(entityRef)) {
        servicesOf.set(entityRef, await this.services(entityRef, credentials));
      }
    }
    for (const failure of failures) {
      const occasion = `failed_deployment|${failure.deployment.id}`;
      const about = asked.filter(({ entityRef = '' }) =>
        servicesOf.get(entityRef)!.has(failure.serviceRef),
      );
      await this.once(occasion, now, async () => {
        try {
          return await this.failureNotice(
            failure,
            about,
            occasion,
            now,
            credentials,
          );
        } catch (error) {
          logger.debug(`Could not tell of ${occasion}: ${error}`);
          throw error;
        }
      });
    }
  }

  private async failureNotice(
    failure: StoredFailure,
    about: StoredSubscription[],
    occasion: string,
    now: number,
    credentials: BackstageCredentials,
  ): Promise<Notice | undefined> {
    const { catalog, onCall, limits, logger } = this.options;
    const entity = await catalog.getEntityByRef(failure.serviceRef, {
      credentials,
    });
    const owners = (entity?.relations ?? [])
      .filter(({ type }) => type === RELATION_OWNED_BY)
      .map(({ targetRef }) => targetRef);
    const decision = decideFailure(failure, about, owners, {
      now,
      maxAge: limits.deploymentMaxAge,
    });
    if ('pass' in decision) {
      logger.debug(`${occasion} is told to nobody: ${decision.pass}`);
      return undefined;
    }
    const levels = decision.alsoOnCall
      ? await onCall.onCallAt(
          failure.serviceRef,
          new Date(now).toISOString(),
          credentials,
        )
      : undefined;
    const people = (levels ?? [])
      .flatMap(({ userRefs }) => userRefs)
      .filter(ref => ref.startsWith('user:'));
    const { cause } = decision.attribution;
    return {
      recipients: [...new Set([...decision.tell, ...people])],
      payload: composeFailure(
        {
          ...failure,
          serviceName:
            entity?.metadata.title ?? parseEntityRef(failure.serviceRef).name,
          attribution: decision.attribution,
          incident:
            cause.kind === 'incident'
              ? failure.incidents.get(cause.id)
              : undefined,
        },
        occasion,
      ),
    };
  }

  /** Goes through the subscriptions of a kind whose report is due and was not told. */
  private async reports(
    kind: SubscriptionKind,
    due: (subscription: StoredSubscription) => DueReport | undefined,
    now: number,
    prepare: (
      subscription: StoredSubscription,
      report: DueReport,
      occasion: string,
    ) => Promise<Notice | undefined>,
    finish?: (occasion: string) => Promise<void>,
  ): Promise<void> {
    const { notices, subscriptions } = this.options;
    const all = (await subscriptions.ofKind(kind)).flatMap(subscription => {
      const report = due(subscription);
      const { subscriber, entityRef = '' } = subscription;
      return report
        ? {
            subscription,
            report,
            occasion: [kind, subscriber, entityRef, report.date].join('|'),
          }
        : [];
    });
    if (all.length === 0) {
      return;
    }
    const open = await notices.open(
      all.map(({ occasion }) => occasion),
      now,
    );
    for (const { subscription, report, occasion } of all) {
      if (open.has(occasion)) {
        await this.once(
          occasion,
          now,
          () => prepare(subscription, report, occasion),
          finish && (() => finish(occasion)),
        );
      }
    }
  }

  /**
   * Claims an occasion and tells it. What fails is tried again later, by whichever backend comes first; under the same name,
   * so that who was told already sees it once.
   */
  private async once(
    occasion: string,
    now: number,
    prepare: () => Promise<Notice | undefined>,
    finish?: () => Promise<void>,
  ): Promise<void> {
    const { notices, notifications, logger } = this.options;
    const attempt = await notices.claim(occasion, now);
    if (attempt === undefined) {
      return;
    }
    try {
      const notice = await prepare();
      if (notice) {
        await notifications.send({
          recipients: { type: 'entity', entityRef: notice.recipients },
          payload: notice.payload,
        });
      }
      await finish?.();
      await notices.close(occasion, notice ? 'told' : 'passed', now);
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS) {
        logger.error(
          `Gave up telling ${occasion}`,
          error instanceof Error ? error : undefined,
        );
        await notices.close(occasion, 'given_up', now);
      } else {
        logger.warn(`Could not tell ${occasion}, trying again: ${error}`);
      }
    }
  }

  private async metricsOf(
    subscription: StoredSubscription,
    report: DueReport,
    now: number,
    credentials: BackstageCredentials,
  ): Promise<MetricsResponse | undefined> {
    try {
      return await this.options.metrics.metrics(
        parseMetricsQuery(
          {
            entityRef: subscription.entityRef,
            ...report.window,
            compareFrom: report.compare.from,
            compareTo: report.compare.to,
            timeZone: subscription.timeZone,
          },
          now,
        ),
        credentials,
      );
    } catch (error) {
      // The catalog may have lost it for a while; the subscription waits.
      if (isError(error) && error.name === 'NotFoundError') {
        return undefined;
      }
      throw error;
    }
  }

  private async services(
    entityRef: string,
    credentials: BackstageCredentials,
  ): Promise<Set<string>> {
    try {
      const scope = await this.options.scopes.resolve(
        entityRef || undefined,
        credentials,
      );
      return new Set(scope.services);
    } catch (error) {
      this.options.logger.debug(
        `A subscription is about ${entityRef}, which cannot be read: ${error}`,
      );
      return new Set();
    }
  }

  private async nameOf(entityRef: string | undefined): Promise<string> {
    if (entityRef === undefined) {
      return 'All services';
    }
    const names = await this.options.people.displayNames([entityRef]);
    return names.get(entityRef) ?? parseEntityRef(entityRef).name;
  }
}
