import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import {
  decideChange,
  decideUndo,
  peopleNamed,
  type ChangeConflict,
  type ChangeConflictCode,
  type ChangeDecision,
  type ChangeKind,
  type ChangePreview,
  type ChangesAnswer,
  type ProposedOverride,
  type ResolvedShift,
  type Shift,
  type StoredChange,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor, type CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type { Change, ChangeStore } from '../store/ChangeStore';
import { requestDigest, type NamedRequest } from '../store/changeRequests';
import type {
  Decision,
  OnCallStore,
  OverrideVersion,
} from '../store/OnCallStore';
import { inForceAt } from './history';
import { noticesOf } from './notices';
import { marked, summaryOf, toStored } from './OnCallService';
import type { InForce, ScheduleStates } from './ScheduleStates';

const HOUR = 3_600_000;

/** What somebody wants; times in milliseconds. */
export type WantedChange = {
  kind: ChangeKind;
  overrides: ProposedOverride[];
  reason?: string;
};

/** Who asks, and for which groups' schedules they may decide. */
export type Author = {
  name: string;
  mayChange: (ownerRef: string) => boolean;
  /** Whether somebody may see who is on call on a schedule, by its ref; everybody when left out. */
  maySee?: (scheduleRef: string) => boolean;
};

/** There is something to know, or in the way; `conflicts` goes into the answer. */
export class ChangeConflictsError extends ConflictError {
  override readonly name = 'ConflictError';
  constructor(readonly conflicts: ChangeConflict[]) {
    super(conflicts.map(c => c.message).join('; '));
  }
}

/** Makes changes of who is on call, takes them back, and tells those they affect. */
export class ChangeService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      store: Pick<OnCallStore, 'override' | 'removeOverride'>;
      changes: ChangeStore;
      notifications: NotificationService;
      logger: LoggerService;
      clock: () => number;
      /** How long somebody may be on call on end before it is remarked upon, in milliseconds. */
      longStretch: number;
    },
  ) {}

  /**
   * What a change would do. Nothing is kept.
   * @throws InputError, NotFoundError as `make`; NotAllowedError for schedules the author may not change.
   */
  async preview(wanted: WantedChange, author: Author): Promise<ChangePreview> {
    const { directory, states } = this.parts;
    const snapshot = await directory.snapshot();
    const present = await states.present();
    this.#check(wanted, author, present, snapshot);
    const decision = this.#decide(wanted, author, present, snapshot);
    const resolved = (shift: Shift): ResolvedShift => ({
      ...shift,
      person: contactFor(snapshot, shift.person),
    });
    return {
      conflicts: conflictsOf(decision, snapshot),
      schedules: decision.schedules.map(
        ({ scheduleRef, from, to, before, after }) => ({
          schedule: marked(summaryOf(present.get(scheduleRef)!), snapshot),
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
          before: before.map(resolved),
          after: after.map(resolved),
        }),
      ),
      notified: noticesOf(decision, {
        author: author.name,
        authorName: '',
        scheduleOf: scheduleOf(present),
      }).map(({ recipient }) => contactFor(snapshot, recipient)),
    };
  }

  /**
   * Makes a change, all of it or nothing. Changes of the same schedule happen one after the other: the second is decided with the first in
   * force. A request with a key that was carried out before answers what it did then, and is not `fresh`.
   * @throws InputError for people or levels that do not exist; NotFoundError for schedules that do not; NotAllowedError for schedules the
   * author may not change; ChangeConflictsError when something is refused, or a warning is not among those `accepted`.
   */
  async make(
    wanted: WantedChange,
    author: Author,
    accepted: ChangeConflictCode[] | 'all',
    key?: string,
  ): Promise<{ change: StoredChange; fresh: boolean }> {
    const { changes, clock, directory, states } = this.parts;
    const snapshot = await directory.snapshot();
    const request = named(author, key, 'make', wanted);
    const before = request && (await changes.byRequest(request));
    if (before) {
      return await this.#made(before, author, snapshot, false);
    }
    // Once without waiting for anybody, so that what is wrong with the question is said before a lock is taken.
    this.#check(wanted, author, await states.present(), snapshot);
    let decided: { decision: ChangeDecision; inForce: InForce } | undefined;
    const { change, fresh } = await changes.make(
      {
        kind: wanted.kind,
        ...(wanted.reason ? { reason: wanted.reason } : {}),
        author: author.name,
        overrides: wanted.overrides.map(override => ({
          ...override,
          ...(wanted.reason ? { reason: wanted.reason } : {}),
        })),
      },
      {
        endsAfter: clock() - HOUR,
        decide: current => {
          const inForce = inForceAt(current, Infinity);
          this.#check(wanted, author, inForce, snapshot);
          const decision = this.#decide(wanted, author, inForce, snapshot);
          const standing = decision.conflicts.filter(
            ({ code, severity }) =>
              severity === 'refused' ||
              (accepted !== 'all' && !accepted.includes(code)),
          );
          if (standing.length > 0) {
            throw new ChangeConflictsError(
              conflictsOf({ ...decision, conflicts: standing }, snapshot),
            );
          }
          decided = { decision, inForce };
        },
      },
      request,
    );
    if (fresh) {
      const { decision, inForce } = decided!;
      await this.#notify(change, decision, inForce, snapshot);
    }
    return await this.#made(change, author, snapshot, fresh);
  }

  async #made(
    change: Change,
    author: Author,
    snapshot: CatalogSnapshot,
    fresh: boolean,
  ): Promise<{ change: StoredChange; fresh: boolean }> {
    const canUndo =
      fresh || this.#canUndo(change, author, await this.parts.states.present());
    return { change: toAnswer(change, snapshot, canUndo), fresh };
  }

  /**
   * Takes back what is left of a change; what it did until now stays. Like making one it waits for its turn with the schedules of the change, and
   * who is told of what is decided with all in force that others did before.
   * @throws NotFoundError when there is no such change; NotAllowedError for others than those who may change all its schedules;
   * ConflictError when it was undone before, unless by the same request with a key, or has passed.
   */
  async undo(id: string, author: Author, key?: string): Promise<StoredChange> {
    const { changes, clock, directory, states } = this.parts;
    const snapshot = await directory.snapshot();
    const request = named(author, key, 'undo', id);
    const done = request && (await changes.byRequest(request));
    if (done) {
      return toAnswer(done, snapshot, false);
    }
    const change = await changes.byId(id);
    if (!change) {
      throw new NotFoundError(`There is no change ${id}`);
    }
    const check = (inForce: InForce) => {
      if (!this.#mayUndo(change, author, inForce)) {
        throw new NotAllowedError(
          'Only members of the groups that own the schedules of a change, and administrators, may undo it',
        );
      }
    };
    // Once without waiting for anybody, as in making one.
    check(await states.present());
    let before: InForce = new Map();
    const decision: Decision = {
      endsAfter: clock() - HOUR,
      decide: current => {
        before = inForceAt(current, Infinity);
        check(before);
      },
    };
    if (
      change.undoneAt !== undefined ||
      !(await changes.undo(id, author.name, request, decision))
    ) {
      // Two of the same at the same moment: the other one did it.
      const other = request && (await changes.byRequest(request));
      if (other) {
        return toAnswer(other, snapshot, false);
      }
      throw new ConflictError(
        'This change has passed or was undone already; the past is not changed',
      );
    }
    const undone = (await changes.byId(id))!;
    await this.#tellOfUndoing(
      undone,
      change.overrides.filter(override => isInForce(override, before)),
      before,
      snapshot,
    );
    return toAnswer(undone, snapshot, false);
  }

  /**
   * Takes back one override of a change; what it did until now stays.
   * @throws NotFoundError when there is no such override, or it has ended; NotAllowedError for schedules the author may not change;
   * ConflictError when it was taken back a moment ago. The same request with a key, again, changes nothing.
   */
  async takeBack(
    overrideId: string,
    author: Author,
    key?: string,
  ): Promise<void> {
    const { changes, clock, directory, states, store } = this.parts;
    const snapshot = await directory.snapshot();
    const request = named(author, key, 'take-back', overrideId);
    if (request && (await changes.byRequest(request))) {
      return;
    }
    const override = await store.override(overrideId);
    if (!override || override.removed) {
      // Two of the same at the same moment: the other one did it.
      if (override && request && (await changes.byRequest(request))) {
        return;
      }
      throw new NotFoundError(`There is no override ${overrideId}`);
    }
    const check = (inForce: InForce) => {
      const owner = inForce.get(override.scheduleRef)?.version.ownerRef;
      if (owner === undefined) {
        throw new NotFoundError(`There is no schedule ${override.scheduleRef}`);
      }
      if (!author.mayChange(owner)) {
        throw new NotAllowedError(
          `Only members of ${owner} and administrators may do this`,
        );
      }
    };
    check(await states.present());
    if (override.to <= clock()) {
      throw new NotFoundError(
        `Override ${overrideId} has ended; the past is not changed`,
      );
    }
    let before: InForce = new Map();
    const decision: Decision = {
      endsAfter: clock() - HOUR,
      decide: current => {
        before = inForceAt(current, Infinity);
        check(before);
      },
    };
    if (
      !(await store.removeOverride(overrideId, author.name, request, decision))
    ) {
      if (request && (await changes.byRequest(request))) {
        return;
      }
      throw new ConflictError(`Override ${overrideId} was taken back already`);
    }
    const change = await changes.byId(override.changeId);
    if (change) {
      await this.#tellOfUndoing(
        { ...change, undoneBy: author.name },
        [override],
        before,
        snapshot,
      );
    }
  }

  /** Tells those whose time on call is another without some overrides of a change, which are taken back by now. */
  async #tellOfUndoing(
    change: Change,
    overrides: Pick<OverrideVersion, 'id' | 'scheduleRef' | 'from' | 'to'>[],
    before: InForce,
    snapshot: CatalogSnapshot,
  ): Promise<void> {
    const schedulesOf = (inForce: InForce) =>
      new Map([...inForce].map(([ref, { schedule }]) => [ref, schedule]));
    await this.#notify(
      change,
      decideUndo({
        overrides,
        before: schedulesOf(before),
        after: schedulesOf(without(before, new Set(overrides.map(o => o.id)))),
        now: this.parts.clock(),
      }),
      before,
      snapshot,
    );
  }

  /**
   * Changes, newest first.
   * @throws NotFoundError when there is no such schedule; InputError for a cursor that is none.
   */
  async list(
    query: { scheduleRef?: string; limit: number; cursor?: string },
    author: Author,
  ): Promise<ChangesAnswer> {
    const { changes, directory, states } = this.parts;
    const snapshot = await directory.snapshot();
    const present = await states.present();
    const { scheduleRef, limit, cursor } = query;
    if (scheduleRef !== undefined && !present.has(scheduleRef)) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    if (cursor !== undefined && !(await changes.byId(cursor))) {
      throw new InputError('cursor is not one that this list gave');
    }
    const found = await changes.list({
      ...(scheduleRef ? { scheduleRef } : {}),
      limit: limit + 1,
      ...(cursor ? { after: cursor } : {}),
    });
    const page = found.slice(0, limit);
    return {
      changes: page.map(change =>
        toAnswer(change, snapshot, this.#canUndo(change, author, present)),
      ),
      ...directoryOf(page, snapshot, present),
      ...(found.length > limit ? { nextCursor: page[page.length - 1].id } : {}),
    };
  }

  /** Whether there is something left of a change to undo, and somebody may. */
  #canUndo(change: Change, author: Author, present: InForce): boolean {
    return (
      change.undoneAt === undefined &&
      change.overrides.some(o => !o.takenBack && o.to > this.parts.clock()) &&
      this.#mayUndo(change, author, present)
    );
  }

  /**
   * Whether somebody may undo a change: who may change all of its schedules that there still are. Who made it and has left the group since may
   * not.
   */
  #mayUndo(change: Change, author: Author, present: InForce): boolean {
    const owners = change.overrides.flatMap(
      ({ scheduleRef }) => present.get(scheduleRef)?.version.ownerRef ?? [],
    );
    return owners.length > 0 && owners.every(owner => author.mayChange(owner));
  }

  #check(
    { overrides }: WantedChange,
    author: Author,
    inForce: InForce,
    snapshot: CatalogSnapshot,
  ): void {
    for (const override of overrides) {
      const state = inForce.get(override.scheduleRef);
      if (!state) {
        throw new NotFoundError(`There is no schedule ${override.scheduleRef}`);
      }
      if (!author.mayChange(state.version.ownerRef)) {
        throw new NotAllowedError(
          `Only members of ${state.version.ownerRef} and administrators may do this`,
        );
      }
      const levels = state.schedule.levels.length;
      if (override.level !== undefined && override.level > levels) {
        throw new InputError(
          `level must be one of the schedule's levels, 1 to ${levels}`,
        );
      }
      // Somebody who left, but whom the schedule still names, can be replaced or removed: that is how it is mended at night.
      const known = (ref: string) =>
        snapshot.contacts.has(ref) ||
        (override.type !== 'add' &&
          ref === override.person &&
          peopleNamed(state.schedule, name => inForce.get(name)?.schedule).has(
            ref,
          ));
      const strangers = [override.person, override.with].filter(
        (ref): ref is string => ref !== undefined && !known(ref),
      );
      if (strangers.length > 0) {
        throw new InputError(
          `The catalog has no ${strangers.join(' and no ')}`,
        );
      }
    }
  }

  #decide(
    { kind, overrides }: Pick<WantedChange, 'kind' | 'overrides'>,
    { maySee }: Author,
    inForce: InForce,
    snapshot: CatalogSnapshot,
  ): ChangeDecision {
    return decideChange({
      kind,
      overrides,
      schedules: new Map(
        [...inForce].map(([ref, { version, schedule }]) => [
          ref,
          { title: version.title, schedule },
        ]),
      ),
      now: this.parts.clock(),
      longStretch: this.parts.longStretch,
      nameOf: person => contactFor(snapshot, person).displayName,
      ...(maySee ? { mayTellOf: maySee } : {}),
    });
  }

  /** Tells those a change affects. It is made by now: not reaching somebody is put on record and does not undo it. */
  async #notify(
    change: Change,
    decision: Pick<ChangeDecision, 'gained' | 'lost'>,
    inForce: InForce,
    snapshot: CatalogSnapshot,
  ): Promise<void> {
    const { logger, notifications } = this.parts;
    const undone = change.undoneBy !== undefined;
    const author = change.undoneBy ?? change.author;
    const notices = noticesOf(decision, {
      author,
      authorName: contactFor(snapshot, author).displayName,
      ...(change.reason ? { reason: change.reason } : {}),
      undone,
      scheduleOf: scheduleOf(inForce),
    });
    await Promise.all(
      notices.map(async ({ recipient, title, description }) => {
        try {
          await notifications.send({
            recipients: { type: 'entity', entityRef: recipient },
            payload: {
              title,
              description,
              link: '/on-call/my-shifts',
              topic: 'On-call',
              scope: `oncall.change.${change.id}${undone ? '.undone' : ''}`,
            },
          });
        } catch (error) {
          logger.warn(
            `${recipient} could not be told of on-call change ${change.id}: ${error}`,
          );
        }
      }),
    );
  }
}

