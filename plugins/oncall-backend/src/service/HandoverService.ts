import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import {
  formatInZone,
  turnsOf,
  type HandoverAnswer,
  type HandoverNote,
  type PagesAnswer,
  type Shift,
  type Turn,
} from '@pavedroad/plugin-oncall-common';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor, type CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type { Handoff, HandoverStore, Note } from '../store/HandoverStore';
import type { IncidentReader } from './IncidentReader';
import { marked, summaryOf } from './OnCallService';
import type { ScheduleStates } from './ScheduleStates';
import type { ShiftReader } from './ShiftReader';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** How far back the start of the current shift is looked for. */
const BACK = 45 * DAY;
/** How late somebody may still be told that a shift of theirs began. */
const LATE = 10 * MINUTE;
/** After so many milliseconds another back end takes over telling somebody. */
const RETRY = 2 * MINUTE;
/** How many notes of a schedule may be open, and how many closed ones are shown. */
const OPEN = 100;
const CLOSED = 50;

/** Who reads or writes notes. */
export type NoteCaller = {
  name: string;
  isUser: boolean;
  ownershipRefs: string[];
  mayChange: (ownerRef: string) => boolean;
};

/** Lists the pages of a schedule, newest first. */
export type PageLister = {
  list(
    filter: { scheduleRef: string; from: number; limit: number },
    caller: NoteCaller,
  ): Promise<PagesAnswer>;
};

/** Notes that pass from shift to shift, and telling people that a shift of theirs begins. */
export class HandoverService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      shifts: ShiftReader;
      notes: HandoverStore;
      incidents: IncidentReader;
      pages: PageLister;
      notifications: NotificationService;
      logger: LoggerService;
      clock: () => number;
    },
  ) {}

  /**
   * The notes of a schedule, and what happened in the current shift of its first level.
   * @throws NotFoundError when there is no such schedule.
   */
  async handover(
    scheduleRef: string,
    closed: boolean,
    caller: NoteCaller,
  ): Promise<HandoverAnswer> {
    const { clock, directory, incidents, notes, pages, states } = this.parts;
    const snapshot = await directory.snapshot();
    const state = (await states.present()).get(scheduleRef);
    if (!state) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    const now = clock();
    const current = await this.#current(scheduleRef, now);
    // A shift began with its turn, also where somebody else had an hour of it since.
    const [since] = current
      .filter(({ pieces: [shift] }) => shift.level === 1)
      .map(({ from }) => from)
      .sort((a, b) => a - b);
    const [list, opened, paged] = await Promise.all([
      notes.list(scheduleRef, closed, closed ? CLOSED : OPEN),
      since === undefined
        ? undefined
        : incidents.opened({ from: since, to: now + 1 }),
      since === undefined
        ? undefined
        : pages.list({ scheduleRef, from: since, limit: 50 }, caller),
    ]);
    return {
      schedule: marked(summaryOf(state), snapshot),
      notes: list.map(note => toAnswer(note, snapshot)),
      ...(since === undefined
        ? {}
        : { since: formatInZone(since, state.schedule.timeZone) }),
      incidents: (opened?.known ? opened.incidents : [])
        .filter(incident => incident.scheduleRef === scheduleRef)
        .reverse()
        .slice(0, 50)
        .map(({ id, title, serviceRef, openedAt, resolvedAt, url }) => ({
          id,
          title,
          entityRef: serviceRef,
          openedAt: new Date(openedAt).toISOString(),
          ...(resolvedAt === undefined
            ? {}
            : { resolvedAt: new Date(resolvedAt).toISOString() }),
          ...(url ? { url } : {}),
        })),
      pages: paged?.pages ?? [],
      canWrite: mayWrite(state.version.ownerRef, current, caller),
    };
  }

  /**
   * Writes a note.
   * @throws NotFoundError when there is no such schedule; NotAllowedError for others than members of its group, administrators, and those on
   * call on it now; ConflictError when it has too many open notes.
   */
  async write(
    scheduleRef: string,
    text: string,
    caller: NoteCaller,
  ): Promise<HandoverNote> {
    await this.#requireWriter(scheduleRef, caller);
    const note = await this.parts.notes.add(
      { scheduleRef, text, author: caller.name },
      OPEN,
    );
    if (!note) {
      throw new ConflictError(
        `The schedule has ${OPEN} open notes; close some first`,
      );
    }
    return toAnswer(note, await this.parts.directory.snapshot());
  }

  /**
   * Confirms to have read a note, closes it, or opens it again.
   * @throws NotFoundError when there is no such note; NotAllowedError as `write`, but for reading, which everybody may; ConflictError when it is
   * closed or open already.
   */
  async mark(
    id: string,
    as: 'read' | 'close' | 'reopen',
    caller: NoteCaller,
  ): Promise<HandoverNote> {
    const { directory, notes } = this.parts;
    const note = await notes.byId(id);
    if (!note) {
      throw new NotFoundError(`There is no note ${id}`);
    }
    if (as === 'read') {
      if (!caller.isUser) {
        throw new NotAllowedError('Only people read notes');
      }
      await notes.markRead(id, caller.name);
    } else {
      await this.#requireWriter(note.scheduleRef, caller);
      if (!(await notes.setClosed(id, as === 'close', caller.name))) {
        throw new ConflictError(
          as === 'close'
            ? 'The note is closed already'
            : 'The note is open already',
        );
      }
    }
    return toAnswer((await notes.byId(id))!, await directory.snapshot());
  }

  /**
   * Tells everybody whose shift began in the last minutes that they are on call, until when, and what notes are open: once for each shift,
   * whichever back end does it. Answers with how many were told.
   */
  async tellOfHandoffs(): Promise<number> {
    const { clock, directory, logger, notes, shifts, states } = this.parts;
    await directory.snapshot();
    const present = await states.present();
    const now = clock();
    // Far enough ahead to say until when, for the usual turns of a week.
    const read = await shifts.read([...present.keys()], {
      from: now - LATE,
      to: now + 8 * DAY,
    });
    let told = 0;
    for (const [scheduleRef, { shifts: all }] of read) {
      for (const begun of begunIn(all, now - LATE, now)) {
        const handoff: Handoff = {
          scheduleRef,
          level: begun.level,
          person: begun.person,
          beginsAt: Date.parse(begun.from),
        };
        if (await notes.claim(handoff, RETRY)) {
          try {
            await this.#tell(handoff, begun);
            await notes.told(handoff);
            told += 1;
          } catch (error) {
            logger.warn(
              `${handoff.person} could not be told of a shift on ${scheduleRef}: ${error}`,
            );
          }
        }
      }
    }
    await notes.forgetBefore(now - DAY);
    return told;
  }

  async #tell(handoff: Handoff, shift: Shift): Promise<void> {
    const { notes, notifications, states } = this.parts;
    const state = (await states.present()).get(handoff.scheduleRef)!;
    const { timeZone } = state.schedule;
    const open = await notes.list(handoff.scheduleRef, false, OPEN);
    const name =
      state.schedule.levels[handoff.level - 1]?.name ??
      `Level ${handoff.level}`;
    const until = formatInZone(Date.parse(shift.to), timeZone)
      .slice(0, 16)
      .replace('T', ' ');
    await notifications.send({
      recipients: { type: 'entity', entityRef: handoff.person },
      payload: {
        title: `You are on call: ${state.version.title}, ${name}`,
        description: [
          `Until ${until} (${timeZone}).`,
          open.length === 0
            ? 'No open notes.'
            : `${open.length} open ${
                open.length === 1 ? 'note' : 'notes'
              } from the shifts before.`,
        ].join('\n'),
        link: `/on-call/my-shifts?schedule=${encodeURIComponent(
          handoff.scheduleRef,
        )}`,
        topic: 'On-call',
        scope: `oncall.handoff.${handoff.scheduleRef}.${handoff.level}`,
      },
    });
  }

  /** The turns that somebody has now, with their true start. */
  async #current(scheduleRef: string, now: number): Promise<Turn[]> {
    const read = await this.parts.shifts.read([scheduleRef], {
      from: now - BACK,
      to: now + 1,
    });
    return turnsOf(read.get(scheduleRef)?.shifts ?? []).filter(
      ({ to }) => to > now,
    );
  }

  async #requireWriter(scheduleRef: string, caller: NoteCaller): Promise<void> {
    const { clock, directory, states } = this.parts;
    await directory.snapshot();
    const state = (await states.present()).get(scheduleRef);
    if (!state) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    const current = await this.#current(scheduleRef, clock());
    if (!mayWrite(state.version.ownerRef, current, caller)) {
      throw new NotAllowedError(
        `Only members of ${state.version.ownerRef}, those on call on it and administrators may do this`,
      );
    }
  }
}

