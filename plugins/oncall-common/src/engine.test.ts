import {
  coverage,
  nextHandoff,
  onCallAt,
  shiftsBetween,
  type OnCallLayer,
  type OnCallOverride,
  type OnCallSchedule,
} from '.';

const weekly = (
  participants: string[],
  extra: Partial<NonNullable<OnCallLayer['rotation']>> = {},
): OnCallLayer => ({
  rotation: {
    participants,
    start: '2026-06-01T09:00',
    unit: 'week',
    length: 1,
    ...extra,
  },
});

const schedule = (
  layers: OnCallLayer[],
  overrides?: OnCallOverride[],
): OnCallSchedule => ({
  timeZone: 'Etc/UTC',
  levels: [{ layers }],
  ...(overrides ? { overrides } : {}),
});

/** Shifts in short: `level person from–to`, with days of June 2026 and full hours. */
function brief(
  of: OnCallSchedule,
  from = '2026-06-01T09:00:00Z',
  to = '2026-06-15T09:00:00Z',
  lookup?: (name: string) => OnCallSchedule | undefined,
): string[] {
  const short = (iso: string) => `${iso.slice(8, 10)}T${iso.slice(11, 13)}`;
  return shiftsBetween(of, { from, to }, { lookup }).map(
    s => `${s.level} ${s.person} ${short(s.from)}–${short(s.to)}`,
  );
}

describe('layers', () => {
  it('gives turn k to participant k mod n', () => {
    expect(
      brief(schedule([weekly(['a', 'b'])]), undefined, '2026-06-22T09:00:00Z'),
    ).toEqual(['1 a 01T09–08T09', '1 b 08T09–15T09', '1 a 15T09–22T09']);
  });

  it('ends a shift at each handoff, also to the same person', () => {
    expect(brief(schedule([weekly(['a'])]))).toEqual([
      '1 a 01T09–08T09',
      '1 a 08T09–15T09',
    ]);
  });

  it('lets a later layer win where the two overlap', () => {
    const nights = weekly(['n'], {
      restrictions: [{ weekdays: [2], from: '22:00', to: '06:00' }],
    });
    expect(brief(schedule([weekly(['a', 'b']), nights]))).toEqual([
      '1 a 01T09–02T22',
      '1 n 02T22–03T06',
      '1 a 03T06–08T09',
      '1 b 08T09–09T22',
      '1 n 09T22–10T06',
      '1 b 10T06–15T09',
    ]);
  });

  it('passes over a layer without participants, which is a gap when it is the only one', () => {
    expect(brief(schedule([weekly(['a']), weekly([])]))).toHaveLength(2);
    expect(brief(schedule([weekly([])]))).toEqual([]);
    expect(brief(schedule([weekly(['a']), { people: [] }]))).toHaveLength(2);
  });

  it('has several people of a fixed set on call at once', () => {
    expect(brief(schedule([{ people: ['b', 'a', 'b'] }]))).toEqual([
      '1 a 01T09–15T09',
      '1 b 01T09–15T09',
    ]);
  });

  it('joins restrictions that touch or overlap into one shift', () => {
    const day = weekly(['a'], {
      restrictions: [
        { weekdays: [3], from: '08:00', to: '12:00' },
        { weekdays: [3], from: '12:00', to: '14:00' },
        { weekdays: [3], from: '13:00', to: '16:00' },
      ],
    });
    expect(brief(schedule([day]))).toEqual([
      '1 a 03T08–03T16',
      '1 a 10T08–10T16',
    ]);
  });

  it('never moves the turns by a restriction', () => {
    const mondays = weekly(['a', 'b'], {
      unit: 'day',
      restrictions: [{ weekdays: [1], from: '00:00', to: '00:00' }],
    });
    // 1 June is turn 0 (a) from 09:00; the turn of 7 June 09:00 is 6 (a), that of 8 June 09:00 is 7 (b), of 14 June 13 (b).
    expect(brief(schedule([mondays]))).toEqual([
      '1 a 01T09–02T00',
      '1 a 08T00–08T09',
      '1 b 08T09–09T00',
      '1 b 15T00–15T09',
    ]);
  });
});

