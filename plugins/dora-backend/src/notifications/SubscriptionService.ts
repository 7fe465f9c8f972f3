import {
  AuditorService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  doraMetricsReadPermission,
  doraSubscriptionsManagePermission,
  ManageableSubscriber,
  parseTimeZone,
  Subscription,
  SubscriptionChangeResponse,
  SubscriptionKind,
  SubscriptionListResponse,
  SubscriptionRequest,
} from '@pavedroad/plugin-dora-common';
import type { Request } from 'express';
import { PeopleDirectory } from '../catalog/PeopleDirectory';
import { ScopeResolver } from '../catalog/ScopeResolver';
import { Caller, CorrectionPolicy } from '../service/CorrectionPolicy';
import { StoredSubscription, SubscriptionStore } from './SubscriptionStore';

/** Of one subscriber; each costs a computation a week or a day. */
const MAX_SUBSCRIPTIONS = 100;

/** Manages what people and groups are told about: everybody their own, members and administrators that of groups. */
export class SubscriptionService {
  static create(options: {
    store: SubscriptionStore;
    scopes: ScopeResolver;
    people: PeopleDirectory;
    policy: CorrectionPolicy;
    catalog: CatalogService;
    auditor: AuditorService;
  }): SubscriptionService {
    return new SubscriptionService(
      options.store,
      options.scopes,
      options.people,
      options.policy,
      options.catalog,
      options.auditor,
    );
  }

  private constructor(
    private readonly store: SubscriptionStore,
    private readonly scopes: ScopeResolver,
    private readonly people: PeopleDirectory,
    private readonly policy: CorrectionPolicy,
    private readonly catalog: CatalogService,
    private readonly auditor: AuditorService,
  ) {}

  /**
   * Subscriptions of everybody for whom the asker may speak.
   *
   * @param about.entityRef - only those about this scope
   * @param about.subscriber - only those of this subscriber
   * @throws NotAllowedError
   */
  async list(
    about: { entityRef?: string; subscriber?: string },
    credentials: BackstageCredentials,
  ): Promise<SubscriptionListResponse> {
    await this.policy.require(credentials, doraMetricsReadPermission);
    const caller = await this.policy.callerOf(credentials);
    const scope =
      about.entityRef === undefined ? undefined : refOf(about.entityRef);
    let refs: string[];
    if (about.subscriber !== undefined) {
      const subscriber = refOf(about.subscriber);
      requireManages(caller, subscriber);
      refs = [subscriber];
    } else {
      refs = [...caller.claims];
      // An administrator may speak for the group that is looked at, too.
      if (caller.isAdministrator && scope?.startsWith('group:')) {
        refs.push(scope);
      }
    }
    refs = [...new Set(refs)].filter(ref => /^(user|group):/.test(ref));
    const [items, names] = await Promise.all([
      this.store.of(refs, scope),
      this.people.displayNames(refs),
    ]);
    return {
      items: items.map(withoutId),
      subscribers: refs
        .map(
          (ref): ManageableSubscriber => ({
            ref,
            displayName: names.get(ref) ?? ref,
            kind: ref.startsWith('user:') ? 'user' : 'group',
          }),
        )
        .sort(
          (a, b) =>
            Number(b.ref === caller.name) - Number(a.ref === caller.name) ||
            a.displayName.localeCompare(b.displayName, 'en'),
        ),
    };
  }

  /**
   * Sets what one subscriber is told about one scope.
   *
   * @throws InputError, NotAllowedError, NotFoundError when the catalog does not show the scope or the group to the asker
   */
  async set(
    given: SubscriptionRequest,
    asker: { credentials: BackstageCredentials; request?: Request },
  ): Promise<SubscriptionChangeResponse> {
    return this.audited('set', given, asker, async (subscriber, caller) => {
      const timeZone = parseTimeZone(given.timeZone);
      const scope = await this.scopes.resolve(
        given.entityRef,
        asker.credentials,
      );
      const entity = await this.catalog.getEntityByRef(subscriber, {
        credentials: asker.credentials,
      });
      if (!entity) {
        throw new NotFoundError(`The catalog has no ${subscriber}`);
      }
      const entityRef = scope.entityRef ?? '';
      const kinds = [...new Set(given.kinds)];
      const others = (await this.store.of([subscriber])).filter(
        item => (item.entityRef ?? '') !== entityRef,
      );
      if (others.length + kinds.length > MAX_SUBSCRIPTIONS) {
        throw new InputError(
          `${subscriber} has ${others.length} subscriptions; there can be ${MAX_SUBSCRIPTIONS}`,
        );
      }
      return this.store.set({
        subscriber,
        entityRef,
        kinds,
        timeZone,
        author: caller.name,
      });
    });
  }

