import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Link, Text } from '@backstage/ui';
import type {
  MyShiftsAnswer,
  OnCallContact,
} from '@pavedroad/plugin-oncall-common';
import {
  EmptyState,
  ErrorState,
  LoadingSkeleton,
  Section,
  StatusBadge,
  formatPlural,
  formatRelative,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { useState } from 'react';

import { rootRouteRef } from '../../routes';
import changeStyles from '../changes/changes.module.css';
import { ChangesProvider, useChanges } from '../changes/ChangesProvider';
import { joinAcrossBreaks, type ShiftToChange } from '../changes/drafts';
import { HandoverPanel } from '../handover/HandoverPanel';
import { keepingPlace } from '../placeOfFocus';
import { useNow } from '../When';
import { formatInterval, namesOrNobody, partsOf } from '../words';
import { CalendarsSection } from './CalendarsSection';
import {
  handoverSchedules,
  isForGood,
  myDutiesOf,
  type MyShift,
} from './myDuties';
import { useMyShifts } from './useMyShifts';

/** Shifts listed at once. */
const SHOWN = 20;

const keyOf = (shift: MyShift) =>
  `${shift.scheduleRef} ${shift.level} ${shift.from}`;

/** The shifts of the reader: now, next, the list, calendars, and the notes that concern them. */
export function MyShiftsTab() {
  return (
    <ChangesProvider>
      <MyShifts />
    </ChangesProvider>
  );
}

function MyShifts() {
  const { data, error, reload } = useMyShifts();
  return (
    <Flex direction="column" gap="4">
      {error ? (
        <ErrorState
          action="Your shifts could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && !error ? (
        <LoadingSkeleton rows={6} rowHeight={36} label="Loading your shifts" />
      ) : undefined}
      {data ? <Shifts answer={data} /> : undefined}
      <CalendarsSection />
    </Flex>
  );
}

function Shifts(props: { answer: MyShiftsAnswer }) {
  const { answer } = props;
  const { start } = useChanges();
  const now = useNow();
  const { current, next } = myDutiesOf(answer, now.getTime());
  const [shown, setShown] = useState(SHOWN);
  const coming = joinAcrossBreaks(
    answer.shifts.filter(shift => Date.parse(shift.to) > now.getTime()),
    shift =>
      [
        shift.scheduleRef,
        shift.level,
        shift.override ?? `${shift.layer} ${shift.turn}`,
      ].join(' '),
  );
  return (
    <>
      <Section
        title={headlineOf(current, next, now)}
        actions={
          <Button
            variant="secondary"
            onPress={() => start({ kind: 'holiday-cover' })}
          >
            I am away
          </Button>
        }
      >
        <Flex direction="column" gap="3">
          {current.map(shift => (
            <div key={keyOf(shift)}>
              <StatusBadge level="warning">You are on call</StatusBadge>
              <ShiftWords shift={shift} me={answer.person.ref} />
            </div>
          ))}
          {next ? (
            <div>
              <StatusBadge level="info">
                {`Next, ${formatRelative(next.from, now)}`}
              </StatusBadge>
              <ShiftWords shift={next} me={answer.person.ref} />
            </div>
          ) : undefined}
          {!next && current.length === 0 ? (
            <EmptyState
              title="No shifts"
              description="You are on call on no schedule in the next three months. Who is, and when, stands in the timeline."
              action={<TimelineLink>Open the timeline</TimelineLink>}
            />
          ) : undefined}
        </Flex>
      </Section>
      {coming.length > 0 ? (
        <Section
          title="Your shifts"
          subtitle={`${formatPlural(
            coming.length,
            'shift',
          )} in the next three months, times in ${viewerTimeZone()}`}
        >
          <ul className={changeStyles.list} aria-label="Your shifts">
            {coming.slice(0, shown).map(shift => (
              <li key={keyOf(shift)}>
                <div className={changeStyles.grow}>
                  <ShiftWords
                    shift={shift}
                    me={answer.person.ref}
                    whole={shift}
                  />
                </div>
                <ShiftActions answer={answer} shift={shift} />
              </li>
            ))}
          </ul>
          {coming.length > shown ? (
            <Button
              variant="secondary"
              onPress={() => keepingPlace(() => setShown(shown + SHOWN))}
            >{`Show more of ${formatPlural(coming.length, 'shift')}`}</Button>
          ) : undefined}
        </Section>
      ) : undefined}
      {handoverSchedules(answer, now.getTime()).map(
        ({ scheduleRef, title }) => (
          <HandoverPanel
            key={scheduleRef}
            scheduleRef={scheduleRef}
            title={title}
          />
        ),
      )}
    </>
  );
}

/** The answer in words, first of all. Pure. */
export function headlineOf(
  current: MyShift[],
  next: MyShift | undefined,
  now: Date,
): string {
  if (current.length > 0) {
    return 'You are on call now';
  }
  return next
    ? `You are on call ${formatRelative(next.from, now)}`
    : 'You are not on call';
}

function ShiftWords(props: {
  shift: MyShift;
  /** The reader. */
  me: string;
  /** What a shift that a layer above cuts comes to. */
  whole?: { breaks: number; seconds: number };
}) {
  const { shift, me, whole } = props;
  const zone = viewerTimeZone();
  const isGood = isForGood(shift, Date.now());
  const own = formatInterval(shift, zone);
  const there = formatInterval(shift, shift.timeZone);
  const others = (people: readonly OnCallContact[]) =>
    people.filter(({ ref }) => ref !== me);
  const [previous, next] = [others(shift.previous), others(shift.next)];
  return (
    <>
      <Text as="div" variant="body-medium" weight="bold">
        {isGood ? 'For good' : `${own} ${zone}`}
        {!isGood && whole && whole.breaks > 0 ? `: ${partsOf(whole)}` : ''}
      </Text>
      <Text as="div" variant="body-medium">
        {shift.title}, {shift.levelName}
        {shift.replaces ? `, in place of ${shift.replaces.displayName}` : ''}
      </Text>
      <Text as="div" variant="body-small" color="secondary">
        {[
          previous.length > 0 && `Taken over from ${namesOrNobody(previous)}.`,
          next.length > 0 && `Handed over to ${namesOrNobody(next)}.`,
          // Two zones with the same clock at that time are told once.
          !isGood && there !== own && `${there} ${shift.timeZone}`,
        ]
          .filter(Boolean)
          .join(' ')}
      </Text>
    </>
  );
}

function ShiftActions(props: { answer: MyShiftsAnswer; shift: MyShift }) {
  const { answer, shift } = props;
  const { start } = useChanges();
  if (!shift.editable) {
    return undefined;
  }
  const subject: ShiftToChange = {
    scheduleRef: shift.scheduleRef,
    scheduleTitle: shift.title,
    timeZone: shift.timeZone,
    level: shift.level,
    levelName: shift.levelName,
    person: answer.person,
    ...(shift.replaces ? { standsFor: shift.replaces.ref } : {}),
    from: shift.from,
    to: shift.to,
  };
  const what = `${shift.title}, ${formatInterval(shift, viewerTimeZone())}`;
  return (
    <Flex gap="2">
      <Button
        size="small"
        variant="secondary"
        aria-label={`Give away: ${what}`}
        onPress={() => start({ kind: 'give-shift', shift: subject })}
      >
        Give away
      </Button>
      <Button
        size="small"
        variant="secondary"
        aria-label={`Swap: ${what}`}
        onPress={() => start({ kind: 'swap', shift: subject })}
      >
        Swap
      </Button>
    </Flex>
  );
}

function TimelineLink(props: { children: string }) {
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  return <Link href={`${root}/timeline`}>{props.children}</Link>;
}
