import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import { ListChange, ListState, readListState } from './listState';
import { changeSearch, ViewChange } from './viewState';

/** What narrows the lists, as the address says it, and a way to change it together with the rest of the view. */
export function useListState(): {
  list: ListState;
  /** One change is one step: the address takes no second one before the first is done. */
  changeList: (
    change: ListChange & ViewChange,
    options?: { replace?: boolean },
  ) => void;
} {
  const [search, setSearch] = useSearchParams();
  const list = useMemo(() => readListState(search), [search]);
  const changeList = useCallback(
    (change: ListChange & ViewChange, { replace = false } = {}) =>
      setSearch(current => changeSearch(current, change), { replace }),
    [setSearch],
  );
  return { list, changeList };
}
