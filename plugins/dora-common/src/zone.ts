/*
 * Local time of IANA zones from the host's own copy of the database, through Intl. A local time is held as the milliseconds it would
 * be in UTC. temporal-polyfill 1.0.5 compares offsets some sixty days apart, and so misses changes that are undone in between: Morocco
 * and Egypt have put the clocks back for the month of Ramadan.
 */

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
/** Changes that undo each other are about four weeks apart at least. */
const STEP = 8 * DAY;
/** No local clock is further from UTC, or jumps further, than this. */
const REACH = 27 * 3_600 * SECOND;

/** A stretch with one offset; half-open. */
interface Stretch {
  from: number;
  to: number;
  offset: number;
}

interface Zone {
  format: Intl.DateTimeFormat;
  /** By year in UTC. */
  years: Map<number, Stretch[]>;
  /** The one used last: days are asked for one after the other. */
  last?: Stretch;
}

const zones = new Map<string, Zone>();

let latest: { timeZone: string; zone: Zone } | undefined;

/** @throws RangeError when the database has no such zone */
function zoneOf(timeZone: string): Zone {
  if (latest?.timeZone === timeZone) {
    return latest.zone;
  }
  // Intl takes names in any letter case, of which there are thousands for each.
  const name = timeZone.toLowerCase();
  let zone = zones.get(name);
  if (!zone) {
    zone = {
      format: new Intl.DateTimeFormat('en-US', {
        timeZone,
        timeZoneName: 'longOffset',
      }),
      years: new Map(),
    };
    zones.set(name, zone);
  }
  latest = { timeZone, zone };
  return zone;
}

/** Whether the name is a time zone of the IANA database, or `UTC`. */
export function isTimeZone(timeZone: string): boolean {
  if (!/^[A-Za-z]/.test(timeZone)) {
    return false;
  }
  try {
    zoneOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds by which the local clock is ahead of UTC, read off the clock. */
function readOffset({ format }: Zone, at: number): number {
  const name = format
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign, hours, minutes, seconds = '0'] =
    /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name ?? '') ?? [];
  if (sign === undefined) {
    return 0;
  }
  const total = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
  return (sign === '-' ? -total : total) * SECOND;
}

/** Stretches of a year in UTC, in order, without gaps. */
function stretchesOf(zone: Zone, year: number): Stretch[] {
  const known = zone.years.get(year);
  if (known) {
    return known;
  }
  const end = Date.UTC(year + 1, 0, 1);
  const stretches: Stretch[] = [];
  let from = Date.UTC(year, 0, 1);
  let offset = readOffset(zone, from);
  for (let at = from; at < end; at += STEP) {
    const next = Math.min(at + STEP, end);
    if (readOffset(zone, next) === offset) {
      continue;
    }
    // Offsets change at whole seconds.
    let before = at / SECOND;
    let after = next / SECOND;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (readOffset(zone, middle * SECOND) === offset) {
        before = middle;
      } else {
        after = middle;
      }
    }
    const change = after * SECOND;
    if (change < end) {
      stretches.push({ from, to: change, offset });
      from = change;
      offset = readOffset(zone, change);
    }
  }
  stretches.push({ from, to: end, offset });
  zone.years.set(year, stretches);
  return stretches;
}

/** Stretches in which the local clock may show a time, in order. */
function stretchesAround(zone: Zone, local: number): Stretch[] {
  const first = new Date(local - REACH).getUTCFullYear();
  const last = new Date(local + REACH).getUTCFullYear();
  const stretches = stretchesOf(zone, first);
  return first === last
    ? stretches
    : [...stretches, ...stretchesOf(zone, last)];
}

/** The local clock at a moment. */
export function localTime(at: number, timeZone: string): number {
  const stretches = stretchesOf(
    zoneOf(timeZone),
    new Date(at).getUTCFullYear(),
  );
  return at + stretches.find(({ to }) => at < to)!.offset;
}

/** The first moment at which the local clock shows a time or a later one: where clocks skip it, that of the change. */
export function firstMoment(local: number, timeZone: string): number {
  const zone = zoneOf(timeZone);
  const { last } = zone;
  // So far inside that no other stretch shows that time.
  if (
    last &&
    local - last.offset - last.from > REACH &&
    last.to - (local - last.offset) > REACH
  ) {
    return local - last.offset;
  }
  for (const stretch of stretchesAround(zone, local)) {
    const { from, to, offset } = stretch;
    if (to + offset > local) {
      zone.last = stretch;
      return Math.max(from, local - offset);
    }
  }
  throw new RangeError(`No clock of ${timeZone} shows ${local}`);
}

/**
 * The moment that people mean by a local time: the first of two when it happens twice; when clocks skip it, as much later as they jump.
 */
export function momentOf(local: number, timeZone: string): number {
  const stretches = stretchesAround(zoneOf(timeZone), local);
  const shown = stretches.find(
    ({ from, to, offset }) => from + offset <= local && local < to + offset,
  );
  if (shown) {
    return local - shown.offset;
  }
  const after = stretches.findIndex(({ to, offset }) => local < to + offset);
  return local - stretches[Math.max(0, after - 1)].offset;
}
