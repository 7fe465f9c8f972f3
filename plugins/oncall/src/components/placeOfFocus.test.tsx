import { fireEvent, render, screen, waitFor } from '@testing-library/react';

import { placeOfFocus } from './placeOfFocus';

const page = (names: string[]) => (
  <section aria-label="Pages">
    <ul aria-label="Open pages">
      {names.map(name => (
        <li key={name}>
          <button>{name}</button>
        </li>
      ))}
    </ul>
  </section>
);
/** Long enough for the place to be looked for. */
const settled = () => new Promise(resolve => setTimeout(resolve, 500));

it('leaves the focus where it is', async () => {
  render(page(['a', 'b']));
  screen.getByText('a').focus();
  const back = placeOfFocus();
  screen.getByText('b').focus();
  back();
  await settled();
  expect(screen.getByText('b')).toHaveFocus();
});

it('gives it to the list once what had it is gone, for as long as it stays', async () => {
  const { rerender } = render(page(['a', 'b']));
  screen.getByText('a').focus();
  const back = placeOfFocus();
  rerender(page(['b']));
  expect(document.body).toHaveFocus();
  back();
  const list = screen.getByRole('list', { name: 'Open pages' });
  await waitFor(() => expect(list).toHaveFocus());
  screen.getByText('b').focus();
  expect(list).not.toHaveAttribute('tabindex');
});

it('finds what went a moment later, and what lies further out', async () => {
  const { rerender } = render(page(['a']));
  screen.getByText('a').focus();
  const back = placeOfFocus();
  back();
  // As when an answer was on its way already.
  await new Promise(resolve => setTimeout(resolve, 1_000));
  expect(screen.getByText('a')).toHaveFocus();
  rerender(<section aria-label="Pages">None</section>);
  await waitFor(() =>
    expect(screen.getByRole('region', { name: 'Pages' })).toHaveFocus(),
  );
});

it('goes near what was pressed last, whatever is still looked for', async () => {
  const lists = (changes: string[]) => (
    <>
      <div role="grid" aria-label="Shifts">
        <button>shift</button>
      </div>
      <ul aria-label="Changes">
        {changes.map(name => (
          <li key={name}>
            <button>{name}</button>
          </li>
        ))}
      </ul>
    </>
  );
  const { rerender } = render(lists(['a', 'b']));
  screen.getByText('shift').focus();
  placeOfFocus()();
  await new Promise(resolve => setTimeout(resolve, 100));
  screen.getByText('a').focus();
  const back = placeOfFocus();
  rerender(lists(['b']));
  // As while an answer is on its way.
  await new Promise(resolve => setTimeout(resolve, 100));
  expect(document.body).toHaveFocus();
  back();
  await waitFor(() =>
    expect(screen.getByRole('list', { name: 'Changes' })).toHaveFocus(),
  );
});

it('leaves who points elsewhere alone', async () => {
  const { rerender } = render(page(['a', 'b']));
  screen.getByText('a').focus();
  const back = placeOfFocus();
  back();
  fireEvent.pointerDown(document.body);
  rerender(page(['b']));
  await settled();
  expect(document.body).toHaveFocus();
});

it('waits for a button that is disabled for a moment', async () => {
  const button = (isDisabled: boolean) => (
    <div aria-label="Around" role="group">
      <button disabled={isDisabled}>Undo</button>
    </div>
  );
  const { rerender } = render(button(false));
  screen.getByText('Undo').focus();
  const back = placeOfFocus();
  rerender(button(true));
  // As browsers do.
  screen.getByText('Undo').blur();
  back();
  await new Promise(resolve => setTimeout(resolve, 60));
  rerender(button(false));
  await waitFor(() => expect(screen.getByText('Undo')).toHaveFocus());
});

it('passes over a control that stays disabled', async () => {
  const field = (isDisabled: boolean) => (
    <fieldset aria-label="Notes" disabled={isDisabled}>
      <div aria-label="Around" role="group">
        <input aria-label="Note" />
      </div>
    </fieldset>
  );
  const { rerender } = render(<main>{field(false)}</main>);
  screen.getByLabelText('Note').focus();
  const back = placeOfFocus();
  rerender(<main>{field(true)}</main>);
  // As browsers do.
  screen.getByLabelText('Note').blur();
  back();
  await waitFor(() =>
    expect(screen.getByRole('group', { name: 'Around' })).toHaveFocus(),
  );
  expect(screen.getByLabelText('Note')).not.toHaveAttribute('tabindex');
});