describe('nested schedules', () => {
  const inner: OnCallSchedule = {
    timeZone: 'Asia/Tokyo',
    levels: [
      { layers: [weekly(['x', 'y'])] },
      { layers: [{ people: ['second'] }] },
    ],
    overrides: [
      {
        type: 'replace',
        person: 'x',
        with: 'z',
        from: '2026-06-03T00:00:00Z',
        to: '2026-06-04T00:00:00Z',
      },
    ],
  };
  const outer: OnCallSchedule = {
    timeZone: 'America/Chicago',
    levels: [
      { layers: [{ people: ['boss'] }] },
      { layers: [{ schedule: 'inner' }] },
    ],
  };

  it('contributes its first level with its overrides in its own zone', () => {
    expect(
      shiftsBetween(
        outer,
        { from: '2026-06-01T00:00:00Z', to: '2026-06-08T01:00:00Z' },
        { lookup: () => inner },
      )
        .filter(s => s.level === 2)
        .map(s => `${s.person} ${s.from} ${s.to}`),
    ).toEqual([
      // 09:00 in Tokyo is midnight UTC, 19:00 the day before in Chicago.
      'x 2026-05-31T19:00:00-05:00 2026-06-02T19:00:00-05:00',
      'z 2026-06-02T19:00:00-05:00 2026-06-03T19:00:00-05:00',
      'x 2026-06-03T19:00:00-05:00 2026-06-07T19:00:00-05:00',
      'y 2026-06-07T19:00:00-05:00 2026-06-07T20:00:00-05:00',
    ]);
  });

  it('takes the nested schedule itself as well', () => {
    const given = {
      ...outer,
      levels: [{ layers: [{ schedule: inner }] }],
    };
    expect(onCallAt(given, '2026-06-03T12:00:00Z')[0].people[0]).toMatchObject({
      person: 'z',
      replaces: 'x',
    });
  });

  it('contributes nobody when there is no such schedule', () => {
    expect(onCallAt(outer, '2026-06-03T12:00:00Z')[1].people).toEqual([]);
  });

  it('refuses schedules that contain each other or themselves', () => {
    const nest = (name: string): OnCallSchedule =>
      schedule([{ schedule: name }]);
    expect(() =>
      onCallAt(nest('b'), '2026-06-03T12:00:00Z', {
        lookup: name => nest(name === 'b' ? 'c' : 'b'),
      }),
    ).toThrow('Schedules contain each other: (this schedule) → b → c → b');
    const self: OnCallSchedule = nest('self');
    expect(() =>
      onCallAt(self, '2026-06-03T12:00:00Z', { lookup: () => self }),
    ).toThrow('contain each other');
  });
});

