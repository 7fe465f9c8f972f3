import { render, screen, waitFor } from '@testing-library/react';
import { rememberRow, rowAttribute, useReturnToRow } from './returnToRow';

function Rows({ ids }: { ids?: string[] }) {
  useReturnToRow(ids);
  return (
    <ul>
      {ids?.map(id => (
        <li key={id} {...rowAttribute(id)}>
          <a href={`/${id}`}>{id}</a>
        </li>
      ))}
    </ul>
  );
}

beforeAll(() => {
  // A browser has it; the test's document does not.
  globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS;
});

it('brings a reader who comes back to the row of what was looked at, once', async () => {
  rememberRow('d2');
  const { rerender, unmount } = render(<Rows />);
  rerender(<Rows ids={['d1', 'd2']} />);
  await waitFor(() =>
    expect(screen.getByRole('link', { name: 'd2' })).toHaveFocus(),
  );
  unmount();
  render(<Rows ids={['d1', 'd2']} />);
  await new Promise(resolve => {
    setTimeout(resolve, 20);
  });
  expect(screen.getByRole('link', { name: 'd2' })).not.toHaveFocus();
});

it('moves nobody whose row is not there', async () => {
  rememberRow('gone');
  render(<Rows ids={['d1']} />);
  await new Promise(resolve => {
    setTimeout(resolve, 20);
  });
  expect(document.body).toHaveFocus();
});
