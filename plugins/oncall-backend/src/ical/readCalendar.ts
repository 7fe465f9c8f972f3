import { InputError } from '@backstage/errors';
import {
  formatInZone,
  instantOfLocal,
  isTimeZone,
} from '@pavedroad/plugin-oncall-common';
import ICAL from 'ical.js';
import { runInNewContext } from 'node:vm';

/** An event of a calendar between two instants in milliseconds, half-open, and whom it may be about. */
export type CalendarEvent = {
  from: number;
  to: number;
  summary: string;
  /** Addresses of those who attend, or of whoever organises it when nobody attends, in lower case. */
  emails: string[];
};

/** Events that a calendar may have in the years it is read for. */
export const MOST_EVENTS = 2_000;
/** Events that may run at one instant: each change among them is a shift of everybody in all of them. */
const MOST_AT_ONCE = 100;
/** Steps through recurrences, those before the window included. */
const MOST_STEPS = 100_000;
const MOST_COMPONENTS = 20_000;
/** Milliseconds that reading may take: rules can be written that never come to an end. */
const TIME = 2_000;
const SUMMARY = 200;
const MOST_PEOPLE = 20;

type Options = {
  /** Of whole days, and of times that name no zone. */
  timeZone: string;
  from: number;
  to: number;
};

/** A recurrence with an end of its own, or a length. */
type Period = {
  start: ICAL.Time;
  end: ICAL.Time | undefined;
  duration: ICAL.Duration | undefined;
  zone: string | ICAL.Timezone;
};

/** Recurrences of a series that are others. */
type Changes = {
  /** Of one each, by the instant it was at. */
  one: Map<number, ICAL.Component>;
  /** Of one and all that follow, the latest first. */
  following: { from: number; component: ICAL.Component }[];
};

class Reader {
  readonly events: CalendarEvent[] = [];
  #steps = 0;
  #components = 0;
  #zones = new Map<string, ICAL.Timezone>();

  constructor(private readonly options: Options) {}

