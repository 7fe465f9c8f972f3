import {
  identityApiRef,
  useApi,
  useRouteRef,
} from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import type { EverybodyNow } from '@pavedroad/plugin-oncall-common';
import {
  ErrorState,
  LoadingSkeleton,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';

import { onCallApiRef } from '../api';
import { rootRouteRef } from '../routes';
import { When } from './When';

type Duty = {
  key: string;
  title: string;
  timeZone: string;
  level: string;
  /** On call now, or only next. */
  now: boolean;
  /** The end of the shift now, or the start of the next. */
  at?: string;
};

/** "You are on call until …", "you are next", or that you are neither. */
export function OnCallWidget() {
  const api = useApi(onCallApiRef);
  const identity = useApi(identityApiRef);
  const onCallPage = useRouteRef(rootRouteRef);
  const { data, error, reload } = useAsyncData(
    'oncall-mine',
    async () => {
      const [everybody, { userEntityRef }] = await Promise.all([
        api.everybodyNow(),
        identity.getBackstageIdentity(),
      ]);
      return dutiesOf(everybody, userEntityRef);
    },
    { refreshSeconds: 60 },
  );
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
  return (
    <Flex direction="column" gap="3">
      {data.length === 0 ? (
        <Text as="div" variant="body-medium">
          You are not on call, and not next on any schedule.
        </Text>
      ) : undefined}
      {data.map(duty => (
        <div key={duty.key}>
          <StatusBadge level={duty.now ? 'warning' : 'info'}>
            {duty.now ? 'You are on call' : 'You are next'}
          </StatusBadge>
          <Text as="div" variant="body-medium">
            {duty.title}, {duty.level}
            {duty.at ? (
              <>
                {duty.now ? ', until ' : ', from '}
                <When value={duty.at} scheduleZone={duty.timeZone} />
              </>
            ) : undefined}
          </Text>
        </div>
      ))}
      {onCallPage ? (
        <Link href={onCallPage()}>Everybody on call</Link>
      ) : undefined}
    </Flex>
  );
}

/** When a user is on call or next, those on call first. Pure. */
export function dutiesOf(everybody: EverybodyNow, userRef: string): Duty[] {
  const duties = everybody.schedules.flatMap(({ schedule, levels }) =>
    levels.flatMap((level): Duty[] => {
      const common = {
        key: `${schedule.ref} ${level.level}`,
        title: schedule.title,
        timeZone: schedule.timeZone,
        level: level.name,
      };
      const me = level.people.find(person => person.ref === userRef);
      if (me) {
        return [
          { ...common, now: true, ...(me.until ? { at: me.until } : {}) },
        ];
      }
      return level.next?.people.some(person => person.ref === userRef)
        ? [{ ...common, now: false, at: level.next.from }]
        : [];
    }),
  );
  return duties.sort((a, b) => Number(b.now) - Number(a.now));
}
