import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  InputError,
  isError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type {
  OnCallPage,
  PageRequest,
  PagesAnswer,
} from '@pavedroad/plugin-oncall-common';
import {
  ProviderActionError,
  type OnCallProvider,
  type PageChange,
  type PageReference,
} from '@pavedroad/plugin-oncall-node';
import { createHash } from 'node:crypto';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor, type CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type { NamePrivacy } from '../privacy/NamePrivacy';
import type { NativeOnCallProvider } from '../providers/NativeOnCallProvider';
import type {
  CalledPerson,
  PageFilter,
  PageStore,
  StoredPage,
} from '../store/PageStore';
import type { OnCallService } from './OnCallService';
import type { ScheduleStates } from './ScheduleStates';

/** Who pages or acts on a page. */
export type PageCaller = {
  /** The user's ref, or `service:<subject>`. */
  name: string;
  isUser: boolean;
  ownershipRefs: string[];
  /** Whether the caller may change what a group owns. */
  mayChange: (groupRef: string) => boolean;
};

/** After so many milliseconds without an outcome, nobody knows it any more: the longest a provider is waited for, and some. */
const PENDING = 60_000;
/** A back end that took a due page and crashed leaves it to another after so many milliseconds. */
const RETRY = 60_000;
const BATCH = 50;

type Target = {
  provider: OnCallProvider | 'native';
  scheduleRef: string;
  scheduleId: string;
};

/** What is paged, and who is called first when the portal calls itself. */
type Callable = { target: Target; first: { level: number; people: string[] } };

