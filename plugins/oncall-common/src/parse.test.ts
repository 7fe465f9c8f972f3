import { checkOnCallSchedule, fullRef, parseOnCallSchedule } from '.';

const rotation = {
  participants: ['ines.duarte', 'user:default/Tomas.Reis'],
  start: '2026-01-05T09:00',
  unit: 'week',
  length: 1,
};
const spec = {
  owner: 'payments',
  timeZone: 'Europe/Lisbon',
  levels: [
    { name: 'Primary', layers: [{ rotation }] },
    { layers: [{ people: ['marcus'] }, { schedule: 'platform' }] },
  ],
};

/** The spec with the value at a path replaced. */
function withValue(path: (string | number)[], value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(spec));
  let at = copy;
  for (const key of path.slice(0, -1)) {
    at = at[key];
  }
  at[path[path.length - 1]] = value;
  return copy;
}

it('reads a schedule and completes its refs', () => {
  expect(parseOnCallSchedule(spec, { defaultNamespace: 'acme' })).toEqual({
    timeZone: 'Europe/Lisbon',
    levels: [
      {
        name: 'Primary',
        layers: [
          {
            rotation: {
              ...rotation,
              participants: [
                'user:acme/ines.duarte',
                'user:default/tomas.reis',
              ],
            },
          },
        ],
      },
      {
        layers: [
          { people: ['user:acme/marcus'] },
          { schedule: 'oncallschedule:acme/platform' },
        ],
      },
    ],
  });
});

const layer = ['levels', 0, 'layers', 0];
const override = {
  type: 'replace',
  person: 'a',
  with: 'b',
  from: '2026-12-24T09:00',
  to: '2026-12-27T09:00:00Z',
};

it.each<[string, unknown, string]>([
  ['nothing', undefined, 'spec: is required'],
  ['a text', 'x', 'spec: must be an object'],
  ['no zone', withValue(['timeZone'], undefined), 'timeZone: is required'],
  [
    'an unknown zone',
    withValue(['timeZone'], 'Mars/Olympus'),
    'timeZone: must be an IANA time zone such as Europe/Lisbon; it is "Mars/Olympus"',
  ],
  [
    'no levels',
    withValue(['levels'], []),
    'levels: needs at least one escalation level',
  ],
  [
    'levels that are no list',
    withValue(['levels'], {}),
    'levels: must be a list',
  ],
  [
    'a level without layers',
    withValue(['levels', 1], {}),
    'levels[1].layers: is required',
  ],
  [
    'an empty layer',
    withValue(layer, {}),
    'levels[0].layers[0]: needs exactly one of rotation, people, schedule and calendar; it has none',
  ],
  [
    'a layer of two kinds',
    withValue(layer, { rotation, people: [] }),
    'it has rotation and people',
  ],
  [
    'a misspelt field',
    withValue([...layer, 'rotatoin'], {}),
    'levels[0].layers[0].rotatoin: is not known here; expected name, rotation, people, schedule',
  ],
  [
    'zero length',
    withValue([...layer, 'rotation', 'length'], 0),
    'levels[0].layers[0].rotation.length: must be a whole number from 1 to 10000; it is 0',
  ],
  [
    'negative length',
    withValue([...layer, 'rotation', 'length'], -1),
    'it is -1',
  ],
  [
    'an unknown unit',
    withValue([...layer, 'rotation', 'unit'], 'year'),
    'rotation.unit: must be hour, day, week or month',
  ],
  [
    'a start with an offset',
    withValue([...layer, 'rotation', 'start'], '2026-01-05T09:00:00Z'),
    'rotation.start: must be local, without an offset',
  ],
  [
    'a start in the far future',
    withValue([...layer, 'rotation', 'start'], '9026-01-05T09:00'),
    'rotation.start: must lie between 1900 and 2200',
  ],
  [
    'a group as participant',
    withValue([...layer, 'rotation', 'participants', 0], 'group:default/x'),
    'levels[0].layers[0].rotation.participants[0]: must be a user',
  ],
  [
    'a number as participant',
    withValue([...layer, 'rotation', 'participants', 1], 7),
    'participants[1]: must be a user such as user:default/ines.duarte; it is 7',
  ],
  [
    'a user as schedule',
    withValue(['levels', 1, 'layers', 1, 'schedule'], 'user:x'),
    'levels[1].layers[1].schedule: must be the name or ref of an OnCallSchedule',
  ],
  [
    'a bad time',
    withValue(
      [...layer, 'rotation', 'restrictions'],
      [{ from: '9', to: '17:00' }],
    ),
    'rotation.restrictions[0].from: must be a local time',
  ],
  [
    'a bad weekday',
    withValue(
      [...layer, 'rotation', 'restrictions'],
      [{ weekdays: [8], from: '09:00', to: '17:00' }],
    ),
    'restrictions[0].weekdays[0]: must be a weekday from 1',
  ],
  [
    'an override that ends before it begins',
    withValue(['overrides'], [{ ...override, to: '2026-12-24T08:00' }]),
    'overrides[0].to: must come after from, 2026-12-24T09:00; it is "2026-12-24T08:00"',
  ],
  [
    'an override of an unknown type',
    withValue(['overrides'], [{ ...override, type: 'swap' }]),
    'overrides[0].type: must be replace, add or remove',
  ],
  [
    'a replacement by nobody',
    withValue(['overrides'], [{ ...override, with: undefined }]),
    'overrides[0].with: must be a user',
  ],
  [
    'a replacement by oneself',
    withValue(['overrides'], [{ ...override, with: 'a' }]),
    'overrides[0].with: must be somebody else',
  ],
  [
    'a level that does not exist',
    withValue(['overrides'], [{ ...override, level: 3 }]),
    "overrides[0].level: must be one of the schedule's levels, 1 to 2; it is 3",
  ],
  [
    'an override that overlaps another about the same person',
    withValue(
      ['overrides'],
      [
        override,
        { type: 'remove', person: 'c', from: override.from, to: override.to },
        { ...override, type: 'add', with: undefined, level: 2 },
      ],
    ),
    'overrides[2]: overlaps overrides[0], from 2026-12-24T09:00 to 2026-12-27T09:00:00Z: both are about user:default/a, and only one of them would count',
  ],
  [
    'one that overlaps by the hour that happens twice',
    withValue(
      ['overrides'],
      [
        {
          ...override,
          level: 1,
          from: '2026-10-24T09:00',
          to: '2026-10-25T01:30',
        },
        {
          ...override,
          level: 1,
          from: '2026-10-25T01:00:00Z',
          to: '2026-10-26T09:00',
        },
      ],
    ),
    'overrides[1]: overlaps overrides[0], from 2026-10-24T09:00 to 2026-10-25T01:30: both are about user:default/a on level 1',
  ],
  [
    'too many people',
    withValue([...layer, 'rotation', 'participants'], Array(501).fill('a')),
    'has 501 entries; at most 500 are allowed',
  ],
])('refuses %s, naming the path', (_, value, message) => {
  expect(() => parseOnCallSchedule(value)).toThrow(message);
});

