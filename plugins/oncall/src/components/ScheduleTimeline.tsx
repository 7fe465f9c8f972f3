import { useApi } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import type {
  CoverageAnswer,
  ShiftsAnswer,
} from '@pavedroad/plugin-oncall-common';
import {
  ErrorState,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  formatDateTime,
  formatPlural,
  useAsyncData,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { useMemo, useState } from 'react';

import { onCallApiRef } from '../api';
import styles from './styles.module.css';
import { colourStyle } from './timeline/rows';

const DAY = 86_400_000;
const DAYS = 14;

/** The next two weeks of a schedule: a lane for each level with gaps in red, and the same as a table. */
export function ScheduleTimeline(props: {
  scheduleRef: string;
  title: string;
  /** What the levels are called, first called first. */
  levelNames: string[];
}) {
  const { scheduleRef, title, levelNames } = props;
  const api = useApi(onCallApiRef);
  const [window] = useState(() => {
    const from = new Date();
    from.setMinutes(0, 0, 0);
    return {
      from: from.toISOString(),
      to: new Date(from.getTime() + DAYS * DAY).toISOString(),
    };
  });
  const { data, error, reload } = useAsyncData(
    `oncall-timeline-${scheduleRef}-${window.from}`,
    async () => {
      const [shifts, coverage] = await Promise.all([
        api.shifts(scheduleRef, window),
        api.coverage(scheduleRef, window),
      ]);
      return { scheduleRef, shifts, coverage };
    },
  );
  const current = data?.scheduleRef === scheduleRef ? data : undefined;
  return (
    <Section
      title={`Next two weeks: ${title}`}
      actions={
        current?.shifts.schedule.sampleData ? <SampleDataBadge /> : undefined
      }
      subtitle={`Times in ${viewerTimeZone()}`}
    >
      {error ? (
        <ErrorState
          action="The shifts could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!current && !error ? (
        <LoadingSkeleton rows={3} rowHeight={36} label="Loading shifts" />
      ) : undefined}
      {current ? (
        <Lanes
          shifts={current.shifts}
          coverage={current.coverage}
          levelNames={levelNames}
          from={Date.parse(window.from)}
          to={Date.parse(window.to)}
        />
      ) : undefined}
    </Section>
  );
}

function Lanes(props: {
  shifts: ShiftsAnswer;
  coverage: CoverageAnswer;
  levelNames: string[];
  from: number;
  to: number;
}) {
  const { shifts, coverage, levelNames, from, to } = props;
  const report = coverage.schedules[0];
  const gaps = useMemo(() => report?.gaps ?? [], [report]);
  const place = (item: { from: string; to: string }) => ({
    left: `${((Date.parse(item.from) - from) / (to - from)) * 100}%`,
    width: `${
      ((Date.parse(item.to) - Date.parse(item.from)) / (to - from)) * 100
    }%`,
  });
  // A name in less room than this is a stray letter.
  const isWide = (item: { from: string; to: string }) =>
    (Date.parse(item.to) - Date.parse(item.from)) / (to - from) > 0.06;
  return (
    <div className={styles.timeline}>
      <Text as="div" variant="body-medium">
        {gaps.length === 0
          ? 'Somebody is on call on every level throughout.'
          : `${formatPlural(
              gaps.length,
              'gap',
            )}: at these times a level has nobody on call.`}
      </Text>
      {levelNames.map((name, index) => (
        <div key={name}>
          <Text as="div" variant="body-small" color="secondary">
            {name}
          </Text>
          <div className={styles.lane} aria-hidden="true">
            {shifts.shifts
              .filter(shift => shift.level === index + 1)
              .map(shift => (
                <div
                  key={`${shift.person.ref}-${shift.from}`}
                  className={styles.shift}
                  style={{ ...colourStyle(shift.person.ref), ...place(shift) }}
                  title={`${shift.person.displayName}, ${formatDateTime(
                    shift.from,
                  )} to ${formatDateTime(shift.to)}`}
                >
                  {isWide(shift) ? shift.person.displayName : undefined}
                </div>
              ))}
            {gaps
              .filter(gap => gap.level === index + 1)
              .map(gap => (
                <div
                  key={gap.from}
                  className={styles.gap}
                  style={place(gap)}
                  title={`Nobody, ${formatDateTime(
                    gap.from,
                  )} to ${formatDateTime(gap.to)}`}
                >
                  {isWide(gap) ? 'Nobody' : undefined}
                </div>
              ))}
          </div>
        </div>
      ))}
      <div className={styles.axis} aria-hidden="true">
        {[0, 4, 8, 12].map(day => (
          <span key={day} style={{ left: `${(day / DAYS) * 100}%` }}>
            {new Intl.DateTimeFormat(undefined, {
              day: 'numeric',
              month: 'short',
            }).format(from + day * DAY)}
          </span>
        ))}
      </div>
      <details className={styles.details}>
        <summary>As a table</summary>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Level</th>
              <th scope="col">Who</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
            </tr>
          </thead>
          <tbody>
            {[
              ...shifts.shifts.map(shift => ({
                ...shift,
                who: shift.person.displayName,
              })),
              ...gaps.map(gap => ({ ...gap, who: 'Nobody' })),
            ]
              .sort(
                (a, b) =>
                  a.level - b.level || Date.parse(a.from) - Date.parse(b.from),
              )
              .map(row => (
                <tr key={`${row.level}-${row.who}-${row.from}`}>
                  <td>{levelNames[row.level - 1] ?? row.level}</td>
                  <td>{row.who}</td>
                  <td>{formatDateTime(row.from)}</td>
                  <td>{formatDateTime(row.to)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}