  /**
   * Ends what a subscriber is told about a scope: one kind, or all. The scope need not exist any more.
   *
   * @throws InputError, NotAllowedError
   */
  async end(
    given: { subscriber?: string; entityRef?: string; kind?: SubscriptionKind },
    asker: { credentials: BackstageCredentials; request?: Request },
  ): Promise<SubscriptionChangeResponse> {
    return this.audited('end', given, asker, async (subscriber, caller) => {
      const entityRef = scopeText(given.entityRef);
      const standing = await this.store.of([subscriber], entityRef);
      const kept = standing.filter(
        ({ kind }) => given.kind !== undefined && kind !== given.kind,
      );
      if (kept.length === standing.length) {
        return false;
      }
      return this.store.set({
        subscriber,
        entityRef,
        kinds: kept.map(({ kind }) => kind),
        timeZone: standing[0].timeZone,
        author: caller.name,
      });
    });
  }

  private async audited(
    action: 'set' | 'end',
    given: { subscriber?: string; entityRef?: string; kinds?: string[] },
    {
      credentials,
      request,
    }: { credentials: BackstageCredentials; request?: Request },
    run: (subscriber: string, caller: Caller) => Promise<boolean>,
  ): Promise<SubscriptionChangeResponse> {
    const auditEvent = await this.auditor.createEvent({
      eventId: 'subscription-change',
      ...(request && { request }),
      meta: { action, ...given },
    });
    try {
      await this.policy.require(credentials, doraSubscriptionsManagePermission);
      await this.policy.require(credentials, doraMetricsReadPermission);
      const caller = await this.policy.callerOf(credentials);
      if (given.subscriber === undefined && !caller.isUser) {
        throw new InputError('A program has to name the subscriber');
      }
      const subscriber = refOf(given.subscriber ?? caller.name);
      requireManages(caller, subscriber);
      const changed = await run(subscriber, caller);
      const items = await this.store.of(
        [subscriber],
        scopeText(given.entityRef),
      );
      await auditEvent.success({ meta: { subscriber, changed } });
      return { items: items.map(withoutId), changed };
    } catch (error) {
      await auditEvent.fail({ error: error as Error });
      throw error;
    }
  }
}

/** @throws NotAllowedError, InputError */
function requireManages(caller: Caller, subscriber: string): void {
  const isGroup = subscriber.startsWith('group:');
  if (!isGroup && !subscriber.startsWith('user:')) {
    throw new InputError(
      `A subscriber is a User or a Group, not ${subscriber}`,
    );
  }
  const allowed =
    !caller.isUser ||
    caller.claims.has(subscriber) ||
    (isGroup && caller.isAdministrator);
  if (!allowed) {
    throw new NotAllowedError(
      isGroup
        ? `Only members of ${subscriber} and administrators manage what it is told`
        : 'Everybody manages only what they are told themselves',
    );
  }
}

/** @throws InputError */
function refOf(text: string): string {
  try {
    return stringifyEntityRef(parseEntityRef(text));
  } catch {
    throw new InputError(
      `An entity ref looks like kind:namespace/name, got ${JSON.stringify(
        text.slice(0, 100),
      )}`,
    );
  }
}

function scopeText(entityRef: string | undefined): string {
  return entityRef === undefined ? '' : refOf(entityRef);
}

function withoutId({
  id: _,
  ...subscription
}: StoredSubscription): Subscription {
  return subscription;
}
