import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
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
  change: (change: ViewChange) => void;
  hrefOf: (change: ViewChange, fragment?: string) => string;
} {
  const [search, setSearch] = useSearchParams();
  const state = useMemo(
    () => readViewState(search, new Date(), viewerTimeZone()),
    [search],
  );
  const change = useCallback(
    (changed: ViewChange) =>
      setSearch(current => changeSearch(current, changed), { replace: true }),
    [setSearch],
  );
  const hrefOf = useCallback(
    (changed: ViewChange, fragment = '') =>
      `?${changeSearch(search, changed)}${fragment}`,
    [search],
  );
  return { state, change, hrefOf };
}
