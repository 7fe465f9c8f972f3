import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { CatalogSearchResult } from './CatalogSearchResult';

const result = {
  title: 'Ledger',
  text: 'Keeps the books',
  location: '/catalog/default/component/ledger',
  kind: 'Component',
  type: 'service',
  lifecycle: 'production',
  owner: 'group:default/payments',
};

describe('CatalogSearchResult', () => {
  it('says what was found and whose it is, by names', async () => {
    renderInTestApp(<CatalogSearchResult result={result} />);
    expect(await screen.findByRole('link', { name: 'Ledger' })).toHaveAttribute(
      'href',
      '/catalog/default/component/ledger',
    );
    expect(screen.getByText('Keeps the books')).toBeInTheDocument();
    expect(
      screen.getByText('Component, service, production; owned by payments'),
    ).toBeInTheDocument();
  });

  it('leaves out what is not known', async () => {
    renderInTestApp(
      <CatalogSearchResult
        result={{ title: 'Payments', text: '', location: '/x' }}
      />,
    );
    await screen.findByRole('link', { name: 'Payments' });
    expect(screen.queryByText(/owned by/)).not.toBeInTheDocument();
  });
});
