import { ServiceFigures } from '@pavedroad/plugin-dora-common';
import { arrangeServices } from './services';

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
