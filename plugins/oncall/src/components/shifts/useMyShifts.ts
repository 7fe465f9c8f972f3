import { useApi } from '@backstage/frontend-plugin-api';
import { useAsyncData } from '@pavedroad/portal-ui';

import { onCallApiRef } from '../../api';

/** As far ahead as the API tells shifts at once. */
const DAYS_AHEAD = 91;

/** The shifts of the reader that run now or begin in the next three months, renewed every minute. */
export function useMyShifts() {
  const api = useApi(onCallApiRef);
  return useAsyncData(
    'oncall-my-shifts',
    () => {
      const now = Date.now();
      return api.myShifts({
        from: new Date(now).toISOString(),
        to: new Date(now + DAYS_AHEAD * 86_400_000).toISOString(),
      });
    },
    { refreshSeconds: 60 },
  );
}
