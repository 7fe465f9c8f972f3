import { coverage, onCallAt, shiftsBetween } from './engine';
import { checkOnCallSchedule, parseOnCallSchedule } from './parse';
import type { OnCallSchedule } from './types';

const INES = 'user:default/ines';
const TOMAS = 'user:default/tomas';
const AIKO = 'user:default/aiko';
const at = (day: number, hour: number) =>
  `2026-06-${String(day).padStart(2, '0')}T${String(hour).padStart(
    2,
    '0',
  )}:00:00Z`;
const shift = (from: string, to: string, ...people: string[]) => ({
  from,
  to,
  people,
});
const schedule: OnCallSchedule = {
  timeZone: 'Etc/UTC',
  levels: [
    {
      layers: [
        { people: [AIKO] },
        {
          calendar: {
            url: 'https://calendar.example/x.ics',
            shifts: [
              shift(at(1, 9), at(2, 9), INES),
              shift(at(2, 9), at(3, 9), INES),
              // Somebody the catalog does not know.
              shift(at(3, 9), at(3, 17)),
              shift(at(4, 9), at(4, 17), TOMAS),
              shift(at(4, 12), at(4, 20), INES, TOMAS),
              shift(at(5, 9), at(5, 17)),
              shift(at(5, 12), at(5, 13), TOMAS),
            ],
          },
        },
      ],
    },
  ],
};
const window = { from: at(1, 0), to: at(6, 0) };

describe('a layer that follows a calendar', () => {
  it('puts the people of its times on call, over the layers below, each event a shift', () => {
    const shifts = shiftsBetween(schedule, window).map(
      ({ person, from, to }) =>
        `${person.slice(13)} ${from.slice(8, 13)} ${to.slice(8, 13)}`,
    );
    expect(shifts).toEqual([
      'aiko 01T00 01T09',
      'ines 01T09 02T09',
      'ines 02T09 03T09',
      'aiko 03T17 04T09',
      'tomas 04T09 04T17',
      'ines 04T12 04T20',
      'tomas 04T17 04T20',
      'aiko 04T20 05T09',
      'tomas 05T12 05T13',
      'aiko 05T17 06T00',
    ]);
  });

  it('has a gap where nobody knows whom it names, and says so', () => {
    expect(
      coverage(schedule, window).gaps.map(g => [
        g.from.slice(8, 13),
        g.to.slice(8, 13),
      ]),
    ).toEqual([
      ['03T09', '03T17'],
      ['05T09', '05T12'],
      ['05T13', '05T17'],
    ]);
    const [level] = onCallAt(schedule, at(3, 10));
    expect(level).toMatchObject({
      people: [],
      until: '2026-06-03T17:00:00+00:00',
      next: { people: [AIKO] },
    });
  });

  it('agrees with itself wherever the window is cut', () => {
    for (let hour = 0; hour < 120; hour++) {
      const instant = new Date(
        Date.parse(window.from) + hour * 3_600_000,
      ).toISOString();
      const [level] = onCallAt(schedule, instant);
      const running = shiftsBetween(schedule, {
        from: instant,
        to: new Date(Date.parse(instant) + 1000).toISOString(),
      });
      expect(level.people.map(p => p.person).sort()).toEqual(
        [...new Set(running.map(s => s.person))].sort(),
      );
    }
  });

  it('gives way to overrides, and can be nested', () => {
    const outer: OnCallSchedule = {
      timeZone: 'Etc/UTC',
      levels: [{ layers: [{ schedule }] }],
      overrides: [
        {
          type: 'replace',
          person: INES,
          with: TOMAS,
          from: at(1, 12),
          to: at(1, 13),
        },
        { type: 'add', person: AIKO, from: at(3, 10), to: at(3, 11) },
      ],
    };
    expect(onCallAt(outer, at(1, 12))[0].people[0]).toMatchObject({
      person: TOMAS,
      replaces: INES,
    });
    expect(onCallAt(outer, at(3, 10))[0].people[0].person).toBe(AIKO);
    expect(onCallAt(outer, at(3, 12))[0].people).toEqual([]);
  });

  it('has nobody as long as it was never read', () => {
    const unread = parseOnCallSchedule({
      timeZone: 'Europe/Lisbon',
      levels: [
        { layers: [{ calendar: { url: 'https://calendar.example/x.ics' } }] },
      ],
    });
    expect(onCallAt(unread, at(1, 12))[0].people).toEqual([]);
  });

  it.each([
    ['no address', {}],
    ['no https address', { url: 'ftp://calendar.example/x' }],
    ['no address at all', { url: 'x' }],
    ['credentials', { url: 'https://ines:secret@calendar.example/x' }],
    ['a long address', { url: `https://c.example/${'x'.repeat(2000)}` }],
    ['an unknown zone', { url: 'https://c.example/x', timeZone: 'Mars' }],
    ['times of its own', { url: 'https://c.example/x', shifts: [] }],
  ])('refuses %s, without repeating the address', (_, calendar) => {
    const { problems } = checkOnCallSchedule({
      timeZone: 'Europe/Lisbon',
      levels: [{ layers: [{ calendar }] }],
    });
    expect(problems).toHaveLength(1);
    expect(problems[0].path).toMatch(/^levels\[0\]\.layers\[0\]\.calendar\./);
    expect(problems[0].message).not.toContain('secret');
  });
});
