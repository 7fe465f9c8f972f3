import { readCalendar } from './readCalendar';

const feed = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR']
    .flatMap(line => line.split('\n'))
    .join('\r\n');
const event = (...lines: string[]) =>
  ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\n');
const YEARS = {
  timeZone: 'Europe/Lisbon',
  from: Date.UTC(2025, 0),
  to: Date.UTC(2028, 0),
};
const read = (text: string, options = {}) =>
  readCalendar(text, { ...YEARS, ...options });
const times = (text: string, count = 100) =>
  read(text)
    .slice(0, count)
    .map(({ from, to }) =>
      [from, to].map(t => new Date(t).toISOString().slice(0, 16)).join('/'),
    );

describe('readCalendar', () => {
  it.each<[string, string[], string[]]>([
    [
      'a time in UTC',
      ['DTSTART:20260601T090000Z', 'DTEND:20260601T170000Z'],
      ['2026-06-01T09:00/2026-06-01T17:00'],
    ],
    [
      'a time in a zone',
      [
        'DTSTART;TZID=Europe/Berlin:20260601T090000',
        'DTEND;TZID=Europe/Berlin:20260601T170000',
      ],
      ['2026-06-01T07:00/2026-06-01T15:00'],
    ],
    [
      'a time without a zone, in that of the schedule',
      ['DTSTART:20260601T090000', 'DURATION:PT8H'],
      ['2026-06-01T08:00/2026-06-01T16:00'],
    ],
    [
      'whole days, in the zone of the schedule',
      ['DTSTART;VALUE=DATE:20260328', 'DTEND;VALUE=DATE:20260330'],
      ['2026-03-28T00:00/2026-03-29T23:00'],
    ],
    [
      'a day without an end',
      ['DTSTART;VALUE=DATE:20260601'],
      ['2026-05-31T23:00/2026-06-01T23:00'],
    ],
    ['a moment, which is nobody’s time', ['DTSTART:20260601T090000Z'], []],
    [
      'an end before its start',
      ['DTSTART:20260601T090000Z', 'DTEND:20260601T080000Z'],
      [],
    ],
    [
      'every day by the local clock, through the change of 29 March',
      [
        'DTSTART;TZID=Europe/Lisbon:20260328T090000',
        'DTEND;TZID=Europe/Lisbon:20260329T090000',
        'RRULE:FREQ=DAILY;COUNT=3',
      ],
      [
        '2026-03-28T09:00/2026-03-29T08:00',
        '2026-03-29T08:00/2026-03-30T08:00',
        '2026-03-30T08:00/2026-03-31T08:00',
      ],
    ],
    [
      'a start that does not exist, which is the change',
      [
        'DTSTART;TZID=America/Chicago:20260307T023000',
        'DTEND;TZID=America/Chicago:20260307T043000',
        'RRULE:FREQ=DAILY;COUNT=2',
      ],
      [
        '2026-03-07T08:30/2026-03-07T10:30',
        '2026-03-08T08:00/2026-03-08T09:30',
      ],
    ],
    [
      'a time that happens twice, which is the first',
      [
        'DTSTART;TZID=America/Chicago:20261101T013000',
        'DTEND;TZID=America/Chicago:20261101T023000',
      ],
      ['2026-11-01T06:30/2026-11-01T08:30'],
    ],
    [
      'weekdays until an instant, without one',
      [
        'DTSTART;TZID=Europe/Lisbon:20260601T090000',
        'DTEND;TZID=Europe/Lisbon:20260601T170000',
        'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260610T080000Z',
        'EXDATE;TZID=Europe/Lisbon:20260603T090000',
      ],
      [
        '2026-06-01T08:00/2026-06-01T16:00',
        '2026-06-08T08:00/2026-06-08T16:00',
        '2026-06-10T08:00/2026-06-10T16:00',
      ],
    ],
    [
      'exceptions written in UTC, and as days',
      [
        'DTSTART;TZID=Europe/Lisbon:20260601T090000',
        'DTEND;TZID=Europe/Lisbon:20260601T170000',
        'RRULE:FREQ=DAILY;COUNT=4',
        'EXDATE:20260602T080000Z',
        'EXDATE;VALUE=DATE:20260604',
      ],
      [
        '2026-06-01T08:00/2026-06-01T16:00',
        '2026-06-03T08:00/2026-06-03T16:00',
      ],
    ],
    [
      'more dates',
      [
        'DTSTART:20260601T090000Z',
        'DURATION:PT1H',
        'RDATE:20260605T090000Z,20260607T100000Z',
      ],
      [
        '2026-06-01T09:00/2026-06-01T10:00',
        '2026-06-05T09:00/2026-06-05T10:00',
        '2026-06-07T10:00/2026-06-07T11:00',
      ],
    ],
    [
      'more dates in UTC beside a start in a zone',
      [
        'DTSTART;TZID=Europe/Lisbon:20260601T090000',
        'DURATION:PT1H',
        'RDATE:20260605T090000Z',
      ],
      [
        '2026-06-01T08:00/2026-06-01T09:00',
        '2026-06-05T09:00/2026-06-05T10:00',
      ],
    ],
    [
      'more times with an end or a length of their own',
      [
        'DTSTART;TZID=Europe/Lisbon:20260601T090000',
        'DURATION:PT1H',
        'RDATE;VALUE=PERIOD;TZID=Europe/Lisbon:20260605T090000/20260605T120000,20260606T090000/PT2H',
        'RDATE:20260607T090000Z',
      ],
      [
        '2026-06-01T08:00/2026-06-01T09:00',
        '2026-06-05T08:00/2026-06-05T11:00',
        '2026-06-06T08:00/2026-06-06T10:00',
        '2026-06-07T09:00/2026-06-07T10:00',
      ],
    ],
    [
      'a rule until a day, which is in it',
      [
        'DTSTART;TZID=Europe/Lisbon:20260601T220000',
        'DURATION:PT8H',
        'RRULE:FREQ=DAILY;UNTIL=20260602',
      ],
      [
        '2026-06-01T21:00/2026-06-02T05:00',
        '2026-06-02T21:00/2026-06-03T05:00',
      ],
    ],
    [
      'a rule of whole days until a day',
      ['DTSTART;VALUE=DATE:20260601', 'RRULE:FREQ=DAILY;UNTIL=20260602'],
      [
        '2026-05-31T23:00/2026-06-01T23:00',
        '2026-06-01T23:00/2026-06-02T23:00',
      ],
    ],
    [
      'what is cancelled',
      ['DTSTART:20260601T090000Z', 'DURATION:PT1H', 'STATUS:CANCELLED'],
      [],
    ],
    [
      'what leaves people free',
      ['DTSTART:20260601T090000Z', 'DURATION:PT1H', 'TRANSP:TRANSPARENT'],
      [],
    ],
  ])('reads %s', (_, lines, expected) => {
    expect(times(feed(event('UID:a', ...lines)))).toEqual(expected);
  });

  it('moves one recurrence and all that follow, until another one moves them', () => {
    const zone = ';TZID=Europe/Lisbon';
    const text = feed(
      event(
        'UID:a',
        `DTSTART${zone}:20260324T090000`,
        `DTEND${zone}:20260324T170000`,
        'RRULE:FREQ=DAILY;COUNT=8',
        'SUMMARY:Ines',
      ),
      // From the 26th on an hour later, and shorter; the clocks change on the 29th.
      event(
        'UID:a',
        `RECURRENCE-ID${zone};RANGE=THISANDFUTURE:20260326T090000`,
        `DTSTART${zone}:20260326T100000`,
        `DTEND${zone}:20260326T160000`,
        'SUMMARY:Tomas',
      ),
      // One of them on its own.
      event(
        'UID:a',
        `RECURRENCE-ID${zone}:20260328T090000`,
        `DTSTART${zone}:20260328T200000`,
        `DTEND${zone}:20260328T210000`,
        'SUMMARY:Aiko',
      ),
      event(
        'UID:a',
        'RECURRENCE-ID;RANGE=THISANDFUTURE:20260330T080000Z',
        `DTSTART${zone}:20260330T090000`,
        `DTEND${zone}:20260330T170000`,
        'STATUS:CANCELLED',
      ),
    );
    expect(times(text)).toEqual([
      '2026-03-24T09:00/2026-03-24T17:00',
      '2026-03-25T09:00/2026-03-25T17:00',
      '2026-03-26T10:00/2026-03-26T16:00',
      '2026-03-27T10:00/2026-03-27T16:00',
      '2026-03-28T20:00/2026-03-28T21:00',
      '2026-03-29T09:00/2026-03-29T15:00',
    ]);
    expect(read(text).map(e => e.summary)).toEqual([
      'Ines',
      'Ines',
      'Tomas',
      'Tomas',
      'Aiko',
      'Tomas',
    ]);
  });

  it('replaces recurrences that were moved or cancelled, and keeps those that lost their series', () => {
    const zone = ';TZID=Europe/Lisbon';
    const text = feed(
      event(
        'UID:a',
        `DTSTART${zone}:20260601T090000`,
        `DTEND${zone}:20260601T170000`,
        'RRULE:FREQ=DAILY;COUNT=4',
        'SUMMARY:Ines',
      ),
      event(
        'UID:a',
        `RECURRENCE-ID${zone}:20260602T090000`,
        `DTSTART${zone}:20260602T120000`,
        `DTEND${zone}:20260602T180000`,
        'SUMMARY:Tomas',
      ),
      // The same moment, written in UTC.
      event(
        'UID:a',
        'RECURRENCE-ID:20260603T080000Z',
        `DTSTART${zone}:20260603T090000`,
        `DTEND${zone}:20260603T170000`,
        'STATUS:CANCELLED',
      ),
      event(
        'UID:b',
        'RECURRENCE-ID:20260620T080000Z',
        'DTSTART:20260620T080000Z',
        'DTEND:20260620T090000Z',
        'SUMMARY:Aiko',
      ),
    );
    expect(times(text)).toEqual([
      '2026-06-01T08:00/2026-06-01T16:00',
      '2026-06-02T11:00/2026-06-02T17:00',
      '2026-06-04T08:00/2026-06-04T16:00',
      '2026-06-20T08:00/2026-06-20T09:00',
    ]);
    expect(read(text).map(e => e.summary)).toEqual([
      'Ines',
      'Tomas',
      'Ines',
      'Aiko',
    ]);
  });

  it('uses zones the feed describes when they have no name of the database', () => {
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Romance Standard Time',
      'BEGIN:STANDARD',
      'DTSTART:16010101T030000',
      'TZOFFSETFROM:+0200',
      'TZOFFSETTO:+0100',
      'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
      'END:STANDARD',
      'BEGIN:DAYLIGHT',
      'DTSTART:16010101T020000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0200',
      'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
      'END:DAYLIGHT',
      'END:VTIMEZONE',
    ].join('\n');
    const shift = event(
      'UID:a',
      'DTSTART;TZID=Romance Standard Time:20260328T090000',
      'DTEND;TZID=Romance Standard Time:20260329T090000',
      'RRULE:FREQ=DAILY;COUNT=2',
    );
    expect(times(feed(zone, shift))).toEqual([
      '2026-03-28T08:00/2026-03-29T07:00',
      '2026-03-29T07:00/2026-03-30T07:00',
    ]);
    expect(() => read(feed(shift))).toThrow('a zone that nobody knows');
  });

  it('gives the same under any zone of the machine', () => {
    const text = feed(
      event(
        'UID:a',
        'DTSTART:20261024T090000',
        'DTEND:20261025T090000',
        'RRULE:FREQ=DAILY;COUNT=3',
      ),
    );
    const before = process.env.TZ;
    try {
      const all = ['UTC', 'America/Chicago', 'Pacific/Apia'].map(zone => {
        process.env.TZ = zone;
        return times(text);
      });
      expect(new Set(all.map(String)).size).toBe(1);
      expect(all[0][1]).toBe('2026-10-25T09:00/2026-10-26T09:00');
    } finally {
      process.env.TZ = before;
    }
  });

  it('reads endless rules for the years asked for only, and starts before them', () => {
    const text = feed(
      event(
        'UID:a',
        'DTSTART;VALUE=DATE:20100104',
        'DTEND;VALUE=DATE:20100111',
        'RRULE:FREQ=WEEKLY',
      ),
    );
    const all = read(text);
    expect(all).toHaveLength(157);
    expect(all[0].from).toBeLessThan(YEARS.from);
    expect(all[0].to).toBeGreaterThan(YEARS.from);
  });

  it('knows those who attend, or else who organises', () => {
    const people = (...lines: string[]) =>
      read(
        feed(
          event('UID:a', 'DTSTART:20260601T090000Z', 'DURATION:PT1H', ...lines),
        ),
      )[0].emails;
    expect(
      people(
        'ORGANIZER:mailto:boss@example.com',
        'ATTENDEE;PARTSTAT=ACCEPTED;CN=Ines:MAILTO:Ines@Example.com',
        'ATTENDEE;PARTSTAT=DECLINED:mailto:no@example.com',
        'ATTENDEE;CUTYPE=ROOM:mailto:room@example.com',
        'ATTENDEE:tel:+1',
      ),
    ).toEqual(['ines@example.com']);
    expect(people('ORGANIZER:mailto:boss@example.com')).toEqual([
      'boss@example.com',
    ]);
    expect(people()).toEqual([]);
  });

  it.each([
    ['nothing', '', 'no VCALENDAR'],
    ['a page of HTML', '<html>', 'no VCALENDAR'],
    [
      'half a calendar',
      'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDT',
      'cannot be read|read',
    ],
    ['an event without start', feed(event('UID:a')), 'no start'],
    [
      'a time that is none',
      feed(event('UID:a', 'DTSTART:yesterday', 'DURATION:PT1H')),
      'calendar',
    ],
    [
      'a rule for every second',
      feed(
        event(
          'UID:a',
          'DTSTART:20200101T000000Z',
          'DURATION:PT1S',
          'RRULE:FREQ=SECONDLY',
        ),
      ),
      'recurrences of more than|takes longer',
    ],
    [
      'a rule that never comes true',
      feed(
        event(
          'UID:a',
          'DTSTART:20200101T000000Z',
          'DURATION:PT1S',
          'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31',
        ),
      ),
      'takes longer|recurrences|cannot be read',
    ],
    [
      'too many events',
      feed(
        ...Array.from({ length: 2_001 }, (_, i) =>
          event(`UID:${i}`, 'DTSTART:20260601T090000Z', 'DURATION:PT1H'),
        ),
      ),
      'more than 2000 events',
    ],
  ])('refuses %s with a reason, in short time', (_, text, message) => {
    const started = Date.now();
    const refusal = () => {
      try {
        return read(text);
      } catch (error) {
        return error as Error;
      }
    };
    const { name, message: said } = refusal() as Error;
    expect(name).toBe('InputError');
    expect(said).toMatch(new RegExp(message));
    expect(said.length).toBeLessThan(300);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  it('refuses events that run all at once, which would make the layer slow to work out', () => {
    const many = (count: number) =>
      feed(
        ...Array.from({ length: count }, (_, index) =>
          event(
            `UID:${index}`,
            `DTSTART:202606${String(1 + (index % 28)).padStart(
              2,
              '0',
            )}T090000Z`,
            'DTEND:20271231T090000Z',
          ),
        ),
      );
    expect(read(many(100))).toHaveLength(100);
    expect(() => read(many(101))).toThrow('more than 100 events at once');
    // One after the other there may be more of them.
    expect(
      read(
        feed(
          event('DTSTART:20260101T000000Z', 'DURATION:P1D', 'RRULE:FREQ=DAILY'),
        ),
      ).length,
    ).toBeGreaterThan(700);
  });
});
