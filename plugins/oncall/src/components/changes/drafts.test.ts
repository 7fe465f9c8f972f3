import type { ResolvedShift } from '@pavedroad/plugin-oncall-common';

import {
  clip,
  coverOf,
  differencesOf,
  joinAcrossBreaks,
  proposeCover,
  remainderOf,
  standIn,
  stretchesToCover,
  swapOf,
  wholeShiftOf,
  wholeShifts,
  type ShiftToChange,
} from './drafts';

const person = (name: string) => ({
  ref: `user:default/${name}`,
  displayName: name,
  known: true,
  links: [],
});
const shift = (name: string, from: string, to: string): ShiftToChange => ({
  scheduleRef: 'oncallschedule:default/pay',
  scheduleTitle: 'Payments',
  timeZone: 'UTC',
  level: 1,
  levelName: 'Primary',
  person: person(name),
  from: `${from}T09:00:00Z`,
  to: `${to}T09:00:00Z`,
});
const times = (s: ShiftToChange) => ({ from: s.from, to: s.to });

it.each([
  ['before it began', '2026-11-15T12:00:30Z', '2026-11-16T09:00:00Z'],
  ['as it runs', '2026-11-18T12:00:30Z', '2026-11-18T12:01:00.000Z'],
  ['on the full minute', '2026-11-18T12:01:00Z', '2026-11-18T12:01:00.000Z'],
  ['after it ended', '2026-11-30T12:00:00Z', '2026-11-16T09:00:00Z'],
])('leaves of a shift %s what is to come', (_, now, from) => {
  const whole = shift('ana', '2026-11-16', '2026-11-23');
  expect(remainderOf(whole, Date.parse(now))).toEqual({ from, to: whole.to });
});

it('writes each change as overrides of the level', () => {
  const ana = shift('ana', '2026-11-16', '2026-11-23');
  const bo = shift('bo', '2026-11-23', '2026-11-30');
  const common = {
    scheduleRef: ana.scheduleRef,
    type: 'replace',
    level: 1,
  };
  expect(standIn('take-shift', ana, 'user:default/bo', times(ana))).toEqual({
    kind: 'take-shift',
    overrides: [
      {
        ...common,
        person: 'user:default/ana',
        with: 'user:default/bo',
        ...times(ana),
      },
    ],
  });
  expect(
    swapOf({ shift: ana, times: times(ana) }, { shift: bo, times: times(bo) })
      .overrides,
  ).toEqual([
    {
      ...common,
      person: 'user:default/ana',
      with: 'user:default/bo',
      ...times(ana),
    },
    {
      ...common,
      person: 'user:default/bo',
      with: 'user:default/ana',
      ...times(bo),
    },
  ]);
  // Overrides do not chain: another one is about whoever is stood in for.
  expect(
    standIn(
      'take-shift',
      { ...ana, standsFor: 'user:default/dee' },
      'user:default/bo',
      times(ana),
    ).overrides[0],
  ).toMatchObject({ person: 'user:default/dee', with: 'user:default/bo' });
  // Whoever is not found leaves the shift as it is.
  expect(
    coverOf([
      { shift: ana, times: times(ana), stand: 'user:default/cy' },
      { shift: ana, times: times(ana) },
    ]).overrides,
  ).toHaveLength(1);
});

it.each([
  ['within', '2026-11-10', '2026-11-30', '2026-11-16', '2026-11-23'],
  ['cut at both ends', '2026-11-18', '2026-11-20', '2026-11-18', '2026-11-20'],
])('keeps of an interval what is %s the window', (_, a, b, from, to) => {
  const at = (day: string) => `${day}T09:00:00Z`;
  expect(
    clip(shift('ana', '2026-11-16', '2026-11-23'), { from: at(a), to: at(b) }),
  ).toEqual({ from: at(from), to: at(to) });
});

it('keeps nothing of an interval that only touches the window', () => {
  expect(
    clip(
      shift('ana', '2026-11-16', '2026-11-23'),
      times(shift('bo', '2026-11-23', '2026-11-30')),
    ),
  ).toBeUndefined();
});

