import { identityApiRef } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { metricsResponse } from '../__testUtils__/responses';
import { DoraApi, doraApiRef } from '../api/DoraApi';
import { deliveryRouteRef } from '../routes';
import { DeliveryWidget } from './DeliveryWidget';

function show(
  ownershipEntityRefs: string[],
  servicesOf: Record<string, number>,
) {
  const getMetrics = jest.fn<
    ReturnType<DoraApi['getMetrics']>,
    Parameters<DoraApi['getMetrics']>
  >(async ({ entityRef }) => ({
    ...metricsResponse(),
    scope: { entityRef, services: servicesOf[entityRef ?? ''] ?? 0 },
    sampleData: true,
  }));
  renderInTestApp(<DeliveryWidget />, {
    apis: [
      [doraApiRef, { getMetrics } as unknown as DoraApi],
      [
        identityApiRef,
        mockApis.identity({
          userEntityRef: 'user:default/ines.duarte',
          ownershipEntityRefs,
        }),
      ],
    ],
    mountedRoutes: { '/delivery': deliveryRouteRef },
  });
  return getMetrics;
}

describe('DeliveryWidget', () => {
  it('answers for the smallest group of the viewer that has services', async () => {
    show(
      [
        'user:default/ines.duarte',
        'group:default/fernhill',
        'group:default/payments',
        'group:default/book-club',
      ],
      { 'group:default/fernhill': 27, 'group:default/payments': 6 },
    );
    expect(
      await screen.findByText('Payments, last 90 days'),
    ).toBeInTheDocument();
    expect(screen.getAllByRole('listitem')).toHaveLength(3);
    expect(screen.getByText('Sample data')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'All figures' })).toHaveAttribute(
      'href',
      '/delivery?scope=group%3Adefault%2Fpayments',
    );
  });
});
