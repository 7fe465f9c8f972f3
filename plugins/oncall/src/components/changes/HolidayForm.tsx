import { useApi } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import {
  MAX_CHANGE_OVERRIDES,
  type ChangeRequest,
} from '@pavedroad/plugin-oncall-common';
import {
  ErrorState,
  formatDurationSeconds,
  formatPlural,
  LoadingSkeleton,
  StatusBadge,
  useAsyncData,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { DateTime } from 'luxon';
import { useState } from 'react';

import { onCallApiRef } from '../../api';
import { formatInterval } from '../words';
import { PersonSelect, useReport } from './ChangeForm';
import {
  clip,
  coverOf,
  proposeCover,
  remainderOf,
  stretchesToCover,
  type ShiftToChange,
} from './drafts';
import { problemOf, TimesFields } from './TimesFields';
import styles from './changes.module.css';

const WEEK = 604_800_000;
/** Weeks before and after the holiday in which it is counted what everybody carries. */
const WEEKS_AROUND = 4;
/** As long as the API tells shifts at once. */
const MOST_DAYS = 92;

/** Asks when somebody is away, and proposes for each of their shifts who stands in. */
export function HolidayForm(props: {
  me: { ref: string };
  onChange: (request: ChangeRequest | undefined) => void;
}) {
  const { onChange } = props;
  const api = useApi(onCallApiRef);
  const zone = viewerTimeZone();
  const [now] = useState(() => Date.now());
  const [times, setTimes] = useState<{
    from: string | undefined;
    to: string | undefined;
  }>(() => {
    // The whole of next week, by default: somebody who plans a holiday seldom means today.
    const monday = DateTime.fromMillis(now, { zone })
      .startOf('week')
      .plus({ weeks: 1 });
    return {
      from: monday.toUTC().toISO() ?? undefined,
      to: monday.plus({ weeks: 1 }).toUTC().toISO() ?? undefined,
    };
  });
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const { from, to } = times;
  const tooLong =
    from && to && Date.parse(to) - Date.parse(from) > MOST_DAYS * 86_400_000;
  const window =
    from && to && !problemOf(times) && !tooLong ? { from, to } : undefined;

  const { data, error, reload } = useAsyncData(
    window && `oncall-holiday-${window.from}-${window.to}`,
    async () => {
      const around = {
        from: new Date(
          Date.parse(window?.from ?? '') - WEEKS_AROUND * WEEK,
        ).toISOString(),
        to: new Date(
          Date.parse(window?.to ?? '') + WEEKS_AROUND * WEEK,
        ).toISOString(),
      };
      const { person, shifts } = await api.myShifts(
        window ?? { from: '', to: '' },
      );
      const schedules = await Promise.all(
        [...new Set(shifts.map(({ scheduleRef }) => scheduleRef))].map(ref =>
          api.shifts(ref, around),
        ),
      );
      const pieces = shifts.flatMap(found => {
        const shift: ShiftToChange = {
          scheduleRef: found.scheduleRef,
          scheduleTitle: found.title,
          timeZone: found.timeZone,
          level: found.level,
          levelName: found.levelName,
          person,
          ...(found.replaces ? { standsFor: found.replaces.ref } : {}),
          from: found.from,
          to: found.to,
        };
        const part = window && clip(remainderOf(found, now), window);
        return part
          ? [
              {
                ...part,
                shift,
                editable: found.editable,
                layer: found.layer,
                turn: found.turn,
                override: found.override,
              },
            ]
          : [];
      });
      const own = stretchesToCover(
        pieces,
        schedules.flatMap(({ schedule, shifts: all }) =>
          all.flatMap(found =>
            found.replaces === person.ref
              ? [{ ...found, scheduleRef: schedule.ref }]
              : [],
          ),
        ),
      ).map(stretch => ({
        shift: stretch.shift,
        times: { from: stretch.from, to: stretch.to },
        editable: stretch.editable,
        seconds: stretch.seconds,
      }));
      // Whoever takes turns on the level of the shift comes first; the rest of the schedule where there is nobody else.
      const candidates = Object.fromEntries(
        schedules.map(({ schedule, shifts: all }) => {
          const levels = new Set(
            own
              .filter(({ shift }) => shift.scheduleRef === schedule.ref)
              .map(({ shift }) => shift.level),
          );
          const others = all.filter(
            found => found.person.ref !== person.ref && !found.person.hidden,
          );
          const same = others.filter(({ level }) => levels.has(level));
          return [
            schedule.ref,
            [
              ...new Set(
                (same.length > 0 ? same : others).map(
                  found => found.person.ref,
                ),
              ),
            ],
          ];
        }),
      );
      return {
        key: `${window?.from} ${window?.to}`,
        fixed: own.filter(({ editable }) => !editable),
        proposal: proposeCover(
          own.filter(({ editable }) => editable),
          schedules.flatMap(({ shifts: all }) =>
            all.map(found => ({
              person: found.person.ref,
              from: found.from,
              to: found.to,
            })),
          ),
          candidates,
        ),
      };
    },
  );
  // The answer for other times stays in memory for a moment when they change.
  const current =
    window && data?.key === `${window.from} ${window.to}` ? data : undefined;
  const assignments = (current?.proposal ?? []).map(item => ({
    ...item,
    stand: chosen[keyOf(item)] ?? item.stand,
  }));
  const request = coverOf(assignments);
  const tooMany = request.overrides.length > MAX_CHANGE_OVERRIDES;
  useReport(
    request.overrides.length > 0 && !tooMany ? request : undefined,
    onChange,
  );

  return (
    <>
      <Text as="div" variant="body-medium">
        Say when you are away: somebody is proposed for each of your shifts,
        whoever carries least in the weeks around and is free.
      </Text>
      <TimesFields
        {...times}
        timeZone={zone}
        zoneIs="your zone"
        onChange={setTimes}
      />
      {tooLong ? (
        <Text as="div" variant="body-small" color="danger" role="alert">
          At most {MOST_DAYS} days at once.
        </Text>
      ) : undefined}
      {tooMany ? (
        <Text as="div" variant="body-small" color="danger" role="alert">
          At most {MAX_CHANGE_OVERRIDES} shifts are covered at once: choose a
          shorter time, and cover the rest after it.
        </Text>
      ) : undefined}
      {error ? (
        <ErrorState
          action="Your shifts could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {window && !current && !error ? (
        <LoadingSkeleton
          rows={2}
          rowHeight={36}
          label="Looking for your shifts"
        />
      ) : undefined}
      {current && assignments.length === 0 && current.fixed.length === 0 ? (
        <StatusBadge level="good">
          You have no shifts in this time: nothing to cover
        </StatusBadge>
      ) : undefined}
      {assignments.length > 0 ? (
        <>
          <Text as="div" variant="body-medium" weight="bold">
            {formatPlural(assignments.length, 'shift')} to cover
          </Text>
          <ul className={styles.list} aria-label="Shifts to cover">
            {assignments.map(item => (
              <li key={keyOf(item)}>
                <div className={`${styles.grow} ${styles.assignment}`}>
                  <span>
                    {item.shift.scheduleTitle}, {item.shift.levelName}
                    <Text as="div" variant="body-small" color="secondary">
                      {formatInterval(item.times, item.shift.timeZone)}{' '}
                      {item.shift.timeZone}
                      {isCut(item)
                        ? `: ${formatDurationSeconds(item.seconds)} in all`
                        : ''}
                    </Text>
                  </span>
                  <PersonSelect
                    label="Who stands in"
                    schedule={item.shift}
                    value={item.stand}
                    without={[
                      item.shift.person.ref,
                      item.shift.standsFor ?? '',
                    ]}
                    onChange={ref =>
                      setChosen({ ...chosen, [keyOf(item)]: ref })
                    }
                  />
                </div>
              </li>
            ))}
          </ul>
        </>
      ) : undefined}
      {current && current.fixed.length > 0 ? (
        <div>
          <StatusBadge level="warning">
            {`${formatPlural(
              current.fixed.length,
              'shift',
            )} you cannot change yourself`}
          </StatusBadge>
          <Text as="div" variant="body-small" color="secondary">
            Ask the group that owns the schedule:{' '}
            {[
              ...new Set(current.fixed.map(({ shift }) => shift.scheduleTitle)),
            ].join(', ')}
            .
          </Text>
        </div>
      ) : undefined}
    </>
  );
}

/** Whether somebody else has parts of it. */
function isCut(item: {
  times: { from: string; to: string };
  seconds: number;
}): boolean {
  const { from, to } = item.times;
  return item.seconds * 1000 < Date.parse(to) - Date.parse(from);
}

function keyOf(item: { shift: ShiftToChange; times: { from: string } }) {
  return `${item.shift.scheduleRef} ${item.shift.level} ${item.times.from}`;
}
