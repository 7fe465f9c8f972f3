import { ReactNode } from 'react';
import { act, renderHook } from '@testing-library/react';
import { MemoryRouter, useLocation } from 'react-router-dom';
import { useViewState, useZoneInAddress } from './useViewState';

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

describe('an address that names no zone', () => {
  const opened = (route: string) =>
    renderHook(
      () => {
        useZoneInAddress();
        return { ...useViewState(), location: useLocation() };
      },
      { wrapper: at(route) },
    ).result;

  it.each([
    ['/delivery', '?timeZone=Europe%2FLisbon', ''],
    [
      '/delivery?tab=data-quality&timeZone=Nowhere%2FAtAll#what-to-connect',
      '?tab=data-quality&timeZone=Europe%2FLisbon',
      '#what-to-connect',
    ],
    [
      '/delivery?timeZone=Asia%2FTokyo&range=30d',
      '?timeZone=Asia%2FTokyo&range=30d',
      '',
    ],
  ])(
    'gets that of its reader, so that a copy shows the same: %s',
    (route, search, hash) => {
      zone = 'Europe/Lisbon';
      const first = opened(route);
      expect(first.current.location).toMatchObject({ search, hash });

      zone = 'Asia/Kolkata';
      const { pathname } = first.current.location;
      expect(opened(`${pathname}${search}`).current.state).toEqual(
        first.current.state,
      );
    },
  );
});
