import { ReactNode } from 'react';
import { act, renderHook } from '@testing-library/react';
import { MemoryRouter, useLocation } from 'react-router-dom';
import { useViewState } from './useViewState';

let zone = 'Europe/Lisbon';

jest.mock('@pavedroad/portal-ui', () => ({
  ...jest.requireActual('@pavedroad/portal-ui'),
  viewerTimeZone: () => zone,
}));

const at =
  (route: string) =>
  ({ children }: { children: ReactNode }) =>
    (
      <MemoryRouter
        initialEntries={[route]}
        future={{ v7_startTransition: true, v7_relativeSplatPath: true }}
      >
        {children}
      </MemoryRouter>
    );

const view = (route: string) =>
  renderHook(() => ({ ...useViewState(), search: useLocation().search }), {
    wrapper: at(route),
  });

describe('the address of a view', () => {
  it('names the zone with every choice, so that it shows the same elsewhere', () => {
    zone = 'Europe/Lisbon';
    const { result } = view('/delivery');
    expect(
      new URLSearchParams(result.current.hrefOf({ tab: 'services' })),
    ).toEqual(
      new URLSearchParams({ timeZone: 'Europe/Lisbon', tab: 'services' }),
    );

    act(() =>
      result.current.change({ from: '2026-05-01', until: '2026-05-31' }),
    );
    const { search } = result.current;

    zone = 'Asia/Kolkata';
    expect(view(`/delivery${search}`).result.current.state).toMatchObject({
      from: '2026-05-01',
      until: '2026-05-31',
      timeZone: 'Europe/Lisbon',
    });
  });

  it('lets a zone be chosen, and taken back', () => {
    zone = 'Europe/Lisbon';
    const { result } = view('/delivery');

    act(() => result.current.change({ timeZone: 'Asia/Tokyo' }));
    expect(result.current.state.timeZone).toBe('Asia/Tokyo');

    act(() => result.current.change({ timeZone: undefined }));
    expect(result.current.state.timeZone).toBe('Europe/Lisbon');
  });
});