  calendar(calendar: ICAL.Component) {
    this.#zones = new Map(
      calendar.getAllSubcomponents('vtimezone').flatMap(component => {
        const id = component.getFirstPropertyValue('tzid');
        return typeof id === 'string'
          ? [[id, new ICAL.Timezone({ component, tzid: id })] as const]
          : [];
      }),
    );
    const events = calendar.getAllSubcomponents('vevent');
    this.#components += events.length;
    if (this.#components > MOST_COMPONENTS) {
      throw new InputError(
        `The calendar has more than ${MOST_COMPONENTS} events`,
      );
    }
    const byUid = new Map<string, ICAL.Component[]>();
    events.forEach((event, index) => {
      const uid = String(event.getFirstPropertyValue('uid') ?? `#${index}`);
      const list = byUid.get(uid) ?? [];
      byUid.set(uid, list);
      list.push(event);
    });
    for (const group of byUid.values()) {
      this.#series(group);
    }
  }

  /** An event with the changes to some of its recurrences. */
  #series(group: ICAL.Component[]) {
    const isChange = (component: ICAL.Component) =>
      component.hasProperty('recurrence-id');
    const changes: Changes = { one: new Map(), following: [] };
    for (const component of group.filter(isChange)) {
      const instant = this.#instant(component, 'recurrence-id');
      if (instant !== undefined) {
        changes.one.set(instant, component);
        const range = component
          .getFirstProperty('recurrence-id')
          ?.getFirstParameter('range');
        if (String(range).toUpperCase() === 'THISANDFUTURE') {
          changes.following.push({ from: instant, component });
        }
      }
    }
    // The latest of those that began by then is the one that counts.
    changes.following.sort((a, b) => b.from - a.from);
    const used = new Set<number>();
    for (const component of group.filter(item => !isChange(item))) {
      this.#expand(component, changes, used);
    }
    // Changes of recurrences that the rule does not have, or without the event they change.
    for (const [instant, component] of changes.one) {
      if (!used.has(instant)) {
        this.#add(component);
      }
    }
  }

  #expand(component: ICAL.Component, changes: Changes, used: Set<number>) {
    const start = component.getFirstPropertyValue('dtstart');
    if (!(start instanceof ICAL.Time)) {
      throw new InputError('An event of the calendar has no start');
    }
    if (!component.hasProperty('rrule') && !component.hasProperty('rdate')) {
      this.#place(component, changes, used, start, undefined);
      return;
    }
    const zone = this.#zoneOf(component, 'dtstart');
    const left = this.#exceptions(component);
    const periods = this.#periods(component);
    this.#untilOnTheClock(component, start, zone);
    for (const [at, period] of periods) {
      if (!left.has(at) && !left.has(dayOf(period.start))) {
        this.#push(component, at, this.#endOfPeriod(period));
      }
    }
    if (!component.hasProperty('rrule')) {
      // The first time counts, whatever other dates there are.
      this.#place(component, changes, used, start, start);
    }
    // On the wall clock: the zone is applied to each recurrence.
    const iterator = new ICAL.Event(component).iterator();
    for (;;) {
      this.#steps += 1;
      if (this.#steps > MOST_STEPS) {
        throw new InputError(
          `The calendar has recurrences of more than ${MOST_STEPS} times`,
        );
      }
      const found = iterator.next();
      if (!found) {
        return;
      }
      const next = onTheClock(found, start, zone);
      const at = this.#instantOf(next, zone);
      if (at === undefined || at >= this.options.to) {
        return;
      }
      const again =
        !component.hasProperty('rrule') && next.compare(start) === 0;
      if (!again && !left.has(at) && !left.has(dayOf(next))) {
        this.#place(component, changes, used, start, next);
      }
    }
  }

  /** Recurrences that are written with an end of their own. They are taken out of the dates, which are of the length of the event. */
  #periods(component: ICAL.Component): Map<number, Period> {
    const found = new Map<number, Period>();
    for (const property of component.getAllProperties('rdate')) {
      const id = property.getFirstParameter('tzid');
      const periods = property
        .getValues()
        .filter(value => value instanceof ICAL.Period);
      for (const { start, end, duration } of periods) {
        const zone = this.#zoneNamed(
          start,
          typeof id === 'string' ? id : undefined,
        );
        const at = this.#instantOf(start, zone);
        if (at !== undefined) {
          found.set(at, { start, end, duration, zone });
        }
      }
      if (periods.length > 0) {
        component.removeProperty(property);
      }
    }
    return found;
  }

  #endOfPeriod({ start, end, duration, zone }: Period): number | undefined {
    if (end) {
      return this.#instantOf(end, zone);
    }
    const until = wall(start);
    if (duration) {
      until.addDuration(duration);
    }
    return this.#instantOf(until, zone);
  }

  /** Recurrences that are left out: instants, and days. They may be written in another zone than the start. */
  #exceptions(component: ICAL.Component): Set<number | string> {
    const found = new Set<number | string>();
    for (const property of component.getAllProperties('exdate')) {
      const id = property.getFirstParameter('tzid');
      for (const value of property.getValues()) {
        if (value instanceof ICAL.Time) {
          const at = this.#instantOf(
            value,
            this.#zoneNamed(value, typeof id === 'string' ? id : undefined),
          );
          found.add(value.isDate || at === undefined ? dayOf(value) : at);
        }
      }
    }
    return found;
  }

  /**
   * The end of a rule is written in UTC; where the start is on the clock of a zone of the database, the end is put on that clock. Some write
   * a day only: all of that day is in it.
   */
  #untilOnTheClock(
    component: ICAL.Component,
    start: ICAL.Time,
    zone: string | ICAL.Timezone,
  ) {
    for (const property of component.getAllProperties('rrule')) {
      const rule = property.getFirstValue();
      if (
        rule instanceof ICAL.Recur &&
        rule.until &&
        rule.until.isDate &&
        !start.isDate
      ) {
        const { year, month, day } = rule.until;
        rule.until = new ICAL.Time(
          { year, month, day, hour: 23, minute: 59, second: 59, isDate: false },
          start.zone,
        );
        property.setValue(rule);
      } else if (
        rule instanceof ICAL.Recur &&
        rule.until &&
        start.zone === ICAL.Timezone.localTimezone
      ) {
        rule.until = onTheClock(rule.until, start, zone);
        property.setValue(rule);
      }
    }
  }

  #place(
    component: ICAL.Component,
    changes: Changes,
    used: Set<number>,
    start: ICAL.Time,
    occurrence: ICAL.Time | undefined,
  ) {
    const zone = this.#zoneOf(component, 'dtstart');
    const at = this.#instantOf(occurrence ?? start, zone);
    const change = at === undefined ? undefined : changes.one.get(at);
    const following =
      at === undefined
        ? undefined
        : changes.following.find(({ from }) => from < at);
    if (at !== undefined && change) {
      used.add(at);
      this.#add(change);
    } else if (following) {
      this.#addMoved(following.component, occurrence ?? start);
    } else {
      this.#add(component, occurrence);
    }
  }

  /** A recurrence as a change of an earlier one and all that follow says: as far from where it was as that one is, on the wall clock. */
  #addMoved(change: ICAL.Component, occurrence: ICAL.Time) {
    const was = change.getFirstPropertyValue('recurrence-id');
    const is = change.getFirstPropertyValue('dtstart');
    if (!(was instanceof ICAL.Time) || !(is instanceof ICAL.Time)) {
      throw new InputError('An event of the calendar has no time that is one');
    }
    const from = onTheClock(was, is, this.#zoneOf(change, 'dtstart'));
    const moved = wall(occurrence);
    moved.addDuration(wall(is).subtractDate(wall(from)));
    if (is.isDate) {
      moved.isDate = true;
    }
    this.#add(change, moved);
  }

  /** An event, or one of its recurrences. */
  #add(component: ICAL.Component, occurrence?: ICAL.Time) {
    const from = occurrence
      ? this.#instantOf(occurrence, this.#zoneOf(component, 'dtstart'))
      : this.#instant(component, 'dtstart');
    this.#push(component, from, this.#end(component, occurrence));
  }

  #push(
    component: ICAL.Component,
    from: number | undefined,
    to: number | undefined,
  ) {
    const text = (name: string) =>
      String(component.getFirstPropertyValue(name) ?? '').toUpperCase();
    if (text('status') === 'CANCELLED' || text('transp') === 'TRANSPARENT') {
      return;
    }
    if (from === undefined || to === undefined) {
      throw new InputError('An event of the calendar has no time that is one');
    }
    if (to <= from || to <= this.options.from || from >= this.options.to) {
      return;
    }
    if (this.events.length >= MOST_EVENTS) {
      throw new InputError(
        `The calendar has more than ${MOST_EVENTS} events in the years it is read for`,
      );
    }
    this.events.push({
      from,
      to,
      summary: textOf(component.getFirstPropertyValue('summary')),
      emails: peopleOf(component),
    });
  }

  #end(
    component: ICAL.Component,
    occurrence: ICAL.Time | undefined,
  ): number | undefined {
    const start = component.getFirstPropertyValue('dtstart');
    const end = component.getFirstPropertyValue('dtend');
    const given = component.getFirstPropertyValue('duration');
    if (!(start instanceof ICAL.Time)) {
      return undefined;
    }
    if (end instanceof ICAL.Time && !occurrence) {
      return this.#instantOf(end, this.#zoneOf(component, 'dtend'));
    }
    let duration = new ICAL.Duration({ days: start.isDate ? 1 : 0 });
    if (end instanceof ICAL.Time) {
      // Between the two wall clocks, whatever happens to the zone in between.
      duration = wall(end).subtractDate(wall(start));
    } else if (given instanceof ICAL.Duration) {
      duration = given;
    }
    const until = wall(occurrence ?? start);
    until.addDuration(duration);
    const zone = this.#zoneOf(
      component,
      component.hasProperty('dtend') ? 'dtend' : 'dtstart',
    );
    return this.#instantOf(until, zone);
  }

  #instant(component: ICAL.Component, name: string): number | undefined {
    const value = component.getFirstPropertyValue(name);
    return value instanceof ICAL.Time
      ? this.#instantOf(value, this.#zoneOf(component, name))
      : undefined;
  }

  /** The zone of a property: UTC, an IANA zone, one the feed describes, or the one of the schedule. */
  #zoneOf(component: ICAL.Component, name: string): string | ICAL.Timezone {
    const property = component.getFirstProperty(name);
    const value = property?.getFirstValue();
    const id = property?.getFirstParameter('tzid');
    return value instanceof ICAL.Time
      ? this.#zoneNamed(value, typeof id === 'string' ? id : undefined)
      : this.options.timeZone;
  }

  #zoneNamed(value: ICAL.Time, id: string | undefined): string | ICAL.Timezone {
    if (!value.isDate) {
      if (value.zone === ICAL.Timezone.utcTimezone) {
        return 'Etc/UTC';
      }
      if (id) {
        // Some write a path before the name.
        const iana = [id, id.split('/').slice(-2).join('/')].find(isTimeZone);
        const own = this.#zones.get(id);
        if (!iana && !own) {
          throw new InputError(
            `The calendar uses a zone that nobody knows: ${id.slice(0, 100)}`,
          );
        }
        return iana ?? own!;
      }
    }
    return this.options.timeZone;
  }

  #instantOf(
    time: ICAL.Time,
    zone: string | ICAL.Timezone,
  ): number | undefined {
    const two = (number: number) => String(number).padStart(2, '0');
    if (typeof zone !== 'string') {
      const placed = wall(time);
      placed.zone = zone;
      return placed.toUnixTime() * 1000;
    }
    return instantOfLocal(
      `${String(time.year).padStart(4, '0')}-${two(time.month)}-${two(
        time.day,
      )}T${two(time.isDate ? 0 : time.hour)}:${two(
        time.isDate ? 0 : time.minute,
      )}:${two(time.isDate ? 0 : time.second)}`,
      zone,
    );
  }
}