/** Calls whoever is on call, and keeps track of it. */
export class PageService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      native: NativeOnCallProvider;
      providers: OnCallProvider[];
      service: OnCallService;
      pages: PageStore;
      notifications: NotificationService;
      logger: LoggerService;
      clock: () => number;
      /** Milliseconds after which the next level is called. */
      escalateAfter: number;
      /** Address of the portal's pages, for those who are called elsewhere. */
      appUrl: string;
      /** Which names somebody who is told of a page may see. */
      privacy: Pick<NamePrivacy, 'viewOfUser'>;
    },
  ) {}

  /**
   * Pages whoever is on call. The page is on record before anybody is called. The same request by the same caller with the same key is one
   * page: repeating it sends what was not sent, or is not known to have been, and answers what became of it when nobody can be called any
   * more.
   * @throws ConflictError when nobody can be called, or the key was used for something else; ProviderActionError when the provider does not
   *   do it.
   */
  async send(
    request: PageRequest,
    caller: PageCaller,
  ): Promise<{ page: OnCallPage; fresh: boolean }> {
    const { clock, directory, pages } = this.parts;
    const snapshot = await directory.snapshot();
    const earlier = await pages.byRequest({
      createdBy: caller.name,
      idempotencyKey: request.idempotencyKey,
      requestDigest: digestOf(request),
    });
    if (earlier && !earlier.sameRequest) {
      throw keyIsTaken();
    }
    const answerEarlier = (page: StoredPage) => ({
      page: this.#shown(page, snapshot, caller),
      fresh: false,
    });
    if (earlier?.page.outcome === 'sent') {
      return answerEarlier(earlier.page);
    }
    let callable: Callable;
    try {
      callable = await this.#callable(request, snapshot);
    } catch (error) {
      if (
        earlier &&
        isError(error) &&
        ['ConflictError', 'NotFoundError'].includes(error.name)
      ) {
        return answerEarlier(earlier.page);
      }
      throw error;
    }
    const { target, first } = callable;
    const { provider } = target;
    if (earlier && earlier.page.scheduleRef !== target.scheduleRef) {
      // Another schedule answers by now: calling it is for a new page to do.
      return answerEarlier(earlier.page);
    }
    const begun = await pages.begin({
      provider: provider === 'native' ? 'native' : provider.id,
      account:
        provider === 'native'
          ? ''
          : provider.accountOf?.(target.scheduleId) ?? '',
      scheduleRef: target.scheduleRef,
      ...(provider === 'native'
        ? {}
        : { providerScheduleId: target.scheduleId }),
      ...(request.entityRef ? { entityRef: request.entityRef } : {}),
      title: request.title,
      ...(request.details ? { details: request.details } : {}),
      urgency: request.urgency,
      createdAt: clock(),
      createdBy: caller.name,
      idempotencyKey: request.idempotencyKey,
      requestDigest: digestOf(request),
      // Should this back end crash before anybody is called, another one calls.
      ...(provider === 'native' ? { escalateAt: clock() + PENDING } : {}),
    });
    let { page } = begun;
    if (!begun.sameRequest) {
      throw keyIsTaken();
    }
    const claimed =
      begun.fresh ||
      (page.outcome !== 'sent' &&
        (await pages.claimAgain(page.id, {
          now: clock(),
          pendingFor: PENDING,
        })));
    if (claimed) {
      page =
        provider === 'native'
          ? await this.#callNative(page, first, snapshot)
          : await this.#callProvider(page, provider, snapshot);
    }
    return {
      page: this.#shown(page, snapshot, caller),
      fresh: begun.fresh,
    };
  }

  /**
   * Acknowledges or resolves a page, at its provider too. Doing it again changes nothing.
   * @throws NotFoundError, NotAllowedError, ProviderActionError; ConflictError when it cannot be done from here
   */
  async change(
    id: string,
    status: 'acknowledged' | 'resolved',
    caller: PageCaller,
  ): Promise<OnCallPage> {
    const { clock, directory, pages } = this.parts;
    const snapshot = await directory.snapshot();
    let page = await pages.page(id);
    if (!page) {
      throw new NotFoundError(`There is no page ${id}`);
    }
    if (!this.#mayAct(page, snapshot, caller)) {
      throw new NotAllowedError(
        'Only those who were called, the sender, members of the owning groups and administrators may do this',
      );
    }
    const done =
      status === 'resolved' ? ['resolved'] : ['acknowledged', 'resolved'];
    if (!done.includes(page.status)) {
      const change = status === 'resolved' ? 'resolve' : 'acknowledge';
      const problem = this.#changeProblem(page, change);
      if (problem) {
        throw new ConflictError(problem);
      }
      const provider = this.#providerOf(page);
      // What was never taken in is nothing there.
      if (provider && page.outcome !== 'failed') {
        const reference = {
          ...referenceOf(page),
          sender: contactFor(snapshot, caller.name).displayName,
        };
        await told(provider, 'did not do it', async () =>
          provider[change]?.(reference),
        );
      }
      page = await pages.changeStatus(id, {
        status,
        at: clock(),
        by: caller.name,
      });
      await this.#tellSender(page, snapshot, caller.name);
    }
    return this.#shown(page, snapshot, caller);
  }

  /** Pages, newest first. */
  async list(filter: PageFilter, caller: PageCaller): Promise<PagesAnswer> {
    const snapshot = await this.parts.directory.snapshot();
    const found = await this.parts.pages.list({
      ...filter,
      limit: filter.limit + 1,
    });
    const shown = found.slice(0, filter.limit);
    const last = shown[shown.length - 1];
    return {
      pages: shown.map(page => this.#shown(page, snapshot, caller)),
      ...(found.length > filter.limit
        ? { nextCursor: `${last.createdAt}_${last.id}` }
        : {}),
    };
  }

  /**
   * Calls the next level of every native page that nobody acknowledged in time, or the first when a crash or a failing notification kept it
   * from being called. Safe in several back ends at once: each page is taken by one.
   * @returns how many were escalated
   */
  async escalate(): Promise<number> {
    const { clock, directory, logger, pages } = this.parts;
    const snapshot = await directory.snapshot();
    const due = await pages.claimDue({
      now: clock(),
      retryAt: clock() + RETRY,
      limit: BATCH,
    });
    for (const page of due) {
      try {
        await this.#escalateOne(page, snapshot);
      } catch (error) {
        logger.warn(`Page ${page.id} could not be escalated yet: ${error}`);
      }
    }
    return due.length;
  }

  async #escalateOne(page: StoredPage, snapshot: CatalogSnapshot) {
    const { clock, escalateAfter, pages } = this.parts;
    const levels = await this.#levels(page.scheduleRef ?? '', snapshot);
    // A page on record that is not known to have called anybody begins where it would have.
    const least = page.people.length > 0 ? page.level + 1 : page.level;
    const next = levels.find(
      level => level.level >= least && level.people.length > 0,
    );
    if (!next) {
      await pages.escalated(page.id, { level: page.level, people: [] });
      if (page.createdBy?.startsWith('user:')) {
        await this.#notify(page, [page.createdBy], {
          title: `Nobody acknowledged: ${page.title}`,
          description: 'Every level of the schedule was called.',
        });
      }
      return;
    }
    await this.#notify(page, next.people, {
      title: `Page: ${page.title}`,
      description: this.#body(page, snapshot, next.level),
    });
    const at = clock();
    await pages.escalated(page.id, {
      level: next.level,
      people: called(next.people, next.level, at),
      escalateAt: at + escalateAfter,
    });
  }

  /**
   * What to page, and whom first.
   * @throws NotFoundError, ConflictError when nobody can be called.
   */
  async #callable(
    request: PageRequest,
    snapshot: CatalogSnapshot,
  ): Promise<Callable> {
    const target = await this.#target(request, snapshot);
    const { provider } = target;
    if (provider === 'native') {
      return { target, first: await this.#firstLevel(target, snapshot) };
    }
    const problem = provider.page
      ? provider.pageProblem?.(target.scheduleId)
      : 'the portal only reads it';
    if (problem) {
      throw new ConflictError(
        `${provider.title} cannot be paged from here: ${problem}`,
      );
    }
    return { target, first: { level: 1, people: [] } };
  }

  /** What to page: the schedule that answers for an entity, or one that is named. */
  async #target(
    request: PageRequest,
    snapshot: CatalogSnapshot,
  ): Promise<Target> {
    const { clock, providers, service, states } = this.parts;
    let ref = request.scheduleRef;
    if (request.entityRef !== undefined) {
      const now = await service.entityNow(request.entityRef, clock());
      if (!now.schedule) {
        throw new ConflictError(
          `Nobody can be called for ${request.entityRef}: ${
            now.reason?.message ?? 'no schedule answers for it'
          }`,
        );
      }
      ref = now.schedule.ref;
    }
    if (ref === undefined) {
      throw new InputError('entityRef or scheduleRef is required');
    }
    if (ref.startsWith('oncallschedule:')) {
      if (!(await states.present()).has(ref)) {
        throw new NotFoundError(`There is no schedule ${ref}`);
      }
      return { provider: 'native', scheduleRef: ref, scheduleId: ref };
    }
    const provider = providers.find(p => ref!.startsWith(`${p.id}:`));
    const scheduleId = provider && ref.slice(provider.id.length + 1);
    // Which of a provider's schedules the portal knows is what the catalog says.
    const known =
      provider &&
      [...snapshot.entities.values()].some(
        ({ entity }) => provider.match(entity)?.scheduleId === scheduleId,
      );
    if (!provider || scheduleId === undefined || !known) {
      throw new NotFoundError(`There is no schedule ${ref}`);
    }
    return { provider, scheduleRef: ref, scheduleId };
  }

  /** Those to call on each level of a native schedule now, as far as the catalog knows them. */
  async #levels(scheduleRef: string, snapshot: CatalogSnapshot) {
    const { clock, native } = this.parts;
    const answer = await native.onCallAt(
      scheduleRef,
      new Date(clock()).toISOString(),
    );
    return (answer?.levels ?? []).map(({ level, people }) => ({
      level,
      people: people
        .map(p => p.person)
        .filter(person => snapshot.contacts.has(person)),
    }));
  }

  async #firstLevel(
    target: Target,
    snapshot: CatalogSnapshot,
  ): Promise<{ level: number; people: string[] }> {
    const levels = await this.#levels(target.scheduleRef, snapshot);
    const first = levels.find(level => level.people.length > 0);
    if (!first) {
      throw new ConflictError(
        `Nobody who can be called is on call on any level of ${target.scheduleRef}`,
      );
    }
    return first;
  }

  async #callNative(
    page: StoredPage,
    { level, people }: { level: number; people: string[] },
    snapshot: CatalogSnapshot,
  ): Promise<StoredPage> {
    const { clock, escalateAfter, pages } = this.parts;
    try {
      await this.#notify(page, people, {
        title: `Page: ${page.title}`,
        description: this.#body(page, snapshot, level),
      });
    } catch (error) {
      await pages.finish(page.id, {
        outcome: 'pending',
        message: 'the notification may not have been sent',
      });
      throw new ProviderActionError(
        `The notification could not be sent (${messageOf(
          error,
        )}); the page is on record as ${
          page.id
        }, and the same request may be sent again`,
        502,
        false,
      );
    }
    const at = clock();
    const sent = await pages.finish(page.id, {
      outcome: 'sent',
      people: called(people, level, at),
      escalateAt: at + escalateAfter,
    });
    if (level > 1) {
      await pages.escalated(page.id, {
        level,
        people: [],
        escalateAt: at + escalateAfter,
      });
      return { ...sent, level };
    }
    return sent;
  }

  async #callProvider(
    page: StoredPage,
    provider: OnCallProvider,
    snapshot: CatalogSnapshot,
  ): Promise<StoredPage> {
    const { pages } = this.parts;
    try {
      const sent = await told(provider, 'did not take the page', () =>
        provider.page!({
          scheduleId: page.providerScheduleId!,
          dedupKey: page.dedupKey,
          title: page.title,
          ...(page.details ? { details: page.details } : {}),
          urgency: page.urgency,
          sender: contactFor(snapshot, page.createdBy ?? '').displayName,
          link: `${this.parts.appUrl}/on-call`,
        }),
      );
      return await pages.finish(page.id, { outcome: 'sent', ...sent });
    } catch (error) {
      const certain = error instanceof ProviderActionError && error.certain;
      await pages.finish(page.id, {
        outcome: certain ? 'failed' : 'pending',
        message: messageOf(error).slice(0, 500),
      });
      if (!(error instanceof ProviderActionError)) {
        throw error;
      }
      throw new ProviderActionError(
        `${error.message}. The page is on record as ${page.id}; ${
          certain
            ? 'nobody was called'
            : 'whether anybody was called is not known, and the same request may be sent again'
        }`,
        error.statusCode,
        error.certain,
      );
    }
  }

  #body(page: StoredPage, snapshot: CatalogSnapshot, level: number): string {
    const about = page.entityRef
      ? snapshot.entities.get(page.entityRef)?.title ?? page.entityRef
      : undefined;
    return [
      page.details,
      about ? `About ${about}.` : undefined,
      page.createdBy
        ? `Sent by ${contactFor(snapshot, page.createdBy).displayName}.`
        : undefined,
      level > 1
        ? `Nobody on a level before level ${level} took it.`
        : undefined,
    ]
      .filter(Boolean)
      .join('\n');
  }

  /** One notification for each page and person: another attempt replaces it. */
  async #notify(
    page: StoredPage,
    people: string[],
    message: { title: string; description: string },
  ) {
    await this.parts.notifications.send({
      recipients: { type: 'entity', entityRef: people },
      payload: {
        ...message,
        link: `/on-call?page=${page.id}`,
        severity: page.urgency === 'high' ? 'critical' : 'normal',
        topic: 'On-call pages',
        scope: `oncall.page.${page.id}`,
      },
    });
  }

  async #tellSender(page: StoredPage, snapshot: CatalogSnapshot, by: string) {
    const { createdBy } = page;
    if (!createdBy?.startsWith('user:') || createdBy === by) {
      return;
    }
    try {
      const view = await this.parts.privacy.viewOfUser(createdBy);
      const said = {
        ...(page.scheduleRef ? { scheduleRef: page.scheduleRef } : {}),
        ...(page.entityRef ? { entityRef: page.entityRef } : {}),
        person: contactFor(snapshot, by),
      };
      const { person } = view?.filter(said) ?? said;
      await this.#notify({ ...page, urgency: 'low' }, [createdBy], {
        title: `${page.status === 'resolved' ? 'Resolved' : 'Acknowledged'}: ${
          page.title
        }`,
        description: `By ${person.displayName}.`,
      });
    } catch (error) {
      this.parts.logger.warn(
        `${createdBy} could not be told of page ${page.id}: ${error}`,
      );
    }
  }

  #providerOf(page: StoredPage): OnCallProvider | undefined {
    return this.parts.providers.find(({ id }) => id === page.provider);
  }

  /** Why nobody can change a page from here, in words, or undefined when it can be done as far as is known. */
  #changeProblem(page: StoredPage, change: PageChange): string | undefined {
    if (page.provider === 'native') {
      return undefined;
    }
    if (page.outcome === 'failed') {
      return change === 'acknowledge'
        ? 'Nobody was called by this page, so there is nothing to acknowledge'
        : undefined;
    }
    const provider = this.#providerOf(page);
    if (!provider?.[change]) {
      return `${
        provider?.title ?? page.provider
      } is not connected for this; do it there`;
    }
    const problem = provider.changeProblem?.(referenceOf(page), change);
    return problem && `${provider.title} cannot do it from here: ${problem}`;
  }

  #mayAct(
    page: StoredPage,
    snapshot: CatalogSnapshot,
    caller: PageCaller,
  ): boolean {
    const owners = [
      ...(page.scheduleRef
        ? snapshot.schedules
            .filter(s => s.scheduleRef === page.scheduleRef)
            .map(s => s.ownerRef)
        : []),
      snapshot.entities.get(page.entityRef ?? '')?.ownerRef ?? [],
    ].flat();
    return (
      !caller.isUser ||
      page.createdBy === caller.name ||
      page.people.some(
        ({ person }) => contactFor(snapshot, person).ref === caller.name,
      ) ||
      owners.some(caller.mayChange) ||
      // Administrators may change what nobody owns.
      caller.mayChange('')
    );
  }

  #shown(
    page: StoredPage,
    snapshot: CatalogSnapshot,
    caller: PageCaller,
  ): OnCallPage {
    const contact = (person: string) =>
      contactFor(snapshot, person, page.names);
    const iso = (time: number) => new Date(time).toISOString();
    const mayAct = this.#mayAct(page, snapshot, caller);
    const can = (change: PageChange) =>
      mayAct && this.#changeProblem(page, change) === undefined;
    return {
      id: page.id,
      provider: page.provider,
      ...(page.scheduleRef ? { scheduleRef: page.scheduleRef } : {}),
      ...(page.entityRef ? { entityRef: page.entityRef } : {}),
      title: page.title,
      urgency: page.urgency,
      status: page.status,
      createdAt: iso(page.createdAt),
      ...(page.createdBy ? { createdBy: contact(page.createdBy) } : {}),
      people: page.people.map(({ person }) => contact(person)),
      ...(page.acknowledgedAt
        ? { acknowledgedAt: iso(page.acknowledgedAt) }
        : {}),
      ...(page.acknowledgedBy
        ? { acknowledgedBy: contact(page.acknowledgedBy) }
        : {}),
      ...(page.resolvedAt ? { resolvedAt: iso(page.resolvedAt) } : {}),
      ...(page.url ? { url: page.url } : {}),
      canAcknowledge: page.status === 'triggered' && can('acknowledge'),
      canResolve: page.status !== 'resolved' && can('resolve'),
      outcome: outcomeOf(page, this.parts.clock()),
      ...(page.outcomeMessage ? { problem: page.outcomeMessage } : {}),
      ...(page.provider === 'native' ? { level: page.level } : {}),
      ...(page.escalateAt ? { escalatesAt: iso(page.escalateAt) } : {}),
    };
  }
}