it.each<[string, object]>([
  [
    'one begins where the other ends',
    { from: override.to, to: '2026-12-29T09:00' },
  ],
  ['they are about two people', { person: 'c' }],
  ['they name different levels', { level: 2 }],
  [
    'both say when they were made',
    { with: 'c', createdAt: '2026-12-02T10:00:00Z' },
  ],
])('takes two overrides when %s', (_, part) => {
  const overrides = [
    { ...override, level: 1, createdAt: '2026-12-01T10:00:00Z' },
    { ...override, level: 1, ...part },
  ];
  expect(
    checkOnCallSchedule(withValue(['overrides'], overrides)).problems,
  ).toEqual([]);
});

it('refuses two that overlap and were made at the same time', () => {
  const made = { ...override, createdAt: '2026-12-01T10:00:00Z' };
  const { problems } = checkOnCallSchedule(
    withValue(['overrides'], [made, made]),
  );
  expect(problems.map(p => p.path)).toEqual(['overrides[1]']);
});

it('names every override that overlaps one before it, and what is wrong by itself only once', () => {
  const over = { ...override, to: '2026-12-24T08:00' };
  const { problems } = checkOnCallSchedule(
    withValue(['overrides'], [override, override, over, override]),
  );
  expect(problems.map(p => p.path)).toEqual([
    'overrides[2].to',
    'overrides[1]',
    'overrides[3]',
  ]);
});

it('reports every problem at once', () => {
  const { problems } = checkOnCallSchedule({
    timeZone: 'x',
    levels: [{ layers: [{ people: [1] }] }],
  });
  expect(problems.map(p => p.path)).toEqual([
    'timeZone',
    'levels[0].layers[0].people[0]',
  ]);
});

it.each([
  ['ines', 'user:default/ines'],
  ['User:Default/Ines', 'user:default/ines'],
  ['group:x', 'group:default/x'],
  ['a/b/c', undefined],
  ['', undefined],
  ['../x', undefined],
  [undefined, undefined],
])('reads the ref %p as %p', (text, expected) => {
  expect(fullRef(text, { kind: 'user', namespace: 'default' })).toBe(expected);
});
