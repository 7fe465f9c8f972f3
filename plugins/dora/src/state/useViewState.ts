import { useCallback, useEffect, useMemo } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router-dom';
import { viewerTimeZone } from '@pavedroad/portal-ui';
import {
  changeSearch,
  readViewState,
  ViewChange,
  ViewState,
} from './viewState';

/** The view as the address says it, a way to change it, and addresses of changed views for links. */
export function useViewState(): {
  state: ViewState;
  /** Each change is a step that the browser's back button undoes, unless it replaces the one before (while typing). */
  change: (change: ViewChange, options?: { replace?: boolean }) => void;
  hrefOf: (change: ViewChange, fragment?: string) => string;
} {
  const [search, setSearch] = useSearchParams();
  const state = useMemo(
    () => readViewState(search, new Date(), viewerTimeZone()),
    [search],
  );
  const { timeZone } = state;
  // The zone with every choice: whoever opens the address elsewhere sees the same days.
  const change = useCallback(
    (changed: ViewChange, { replace = false } = {}) =>
      setSearch(current => changeSearch(current, { timeZone, ...changed }), {
        replace,
      }),
    [setSearch, timeZone],
  );
  const hrefOf = useCallback(
    (changed: ViewChange, fragment = '') =>
      `?${changeSearch(search, { timeZone, ...changed })}${fragment}`,
    [search, timeZone],
  );
  return { state, change, hrefOf };
}

/**
 * Puts the reader's time zone in an address that names none, without a step of its own: days begin in it, so whoever opens a copy of the
 * address elsewhere would see other numbers.
 */
export function useZoneInAddress(): void {
  const navigate = useNavigate();
  const { search, hash } = useLocation();
  const { timeZone } = useViewState().state;
  useEffect(() => {
    const parameters = new URLSearchParams(search);
    if (parameters.get('timeZone') !== timeZone) {
      const named = changeSearch(parameters, { timeZone });
      navigate({ search: `?${named}`, hash }, { replace: true });
    }
  }, [navigate, search, hash, timeZone]);
}