function referenceOf(page: StoredPage): Omit<PageReference, 'sender'> {
  return {
    account: page.account,
    dedupKey: page.dedupKey,
    ...(page.providerScheduleId ? { scheduleId: page.providerScheduleId } : {}),
    ...(page.externalId ? { externalId: page.externalId } : {}),
  };
}

function keyIsTaken(): ConflictError {
  return new ConflictError(
    'This idempotencyKey was used for another page; take a new one for a new page',
  );
}

function outcomeOf(
  page: StoredPage,
  now: number,
): NonNullable<OnCallPage['outcome']> {
  if (page.outcome !== 'pending') {
    return page.outcome;
  }
  return page.outcomeMessage !== undefined || now - page.statusAt > PENDING
    ? 'unknown'
    : 'sending';
}

function called(people: string[], level: number, at: number): CalledPerson[] {
  return people.map(person => ({ person, level, calledAt: at }));
}

/** Asks a provider to do something; whatever it fails with is told with its name. */
async function told<T>(
  provider: OnCallProvider,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const known = error instanceof ProviderActionError;
    throw new ProviderActionError(
      `${provider.title} ${what}: ${messageOf(error)}`,
      known ? error.statusCode : 502,
      known ? error.certain : false,
    );
  }
}

function digestOf(request: PageRequest): string {
  const { entityRef, scheduleRef, title, details, urgency } = request;
  return createHash('sha256')
    .update(JSON.stringify([entityRef, scheduleRef, title, details, urgency]))
    .digest('hex');
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
