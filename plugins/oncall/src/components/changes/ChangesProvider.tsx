import { identityApiRef, useApi } from '@backstage/frontend-plugin-api';
import { ErrorState, useAsyncData } from '@pavedroad/portal-ui';
import {
  createContext,
  useContext,
  useMemo,
  useState,
  type ReactNode,
} from 'react';

import { placeOfFocus } from '../placeOfFocus';
import { ChangeDialog } from './ChangeDialog';
import type { ChangeDraft } from './drafts';

type Changes = {
  /**
   * Opens the dialog. Once it is closed the focus goes back to where it is now, or where `returnFocus` brings it: the shift that was changed
   * may be somebody else's by then.
   */
  start: (draft: ChangeDraft, returnFocus?: () => void) => void;
  /** The signed-in user; absent until known. */
  me?: string;
  /** The user and the groups the user belongs to. */
  mine?: readonly string[];
};

const Context = createContext<Changes>({ start: () => {} });

/** Lets everything within begin a change; the dialog stands here, so that it outlives what opened it. */
export function ChangesProvider(props: { children: ReactNode }) {
  const identityApi = useApi(identityApiRef);
  const { data, error, reload } = useAsyncData('oncall-identity', () =>
    identityApi.getBackstageIdentity(),
  );
  const [begun, setBegun] = useState<{
    draft: ChangeDraft;
    returnFocus: () => void;
  }>();
  const me = data?.userEntityRef;
  const mine = data?.ownershipEntityRefs;
  const value = useMemo(
    () => ({
      start: (draft: ChangeDraft, returnFocus = placeOfFocus()) =>
        setBegun({ draft, returnFocus }),
      ...(me ? { me } : {}),
      ...(me && mine ? { mine: [me, ...mine] } : {}),
    }),
    [me, mine],
  );
  return (
    <Context.Provider value={value}>
      {error && !data ? (
        <ErrorState
          action="Who you are could not be found out, so shifts cannot be changed from here"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {props.children}
      {begun && me ? (
        <ChangeDialog
          draft={begun.draft}
          me={{ ref: me }}
          onClose={() => {
            setBegun(undefined);
            begun.returnFocus();
          }}
        />
      ) : undefined}
    </Context.Provider>
  );
}

/** See {@link ChangesProvider}. */
export function useChanges(): Changes {
  return useContext(Context);
}
