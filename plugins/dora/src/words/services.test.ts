import { ServiceFigures } from '@pavedroad/plugin-dora-common';
import { fullMetrics } from '../__testUtils__/responses';
import { noteTitle } from './notes';
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