function named(
  author: Author,
  key: string | undefined,
  action: string,
  content: unknown,
): NamedRequest | undefined {
  return key === undefined
    ? undefined
    : { author: author.name, key, digest: requestDigest(action, content) };
}

/** Names for all the people and schedules that some changes speak of. */
function directoryOf(
  changes: Change[],
  snapshot: CatalogSnapshot,
  present: InForce,
): Pick<ChangesAnswer, 'people' | 'schedules'> {
  const people: ChangesAnswer['people'] = {};
  const schedules: ChangesAnswer['schedules'] = {};
  for (const override of changes.flatMap(change => change.overrides)) {
    for (const ref of [override.person, override.with, override.author]) {
      if (ref !== undefined) {
        people[ref] ??= contactFor(snapshot, ref);
      }
    }
    const state = present.get(override.scheduleRef);
    if (state) {
      schedules[override.scheduleRef] ??= marked(summaryOf(state), snapshot);
    }
  }
  return { people, schedules };
}

/** Whether an override still has a say, on a schedule that there still is. */
function isInForce(
  { id, scheduleRef }: Pick<OverrideVersion, 'id' | 'scheduleRef'>,
  inForce: InForce,
): boolean {
  return (
    inForce
      .get(scheduleRef)
      ?.schedule.overrides?.some(override => override.id === id) ?? false
  );
}

