import type { TimelineAnswer } from '@pavedroad/plugin-oncall-common';

import { blocksOf, colourOf, filterBlocks } from './rows';
import {
  hoursOf,
  instantAt,
  positionOf,
  scaleOf,
  snap,
  stepFrom,
} from './scale';
import {
  datesOf,
  readViewState,
  stepDate,
  writeViewState,
  type Span,
} from './viewState';

describe('the address', () => {
  it.each([
    [
      '',
      {
        span: 'week',
        date: '2026-11-21',
        zone: 'viewer',
        show: 'all',
        search: '',
        as: 'plot',
      },
    ],
    [
      'span=month&date=2026-02-03&zone=schedule&show=mine&q=pay&as=table&schedule=oncallschedule:default/pay',
      {
        span: 'month',
        date: '2026-02-03',
        zone: 'schedule',
        show: 'mine',
        search: 'pay',
        as: 'table',
        schedule: 'oncallschedule:default/pay',
      },
    ],
    [
      'span=decade&date=2026-02-31&zone=mars&show=theirs&as=cake',
      {
        span: 'week',
        date: '2026-11-21',
        zone: 'viewer',
        show: 'all',
        search: '',
        as: 'plot',
      },
    ],
  ])('%s is read, and what makes no sense passed over', (query, expected) => {
    expect(readViewState(new URLSearchParams(query), '2026-11-21')).toEqual(
      expected,
    );
  });

  it('holds what differs from the usual, and keeps what is not its own', () => {
    const params = new URLSearchParams('other=1&span=month&q=pay');
    expect(
      writeViewState(params, {
        span: 'week',
        search: '',
        zone: 'schedule',
        date: '2026-11-21',
      }).toString(),
    ).toBe('other=1&zone=schedule&date=2026-11-21');
  });

  it.each([
    ['day', '2026-11-21', '2026-11-21', 1, '2026-11-22'],
    ['week', '2026-11-21', '2026-11-16', 7, '2026-11-23'],
    ['week', '2026-11-23', '2026-11-23', 7, '2026-11-30'],
    ['month', '2026-02-10', '2026-02-01', 28, '2026-03-01'],
    ['month', '2026-01-31', '2026-01-01', 31, '2026-02-01'],
  ] as [Span, string, string, number, string][])(
    'a %s with %s begins on %s, has %d days, and the next on %s',
    (span, date, first, days, next) => {
      expect(datesOf({ span, date })).toEqual({ first, days });
      expect(stepDate({ span, date }, 1)).toBe(next);
      expect(datesOf({ span, date: stepDate({ span, date }, -1) }).first).toBe(
        stepDate({ span, date }, -1),
      );
    },
  );
});

describe('the scale', () => {
  it('gives every day the same width, also the one that is 25 hours long', () => {
    // Lisbon leaves summer time on 25 October 2026.
    const scale = scaleOf('2026-10-19', 7, 'Europe/Lisbon');
    expect(positionOf(scale, Date.parse('2026-10-25T00:00:00+01:00'))).toBe(
      6 / 7,
    );
    expect(positionOf(scale, Date.parse('2026-10-26T00:00:00Z'))).toBe(1);
    expect(positionOf(scale, Date.parse('2026-10-25T11:30:00Z'))).toBeCloseTo(
      6.5 / 7,
      10,
    );
  });

  it.each([
    // The clocks go from 01:00 to 02:00: 03:00 comes after two hours of 23.
    ['2026-03-29', 2 / 23],
    // And from 02:00 to 01:00: it comes after four of 25.
    ['2026-10-25', 4 / 25],
    ['2026-10-26', 3 / 24],
  ])('writes 03:00 where it is on %s in Lisbon', (date, position) => {
    const [, three] = hoursOf(scaleOf(date, 1, 'Europe/Lisbon'));
    expect(three.label).toBe('03:00');
    expect(three.at).toBeCloseTo(position);
  });

  it('clamps, and goes back and forth', () => {
    const scale = scaleOf('2026-11-16', 7, 'America/Chicago');
    expect(positionOf(scale, 0)).toBe(0);
    expect(positionOf(scale, Date.parse('2030-01-01T00:00:00Z'))).toBe(1);
    for (const at of ['2026-11-16T06:00:00Z', '2026-11-19T17:23:45Z']) {
      expect(instantAt(scale, positionOf(scale, Date.parse(at)))).toBeCloseTo(
        Date.parse(at),
        -1,
      );
    }
  });

  it.each([
    // [span, from, forward, back], on the clock of Lisbon; summer time begins on 29 March 2026 at 01:00.
    ['day', '2026-03-28T10:20', '2026-03-28T11:00', '2026-03-28T10:00'],
    ['week', '2026-03-28T10:20', '2026-03-28T12:00', '2026-03-28T06:00'],
    ['week', '2026-03-28T18:00', '2026-03-29T00:00', '2026-03-28T12:00'],
    ['month', '2026-03-29T00:00', '2026-03-30T00:00', '2026-03-28T00:00'],
    ['month', '2026-03-29T13:00', '2026-03-30T00:00', '2026-03-29T00:00'],
  ] as [Span, string, string, string][])(
    'steps through a %s from %s to %s, or back to %s',
    (span, from, forward, back) => {
      const zone = 'Europe/Lisbon';
      const scale = scaleOf('2026-03-23', 14, zone);
      const local = (instant: number) =>
        new Intl.DateTimeFormat('sv', {
          timeZone: zone,
          dateStyle: 'short',
          timeStyle: 'short',
        })
          .format(instant)
          .replace(' ', 'T');
      // The only offset among these: none of them lies in summer time but those that say so.
      const offset = from >= '2026-03-29T02' ? '+01:00' : 'Z';
      const instant = Date.parse(`${from}:00${offset}`);
      expect(local(stepFrom(scale, instant, 1, span))).toBe(forward);
      expect(local(stepFrom(scale, instant, -1, span))).toBe(back);
    },
  );

  it('never stands still where the clocks change, in either direction', () => {
    for (const first of ['2026-03-29', '2026-10-25']) {
      const scale = scaleOf(first, 1, 'Europe/Lisbon');
      const [start, end] = scale.boundaries;
      let at = start;
      for (let steps = 0; at < end; steps++) {
        expect(steps).toBeLessThan(30);
        at = stepFrom(scale, at, 1, 'day');
      }
      for (let steps = 0; at > start; steps++) {
        expect(steps).toBeLessThan(30);
        at = stepFrom(scale, at, -1, 'day');
      }
    }
  });

  it('takes the pointer to the nearest place to stop', () => {
    const scale = scaleOf('2026-11-16', 7, 'UTC');
    const snapped = (at: string, span: Span) =>
      new Date(snap(scale, Date.parse(at), span)).toISOString().slice(0, 16);
    expect(snapped('2026-11-18T10:20:00Z', 'day')).toBe('2026-11-18T10:00');
    expect(snapped('2026-11-18T10:40:00Z', 'day')).toBe('2026-11-18T11:00');
    expect(snapped('2026-11-18T10:40:00Z', 'week')).toBe('2026-11-18T12:00');
    expect(snapped('2026-11-18T10:40:00Z', 'month')).toBe('2026-11-18T00:00');
    expect(snapped('2026-11-18T12:00:00Z', 'week')).toBe('2026-11-18T12:00');
  });
});