describe('the proposal', () => {
  const away = ['2026-12-07', '2026-12-21'].map(day => {
    const found = shift(
      'ana',
      day,
      day.replace(/\d\d$/, d => `${+d + 7}`),
    );
    return { shift: found, times: times(found) };
  });
  const duty = (name: string, from: string, to: string) => ({
    person: `user:default/${name}`,
    from: `${from}T09:00:00Z`,
    to: `${to}T09:00:00Z`,
  });
  const candidates = (...names: string[]) => ({
    'oncallschedule:default/pay': names.map(name => `user:default/${name}`),
  });

  it('takes whoever carries least, and counts what it gives', () => {
    expect(
      proposeCover(
        away,
        [
          duty('bo', '2026-11-16', '2026-11-23'),
          duty('cy', '2026-11-23', '2026-11-29'),
        ],
        candidates('ana', 'bo', 'cy'),
      ).map(({ stand }) => stand),
    ).toEqual(['user:default/cy', 'user:default/bo']);
  });

  it('passes over whoever is on call then, unless everybody is', () => {
    const duties = [duty('bo', '2026-12-10', '2026-12-11')];
    expect(
      proposeCover([away[0]], [...duties], candidates('ana', 'bo', 'cy'))[0]
        .stand,
    ).toBe('user:default/cy');
    expect(
      proposeCover([away[0]], duties, candidates('ana', 'bo'))[0].stand,
    ).toBe('user:default/bo');
  });

  it('never gives a shift to who is stood in for on it, and others of theirs all the same', () => {
    const [first, second] = away;
    expect(
      proposeCover(
        [
          {
            ...first,
            shift: { ...first.shift, standsFor: 'user:default/bo' },
          },
          second,
        ],
        [duty('cy', '2026-11-16', '2026-11-30')],
        candidates('ana', 'bo', 'cy'),
      ).map(({ stand }) => stand),
    ).toEqual(['user:default/cy', 'user:default/bo']);
  });

  it('never gives a shift to who is away, and says when there is nobody', () => {
    expect(proposeCover(away, [], candidates('ana'))).toEqual(
      away.map(item => ({ ...item })),
    );
  });
});

describe('what a change makes different', () => {
  const resolved = (
    name: string,
    from: string,
    to: string,
    level = 1,
  ): ResolvedShift => ({
    level,
    person: person(name),
    from: `${from}T09:00:00Z`,
    to: `${to}T09:00:00Z`,
  });
  const told = (before: ResolvedShift[], after: ResolvedShift[]) =>
    differencesOf(before, after).map(
      d =>
        `${d.level} ${d.from.slice(8, 10)}-${d.to.slice(8, 10)} ${
          d.before.map(p => p.displayName).join('+') || 'nobody'
        }>${d.after.map(p => p.displayName).join('+') || 'nobody'}`,
    );

  it.each([
    [
      'a part of a shift',
      [resolved('ana', '2026-11-16', '2026-11-23')],
      [
        resolved('ana', '2026-11-16', '2026-11-18'),
        resolved('bo', '2026-11-18', '2026-11-20'),
        resolved('ana', '2026-11-20', '2026-11-23'),
      ],
      ['1 18-20 ana>bo'],
    ],
    [
      'a gap',
      [resolved('ana', '2026-11-16', '2026-11-23')],
      [resolved('ana', '2026-11-16', '2026-11-20')],
      ['1 20-23 ana>nobody'],
    ],
    [
      'one more on another level',
      [
        resolved('ana', '2026-11-16', '2026-11-23'),
        resolved('cy', '2026-11-16', '2026-11-23', 2),
      ],
      [
        resolved('ana', '2026-11-16', '2026-11-23'),
        resolved('cy', '2026-11-16', '2026-11-23', 2),
        resolved('bo', '2026-11-17', '2026-11-18', 2),
      ],
      ['2 17-18 cy>bo+cy'],
    ],
    [
      'shifts cut otherwise, with the same people, not at all',
      [resolved('ana', '2026-11-16', '2026-11-23')],
      [
        resolved('ana', '2026-11-16', '2026-11-18'),
        resolved('ana', '2026-11-18', '2026-11-23'),
      ],
      [],
    ],
    [
      'two pieces of one difference, told as one',
      [
        resolved('ana', '2026-11-16', '2026-11-18'),
        resolved('ana', '2026-11-18', '2026-11-23'),
      ],
      [resolved('bo', '2026-11-16', '2026-11-23')],
      ['1 16-23 ana>bo'],
    ],
  ])('is %s', (_, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });
});

