import {
  decideChange,
  decideUndo,
  overlapWithin,
  peopleNamed,
  type NamedSchedule,
  type ProposedChange,
  type ProposedOverride,
} from './changes';
import type { OnCallOverride, OnCallSchedule } from './types';

/** A Monday at noon, UTC. */
const NOW = Date.parse('2026-06-01T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Ann from Monday 09:00, Bob from the next Monday, and so on; Lea always on level 2. */
const pay = (overrides: OnCallOverride[] = []): OnCallSchedule => ({
  timeZone: 'Etc/UTC',
  levels: [
    {
      name: 'Primary',
      layers: [
        {
          rotation: {
            participants: ['ann', 'bob', 'cem'],
            start: '2026-06-01T09:00',
            unit: 'week',
            length: 1,
          },
        },
      ],
    },
    { layers: [{ people: ['lea'] }] },
  ],
  overrides,
});
const fixed = (person: string): OnCallSchedule => ({
  timeZone: 'Etc/UTC',
  levels: [{ layers: [{ people: [person] }] }],
});
const containing: OnCallSchedule = {
  timeZone: 'Etc/UTC',
  levels: [{ layers: [{ schedule: 'pay' }] }],
};

/** Times are days from now, so 0 to 1 is the coming day. */
const replace = (
  person: string,
  stand: string,
  from: number,
  to: number,
  more: Partial<ProposedOverride> = {},
): ProposedOverride => ({
  scheduleRef: 'pay',
  type: 'replace',
  person,
  with: stand,
  from: NOW + from * DAY,
  to: NOW + to * DAY,
  ...more,
});
const only = (
  type: 'add' | 'remove',
  person: string,
  from: number,
  to: number,
  more: Partial<ProposedOverride> = {},
): ProposedOverride => {
  const { with: _, ...rest } = replace(person, '', from, to, more);
  return { ...rest, type };
};
const known = (override: ProposedOverride): OnCallOverride => ({
  ...override,
  from: new Date(override.from).toISOString(),
  to: new Date(override.to).toISOString(),
  createdAt: '2026-05-01T00:00:00Z',
});

function decide(
  overrides: ProposedOverride[],
  change: Partial<ProposedChange> & { more?: [string, OnCallSchedule][] } = {},
) {
  const named = (title: string, schedule: OnCallSchedule): NamedSchedule => ({
    title,
    schedule,
  });
  return decideChange({
    kind: 'override',
    overrides,
    schedules: new Map([
      ['pay', named('Pay', pay())],
      ...(change.more ?? []).map(
        ([ref, schedule]) =>
          [ref, named(ref.toLocaleUpperCase('en'), schedule)] as const,
      ),
    ]),
    now: NOW,
    longStretch: 8 * DAY,
    nameOf: person => person.toLocaleUpperCase('en'),
    ...change,
  });
}

/** Conflicts in short: code, whether refused, level, from and to in days. */
function brief(decision: ReturnType<typeof decide>) {
  return decision.conflicts.map(c =>
    [
      c.code,
      ...(c.severity === 'refused' ? ['refused'] : []),
      ...(c.level === undefined ? [] : [`L${c.level}`]),
      (c.from - NOW) / DAY,
      (c.to - NOW) / DAY,
    ].join(' '),
  );
}

it.each`
  what                                    | overrides                                                                                     | more                       | kind            | conflicts
  ${'somebody free stands in'}            | ${[replace('ann', 'cem', 1, 2)]}                                                              | ${[]}                      | ${'override'}   | ${[]}
  ${'somebody is added beside another'}   | ${[only('add', 'cem', 1, 2, { level: 1 })]}                                                   | ${[]}                      | ${'override'}   | ${[]}
  ${'a swap'}                             | ${[replace('ann', 'bob', 1, 2), replace('bob', 'ann', 8, 9)]}                                 | ${[]}                      | ${'swap'}       | ${[]}
  ${'a person not on call is replaced'}   | ${[replace('bob', 'cem', 1, 2)]}                                                              | ${[]}                      | ${'override'}   | ${['no-effect 1 2']}
  ${'a shift that is not there is taken'} | ${[replace('bob', 'cem', 1, 2)]}                                                              | ${[]}                      | ${'take-shift'} | ${['no-effect refused 1 2']}
  ${'somebody on call is added'}          | ${[only('add', 'ann', 1, 2, { level: 1 })]}                                                   | ${[]}                      | ${'override'}   | ${['no-effect L1 1 2']}
  ${'the only one is removed'}            | ${[only('remove', 'ann', 1, 2)]}                                                              | ${[]}                      | ${'override'}   | ${['leaves-gap L1 1 2']}
  ${'one of two is removed'}              | ${[only('remove', 'ann', 1, 2), only('add', 'cem', 1, 2, { level: 1 })]}                      | ${[]}                      | ${'override'}   | ${[]}
  ${'who stands in has another level'}    | ${[replace('ann', 'lea', 1, 2)]}                                                              | ${[]}                      | ${'override'}   | ${['double-booking L1 1 2']}
  ${'who stands in has another schedule'} | ${[replace('ann', 'zoe', 1, 2)]}                                                              | ${[['ops', fixed('zoe')]]} | ${'override'}   | ${['double-booking L1 1 2']}
  ${'a schedule around it is no other'}   | ${[replace('ann', 'cem', 1, 2)]}                                                              | ${[['all', containing]]}   | ${'override'}   | ${[]}
  ${'somebody is added on every level'}   | ${[only('add', 'cem', 1, 2)]}                                                                 | ${[]}                      | ${'override'}   | ${[]}
  ${'one is added on two schedules'}      | ${[only('add', 'cem', 1, 2, { level: 1 }), only('add', 'cem', 1, 2, { scheduleRef: 'ops' })]} | ${[['ops', fixed('zoe')]]} | ${'override'}   | ${['double-booking L1 1 2']}
  ${'it is over'}                         | ${[replace('ann', 'cem', -2, -1)]}                                                            | ${[]}                      | ${'override'}   | ${['in-the-past refused -2 -1']}
  ${'it ends now'}                        | ${[replace('ann', 'cem', -1, 0)]}                                                             | ${[]}                      | ${'override'}   | ${['in-the-past refused -1 0']}
  ${'it began'}                           | ${[replace('ann', 'cem', -1, 1)]}                                                             | ${[]}                      | ${'override'}   | ${['in-the-past -1 0']}
  ${'it began while the form was filled'} | ${[replace('ann', 'cem', -0.003, 1)]}                                                         | ${[]}                      | ${'override'}   | ${[]}
  ${'the next shift is one’s own'}        | ${[replace('ann', 'bob', 1, 6.875)]}                                                          | ${[]}                      | ${'override'}   | ${['long-stretch L1 1 13.875']}
  ${'a day between is a break'}           | ${[replace('ann', 'bob', 1, 5.875)]}                                                          | ${[]}                      | ${'override'}   | ${[]}
  ${'always on call already'}             | ${[replace('ann', 'lea', 1, 2)]}                                                              | ${[]}                      | ${'give-shift'} | ${['double-booking L1 1 2']}
`('$what: $conflicts', ({ overrides, more, kind, conflicts }) => {
  expect(brief(decide(overrides, { more, kind }))).toEqual(conflicts);
});

it.each`
  what                          | first                                        | second                                       | beats
  ${'the same person and time'} | ${replace('ann', 'bob', 1, 3)}               | ${replace('ann', 'cem', 2, 5)}               | ${['beats-override 2 3']}
  ${'another level'}            | ${replace('ann', 'bob', 1, 3, { level: 1 })} | ${replace('ann', 'cem', 2, 5, { level: 2 })} | ${[]}
  ${'every level and one'}      | ${replace('ann', 'bob', 1, 3)}               | ${replace('ann', 'cem', 2, 5, { level: 1 })} | ${['beats-override L1 2 3']}
  ${'touching times'}           | ${replace('ann', 'bob', 1, 3)}               | ${replace('ann', 'cem', 3, 5)}               | ${[]}
  ${'a past part of the other'} | ${replace('ann', 'bob', -2, 1)}              | ${replace('ann', 'cem', -1, 5)}              | ${['beats-override 0 1']}
  ${'somebody else'}            | ${replace('ann', 'bob', 1, 3)}               | ${only('remove', 'lea', 1, 3)}               | ${[]}
`('a second override of $what', ({ first, second, beats }) => {
  const schedules = new Map([
    ['pay', { title: 'Pay', schedule: pay([known(first)]) }],
  ]);
  const found = decide([second], { schedules });
  expect(brief(found).filter(c => c.startsWith('beats'))).toEqual(beats);
});

it('says whom to replace instead of a stand-in, for overrides do not chain', () => {
  const schedules = new Map([
    [
      'pay',
      { title: 'Pay', schedule: pay([known(replace('ann', 'bob', 0, 5))]) },
    ],
  ]);
  const [conflict] = decide([replace('bob', 'cem', 1, 2)], {
    schedules,
    kind: 'take-shift',
  }).conflicts;
  expect(conflict).toMatchObject({
    code: 'no-effect',
    severity: 'refused',
    message: 'BOB stands in for ANN on Pay: replace ANN instead',
  });
});

it('says who gains and loses what, and how it was and would be', () => {
  const decision = decide([replace('ann', 'cem', -1, 2)]);
  const time = { from: NOW, to: NOW + 2 * DAY };
  expect(decision.gained).toEqual([
    { person: 'cem', scheduleRef: 'pay', level: 1, ...time },
  ]);
  expect(decision.lost).toEqual([
    { person: 'ann', scheduleRef: 'pay', level: 1, ...time },
  ]);
  const [{ before, after }] = decision.schedules;
  expect(before.map(s => `${s.level} ${s.person}`)).toEqual(['1 ann', '2 lea']);
  expect(after.map(s => `${s.level} ${s.person} ${s.replaces ?? ''}`)).toEqual([
    '1 cem ann',
    '2 lea ',
  ]);
});

it('warns of one stretch over several schedules', () => {
  const decision = decide(
    [
      only('add', 'zoe', 1, 2),
      only('add', 'zoe', 2, 11, { scheduleRef: 'ops' }),
    ],
    { more: [['ops', fixed('kim')]] },
  );
  expect(brief(decision).filter(c => c.startsWith('long'))).toEqual([
    'long-stretch L1 1 11',
  ]);
  expect(decision.conflicts.find(c => c.code === 'long-stretch')?.message).toBe(
    'ZOE would be on call for 10 days on end, more than 8 days',
  );
});

it('is not disturbed by another schedule that cannot be worked out', () => {
  const loop: OnCallSchedule = {
    timeZone: 'Etc/UTC',
    levels: [{ layers: [{ people: ['cem'] }, { schedule: 'loop' }] }],
  };
  expect(
    brief(decide([replace('ann', 'cem', 1, 2)], { more: [['loop', loop]] })),
  ).toEqual([]);
});

it.each`
  what                | second                                                   | overlap
  ${'overlapping'}    | ${replace('ann', 'cem', 2, 4)}                           | ${[0, 1]}
  ${'touching'}       | ${replace('ann', 'cem', 3, 4)}                           | ${undefined}
  ${'another person'} | ${replace('bob', 'cem', 2, 4)}                           | ${undefined}
  ${'another level'}  | ${replace('ann', 'cem', 2, 4, { level: 2 })}             | ${undefined}
  ${'elsewhere'}      | ${replace('ann', 'cem', 2, 4, { scheduleRef: 'other' })} | ${undefined}
`('$what overrides of one change', ({ second, overlap }) => {
  expect(
    overlapWithin([replace('ann', 'bob', 1, 3, { level: 1 }), second]),
  ).toEqual(overlap);
});

it('finds everybody a schedule names, in those nested in it too', () => {
  const schedules = new Map([
    ['pay', pay([known(replace('ann', 'zoe', 0, 1))])],
  ]);
  expect(
    [...peopleNamed(containing, ref => schedules.get(ref))].sort(),
  ).toEqual(['ann', 'bob', 'cem', 'lea', 'zoe']);
});

describe('taking back', () => {
  const first = replace('ann', 'bob', 1, 2);
  const second = {
    ...known(replace('ann', 'cem', 1, 1.5)),
    createdAt: '2026-05-02T00:00:00Z',
  };
  const undo = (before: OnCallOverride[], left: OnCallOverride[]) => {
    const { gained, lost } = decideUndo({
      overrides: [first],
      before: new Map([['pay', pay(before)]]),
      after: new Map([['pay', pay(left)]]),
      now: NOW,
    });
    const short = (duties: typeof gained) =>
      duties.map(d =>
        [d.person, (d.from - NOW) / DAY, (d.to - NOW) / DAY].join(' '),
      );
    return { gained: short(gained), lost: short(lost) };
  };

  it('gives back what it took', () => {
    expect(undo([known(first)], [])).toEqual({
      gained: ['ann 1 2'],
      lost: ['bob 1 2'],
    });
  });

  it('changes nothing where a later override decides', () => {
    expect(undo([known(first), second], [second])).toEqual({
      gained: ['ann 1.5 2'],
      lost: ['bob 1.5 2'],
    });
  });

  it('says nothing of a schedule that cannot be worked out', () => {
    const broken = { ...pay(), timeZone: 'Nowhere/Land' };
    expect(
      decideUndo({
        overrides: [first],
        before: new Map([['pay', broken]]),
        after: new Map([['pay', broken]]),
        now: NOW,
      }),
    ).toEqual({ gained: [], lost: [] });
  });
});

it('decides about years of hours in the time a page may take', () => {
  const hourly: OnCallSchedule = {
    timeZone: 'Etc/UTC',
    levels: [
      {
        layers: [
          {
            rotation: {
              participants: ['ann', 'bob'],
              start: '2026-06-01T09:00',
              unit: 'hour',
              length: 1,
            },
          },
        ],
      },
      { layers: [{ people: ['lea'] }] },
    ],
  };
  const started = process.cpuUsage().user;
  const { gained } = decide(
    [
      replace('ann', 'lea', 0, 366, { level: 1 }),
      // And one far away, so that all together span years.
      ...Array.from({ length: 20 }, (_, i) =>
        replace('ann', 'cem', 1500 + i, 1501 + i, { level: 1 }),
      ),
    ],
    { schedules: new Map([['pay', { title: 'Pay', schedule: hourly }]]) },
  );
  expect(gained.length).toBeGreaterThan(4000);
  expect(process.cpuUsage().user - started).toBeLessThan(10_000_000);
}, 60_000);
