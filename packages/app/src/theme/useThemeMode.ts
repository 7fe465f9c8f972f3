import { appThemeApiRef, useApi } from '@backstage/frontend-plugin-api';
import { useMemo, useSyncExternalStore } from 'react';

const PREFERS_DARK = '(prefers-color-scheme: dark)';

/** What is chosen in the settings, else what the system prefers; follows both. */
export function useThemeMode(): 'light' | 'dark' {
  const api = useApi(appThemeApiRef);
  const chosen = useSyncExternalStore(
    useMemo(
      () => (changed: () => void) => {
        const subscription = api.activeThemeId$().subscribe(changed);
        return () => subscription.unsubscribe();
      },
      [api],
    ),
    () => api.getActiveThemeId(),
  );
  const prefersDark = useSyncExternalStore(
    changed => {
      const query = window.matchMedia(PREFERS_DARK);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => window.matchMedia(PREFERS_DARK).matches,
  );
  const theme = api.getInstalledThemes().find(({ id }) => id === chosen);
  return theme?.variant ?? (prefersDark ? 'dark' : 'light');
}
