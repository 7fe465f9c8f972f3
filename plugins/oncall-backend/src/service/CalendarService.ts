import { isError, NotFoundError } from '@backstage/errors';
import type { Shift } from '@pavedroad/plugin-oncall-common';
import { createHash, randomBytes } from 'crypto';

import type { CatalogDirectory } from '../catalog/CatalogDirectory';
import { contactFor } from '../catalog/CatalogSnapshot';
import type { NativeOnCallProvider } from '../providers/NativeOnCallProvider';
import type { CalendarFeed, OnCallStore } from '../store/OnCallStore';
import type { NamePrivacy } from '../privacy/NamePrivacy';
import { toCalendar, type FeedShift } from './calendar';
import type { ScheduleStates } from './ScheduleStates';

const DAY = 86_400_000;
/** How far back the shifts of a feed end, and how far ahead they begin, in days. */
const BACK = 14;
const AHEAD = 90;

/** Calendar addresses: hands them out, takes them back, and answers them. */
export class CalendarService {
  constructor(
    private readonly parts: {
      directory: CatalogDirectory;
      states: ScheduleStates;
      store: OnCallStore;
      native: NativeOnCallProvider;
      privacy: NamePrivacy;
      clock: () => number;
    },
  ) {}

  /**
   * Makes an address for a user: of one schedule, or of all of the user's own shifts. The token is in this answer and nowhere else.
   * @throws NotFoundError when there is no such schedule.
   */
  async create(
    ownerRef: string,
    scheduleRef: string | undefined,
  ): Promise<{ feed: CalendarFeed; token: string }> {
    await this.parts.directory.snapshot();
    if (
      scheduleRef !== undefined &&
      !(await this.parts.states.present()).has(scheduleRef)
    ) {
      throw new NotFoundError(`There is no schedule ${scheduleRef}`);
    }
    const token = randomBytes(32).toString('base64url');
    const feed = await this.parts.store.addFeed(
      { ownerRef, ...(scheduleRef ? { scheduleRef } : {}) },
      hashOf(token),
    );
    return { feed, token };
  }

  /** The addresses of a user that are in use. */
  async list(ownerRef: string): Promise<CalendarFeed[]> {
    return await this.parts.store.feedsOf(ownerRef);
  }

  /** @throws NotFoundError when the user has no such address. */
  async revoke(id: string, ownerRef: string): Promise<void> {
    if (!(await this.parts.store.revokeFeed(id, ownerRef))) {
      throw new NotFoundError(`You have no calendar ${id}`);
    }
  }

  /**
   * The calendar behind a token.
   * @throws NotFoundError for a token that was never given or is revoked; the two cannot be told apart.
   */
  async calendar(token: string): Promise<string> {
    const feed = /^[\w-]{43}$/.test(token)
      ? await this.parts.store.feedByTokenHash(hashOf(token))
      : undefined;
    if (!feed) {
      throw new NotFoundError('There is no such calendar');
    }
    const { clock, directory, states } = this.parts;
    const now = clock();
    const snapshot = await directory.snapshot();
    const inForce = await states.present();
    const view = await this.parts.privacy.viewOfUser(feed.ownerRef);
    const shownOn = (scheduleRef: string, person: string) => {
      const said = { scheduleRef, person: contactFor(snapshot, person) };
      return (view?.filter(said) ?? said).person;
    };
    const since = now - BACK * DAY;
    const window = {
      // Far enough back for the true start of a shift: one cut at an edge that
      // moves with the clock would be another event, with another UID, each
      // time the calendar is read. Who is always on call is so since a new year.
      from: new Date(
        Date.UTC(new Date(since).getUTCFullYear() - 1, 0),
      ).toISOString(),
      to: new Date(now + AHEAD * DAY).toISOString(),
    };
    const refs =
      feed.scheduleRef === undefined ? [...inForce.keys()] : [feed.scheduleRef];
    const shifts: FeedShift[] = [];
    for (const ref of refs) {
      const found = await this.#shiftsOf(ref, window);
      for (const shift of found) {
        const wanted =
          feed.scheduleRef !== undefined || shift.person === feed.ownerRef;
        if (wanted && Date.parse(shift.to) > since) {
          const shown = shownOn(ref, shift.person);
          shifts.push({
            ...shift,
            person: shown.ref,
            scheduleRef: ref,
            scheduleTitle: inForce.get(ref)?.version.title ?? ref,
            personName: shown.displayName,
          });
        }
      }
    }
    const title =
      feed.scheduleRef === undefined
        ? `${contactFor(snapshot, feed.ownerRef).displayName} on call`
        : inForce.get(feed.scheduleRef)?.version.title ?? feed.scheduleRef;
    return toCalendar(title, shifts, now);
  }

  /** The shifts of a schedule; none of one that cannot be worked out, which must not take the other shifts of a feed down. */
  async #shiftsOf(
    ref: string,
    window: { from: string; to: string },
  ): Promise<Shift[]> {
    try {
      return (await this.parts.native.shiftsBetween(ref, window)) ?? [];
    } catch (error) {
      if (isError(error) && error.name === 'InputError') {
        return [];
      }
      throw error;
    }
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
