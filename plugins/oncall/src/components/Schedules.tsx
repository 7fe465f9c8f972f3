import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { Button, Text, useBreakpoint } from '@backstage/ui';
import type {
  EverybodyNow,
  ServiceCoverage,
} from '@pavedroad/plugin-oncall-common';
import {
  formatDurationSeconds,
  formatPlural,
  SampleDataBadge,
  StatusBadge,
} from '@pavedroad/portal-ui';

import { GapNotice } from './GapNotice';
import { Contacts, LevelList, namesOf, PersonName } from './LevelList';
import { PageButton } from './now/PageButton';
import styles from './styles.module.css';
import { When } from './When';
import { calledFirst } from './words';

/** One schedule of the page. */
export type ScheduleRow = EverybodyNow['schedules'][number] & {
  /** Services that were searched for, and that it answers for. */
  found?: ServiceCoverage[];
};

/** Services found by a search that are named below their schedule. */
const FOUND_SHOWN = 5;

type SchedulesProps = {
  rows: ScheduleRow[];
  chosen: string | undefined;
  onChoose: (scheduleRef: string) => void;
  /** Whether to say of each schedule that it is of the sample organisation; not where that is said of all. */
  markSamples: boolean;
};

/** The schedules: a table where there is room, a list on a telephone. */
export function Schedules(props: SchedulesProps) {
  const { up } = useBreakpoint();
  return up('md') ? <ScheduleTable {...props} /> : <ScheduleList {...props} />;
}

function ScheduleName(props: { row: ScheduleRow; markSamples: boolean }) {
  const { schedule, services, found } = props.row;
  return (
    <>
      <Text as="div" variant="body-medium" weight="bold">
        {schedule.provider === 'native' ? (
          <EntityRefLink
            entityRef={schedule.ref}
            defaultKind="oncallschedule"
            title={schedule.title}
            hideIcon
            disableTooltip
          />
        ) : (
          schedule.title
        )}
      </Text>
      <Text as="div" variant="body-small" color="secondary">
        {schedule.ownerRef ? (
          <>
            <EntityRefLink
              entityRef={schedule.ownerRef}
              defaultKind="group"
              hideIcon
              disableTooltip
            />
            {', '}
          </>
        ) : undefined}
        {formatPlural(services, 'service')}, {schedule.timeZone}
      </Text>
      {found && found.length > 0 ? (
        <Text as="div" variant="body-small" className={styles.matched}>
          <span>Answers for</span>
          {found.slice(0, FOUND_SHOWN).map(({ entityRef, title }) => (
            <EntityRefLink
              key={entityRef}
              entityRef={entityRef}
              title={title}
              hideIcon
              disableTooltip
            />
          ))}
          {found.length > FOUND_SHOWN
            ? `and ${formatPlural(
                found.length - FOUND_SHOWN,
                'more service',
              )} that you searched for`
            : undefined}
        </Text>
      ) : undefined}
      {schedule.stale ? (
        <StatusBadge level="warning">
          The provider fails; this is{' '}
          {formatDurationSeconds(schedule.ageSeconds ?? 0)} old
        </StatusBadge>
      ) : undefined}
      {schedule.sampleData && props.markSamples ? (
        <SampleDataBadge />
      ) : undefined}
    </>
  );
}

/** What can be done about a schedule from here. */
function RowActions(props: {
  row: ScheduleRow;
  chosen: string | undefined;
  onChoose: (scheduleRef: string) => void;
}) {
  const { ref, title, provider } = props.row.schedule;
  const open = props.chosen === ref;
  const called = props.row.levels.find(level => level.people.length > 0);
  return (
    <div className={styles.rowActions}>
      {called || provider !== 'native' ? (
        <PageButton
          scheduleRef={ref}
          title={title}
          people={called?.people ?? []}
        />
      ) : undefined}
      {provider === 'native' ? (
        <>
          <Button
            size="small"
            variant="secondary"
            aria-expanded={open}
            aria-label={`Next two weeks of ${title}`}
            onPress={() => props.onChoose(ref)}
          >
            Two weeks
          </Button>
        </>
      ) : undefined}
    </div>
  );
}

/** The schedules in a table, a row for each level. */
export function ScheduleTable(props: SchedulesProps) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Schedule</th>
          <th scope="col">Level</th>
          <th scope="col">On call</th>
          <th scope="col">Until</th>
          <th scope="col">Next</th>
        </tr>
      </thead>
      {props.rows.map(row => {
        const first = row.levels.findIndex(level => level.people.length > 0);
        return (
          <tbody key={row.schedule.ref}>
            {row.levels.length === 0 ? (
              <tr>
                <ScheduleCell row={row} {...props} />
                <td colSpan={4}>
                  {row.reason ? (
                    <GapNotice coverage={row.coverage} reason={row.reason} />
                  ) : undefined}
                </td>
              </tr>
            ) : undefined}
            {row.levels.map((level, index) => (
              <tr key={level.level}>
                {index === 0 ? (
                  <ScheduleCell row={row} {...props} />
                ) : undefined}
                <td>
                  {level.name}
                  {index === first && index > 0 ? (
                    <Text as="div" variant="body-small" weight="bold">
                      {calledFirst(row.levels.slice(0, index))}
                    </Text>
                  ) : undefined}
                </td>
                <td>
                  {level.people.length === 0 && row.reason ? (
                    <GapNotice coverage={row.coverage} reason={row.reason} />
                  ) : undefined}
                  <ul className={styles.plain}>
                    {level.people.map(person => (
                      <li key={person.ref}>
                        <PersonName person={person} />
                        {person.hidden ? undefined : (
                          <Contacts person={person} later={index > first} />
                        )}
                      </li>
                    ))}
                  </ul>
                </td>
                <td>
                  {level.until ? (
                    <When
                      value={level.until}
                      scheduleZone={row.schedule.timeZone}
                    />
                  ) : (
                    'No change in sight'
                  )}
                </td>
                <td>{level.next ? namesOf(level.next.people) : ''}</td>
              </tr>
            ))}
          </tbody>
        );
      })}
    </table>
  );
}

function ScheduleCell(props: SchedulesProps & { row: ScheduleRow }) {
  return (
    <th
      scope="rowgroup"
      className={styles.scheduleCell}
      rowSpan={Math.max(1, props.row.levels.length)}
    >
      <ScheduleName row={props.row} markSamples={props.markSamples} />
      <RowActions
        row={props.row}
        chosen={props.chosen}
        onChoose={props.onChoose}
      />
    </th>
  );
}

/** The schedules in a list, with all that the card of an entity shows. */
export function ScheduleList(props: SchedulesProps) {
  return (
    <ul className={styles.cards} aria-label="Schedules">
      {props.rows.map(row => (
        <li key={row.schedule.ref}>
          <div>
            <ScheduleName row={row} markSamples={props.markSamples} />
          </div>
          {row.reason ? (
            <GapNotice coverage={row.coverage} reason={row.reason} />
          ) : undefined}
          <LevelList levels={row.levels} timeZone={row.schedule.timeZone} />
          <RowActions
            row={row}
            chosen={props.chosen}
            onChoose={props.onChoose}
          />
        </li>
      ))}
    </ul>
  );
}
