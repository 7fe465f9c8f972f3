import {
  formatDateTime,
  formatDurationSeconds,
  formatPlural,
  viewerTimeZone,
} from '@pavedroad/portal-ui';

/** Nearer to today than half a year, in milliseconds, a date needs no year. */
const NEAR = 180 * 86_400_000;

/** Ways to reach a person that may be links. Whatever else an entity names, such as a script, is left out. */
const CONTACT = /^(https?|tel|sms|mailto|slack|msteams|xmpp|sip|sips|matrix):/i;

/** Whether an address can be a link to reach somebody. */
export function isContactAddress(url: string): boolean {
  return CONTACT.test(url);
}

/** Names in a row: "Ana, Bo and Cy"; "nobody" for none. */
export function namesOrNobody(
  people: readonly { displayName: string }[],
): string {
  return people.length === 0
    ? 'nobody'
    : new Intl.ListFormat('en', { type: 'conjunction' }).format(
        people.map(person => person.displayName),
      );
}

/** Why a later level is the one to call first, given the levels before it, which are empty. Pure. */
export function calledFirst(empty: readonly { name: string }[]): string {
  const names = new Intl.ListFormat('en', { type: 'disjunction' }).format(
    empty.map(level => level.name),
  );
  return `Called first: nobody is on call on ${names}`;
}

/** How much of an interval with breaks counts, because from and until alone say more than it is: "5 parts, 7 h 30 min in all". */
export function partsOf(interval: { breaks: number; seconds: number }): string {
  return `${formatPlural(interval.breaks + 1, 'part')}, ${formatDurationSeconds(
    interval.seconds,
  )} in all`;
}

/**
 * An interval as short as it can be said: the weekday first, because shifts are known by theirs, and the day of the end only when it
 * is another. "Mon 23 Nov, 09:00 – Mon 30 Nov, 09:00".
 *
 * @param times - ISO instants, or milliseconds.
 * @param timeZone - IANA zone to read the clock in.
 */
export function formatInterval(
  times: { from: string | number; to: string | number },
  timeZone: string,
  locale?: string,
): string {
  const from = new Date(times.from);
  const to = new Date(times.to);
  if (Number.isNaN(+from) || Number.isNaN(+to)) {
    return `${formatDateTime(from)} – ${formatDateTime(to)}`;
  }
  const year = Math.abs(+from - Date.now()) > NEAR;
  return formatterOf(timeZone, year, locale).formatRange(from, to);
}

// Making one costs more than using it a hundred times, and a timeline has hundreds of intervals in few zones.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(
  timeZone: string,
  year: boolean,
  locale: string | undefined,
): Intl.DateTimeFormat {
  const key = `${locale} ${timeZone} ${year}`;
  const known = formatters.get(key);
  if (known) {
    return known;
  }
  const made = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: year ? 'numeric' : undefined,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  });
  formatters.set(key, made);
  return made;
}

/**
 * Writes instants of one zone, in milliseconds; remembers what it wrote, because the shifts of a timeline begin and end at the same few
 * instants, and writing a range anew costs as much as drawing it.
 */
export function instantWriter(
  timeZone: string,
  locale?: string,
): (instant: number) => string {
  const written = new Map<number, string>();
  return instant => {
    let words = written.get(instant);
    if (words === undefined) {
      const year = Math.abs(instant - Date.now()) > NEAR;
      words = formatterOf(timeZone, year, locale).format(instant);
      written.set(instant, words);
    }
    return words;
  };
}

/**
 * A sentence of the server with its instants, such as "2026-11-24 06:00 (UTC+01:00)", as the reader's clock and language have them. What is
 * not such an instant stays. Pure.
 */
export function inLocalTime(
  text: string,
  timeZone: string = viewerTimeZone(),
  locale?: string,
): string {
  return text.replace(
    /(\d{4}-\d\d-\d\d) (\d\d:\d\d) \(UTC([+-]\d\d:\d\d)?\)/g,
    (words, day, clock, offset = 'Z') => {
      const instant = new Date(`${day}T${clock}${offset}`);
      return Number.isNaN(+instant)
        ? words
        : `${formatDateTime(instant, timeZone, locale)} ${timeZone}`;
    },
  );
}