/**
 * The events of an iCalendar feed that touch a window, recurrences resolved, in order. Times are on the wall clock of their zone by the IANA
 * database, as those of rotations are: a recurring event begins and ends at the same local time all year, so that shifts that follow each
 * other have neither gap nor overlap where clocks change. A time that does not exist is the change, one that happens twice is the first.
 * Cancelled events, and those that leave people free (`TRANSP:TRANSPARENT`), are left out.
 * @throws InputError for what is no calendar, has too many events, or takes too long.
 */
export function readCalendar(text: string, options: Options): CalendarEvent[] {
  try {
    return runInNewContext(
      'read()',
      { read: () => read(text, options) },
      { timeout: TIME },
    ) as CalendarEvent[];
  } catch (error) {
    if (error instanceof InputError) {
      throw error;
    }
    const { code, message } = error as { code?: unknown; message?: unknown };
    throw new InputError(
      code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
        ? `The calendar takes longer than ${TIME} ms to read`
        : `The feed is not a calendar that can be read: ${String(message)
            .replace(/\s+/g, ' ')
            .slice(0, 200)}`,
    );
  }
}

function read(text: string, options: Options): CalendarEvent[] {
  if (!/^\s*BEGIN:VCALENDAR/i.test(text.replace(/^\ufeff/, ''))) {
    throw new InputError('The feed is not a calendar: it has no VCALENDAR');
  }
  const parsed: unknown = ICAL.parse(text.replace(/^\ufeff/, ''));
  // Several calendars one after the other make a list of them.
  const roots = (
    Array.isArray(parsed) && typeof parsed[0] === 'string' ? [parsed] : parsed
  ) as ConstructorParameters<typeof ICAL.Component>[0][];
  const reader = new Reader(options);
  for (const root of roots) {
    reader.calendar(new ICAL.Component(root));
  }
  const events = reader.events.sort(
    (a, b) =>
      a.from - b.from ||
      a.to - b.to ||
      (a.summary < b.summary ? -1 : Number(a.summary > b.summary)),
  );
  const ends = events.map(event => event.to).sort((a, b) => a - b);
  // When one begins, all but so many of those that began before it have to be over.
  if (
    events.some(
      ({ from }, index) =>
        index >= MOST_AT_ONCE && ends[index - MOST_AT_ONCE] > from,
    )
  ) {
    throw new InputError(
      `The calendar has more than ${MOST_AT_ONCE} events at once`,
    );
  }
  return events;
}

