import { InputError } from '@backstage/errors';

/*
 * The clock of one IANA zone, from the host's own copy of the database through Intl and nothing else. The host's zone never matters:
 * every local time is held as the milliseconds it would be in UTC ("wall milliseconds"), never as a Date in local fields.
 *
 * Temporal polyfills were measured and not used here: temporal-polyfill 1.0.5 compares offsets some sixty days apart, and so
 * misses the month in which Morocco, and Egypt in 2010, put the clocks back for Ramadan.
 */

const SECOND = 1000;
const DAY = 86_400 * SECOND;
/** Shortest time between two changes that undo each other is about four weeks; a step well below finds them all. */
const SAMPLE = 8 * DAY;
/** No two local clocks are further apart than this, skipped and repeated days included. */
const REACH = 27 * 3_600 * SECOND;

/** A stretch of time with one offset, half-open; cut at the start of each UTC year. */
type Segment = { from: number; to: number; offset: number };

const zones = new Map<string, Zone>();

/** The clock of one IANA time zone. Instants and wall times are in milliseconds. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, Segment[]>();

  private constructor(readonly name: string, format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  /**
   * The zone of that name.
   * @throws InputError when the database has none of that name.
   */
  static of(name: string): Zone {
    const known = zones.get(name);
    if (known) {
      return known;
    }
    if (typeof name !== 'string' || !/^[A-Za-z]/.test(name)) {
      throw new InputError(
        `Unknown time zone ${JSON.stringify(
          name,
        )}; use an IANA name such as Europe/Lisbon`,
      );
    }
    let format: Intl.DateTimeFormat;
    try {
      format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        timeZoneName: 'longOffset',
      });
    } catch {
      throw new InputError(
        `Unknown time zone ${JSON.stringify(
          name,
        )}; use an IANA name such as Europe/Lisbon`,
      );
    }
    const zone = new Zone(name, format);
    zones.set(name, zone);
    return zone;
  }

  /** Milliseconds that the local clock is ahead of UTC at an instant. */
  offsetAt(instant: number): number {
    const segments = this.#segmentsOf(new Date(instant).getUTCFullYear());
    for (let i = segments.length - 1; i > 0; i--) {
      if (segments[i].from <= instant) {
        return segments[i].offset;
      }
    }
    return segments[0].offset;
  }

  /** The local clock at an instant, in wall milliseconds. */
  wallAt(instant: number): number {
    return instant + this.offsetAt(instant);
  }

  /**
   * The first instant whose local clock reaches a wall time: the first of two when it happens twice, the instant of the change
   * when it does not exist.
   */
  firstInstant(wall: number): number {
    for (const segment of this.#between(wall - REACH, wall + REACH)) {
      if (segment.to + segment.offset > wall) {
        return Math.max(segment.from, wall - segment.offset);
      }
    }
    return wall - this.offsetAt(wall);
  }

  /** As `firstInstant`, but the second of two when the wall time happens twice. */
  lastInstant(wall: number): number {
    let last: number | undefined;
    for (const segment of this.#between(wall - REACH, wall + REACH)) {
      const instant = wall - segment.offset;
      if (instant >= segment.from && instant < segment.to) {
        last = instant;
      }
    }
    return last ?? this.firstInstant(wall);
  }

  /**
   * The furthest the local clock has been at or before an instant, in wall milliseconds: while an hour repeats it stays ahead of the
   * clock. A wall time has been reached exactly when it is at or below this.
   */
  furthestWall(instant: number): number {
    let furthest = this.wallAt(instant);
    for (const segment of this.#between(instant - REACH, instant)) {
      if (segment.to <= instant) {
        furthest = Math.max(furthest, segment.to + segment.offset - 1);
      }
    }
    return furthest;
  }

  /** The instant in ISO 8601 with the zone's offset, for example `2026-03-08T03:00:00-05:00`. */
  format(instant: number): string {
    const offset = this.offsetAt(instant);
    const local = new Date(instant + offset).toISOString();
    const text = local.endsWith('.000Z')
      ? local.slice(0, -5)
      : local.slice(0, -1);
    const seconds = Math.abs(offset) / SECOND;
    const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
    const rest = seconds % 60 === 0 ? '' : `:${two(seconds % 60)}`;
    return `${text}${offset < 0 ? '-' : '+'}${two(seconds / 3600)}:${two(
      (seconds / 60) % 60,
    )}${rest}`;
  }

  /** The instants in a half-open window at which the offset changes. */
  changes(from: number, to: number): number[] {
    const found: number[] = [];
    let before: number | undefined;
    for (const segment of this.#between(from - 1, to)) {
      if (
        before !== undefined &&
        segment.offset !== before &&
        segment.from >= from &&
        segment.from < to
      ) {
        found.push(segment.from);
      }
      before = segment.offset;
    }
    return found;
  }

  /** The segments that touch a closed interval, in order. */
  #between(from: number, to: number): Segment[] {
    const first = new Date(from).getUTCFullYear();
    const last = new Date(to).getUTCFullYear();
    if (first === last) {
      const segments = this.#segmentsOf(first);
      return segments.length === 1
        ? segments
        : segments.filter(s => s.to > from && s.from <= to);
    }
    const found: Segment[] = [];
    for (let year = first; year <= last; year++) {
      for (const segment of this.#segmentsOf(year)) {
        if (segment.to > from && segment.from <= to) {
          found.push(segment);
        }
      }
    }
    return found;
  }

  #segmentsOf(year: number): Segment[] {
    const known = this.#years.get(year);
    if (known) {
      return known;
    }
    const start = utc(year, 0, 1);
    const end = utc(year + 1, 0, 1);
    const segments: Segment[] = [];
    let from = start;
    let at = start;
    let offset = this.#readOffset(start);
    while (at < end) {
      const next = Math.min(at + SAMPLE, end);
      const after = this.#readOffset(next);
      if (after !== offset) {
        const change = this.#bisect(at, next, offset);
        if (change >= end) {
          break;
        }
        segments.push({ from, to: change, offset });
        from = change;
        at = change;
        offset = this.#readOffset(change);
      } else {
        at = next;
      }
    }
    segments.push({ from, to: end, offset });
    this.#years.set(year, segments);
    return segments;
  }

  /** The second at which the offset stops being `offset`, known to lie in (low, high]. */
  #bisect(low: number, high: number, offset: number): number {
    let before = low / SECOND;
    let after = high / SECOND;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#readOffset(middle * SECOND) === offset) {
        before = middle;
      } else {
        after = middle;
      }
    }
    return after * SECOND;
  }

  #readOffset(instant: number): number {
    const parts = this.#format.formatToParts(instant);
    const text = parts.find(p => p.type === 'timeZoneName')?.value ?? '';
    const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
    if (!match) {
      throw new Error(`The offset ${text} of ${this.name} cannot be read`);
    }
    const [, sign, hours, minutes, seconds] = match;
    if (!sign) {
      return 0;
    }
    const total =
      Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
    return (sign === '-' ? -total : total) * SECOND;
  }
}

/** Milliseconds of a UTC date, also for years below 100. Month counts from 0 and may overflow. */
export function utc(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime();
}

/** Whether the time-zone database has a zone of that name. */
export function isTimeZone(name: unknown): name is string {
  try {
    Zone.of(name as string);
    return true;
  } catch {
    return false;
  }
}

/**
 * An instant in milliseconds as ISO 8601 with the offset a zone has then, for example `2026-03-08T03:00:00-05:00`.
 * @throws InputError for a zone the database does not have.
 */
export function formatInZone(instant: number, timeZone: string): string {
  return Zone.of(timeZone).format(instant);
}
