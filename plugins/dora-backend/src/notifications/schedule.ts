import { DateTime } from 'luxon';

/** A half-open window of ISO instants in UTC. */
export interface IsoWindow {
  from: string;
  to: string;
}

/** A digest that is due, or a look at what changed. */
export interface DueReport {
  /** Names the occasion: the local date it is due on, `YYYY-MM-DD`. */
  date: string;
  window: IsoWindow;
  compare: IsoWindow;
}

const DIGEST_HOUR = 8;
const WATCH_HOUR = 6;
const WATCH_DAYS = 28;

/**
 * The digest that a subscription should have had by now: on Mondays at eight in the morning of its time zone, about the
 * week before, against the four weeks before that.
 *
 * The date names it, whatever the clocks did, so it is due once however often this is asked, and once in a week in which
 * the clocks change or the subscription moves to another zone.
 *
 * @param now - epoch milliseconds
 * @param maxDelay - milliseconds after which a digest is stale and left out
 * @returns undefined when none is due: it is too early for the subscription, or too late
 */
export function digestDue(
  subscription: { timeZone: string; createdAt: string },
  now: number,
  maxDelay: number,
): DueReport | undefined {
  const local = DateTime.fromMillis(now, { zone: subscription.timeZone });
  let monday = local.startOf('day').minus({ days: local.weekday - 1 });
  if (at(monday, DIGEST_HOUR) > now) {
    monday = monday.minus({ days: 7 });
  }
  const due = at(monday, DIGEST_HOUR);
  if (now - due > maxDelay || Date.parse(subscription.createdAt) > due) {
    return undefined;
  }
  return {
    date: monday.toISODate()!,
    window: windowOf(monday.minus({ days: 7 }), monday),
    compare: windowOf(monday.minus({ days: 35 }), monday.minus({ days: 7 })),
  };
}

/**
 * The daily look at what changed that a subscription should have had by now: from six in the morning of its time zone on,
 * about the 28 whole days before, against the 28 before those.
 *
 * @param now - epoch milliseconds
 */
export function watchDue(
  subscription: { timeZone: string },
  now: number,
): DueReport | undefined {
  const today = DateTime.fromMillis(now, {
    zone: subscription.timeZone,
  }).startOf('day');
  if (at(today, WATCH_HOUR) > now) {
    return undefined;
  }
  const middle = today.minus({ days: WATCH_DAYS });
  return {
    date: today.toISODate()!,
    window: windowOf(middle, today),
    compare: windowOf(middle.minus({ days: WATCH_DAYS }), middle),
  };
}

/** Epoch milliseconds of an hour on the clock of a day. */
function at(day: DateTime, hour: number): number {
  return day.set({ hour }).toMillis();
}

function windowOf(from: DateTime, to: DateTime): IsoWindow {
  const iso = (day: DateTime) =>
    // Days begin at their first instant, also where the clocks skip midnight.
    day.startOf('day').toUTC().toISO()!;
  return { from: iso(from), to: iso(to) };
}
