import type { Shift } from '@pavedroad/plugin-oncall-common';
import { createHash } from 'crypto';

/**
 * A shift of a feed: on which schedule, and by what name its person goes. Where names are hidden, `person` is the ref that stands for somebody:
 * it goes into the UID, which would tell who it is to anybody who tries the users there are.
 */
export type FeedShift = Shift & {
  scheduleRef: string;
  scheduleTitle: string;
  personName: string;
};

/**
 * An iCalendar document (RFC 5545) of shifts. Names are all it says of people. A shift keeps its UID as long as its schedule, level,
 * person and start stay. Pure.
 */
export function toCalendar(
  name: string,
  shifts: FeedShift[],
  now: number,
): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Paved road portal//On-call//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${escape(name)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
  ];
  for (const shift of shifts) {
    const uid = createHash('sha256')
      .update(
        JSON.stringify([
          shift.scheduleRef,
          shift.level,
          shift.person,
          Date.parse(shift.from),
        ]),
      )
      .digest('hex')
      .slice(0, 32);
    lines.push(
      'BEGIN:VEVENT',
      `UID:${uid}@oncall`,
      `DTSTAMP:${utc(now)}`,
      `DTSTART:${utc(Date.parse(shift.from))}`,
      `DTEND:${utc(Date.parse(shift.to))}`,
      `SUMMARY:${escape(
        `${shift.personName} on call: ${shift.scheduleTitle}, level ${shift.level}`,
      )}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    );
  }
  lines.push('END:VCALENDAR');
  return lines.map(line => `${fold(line)}\r\n`).join('');
}

function utc(instant: number): string {
  return new Date(instant)
    .toISOString()
    .replace(/\.\d+/, '')
    .replace(/[-:]/g, '');
}

function escape(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n|\r/g, '\\n');
}

/** Lines have at most 75 octets; a longer one goes on after a line break and a space. */
function fold(line: string): string {
  const parts: string[] = [];
  let part = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > 74) {
      parts.push(part);
      part = '';
      octets = 0;
    }
    part += character;
    octets += size;
  }
  parts.push(part);
  return parts.join('\r\n ');
}
