import { appThemeApiRef } from '@backstage/frontend-plugin-api';
import {
  createExtensionTester,
  TestApiProvider,
} from '@backstage/frontend-test-utils';
import { ThemeBlueprint } from '@backstage/plugin-app-react';
import CircularProgress from '@material-ui/core/CircularProgress';
import LinearProgress from '@material-ui/core/LinearProgress';
import Typography from '@material-ui/core/Typography';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Suspense, useState } from 'react';
import { darkThemeExtension, lightThemeExtension } from './themes';

const { theme } = ThemeBlueprint.dataRefs;
const themes = [
  createExtensionTester(lightThemeExtension).get(theme),
  createExtensionTester(darkThemeExtension).get(theme),
];

/** The system, which turns dark when it is told to. */
function systemPreference() {
  const listeners = new Set<(event: object) => void>();
  const query = {
    matches: false,
    addEventListener: (_: string, listener: (event: object) => void) =>
      listeners.add(listener),
    removeEventListener: (_: string, listener: (event: object) => void) =>
      listeners.delete(listener),
    addListener: (listener: (event: object) => void) => listeners.add(listener),
    removeListener: (listener: (event: object) => void) =>
      listeners.delete(listener),
  };
  window.matchMedia = () => query as unknown as MediaQueryList;
  return (dark: boolean) => {
    query.matches = dark;
    listeners.forEach(listener => listener(query));
  };
}

/** Settings in which a theme is chosen, or none. */
function themeChoice(chosen?: string) {
  return {
    getInstalledThemes: () => themes,
    getActiveThemeId: () => chosen,
    activeThemeId$: () => ({ subscribe: () => ({ unsubscribe() {} }) }),
    setActiveThemeId: () => {},
  };
}

async function renderPage(chosen?: string, page = <input aria-label="Name" />) {
  const { Provider } = themes[0];
  render(
    <TestApiProvider apis={[[appThemeApiRef, themeChoice(chosen) as never]]}>
      <Provider>{page}</Provider>
    </TestApiProvider>,
  );
  return screen.findByRole('textbox', { name: 'Name' });
}

const mode = () => document.body.getAttribute('data-theme-mode');

it('has one provider for both themes, or a page would be made anew when the system turns dark', () => {
  expect(themes.map(({ id }) => id)).toEqual(['light', 'dark']);
  expect(themes[0].Provider).toBe(themes[1].Provider);
});

it('follows the system and keeps what was typed', async () => {
  const turn = systemPreference();
  const field = await renderPage();
  expect(mode()).toBe('light');
  await userEvent.type(field, 'gift-cards');
  act(() => turn(true));
  expect(mode()).toBe('dark');
  expect(field).toHaveValue('gift-cards');
  expect(field).toBeInTheDocument();
});

it('has the colours of the time of day, also where parts of the page did not come', async () => {
  const never = new Promise<void>(() => {});
  const Waiting = (): never => {
    throw never;
  };
  /** Asks for one part more with each click. None comes, and what was begun of it is thrown away. */
  const Parts = () => {
    const [count, setCount] = useState(0);
    return (
      <>
        <button onClick={() => setCount(count + 1)}>More</button>
        {Array.from({ length: count }, (_, index) => (
          <Suspense key={index} fallback={null}>
            <Typography color="primary">A part</Typography>
            <Waiting />
          </Suspense>
        ))}
      </>
    );
  };
  const turn = systemPreference();
  await renderPage(
    undefined,
    <>
      <input aria-label="Name" />
      <Typography color="primary">Platform</Typography>
      <Parts />
    </>,
  );
  const colour = () => getComputedStyle(screen.getByText('Platform')).color;
  const more = () => userEvent.click(screen.getByText('More'));
  const day = colour();
  await more();
  act(() => turn(true));
  const night = colour();
  expect(night).not.toBe(day);
  await more();
  for (const dark of [false, true, false]) {
    act(() => turn(dark));
    expect(colour()).toBe(dark ? night : day);
  }
});

it.each(['light', 'dark'])('is %s where that is chosen', async chosen => {
  systemPreference()(chosen === 'light');
  await renderPage(chosen);
  expect(mode()).toBe(chosen);
});

it('names progress that stock pages leave nameless, and leaves names that are there', async () => {
  systemPreference();
  await renderPage(
    undefined,
    <>
      <input aria-label="Name" />
      <CircularProgress />
      <LinearProgress />
      <CircularProgress aria-label="Loading the rotation" />
    </>,
  );
  expect(screen.getAllByRole('progressbar', { name: 'Progress' })).toHaveLength(
    2,
  );
  expect(
    screen.getByRole('progressbar', { name: 'Loading the rotation' }),
  ).toBeInTheDocument();
});
