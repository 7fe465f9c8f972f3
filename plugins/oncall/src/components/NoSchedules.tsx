import { useRouteRef } from '@backstage/frontend-plugin-api';
import { ButtonLink } from '@backstage/ui';
import { EmptyState } from '@pavedroad/portal-ui';

import { rootRouteRef } from '../routes';

/** What stands where schedules would: how to make the first. */
export function NoSchedules() {
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  return (
    <EmptyState
      title="There are no on-call schedules yet"
      description="A schedule says who is called first, who next, and when it changes. It belongs to a group and is kept as code; once it is merged, it shows here within a minute."
      action={
        <ButtonLink variant="primary" href={`${root}/schedules/new`}>
          New schedule
        </ButtonLink>
      }
    />
  );
}
