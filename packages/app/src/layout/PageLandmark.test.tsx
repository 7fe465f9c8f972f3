import { render, screen, waitFor } from '@testing-library/react';
import { PageLandmark } from './PageLandmark';

it('is the main landmark of a page without one', () => {
  render(
    <PageLandmark appTitle="Paved Road">
      <h1>Catalog</h1>
    </PageLandmark>,
  );
  expect(screen.getByRole('main')).toContainElement(
    screen.getByRole('heading', { name: 'Catalog' }),
  );
});

it('steps back for a page that brings one, also later, and the hidden title is in a region', async () => {
  const title = (
    <div className="bui-VisuallyHidden">
      <h1>Catalog</h1>
    </div>
  );
  const { rerender } = render(
    <PageLandmark appTitle="Paved Road">{title}</PageLandmark>,
  );
  rerender(
    <PageLandmark appTitle="Paved Road">
      {title}
      <main>Content</main>
    </PageLandmark>,
  );
  await waitFor(() =>
    expect(screen.getByRole('main')).toHaveTextContent(/^Content$/),
  );
  expect(screen.getByRole('region')).toContainElement(
    screen.getByRole('heading', { name: 'Catalog' }),
  );
});

it('takes away pointers to panels that do not exist, and leaves the others', () => {
  render(
    <PageLandmark appTitle="Paved Road">
      <div role="tablist">
        <button role="tab" aria-controls="nowhere">
          One
        </button>
        <button role="tab" aria-controls="panel">
          Two
        </button>
      </div>
      <div role="tabpanel" id="panel" />
    </PageLandmark>,
  );
  expect(screen.getByRole('tab', { name: 'One' })).not.toHaveAttribute(
    'aria-controls',
  );
  expect(screen.getByRole('tab', { name: 'Two' })).toHaveAttribute(
    'aria-controls',
    'panel',
  );
});

describe('the title of the document', () => {
  const page = (heading: string) => (
    <PageLandmark appTitle="Paved Road">
      <h2 aria-level={1}>{heading}</h2>
    </PageLandmark>
  );

  it('names the page that is open where nobody else did', async () => {
    document.title = 'Ledger | Overview | Paved Road';
    const { rerender } = render(page('ledger'));
    expect(document.title).toBe('Ledger | Overview | Paved Road');
    rerender(page('Delivery'));
    await waitFor(() => expect(document.title).toBe('Delivery | Paved Road'));
    rerender(page('On call'));
    await waitFor(() => expect(document.title).toBe('On call | Paved Road'));
  });

  it('follows a heading that changes, with a count of notifications before the title', async () => {
    document.title = 'Catalog | Paved Road';
    const { rerender } = render(page('Loading'));
    await waitFor(() => expect(document.title).toBe('Loading | Paved Road'));
    document.title = '(2) Loading | Paved Road';
    rerender(page('Ledger'));
    await waitFor(() => expect(document.title).toBe('Ledger | Paved Road'));
  });

  it('is left to a page that names itself', async () => {
    document.title = 'Paved Road';
    const { rerender } = render(page('Documentation'));
    expect(document.title).toBe('Documentation | Paved Road');
    document.title = 'Ledger | Paved Road';
    rerender(page('Documents'));
    await screen.findByRole('heading', { name: 'Documents' });
    await Promise.resolve();
    expect(document.title).toBe('Ledger | Paved Road');
  });
});