describe('overrides', () => {
  const override = (
    type: OnCallOverride['type'],
    person: string,
    extra: Partial<OnCallOverride> = {},
  ): OnCallOverride => ({
    type,
    person,
    from: '2026-06-02T00:00:00Z',
    to: '2026-06-03T00:00:00Z',
    ...extra,
  });
  const two = (overrides: OnCallOverride[]): OnCallSchedule => ({
    timeZone: 'Etc/UTC',
    levels: [
      { layers: [weekly(['a'])] },
      { layers: [weekly(['a'])] },
      { layers: [{ people: ['b', 'c'] }] },
    ],
    overrides,
  });
  const noon = '2026-06-02T12:00:00Z';
  const at = (overrides: OnCallOverride[]) =>
    onCallAt(two(overrides), noon)
      .map(l => l.people.map(p => p.person).join('+') || '-')
      .join(' ');

  it.each<[string, string, OnCallOverride[]]>([
    ['none', 'a a b+c', []],
    [
      'replace, on all levels',
      'x x b+c',
      [override('replace', 'a', { with: 'x' })],
    ],
    [
      'replace, on the level named',
      'a x b+c',
      [override('replace', 'a', { with: 'x', level: 2 })],
    ],
    [
      'replace somebody who is not on call',
      'a a b+c',
      [override('replace', 'q', { with: 'x' })],
    ],
    [
      'replace by somebody on call there already',
      'a a c',
      [override('replace', 'b', { with: 'c' })],
    ],
    ['remove leaves a gap', '- - b+c', [override('remove', 'a')]],
    ['remove one of several', 'a a c', [override('remove', 'b')]],
    ['add, on all levels', 'a+x a+x b+c+x', [override('add', 'x')]],
    [
      'add, on the level named',
      'a+x a b+c',
      [override('add', 'x', { level: 1 })],
    ],
    [
      'add somebody on call there already',
      'a a b+c',
      [override('add', 'b', { level: 3 })],
    ],
    [
      'the later of two replacements',
      'y y b+c',
      [
        override('replace', 'a', { with: 'x' }),
        override('replace', 'a', { with: 'y' }),
      ],
    ],
    [
      'later by the time it was made, not by its place',
      'x x b+c',
      [
        override('replace', 'a', {
          with: 'x',
          createdAt: '2026-05-02T00:00:00Z',
        }),
        override('replace', 'a', {
          with: 'y',
          createdAt: '2026-05-01T00:00:00Z',
        }),
      ],
    ],
    [
      'no chaining',
      'x x b+c',
      [
        override('replace', 'a', { with: 'x' }),
        override('replace', 'x', { with: 'y' }),
      ],
    ],
    [
      'a swap',
      'a a c+b',
      [
        override('replace', 'b', { with: 'c' }),
        override('replace', 'c', { with: 'b' }),
      ],
    ],
    [
      'removed after replaced',
      '- - b+c',
      [override('replace', 'a', { with: 'x' }), override('remove', 'a')],
    ],
    [
      'replaced after removed',
      'x x b+c',
      [override('remove', 'a'), override('replace', 'a', { with: 'x' })],
    ],
    [
      'removed after added',
      'a a b+c',
      [override('add', 'x'), override('remove', 'x')],
    ],
    [
      'added after removed',
      'a+x a+x b+c+x',
      [override('remove', 'x'), override('add', 'x')],
    ],
    [
      'added back after removed',
      'a - b+c',
      [override('remove', 'a'), override('add', 'a', { level: 1 })],
    ],
    [
      'another day',
      'a a b+c',
      [
        override('remove', 'a', {
          from: '2026-06-03T00:00:00Z',
          to: '2026-06-04T00:00:00Z',
        }),
      ],
    ],
    [
      'its end is not in it',
      'a a b+c',
      [override('remove', 'a', { from: '2026-06-02T00:00:00Z', to: noon })],
    ],
    [
      'its start is in it',
      '- - b+c',
      [override('remove', 'a', { from: noon })],
    ],
    [
      'local times are on the clock of the schedule',
      '- - b+c',
      [
        override('remove', 'a', {
          from: '2026-06-02T12:00',
          to: '2026-06-02T12:01',
        }),
      ],
    ],
  ])('%s: %s', (_, expected, overrides) => {
    expect(at(overrides)).toBe(expected);
  });

  it('fills a gap by an addition and cuts the shift it replaces', () => {
    const of = schedule(
      [
        weekly(['a'], {
          restrictions: [{ from: '09:00', to: '17:00', weekdays: [2, 3] }],
        }),
      ],
      [
        override('add', 'x', {
          from: '2026-06-02T16:00:00Z',
          to: '2026-06-02T20:00:00Z',
        }),
        override('replace', 'a', {
          with: 'y',
          from: '2026-06-03T10:00:00Z',
          to: '2026-06-03T11:00:00Z',
        }),
      ],
    );
    expect(brief(of, undefined, '2026-06-08T09:00:00Z')).toEqual([
      '1 a 02T09–02T17',
      '1 x 02T16–02T20',
      '1 a 03T09–03T10',
      '1 y 03T10–03T11',
      '1 a 03T11–03T17',
    ]);
  });
});

