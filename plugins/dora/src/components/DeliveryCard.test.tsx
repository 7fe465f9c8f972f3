import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  entityRouteRef,
  EntityProvider,
} from '@backstage/plugin-catalog-react';
import { screen } from '@testing-library/react';
import { metricsResponse } from '../__testUtils__/responses';
import { DoraApi, doraApiRef } from '../api/DoraApi';
import { DeliveryCard } from './DeliveryCard';

function show(kind: string, services: number) {
  const getMetrics = jest.fn().mockResolvedValue({
    ...metricsResponse(),
    scope: { services },
  });
  renderInTestApp(
    <EntityProvider
      entity={{
        apiVersion: 'backstage.io/v1alpha1',
        kind,
        metadata: { name: `checkout-${services}`, namespace: 'default' },
      }}
    >
      <DeliveryCard />
    </EntityProvider>,
    {
      apis: [[doraApiRef, { getMetrics } as unknown as DoraApi]],
      mountedRoutes: { '/catalog/:namespace/:kind/:name': entityRouteRef },
    },
  );
  return getMetrics;
}

describe('DeliveryCard', () => {
  it('answers for the entity, says what changed, and leads to its tab', async () => {
    const getMetrics = show('System', 3);
    expect(
      await screen.findByText('checkout-3, last 90 days'),
    ).toBeInTheDocument();
    expect(getMetrics).toHaveBeenCalledWith(
      expect.objectContaining({ entityRef: 'system:default/checkout-3' }),
    );
    expect(
      screen.getAllByRole('listitem').map(item => item.textContent),
    ).toEqual([
      expect.stringMatching(/within 1\sh 30\smin\.Changed beyond chance: sho/),
      // What did not change is not spoken of.
      expect.stringMatching(/1\.4 a day\.$/),
      expect.stringMatching(/failed in production\.$/),
    ]);
    expect(screen.getByRole('link', { name: 'All figures' })).toHaveAttribute(
      'href',
      '/catalog/default/system/checkout-3/delivery',
    );
  });

  it('says so where nothing belongs to the entity', async () => {
    show('Group', 0);
    expect(
      await screen.findByText('No components belong to it.'),
    ).toBeInTheDocument();
  });
});