const contact = (name: string) => ({
  ref: `user:default/${name}`,
  displayName: name === 'ines' ? 'Inês Duarte' : name,
  known: true,
  links: [],
});
const answer: TimelineAnswer = {
  from: '2026-11-16T00:00:00Z',
  to: '2026-11-23T00:00:00Z',
  people: {
    'user:default/ines': contact('ines'),
    'user:default/tomas': contact('tomas'),
  },
  schedules: [
    {
      schedule: {
        ref: 'oncallschedule:default/pay',
        title: 'Payments on call',
        ownerRef: 'group:default/payments',
        timeZone: 'Europe/Lisbon',
        provider: 'native',
      },
      editable: true,
      levels: [
        {
          level: 1,
          name: 'Primary',
          shifts: [
            {
              person: 'user:default/tomas',
              from: '2026-11-18T00:00:00Z',
              to: '2026-11-20T00:00:00Z',
              override: 'o1',
              replaces: 'user:default/ines',
            },
            {
              person: 'user:default/ines',
              from: '2026-11-16T00:00:00Z',
              to: '2026-11-19T00:00:00Z',
            },
          ],
          gaps: [{ from: '2026-11-20T00:00:00Z', to: '2026-11-23T00:00:00Z' }],
        },
      ],
    },
    {
      schedule: {
        ref: 'oncallschedule:default/routing',
        title: 'Routing on call',
        ownerRef: 'group:default/routing',
        timeZone: 'America/Chicago',
        provider: 'native',
      },
      editable: false,
      levels: [{ level: 1, name: 'Primary', shifts: [], gaps: [] }],
    },
  ],
};

it('puts who is on call at once on lines of their own, and gaps with their name', () => {
  const [{ rows }] = blocksOf(answer);
  expect(rows[0].lines).toBe(2);
  expect(
    rows[0].pieces.map(({ name, line, kind, replaces }) => ({
      name,
      line,
      kind,
      replaces,
    })),
  ).toEqual([
    { name: 'Inês Duarte', line: 0, kind: 'shift', replaces: undefined },
    { name: 'tomas', line: 1, kind: 'shift', replaces: 'Inês Duarte' },
    { name: 'Nobody', line: 0, kind: 'gap', replaces: undefined },
  ]);
});

it.each([
  [{ search: 'inês' }, ['Payments on call']],
  [{ search: 'group:default/routing' }, ['Routing on call']],
  [{ search: 'PRIMARY' }, ['Payments on call', 'Routing on call']],
  [{ search: '', mine: ['user:default/tomas'] }, ['Payments on call']],
  [{ search: '', mine: ['group:default/routing'] }, ['Routing on call']],
  [{ search: 'inês', mine: ['group:default/routing'] }, []],
  [
    { search: '', schedule: 'oncallschedule:default/routing' },
    ['Routing on call'],
  ],
])('finds with %p: %p', (options, titles) => {
  expect(
    filterBlocks(blocksOf(answer), options).map(
      ({ schedule }) => schedule.title,
    ),
  ).toEqual(titles);
});

it('gives a person always the same colour, never near red, and people of a team different ones', () => {
  const colours = ['ines', 'tomas', 'aiko', 'nadia', 'oliver', 'marcus'].map(
    name => colourOf(`user:default/${name}`),
  );
  expect(colourOf('user:default/ines')).toEqual(colours[0]);
  expect(colours.every(({ hue }) => hue >= 30 && hue <= 330)).toBe(true);
  expect(
    new Set(colours.map(({ hue, tone }) => `${hue} ${tone}`)).size,
  ).toBeGreaterThanOrEqual(5);
  // All hues and tones are used, about equally.
  const many = Array.from({ length: 5_700 }, (_, i) => colourOf(`u${i}`));
  const uses = new Map<string, number>();
  for (const { hue, tone } of many) {
    uses.set(`${hue} ${tone}`, (uses.get(`${hue} ${tone}`) ?? 0) + 1);
  }
  expect(uses.size).toBe(57);
  expect(Math.max(...uses.values())).toBeLessThan(200);
});