describe('looking ahead', () => {
  it('says until when, who is next, and when a gap lies between', () => {
    const office = schedule([
      weekly(['a', 'b'], {
        restrictions: [
          { weekdays: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' },
        ],
      }),
    ]);
    expect(onCallAt(office, '2026-06-05T12:00:00Z')).toEqual([
      {
        level: 1,
        people: [
          {
            person: 'a',
            layer: 1,
            turn: 0,
            until: '2026-06-05T17:00:00+00:00',
          },
        ],
        until: '2026-06-05T17:00:00+00:00',
        next: { from: '2026-06-08T09:00:00+00:00', people: ['b'] },
      },
    ]);
    expect(onCallAt(office, '2026-06-06T12:00:00Z')).toEqual([
      {
        level: 1,
        people: [],
        until: '2026-06-08T09:00:00+00:00',
        next: { from: '2026-06-08T09:00:00+00:00', people: ['b'] },
      },
    ]);
    expect(nextHandoff(office, '2026-06-05T12:00:00Z')).toEqual({
      at: '2026-06-05T17:00:00+00:00',
      level: 1,
      from: ['a'],
      to: [],
    });
  });

  it('has no end in sight for people who are always on call', () => {
    const fixed = schedule([{ people: ['a'] }]);
    expect(onCallAt(fixed, '2026-06-05T12:00:00Z')).toEqual([
      { level: 1, people: [{ person: 'a', layer: 1 }] },
    ]);
    expect(nextHandoff(fixed, '2026-06-05T12:00:00Z')).toBeUndefined();
  });

  it('sees a start decades away', () => {
    const late = schedule([weekly(['a', 'b'], { start: '2070-01-01T00:00' })]);
    expect(nextHandoff(late, '2026-06-05T12:00:00Z')).toEqual({
      at: '2070-01-01T00:00:00+00:00',
      level: 1,
      from: [],
      to: ['a'],
    });
  });
});

describe('an hour that happens twice', () => {
  const hourly: OnCallSchedule = {
    timeZone: 'America/Chicago',
    levels: [
      {
        layers: [
          weekly(['a', 'b'], {
            unit: 'hour',
            start: '2026-11-01T00:30',
          }),
        ],
      },
    ],
  };

  it.each([
    ['2026-11-01T00:45:00-05:00', 0],
    ['2026-11-01T01:15:00-05:00', 0],
    ['2026-11-01T01:30:00-05:00', 1],
    ['2026-11-01T01:15:00-06:00', 1],
    ['2026-11-01T01:45:00-06:00', 1],
    ['2026-11-01T02:29:00-06:00', 1],
    ['2026-11-01T02:30:00-06:00', 2],
  ])('has at %s turn %i, whether seen alone or in a window', (at, turn) => {
    const [person] = onCallAt(hourly, at)[0].people;
    expect(person.turn).toBe(turn);
    const [first] = shiftsBetween(hourly, {
      from: at,
      to: '2026-11-01T09:00:00-06:00',
    });
    expect(first).toMatchObject({ turn, to: person.until });
    expect(Date.parse(first.from)).toBe(Date.parse(at));
  });
});

describe('coverage', () => {
  it('reports gaps and people on two levels at once', () => {
    const of: OnCallSchedule = {
      timeZone: 'Etc/UTC',
      levels: [
        { layers: [weekly(['a', 'b'])] },
        { layers: [weekly(['b', 'b', 'a'])] },
      ],
      overrides: [
        {
          type: 'remove',
          person: 'a',
          from: '2026-06-02T00:00:00Z',
          to: '2026-06-03T00:00:00Z',
        },
      ],
    };
    expect(
      coverage(of, {
        from: '2026-06-01T00:00:00Z',
        to: '2026-06-15T09:00:00Z',
      }),
    ).toEqual({
      gaps: [
        {
          level: 1,
          from: '2026-06-01T00:00:00+00:00',
          to: '2026-06-01T09:00:00+00:00',
        },
        {
          level: 2,
          from: '2026-06-01T00:00:00+00:00',
          to: '2026-06-01T09:00:00+00:00',
        },
        {
          level: 1,
          from: '2026-06-02T00:00:00+00:00',
          to: '2026-06-03T00:00:00+00:00',
        },
      ],
      doubleBookings: [
        {
          person: 'b',
          levels: [1, 2],
          from: '2026-06-08T09:00:00+00:00',
          to: '2026-06-15T09:00:00+00:00',
        },
      ],
    });
  });
});

describe('input that cannot be read', () => {
  it.each([
    [
      'an instant without offset',
      '2026-06-01T00:00:00',
      '2026-06-02T00:00:00Z',
      'from must be an ISO 8601 instant',
    ],
    [
      'a day that does not exist',
      '2026-02-30T00:00:00Z',
      '2026-06-02T00:00:00Z',
      'from must be',
    ],
    [
      'a reversed window',
      '2026-06-03T00:00:00Z',
      '2026-06-02T00:00:00Z',
      'ends before it begins',
    ],
  ])('refuses %s', (_, from, to, message) => {
    expect(() => shiftsBetween(schedule([]), { from, to })).toThrow(message);
  });

  it.each([
    ['zone', { timeZone: 'Mars/Olympus' }, 'Unknown time zone "Mars/Olympus"'],
    ['offset in place of a zone', { timeZone: '+02:00' }, 'Unknown time zone'],
    ['start', { start: '2026-06-01' }, 'local date-time'],
    ['length', { length: 0 }, 'positive whole number'],
    ['fraction', { length: 1.5 }, 'positive whole number'],
    ['unit', { unit: 'fortnight' as 'week' }, 'hour, day, week or month'],
    [
      'weekday',
      { restrictions: [{ weekdays: [0], from: '09:00', to: '17:00' }] },
      'from 1 (Monday) to 7',
    ],
    [
      'time',
      { restrictions: [{ from: '9:00', to: '24:00' }] },
      'local times HH:MM',
    ],
  ])('refuses a rotation with a bad %s', (_, part, message) => {
    expect(() =>
      onCallAt(schedule([weekly(['a'], part)]), '2026-06-01T00:00:00Z'),
    ).toThrow(message);
  });
});

it('gives a year of a schedule with three layers and 200 overrides in milliseconds', () => {
  const people = ['a', 'b', 'c', 'd'];
  const overrides = Array.from({ length: 200 }, (_, i): OnCallOverride => {
    const from = Date.UTC(2026, 0, 1 + i * 1.7);
    return {
      type: (['replace', 'add', 'remove'] as const)[i % 3],
      person: people[i % 4],
      ...(i % 3 === 0 ? { with: people[(i + 1) % 4] } : {}),
      from: new Date(from).toISOString(),
      to: new Date(from + 36e5 * (1 + (i % 50))).toISOString(),
    };
  });
  const of: OnCallSchedule = {
    timeZone: 'America/New_York',
    levels: [
      {
        layers: [
          weekly(people, { start: '1990-01-01T09:00' }),
          weekly(people, {
            unit: 'day',
            start: '1990-01-01T09:00',
            restrictions: [
              { weekdays: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' },
            ],
          }),
          weekly(people, {
            unit: 'hour',
            length: 12,
            start: '1990-01-01T08:00',
            restrictions: [{ weekdays: [6, 7], from: '08:00', to: '08:00' }],
          }),
        ],
      },
    ],
    overrides,
  };
  const window = { from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' };
  const first = shiftsBetween(of, window);
  expect(first.length).toBeGreaterThan(500);
  const times = Array.from({ length: 7 }, () => {
    const started = performance.now();
    shiftsBetween(of, window);
    return performance.now() - started;
  }).sort((a, b) => a - b);
  // The target is 20 ms; the middle of several runs, with room for a busy machine.
  expect(times[3]).toBeLessThan(60);
  expect(first).toEqual(shiftsBetween(of, window));
});
