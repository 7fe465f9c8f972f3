import type { CalendarShift } from '@pavedroad/plugin-oncall-common';

import type { CatalogSnapshot } from '../catalog/CatalogSnapshot';
import type { CalendarEvent } from './readCalendar';

/** Names of people by which a calendar may call them, in lower case; those that several share are nobody's. */
export function namesOf(snapshot: CatalogSnapshot): Map<string, string> {
  const found = new Map<string, string | undefined>();
  const add = (name: string, ref: string) => {
    const key = keyOf(name);
    if (key) {
      found.set(
        key,
        found.has(key) && found.get(key) !== ref ? undefined : ref,
      );
    }
  };
  for (const contact of snapshot.contacts.values()) {
    add(contact.displayName, contact.ref);
    add(contact.ref, contact.ref);
    add(contact.ref.slice('user:'.length), contact.ref);
    add(contact.ref.slice(contact.ref.lastIndexOf('/') + 1), contact.ref);
    if (contact.email) {
      add(contact.email, contact.ref);
    }
  }
  return new Map(
    [...found].flatMap(([name, ref]) =>
      ref === undefined ? [] : [[name, ref]],
    ),
  );
}

/**
 * Who is on call by the events of a calendar: those who attend, by their address; else whoever the summary names, by address, name or ref,
 * alone, in a list, or before or after a colon, dash or "on call". Events that name nobody the catalog knows are kept without people, which
 * is a gap, and told. Pure.
 */
export function shiftsOf(
  events: CalendarEvent[],
  snapshot: Pick<CatalogSnapshot, 'usersByEmail'>,
  names: Map<string, string>,
): { shifts: CalendarShift[]; unknown: string[] } {
  const unknown = new Set<string>();
  const shifts = events.map(event => {
    const byAddress = event.emails.flatMap(email => {
      const ref = snapshot.usersByEmail.get(email);
      if (!ref) {
        unknown.add(email);
      }
      return ref ? [ref] : [];
    });
    const people = byAddress.length > 0 ? byAddress : named(event, names);
    if (people.length === 0 && event.emails.length === 0) {
      unknown.add(event.summary || '(an event without a summary)');
    }
    if (byAddress.length === 0 && people.length > 0) {
      event.emails.forEach(email => unknown.delete(email));
    }
    return {
      from: new Date(event.from).toISOString(),
      to: new Date(event.to).toISOString(),
      people: [...new Set(people)].sort(),
    };
  });
  return { shifts, unknown: [...unknown].sort() };
}

function named({ summary }: CalendarEvent, names: Map<string, string>) {
  const whole = names.get(keyOf(summary));
  if (whole) {
    return [whole];
  }
  const parts = summary
    .split(/[,;:&+|()[\]]|\s[-–—/]\s|\band\b|\bon[ -]?call\b/i)
    .map(keyOf)
    .filter(Boolean);
  return parts.flatMap(part => names.get(part) ?? []);
}

function keyOf(name: string): string {
  return name
    .normalize('NFC')
    .trim()
    .replace(/\s+/g, ' ')
    .toLocaleLowerCase('en-US');
}
