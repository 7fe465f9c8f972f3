import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import {
  formatInZone,
  LONG_BREAK,
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
import { followsCalendar } from './history';
import { marked, summaryOf } from './OnCallService';
import type { InForce, ScheduleStates } from './ScheduleStates';
import type { ReadShifts, ShiftReader } from './ShiftReader';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** How far back the start of the current shift is looked for. */
const BACK = 45 * DAY;
/** How far ahead the end of a shift that begins is looked for, in milliseconds: that of most, and of a year with a month to spare. */
const AHEAD = 15 * DAY;
const FAR_AHEAD = 400 * DAY;
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
    // Hardly ever does anything begin. Only where it does, the days around it are worked out.
    const recent = await shifts.read([...present.keys()], {
      from: now - LATE,
      to: now + 1,
    });
    const beginning = [...recent].flatMap(([ref, { shifts: all }]) =>
      all.some(({ from }) => Date.parse(from) > now - LATE) ? [ref] : [],
    );
    const around = await shifts.read(beginning, {
      from: now - LATE - LONG_BREAK,
      to: now + AHEAD,
    });
    let told = 0;
    for (const [scheduleRef, read] of around) {
      for (const begun of begunIn(
        read.shifts,
        now - LATE,
        now,
        joining(read, present),
      )) {
        const [{ level, person }] = begun.pieces;
        const handoff: Handoff = {
          scheduleRef,
          level,
          person,
          beginsAt: begun.from,
        };
        if (await notes.claim(handoff, RETRY)) {
          try {
            await this.#tell(
              handoff,
              inWords(
                await this.#ends(begun, read, scheduleRef, now),
                now + FAR_AHEAD,
                read.state.schedule.timeZone,
              ),
            );
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

  /** When somebody's time on call that just began ends. */
  async #ends(
    begun: Turn,
    near: ReadShifts,
    scheduleRef: string,
    now: number,
  ): Promise<Ends> {
    const { shifts, states } = this.parts;
    const present = await states.present();
    const ends = endsOf(begun, near.shifts, joining(near, present));
    if (ends.shift + LONG_BREAK <= now + AHEAD) {
      return ends;
    }
    // A shift of a month or more, or one without an end.
    const read = await shifts.read([scheduleRef], {
      from: now - LATE - LONG_BREAK,
      to: now + FAR_AHEAD,
    });
    const far = read.get(scheduleRef);
    return far ? endsOf(begun, far.shifts, joining(far, present)) : ends;
  }

  async #tell(handoff: Handoff, until: string): Promise<void> {
    const { notes, notifications, states } = this.parts;
    const state = (await states.present()).get(handoff.scheduleRef)!;
    const open = await notes.list(handoff.scheduleRef, false, OPEN);
    const name =
      state.schedule.levels[handoff.level - 1]?.name ??
      `Level ${handoff.level}`;
    await notifications.send({
      recipients: { type: 'entity', entityRef: handoff.person },
      payload: {
        title: `You are on call: ${state.version.title}, ${name}`,
        description: [
          until,
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
    const { shifts, states } = this.parts;
    const read = await shifts.read([scheduleRef], {
      from: now - BACK,
      to: now + 1,
    });
    const own = read.get(scheduleRef);
    return own
      ? turnsOf(own.shifts, joining(own, await states.present())).filter(
          ({ to }) => to > now,
        )
      : [];
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
 * The turns that begin after one instant and at or before another (milliseconds), without those that go on from a shift of the same person on the
 * same level: nobody is told that they stay on call. Who comes back to a turn after a deputy or a break has begun it before. `isPiece` says which
 * shifts may be pieces of a turn.
 */
export function begunIn(
  shifts: Shift[],
  after: number,
  until: number,
  isPiece?: (shift: Shift) => boolean,
): Turn[] {
  return turnsOf(shifts, isPiece).filter(
    ({ from, pieces: [shift] }) =>
      from > after &&
      from <= until &&
      shift.person.startsWith('user:') &&
      !shifts.some(
        other =>
          other.person === shift.person &&
          other.level === shift.level &&
          Date.parse(other.to) === from,
      ),
  );
}

/** When somebody's time on call ends, in milliseconds: for the first time, and with all that follows breaks of the same shift. */
type Ends = { first: number; shift: number };

/** The ends of a turn that has begun, with all that follows it without a break. Pure. */
function endsOf(
  begun: Turn,
  shifts: Shift[],
  isPiece: (shift: Shift) => boolean,
): Ends {
  const [{ level, person }] = begun.pieces;
  const own = shifts.filter(
    shift => shift.level === level && shift.person === person,
  );
  const reach = (intervals: { from: number; to: number }[]) =>
    [...intervals]
      .sort((a, b) => a.from - b.from)
      .reduce(
        (end, { from, to }) => (from <= end ? Math.max(end, to) : end),
        begun.from,
      );
  return {
    first: reach(
      own.map(({ from, to }) => ({
        from: Date.parse(from),
        to: Date.parse(to),
      })),
    ),
    shift: reach(turnsOf(own, isPiece)),
  };
}

/** Until when somebody is on call; what lies at the end of what was looked at has no end in sight. Pure. */
function inWords(
  { first, shift }: Ends,
  seen: number,
  timeZone: string,
): string {
  const text = (at: number) =>
    formatInZone(at, timeZone).slice(0, 16).replace('T', ' ');
  if (first >= seen) {
    return 'No end is in sight.';
  }
  const until = `Until ${text(first)} (${timeZone})`;
  if (first === shift) {
    return `${until}.`;
  }
  return shift >= seen
    ? `${until}; after breaks the shift goes on, with no end in sight.`
    : `${until}; after breaks the shift goes on until ${text(shift)}.`;
}

/**
 * Which shifts of a schedule are pieces of one where something interrupts them: all but those of a calendar, where each event is a shift of its
 * own.
 */
function joining(
  { state }: ReadShifts,
  present: InForce,
): (shift: Shift) => boolean {
  const ofCalendar = new Map<string, boolean>();
  return ({ level, layer, turn, override }) => {
    if (turn !== undefined || override !== undefined || layer === undefined) {
      return true;
    }
    const key = `${level}.${layer}`;
    let follows = ofCalendar.get(key);
    if (follows === undefined) {
      follows = followsCalendar(
        state.schedule,
        level,
        layer,
        ref => present.get(ref)?.schedule,
      );
      ofCalendar.set(key, follows);
    }
    return !follows;
  };
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
