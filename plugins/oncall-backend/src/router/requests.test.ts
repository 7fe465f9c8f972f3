import {
  readBody,
  readEntityRefParam,
  readInstantParam,
  readOverride,
  readScheduleRef,
  readUuid,
  readWindowParams,
} from './requests';

const NOW = Date.parse('2026-06-01T12:00:00Z');

it.each([
  ['2026-03-29T01:00:00Z', '2026-03-29T01:00:00.000Z'],
  ['2026-03-29T01:00:00+02:00', '2026-03-28T23:00:00.000Z'],
  ['2026-03-29T01:00:00 02:00', '2026-03-28T23:00:00.000Z'],
  ['2026-03-29T01:00-05:00', '2026-03-29T06:00:00.000Z'],
])('reads the instant %s', (text, expected) => {
  expect(new Date(readInstantParam(text, 'at')).toISOString()).toBe(expected);
});

it.each([
  [undefined],
  [['2026-03-29T01:00:00Z', '2026-03-29T01:00:00Z']],
  ['yesterday'],
  ['2026-03-29'],
  ['2026-03-29T01:00:00'],
  ['2026-02-30T01:00:00Z'],
  ['1774746000'],
  ['1026-03-29T01:00:00Z'],
  ['9026-03-29T01:00:00Z'],
])('refuses the instant %p', value => {
  expect(() => readInstantParam(value, 'at')).toThrow(/^at must/);
});

it.each([
  ['component:ledger', 'component:default/ledger'],
  ['Component:Default/Ledger', 'component:default/ledger'],
])('reads the entity ref %s', (value, expected) => {
  expect(readEntityRefParam(value)).toBe(expected);
});

it.each([
  ['ledger'],
  [''],
  [undefined],
  ['component:a/b/c'],
  ['a:b:c'],
  [['x:y']],
  ['component:../x'],
])('refuses the entity ref %p', value => {
  expect(() => readEntityRefParam(value)).toThrow('entityRef must be');
});

const options = { now: Date.UTC(2026, 0), defaultDays: 14, maxDays: 92 };

it('reads a window, from now on without one', () => {
  expect(readWindowParams({}, options)).toEqual({
    from: Date.UTC(2026, 0, 1),
    to: Date.UTC(2026, 0, 15),
  });
});

it.each([
  [
    { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    'to must come after from',
  ],
  [
    { from: '2026-02-01T00:00:00Z', to: '2026-02-01T00:00:00Z' },
    'to must come after from',
  ],
  [
    { from: '2026-02-01T00:00:00Z', to: '2026-08-01T00:00:00Z' },
    'longer than 92 days',
  ],
  [{ from: '1026-02-01T00:00:00Z' }, 'from must lie between 1970 and 2100'],
])('refuses the window %p', (query, message) => {
  expect(() => readWindowParams(query, options)).toThrow(message);
});

const override = {
  schedule: 'payments',
  type: 'replace',
  person: 'ines',
  with: 'user:default/tomas',
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-02T00:00:00Z',
};

it('reads an override', () => {
  expect(readOverride(override, NOW)).toEqual({
    scheduleRef: 'oncallschedule:default/payments',
    type: 'replace',
    person: 'user:default/ines',
    with: 'user:default/tomas',
    from: Date.UTC(2026, 0, 1),
    to: Date.UTC(2026, 0, 2),
  });
});

it.each<[object, string]>([
  [{ schedule: 'user:x' }, 'schedule must be'],
  [{ type: 'swap' }, 'type must be'],
  [{ person: 'group:x' }, 'person must be a user'],
  [{ with: undefined }, 'with must be a user'],
  [{ with: 'ines' }, 'with must be somebody else'],
  [{ type: 'remove' }, 'with is only for type replace'],
  [{ to: '2026-01-01T00:00:00Z' }, 'to must come after from'],
  [{ to: '2028-01-01T00:00:00Z' }, 'at most 366 days'],
  [{ level: 0 }, 'level must be'],
  [{ level: '1' }, 'level must be'],
  [{ reason: 'x'.repeat(501) }, 'reason must be'],
  [{ reason: 'a\0b' }, 'reason holds characters'],
  [{ reason: 'half \ud800' }, 'reason holds characters'],
  [{ colour: 'red' }, 'colour is not known'],
])('refuses an override with %p', (part, message) => {
  expect(() => readOverride({ ...override, ...part }, NOW)).toThrow(message);
});

it('refuses bodies, schedules and ids that are none', () => {
  expect(() => readBody([], [])).toThrow('must be a JSON object');
  expect(() => readScheduleRef(undefined, 'schedule')).toThrow('schedule must');
  expect(() => readUuid("1'; drop table", 'id')).toThrow('id must be an id');
});
