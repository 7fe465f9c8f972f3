import {
  changeSearch,
  comparisonOf,
  readViewState,
  windowOf,
} from './viewState';

const now = new Date('2026-03-10T23:30:00Z');
const read = (search: string) =>
  readViewState(new URLSearchParams(search), now, 'Europe/Lisbon');

describe('readViewState', () => {
  it('defaults to the last 90 days of production in the zone of the reader', () => {
    expect(read('')).toEqual({
      tab: 'overview',
      comparison: 'before',
      compareFrom: '2025-09-12',
      compareUntil: '2025-12-10',
      scope: undefined,
      preset: '90d',
      from: '2025-12-11',
      until: '2026-03-10',
      interval: 'week',
      environment: 'production',
      timeZone: 'Europe/Lisbon',
      outcome: undefined,
      kind: undefined,
      failureData: false,
      rework: false,
      attempts: false,
      deployment: undefined,
      incident: undefined,
      sort: 'name',
      descending: false,
      search: '',
      benchmarks: '2025',
    });
  });

  it('takes today from the zone that is asked for', () => {
    expect(read('timeZone=Asia/Tokyo').until).toBe('2026-03-11');
  });

  it.each([
    ['range=30d', { preset: '30d', from: '2026-02-09', interval: 'day' }],
    ['range=365d', { preset: '365d', from: '2025-03-11', interval: 'month' }],
    ['range=month', { from: '2026-03-01', until: '2026-03-10' }],
    ['range=last-month', { from: '2026-02-01', until: '2026-02-28' }],
    ['range=last-quarter', { from: '2025-10-01', until: '2025-12-31' }],
    ['range=730d', { from: '2024-03-11', interval: 'month' }],
    ['range=365d&interval=day', { interval: 'day' }],
    [
      'from=2026-01-01&until=2026-01-01',
      {
        preset: undefined,
        from: '2026-01-01',
        until: '2026-01-01',
        interval: 'day',
      },
    ],
    [
      'incident=component:default/ledger /pager INC 7',
      {
        incident: {
          serviceRef: 'component:default/ledger',
          id: '/pager INC 7',
        },
      },
    ],
    ['incident=INC-7', { incident: undefined }],
    ['scope=group:default/payments', { scope: 'group:default/payments' }],
    [
      'kind=rollback&outcome=failed&attempts=true',
      { kind: 'rollback', outcome: 'failed', attempts: true },
    ],
    ['failureData=true&rework=true', { failureData: true, rework: true }],
    [
      'from=2026-02-01&until=2026-02-28&compare=year',
      {
        comparison: 'year',
        compareFrom: '2025-02-01',
        compareUntil: '2025-02-28',
      },
    ],
    [
      'compareFrom=2025-01-01&compareUntil=2025-01-31',
      {
        comparison: 'dates',
        compareFrom: '2025-01-01',
        compareUntil: '2025-01-31',
      },
    ],
    [
      'compareScope=group:default/payments',
      { comparison: 'scope', compareScope: 'group:default/payments' },
    ],
    [
      'tab=services&sort=changeFailRate&order=desc&search=pay',
      {
        tab: 'services',
        sort: 'changeFailRate',
        descending: true,
        search: 'pay',
      },
    ],
    ['benchmarks=2023', { benchmarks: '2023' }],
    ['failureData=no', { failureData: false, rework: false }],
    [
      'environment=prod-eu&deployment=d1',
      { environment: 'prod-eu', deployment: 'd1' },
    ],
  ])('reads %s', (search, expected) => {
    expect(read(search)).toMatchObject(expected);
  });

  it.each([
    'range=forever',
    'from=2026-02-01&until=2026-01-01',
    'from=2026-02-30&until=2026-03-01',
    'from=2026-02-01',
    'timeZone=Mars/Olympus',
    'interval=hour&kind=x&outcome=y',
    'tab=x&sort=x&compare=x&benchmarks=2019',
    'compareFrom=2026-02-01&compareUntil=2026-01-01',
  ])('falls back where %s makes no sense', search => {
    expect(read(search)).toEqual(read(''));
  });
});

it('asks for whole days, the last one included', () => {
  expect(windowOf({ from: '2026-02-27', until: '2026-02-28' })).toEqual({
    from: '2026-02-27',
    to: '2026-03-01',
  });
});

it.each([
  ['', {}],
  [
    'compareFrom=2025-01-01&compareUntil=2025-01-31',
    { compareFrom: '2025-01-01', compareTo: '2025-02-01' },
  ],
  [
    'compareScope=group:default/payments',
    { compareEntityRef: 'group:default/payments' },
  ],
])('asks for the comparison of "%s"', (search, expected) => {
  expect(comparisonOf(read(search))).toEqual(expected);
});

describe('changeSearch', () => {
  const change = (search: string, changed: object) =>
    changeSearch(new URLSearchParams(search), changed).toString();

  it('keeps what it does not know and forgets what is set back', () => {
    expect(change('other=1&kind=change', { kind: undefined })).toBe('other=1');
  });

  it('lets one comparison replace another', () => {
    expect(change('compareScope=a', { compare: 'year' })).toBe('compare=year');
    expect(
      change('compare=year', { compareFrom: 'a', compareUntil: 'b' }),
    ).toBe('compareFrom=a&compareUntil=b');
    expect(change('compareFrom=a&compareUntil=b', { compare: undefined })).toBe(
      '',
    );
  });

  it('lets a preset and dates replace each other', () => {
    expect(change('from=a&until=b', { range: '30d' })).toBe('range=30d');
    expect(change('range=30d', { from: 'a', until: 'b' })).toBe(
      'from=a&until=b',
    );
  });
});