describe('a shift that is cut by a layer above', () => {
  const piece = (
    name: string,
    from: string,
    to: string,
    more: Partial<ResolvedShift> = {},
  ): ResolvedShift => ({
    level: 1,
    person: person(name),
    from: `2026-11-${from}:00Z`,
    to: `2026-11-${to}:00Z`,
    layer: 0,
    turn: 7,
    ...more,
  });
  const cut = [
    piece('ana', '16T09:00', '16T12:00'),
    piece('bo', '16T12:00', '16T13:30', { layer: 1 }),
    piece('ana', '16T13:30', '18T12:00'),
    piece('cy', '18T12:00', '18T15:00', { override: 'o' }),
    piece('ana', '18T15:00', '23T09:00'),
    piece('bo', '23T09:00', '30T09:00', { turn: 8 }),
  ];

  it('is one shift', () => {
    expect(
      wholeShifts(cut).map(
        s =>
          `${s.person.displayName} ${s.from.slice(8, 16)} ${s.to.slice(8, 16)}`,
      ),
    ).toEqual([
      'ana 16T09:00 23T09:00',
      'bo 16T12:00 16T13:30',
      'cy 18T12:00 18T15:00',
      'bo 23T09:00 30T09:00',
    ]);
  });

  it.each([
    ['ana', '17T00:00', '16T09:00', '23T09:00'],
    ['bo', '16T12:30', '16T12:00', '16T13:30'],
    ['cy', '18T13:00', '18T12:00', '18T15:00'],
  ])('is found whole from a piece: %s at %s', (name, at, from, to) => {
    expect(
      wholeShiftOf(cut, {
        level: 1,
        person: person(name),
        from: `2026-11-${at}:00Z`,
      }),
    ).toEqual({ from: `2026-11-${from}:00Z`, to: `2026-11-${to}:00Z` });
  });

  it('is not found where the person has none', () => {
    expect(
      wholeShiftOf(cut, {
        level: 1,
        person: person('ana'),
        from: '2026-11-16T12:30:00Z',
      }),
    ).toBeUndefined();
  });

  it('is told as one interval with its breaks', () => {
    expect(
      joinAcrossBreaks(cut, s => s.person.ref).map(
        ({ from, to, breaks }) =>
          `${from.slice(8, 16)} ${to.slice(8, 16)} ${breaks}`,
      ),
    ).toEqual([
      '16T09:00 23T09:00 2',
      '16T12:00 16T13:30 0',
      '18T12:00 18T15:00 0',
      '23T09:00 30T09:00 0',
    ]);
  });
});

describe('what somebody has to be covered for', () => {
  const piece = (
    from: string,
    to: string,
    more: { layer?: number; turn?: number; override?: string } = {},
  ) => ({
    shift: shift('ana', '2026-11-16', '2026-11-23'),
    from: `2026-11-${from}:00Z`,
    to: `2026-11-${to}:00Z`,
    layer: 0,
    turn: 7,
    ...more,
  });
  const week = [
    piece('16T09:00', '16T12:00'),
    piece('16T13:30', '17T12:00'),
    piece('17T13:30', '23T09:00'),
  ];
  const told = (found: { from: string; to: string; seconds: number }[]) =>
    found.map(
      ({ from, to, seconds }) =>
        `${from.slice(8, 16)} ${to.slice(8, 16)} ${seconds / 3_600}`,
    );

  it('is a turn whole, however often a layer above cuts it', () => {
    expect(told(stretchesToCover(week, []))).toEqual(['16T09:00 23T09:00 165']);
  });

  it('is a turn with what the same person has besides within it', () => {
    const lunch = [
      piece('16T12:00', '16T13:30', { layer: 1 }),
      piece('17T12:00', '17T13:30', { layer: 1 }),
    ];
    expect(told(stretchesToCover([...week, ...lunch], []))).toEqual([
      '16T09:00 23T09:00 168',
    ]);
  });

  it('is one turn after another, and each override by itself', () => {
    expect(
      told(
        stretchesToCover(
          [
            piece('16T09:00', '17T09:00'),
            piece('17T09:00', '18T09:00', { turn: 8 }),
            piece('18T12:00', '18T13:00', { override: 'o' }),
          ],
          [],
        ),
      ),
    ).toEqual([
      '16T09:00 17T09:00 24',
      '17T09:00 18T09:00 24',
      '18T12:00 18T13:00 1',
    ]);
  });

  it('leaves alone when somebody stands in already', () => {
    expect(
      told(
        stretchesToCover(week, [
          {
            scheduleRef: 'oncallschedule:default/pay',
            level: 1,
            from: '2026-11-17T12:00:00Z',
            to: '2026-11-17T13:30:00Z',
          },
        ]),
      ),
    ).toEqual(['16T09:00 17T12:00 25.5', '17T13:30 23T09:00 139.5']);
  });
});