/**
 * The shifts that begin after one instant and at or before another (milliseconds), without those that go on from a shift of the same person on
 * the same level: nobody is told that they stay on call.
 */
export function begunIn(
  shifts: Shift[],
  after: number,
  until: number,
): Shift[] {
  return shifts.filter(shift => {
    const from = Date.parse(shift.from);
    return (
      from > after &&
      from <= until &&
      shift.person.startsWith('user:') &&
      !shifts.some(
        other =>
          other.person === shift.person &&
          other.level === shift.level &&
          Date.parse(other.to) === from,
      )
    );
  });
}

function mayWrite(
  ownerRef: string,
  current: Turn[],
  caller: NoteCaller,
): boolean {
  return (
    caller.mayChange(ownerRef) ||
    current.some(({ pieces: [shift] }) => shift.person === caller.name)
  );
}

function toAnswer(note: Note, snapshot: CatalogSnapshot): HandoverNote {
  return {
    id: note.id,
    scheduleRef: note.scheduleRef,
    text: note.text,
    createdAt: new Date(note.createdAt).toISOString(),
    createdBy: contactFor(snapshot, note.author),
    ...(note.closedAt === undefined
      ? {}
      : { closedAt: new Date(note.closedAt).toISOString() }),
    ...(note.closedBy === undefined
      ? {}
      : { closedBy: contactFor(snapshot, note.closedBy) }),
    readBy: note.readBy.map(reader => contactFor(snapshot, reader)),
  };
}
