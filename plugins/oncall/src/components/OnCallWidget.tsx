import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { ErrorState, LoadingSkeleton, StatusBadge } from '@pavedroad/portal-ui';

import { rootRouteRef } from '../routes';
import { isForGood, myDutiesOf, type MyShift } from './shifts/myDuties';
import { useMyShifts } from './shifts/useMyShifts';
import { useNow, When } from './When';

const keyOf = (shift: MyShift) =>
  `${shift.scheduleRef} ${shift.level} ${shift.from}`;

/** "You are on call until …", which shift is next, or that there is none. */
export function OnCallWidget() {
  const root = useRouteRef(rootRouteRef)?.();
  const now = useNow().getTime();
  const { data, error, reload } = useMyShifts();
  if (error) {
    return (
      <ErrorState
        action="Your shifts could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!data) {
    return <LoadingSkeleton rows={2} label="Loading your shifts" />;
  }
  const { current, next } = myDutiesOf(data, now);
  return (
    <Flex direction="column" gap="3">
      {current.map(shift => (
        <div key={keyOf(shift)}>
          <StatusBadge level="warning">You are on call</StatusBadge>
          <Text as="div" variant="body-medium">
            {shift.title}, {shift.levelName}
            {isForGood(shift, now) ? (
              ', for good'
            ) : (
              <>
                {', until '}
                <When value={shift.to} scheduleZone={shift.timeZone} />
              </>
            )}
          </Text>
        </div>
      ))}
      {next ? (
        <div>
          <StatusBadge level="info">Your next shift</StatusBadge>
          <Text as="div" variant="body-medium">
            {next.title}, {next.levelName}
            {', from '}
            <When value={next.from} scheduleZone={next.timeZone} />
          </Text>
        </div>
      ) : undefined}
      {current.length === 0 && !next ? (
        <Text as="div" variant="body-medium">
          You are not on call in the next three months.
        </Text>
      ) : undefined}
      {root ? (
        <Flex gap="4">
          <Link href={`${root}/my-shifts`}>Your shifts</Link>
          <Link href={root}>Everybody on call</Link>
        </Flex>
      ) : undefined}
    </Flex>
  );
}
