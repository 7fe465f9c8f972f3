import { act, renderHook } from '@testing-library/react';

import { useLightPrint } from './useLightPrint';

const mode = () => document.body.dataset.themeMode;
const tell = (name: 'beforeprint' | 'afterprint') =>
  act(() => {
    window.dispatchEvent(new Event(name));
  });

beforeEach(() => {
  document.body.dataset.themeMode = 'dark';
});

it('prints in light colours, and shows the screen its own again', () => {
  const { unmount } = renderHook(() => useLightPrint());
  tell('beforeprint');
  expect(mode()).toBe('light');
  tell('afterprint');
  expect(mode()).toBe('dark');
  unmount();
});

it.each<[string, () => void | Promise<void>, string | undefined]>([
  ['the browser says twice that it begins', () => tell('beforeprint'), 'dark'],
  [
    'the app turns light meanwhile',
    async () => {
      document.body.dataset.themeMode = 'light';
      await Promise.resolve();
    },
    'light',
  ],
  [
    'the app turns to another mode meanwhile',
    async () => {
      document.body.dataset.themeMode = 'contrast';
      await Promise.resolve();
      expect(mode()).toBe('light');
    },
    'contrast',
  ],
  [
    'the app turns to another mode at the last moment',
    () => {
      document.body.dataset.themeMode = 'contrast';
    },
    'contrast',
  ],
])('leaves what the app wants when %s', async (_, happens, wanted) => {
  const { unmount } = renderHook(() => useLightPrint());
  tell('beforeprint');
  await happens();
  tell('afterprint');
  expect(mode()).toBe(wanted);
  unmount();
});

it('leaves nothing where there was nothing', () => {
  delete document.body.dataset.themeMode;
  const { unmount } = renderHook(() => useLightPrint());
  tell('beforeprint');
  tell('afterprint');
  expect(document.body).not.toHaveAttribute('data-theme-mode');
  unmount();
});

it('leaves nothing behind when the page is left while it is printed', () => {
  const { unmount } = renderHook(() => useLightPrint());
  tell('beforeprint');
  unmount();
  expect(mode()).toBe('dark');
  tell('beforeprint');
  expect(mode()).toBe('dark');
});