/** A time in UTC as the clock of the zone shows it, beside a start that is not in UTC; others as they are. */
function onTheClock(
  time: ICAL.Time,
  start: ICAL.Time,
  zone: string | ICAL.Timezone,
): ICAL.Time {
  return time.zone === ICAL.Timezone.utcTimezone &&
    start.zone !== ICAL.Timezone.utcTimezone &&
    typeof zone === 'string'
    ? ICAL.Time.fromDateTimeString(
        formatInZone(time.toUnixTime() * 1000, zone).slice(0, 19),
      )
    : time;
}

function dayOf(time: ICAL.Time): string {
  return `${time.year}-${time.month}-${time.day}`;
}

/** A time without its zone. */
function wall(time: ICAL.Time): ICAL.Time {
  return new ICAL.Time(
    {
      year: time.year,
      month: time.month,
      day: time.day,
      hour: time.isDate ? 0 : time.hour,
      minute: time.isDate ? 0 : time.minute,
      second: time.isDate ? 0 : time.second,
      isDate: false,
    },
    ICAL.Timezone.localTimezone,
  );
}

function peopleOf(component: ICAL.Component): string[] {
  const addresses = (name: string) =>
    component
      .getAllProperties(name)
      .filter(
        property =>
          String(property.getFirstParameter('partstat')).toUpperCase() !==
            'DECLINED' &&
          !['ROOM', 'RESOURCE'].includes(
            String(property.getFirstParameter('cutype')).toUpperCase(),
          ),
      )
      .flatMap(property => {
        const [, address] =
          /^mailto:([^\s@]{1,200}@[^\s@]{1,200})$/i.exec(
            String(property.getFirstValue()),
          ) ?? [];
        return address ? [address.toLocaleLowerCase('en-US')] : [];
      });
  const attendees = addresses('attendee');
  return [...new Set(attendees.length > 0 ? attendees : addresses('organizer'))]
    .sort()
    .slice(0, MOST_PEOPLE);
}

function textOf(value: unknown): string {
  return String(value ?? '')
    .slice(0, SUMMARY)
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();
}
