import { ServiceFigures } from '@pavedroad/plugin-dora-common';
import { fullMetrics } from '../__testUtils__/responses';
import { countedWords, noteTitle } from './notes';
import { arrangeServices, serviceCsvRows } from './services';

const services = ['payments-api', 'ledger', 'payment-webhooks'].map(
  name => ({ entityRef: `component:default/${name}` } as ServiceFigures),
);

describe('searching services', () => {
  it.each([
    ['Payments API', ['payments-api']],
    ['payment', ['payment-webhooks', 'payments-api']],
    [' LEDGER ', ['ledger']],
    ['', ['ledger', 'payment-webhooks', 'payments-api']],
    ['nothing of the kind', []],
  ])('finds by "%s"', (search, names) => {
    expect(
      arrangeServices(services, {
        search,
        sort: 'name',
        descending: false,
      }).map(({ entityRef }) => entityRef.replace(/.*\//, '')),
    ).toEqual(names);
  });
});

const refs = Array.from({ length: 25 }, (_, i) => `component:default/s${i}`);

it('has of each service what is missing behind its numbers in its row', () => {
  const rows = serviceCsvRows(
    refs.map(entityRef => ({
      entityRef,
      metrics: fullMetrics,
      sampleData: false,
    })),
    [
      { code: 'facts_pending', services: refs.slice(0, 2), count: 2 },
      { code: 'beyond_retention', services: [refs[1]], since: '2026-05-10' },
    ],
  );
  expect(rows.map(row => row.data_quality).slice(0, 3)).toEqual([
    'facts_pending',
    'facts_pending beyond_retention:2026-05-10',
    '',
  ]);
});

it.each([
  [refs.slice(0, 20), 25, 'Events of 25 services are still being counted'],
  [refs.slice(0, 1), 1, 'Events of s0 are still being counted'],
])('counts the services of a note that names %j', (named, count, words) => {
  expect(noteTitle({ code: 'facts_pending', services: named, count })).toBe(
    words,
  );
});

describe('as of when numbers are', () => {
  const since = '2026-05-10T12:00:30.000Z';
  const pending = (waitedSeconds: number) => [
    {
      code: 'facts_pending' as const,
      services: refs.slice(0, 1),
      count: 1,
      since,
      waitedSeconds,
    },
  ];

  it('is said of events that are late, in the zone of the view', () => {
    expect(noteTitle(pending(60)[0], 'Asia/Tokyo')).toMatch(
      /^Events of s0 are still being counted; the numbers are as of May 10, 2026, 9:00.PM$/,
    );
    expect(countedWords(pending(60), 'Asia/Tokyo')).toBeUndefined();
  });

  it('is said in passing of events that are counted as soon as ever', () => {
    expect(countedWords(pending(2), 'Asia/Tokyo')).toMatch(
      /^Everything that arrived by May 10, 2026, 9:00.PM is counted\. Events of s0 came in the last seconds, and are being counted\.$/,
    );
  });

  it.each([
    ['others are late', pending(60)[0]],
    [
      'others are read anew',
      { code: 'facts_pending' as const, services: refs.slice(1, 3) },
    ],
    [
      'others could not be counted',
      { code: 'facts_failed' as const, services: refs.slice(1, 3) },
    ],
  ])('is said of those alone that came just now, when %s', (_, other) => {
    expect(countedWords([other, ...pending(2)], 'Asia/Tokyo')).toMatch(
      /^Of s0, everything that arrived by May 10, 2026, 9:00.PM is counted; what came in the last seconds is being counted\.$/,
    );
  });

  it('is not said when everything is counted, or all is read anew', () => {
    expect(countedWords([], 'UTC')).toBeUndefined();
    expect(
      countedWords([{ code: 'facts_pending', services: refs }], 'UTC'),
    ).toBeUndefined();
  });
});