function without(inForce: InForce, overrideIds: Set<string>): InForce {
  return new Map(
    [...inForce].map(([ref, state]) => [
      ref,
      {
        ...state,
        schedule: {
          ...state.schedule,
          overrides: state.schedule.overrides?.filter(
            ({ id }) => id === undefined || !overrideIds.has(id),
          ),
        },
      },
    ]),
  );
}

function scheduleOf(inForce: InForce) {
  return (ref: string) => {
    const state = inForce.get(ref);
    return {
      title: state?.version.title ?? ref,
      timeZone: state?.schedule.timeZone ?? 'Etc/UTC',
    };
  };
}

function conflictsOf(
  { conflicts }: Pick<ChangeDecision, 'conflicts'>,
  snapshot: CatalogSnapshot,
): ChangeConflict[] {
  return conflicts.map(conflict => ({
    ...conflict,
    from: new Date(conflict.from).toISOString(),
    to: new Date(conflict.to).toISOString(),
    people: conflict.people.map(ref => contactFor(snapshot, ref)),
  }));
}

function toAnswer(
  change: Change,
  snapshot: CatalogSnapshot,
  canUndo: boolean,
): StoredChange {
  return {
    id: change.id,
    kind: change.kind,
    ...(change.reason ? { reason: change.reason } : {}),
    createdAt: new Date(change.createdAt).toISOString(),
    createdBy: contactFor(snapshot, change.author),
    overrides: change.overrides.map(toStored),
    ...(change.undoneAt === undefined
      ? {}
      : { undoneAt: new Date(change.undoneAt).toISOString() }),
    ...(change.undoneBy === undefined
      ? {}
      : { undoneBy: contactFor(snapshot, change.undoneBy) }),
    canUndo,
  };
}
