import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { ButtonLink, SearchField, Text, useBreakpoint } from '@backstage/ui';
import type { EverybodyNow } from '@pavedroad/plugin-oncall-common';
import {
  EmptyState,
  ErrorState,
  FilterBar,
  formatPlural,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useState } from 'react';

import { onCallApiRef } from '../../api';
import { rootRouteRef } from '../../routes';
import shared from '../styles.module.css';
import { NoSchedules } from '../NoSchedules';
import { namesOrNobody } from '../words';
import { AskOwner } from './AskOwner';
import { schedulePath } from './schedulePath';
import styles from './schedules.module.css';

type Row = EverybodyNow['schedules'][number];

/** Every schedule: whose, in which zone, with which levels, and whether somebody is on call. */
export function ScheduleList() {
  const api = useApi(onCallApiRef);
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  const [search, setSearch] = useState('');
  const { up } = useBreakpoint();
  const { data, error, reload } = useAsyncData('oncall-everybody', () =>
    api.everybodyNow(),
  );
  const words = search.trim().toLocaleLowerCase();
  const rows = (data?.schedules ?? [])
    .filter(row =>
      [row.schedule.title, row.schedule.ref, row.schedule.ownerRef]
        .join(' ')
        .toLocaleLowerCase()
        .includes(words),
    )
    .sort((a, b) => a.schedule.title.localeCompare(b.schedule.title));
  const create = (
    <ButtonLink variant="primary" href={`${root}/schedules/new`}>
      New schedule
    </ButtonLink>
  );
  return (
    <Section
      title="Schedules"
      subtitle="Kept as code in repositories. A change made here becomes a pull request, with the next eight weeks shown first."
      actions={data?.schedules.length === 0 ? undefined : create}
    >
      {error ? (
        <ErrorState
          action="The schedules could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && !error ? (
        <LoadingSkeleton rows={6} rowHeight={40} label="Loading schedules" />
      ) : undefined}
      {data?.schedules.length === 0 ? <NoSchedules /> : undefined}
      {data && data.schedules.length > 0 ? (
        <div className={styles.stack}>
          <FilterBar label="Filter schedules">
            <SearchField
              aria-label="Search schedules and groups"
              placeholder="Schedule or group"
              value={search}
              onChange={setSearch}
            />
          </FilterBar>
          {rows.length === 0 ? (
            <EmptyState
              title="No schedule fits"
              description="Search for a part of its title, name or owner."
            />
          ) : undefined}
          {up('md') && rows.length > 0 ? (
            <table className={shared.table} aria-label="Schedules">
              <thead>
                <tr>
                  <th scope="col">Schedule</th>
                  <th scope="col">Owner</th>
                  <th scope="col">Zone</th>
                  <th scope="col">Levels</th>
                  <th scope="col">Now</th>
                  <th scope="col">Change</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(row => (
                  <tr key={row.schedule.ref}>
                    <th scope="row">
                      <Name row={row} />
                    </th>
                    <td>
                      <Owner row={row} />
                    </td>
                    <td>{row.schedule.timeZone}</td>
                    <td>{levelsOf(row)}</td>
                    <td>
                      <Health row={row} />
                    </td>
                    <td>
                      <WhereToChange row={row} root={root} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : undefined}
          {!up('md') && rows.length > 0 ? (
            <ul className={shared.cards} aria-label="Schedules">
              {rows.map(row => (
                <li key={row.schedule.ref}>
                  <Name row={row} />
                  <Text as="div" variant="body-small" color="secondary">
                    <Owner row={row} />, {row.schedule.timeZone},{' '}
                    {levelsOf(row)}
                  </Text>
                  <div>
                    <Health row={row} />
                  </div>
                  <div>
                    <WhereToChange row={row} root={root} />
                  </div>
                </li>
              ))}
            </ul>
          ) : undefined}
        </div>
      ) : undefined}
    </Section>
  );
}

function Name({ row }: { row: Row }) {
  const { ref, title, provider, sampleData } = row.schedule;
  return (
    <span className={styles.inline}>
      {provider === 'native' ? (
        <EntityRefLink
          entityRef={ref}
          defaultKind="oncallschedule"
          title={title}
          hideIcon
          disableTooltip
        />
      ) : (
        title
      )}
      {sampleData ? <SampleDataBadge /> : undefined}
    </span>
  );
}

function Owner({ row }: { row: Row }) {
  return row.schedule.ownerRef ? (
    <EntityRefLink
      entityRef={row.schedule.ownerRef}
      defaultKind="group"
      hideIcon
      disableTooltip
    />
  ) : (
    <>Unknown</>
  );
}

function Health({ row }: { row: Row }) {
  if (row.coverage === 'full') {
    const [first] = row.levels;
    return (
      <StatusBadge level="good">
        {first ? namesOrNobody(first.people) : 'Covered'}
      </StatusBadge>
    );
  }
  return (
    <StatusBadge level={row.reason?.code === 'level-empty' ? 'warning' : 'bad'}>
      {row.reason?.code === 'level-empty'
        ? 'A level has nobody'
        : 'Nobody is on call'}
    </StatusBadge>
  );
}

/** A way to the form for those who may change a schedule; others are told whom to ask, or where it is kept. */
function WhereToChange({ row, root }: { row: Row; root: string }) {
  const { ref, title, provider } = row.schedule;
  if (provider !== 'native') {
    return <>At {provider}</>;
  }
  return row.canChange ? (
    <ButtonLink
      size="small"
      variant="secondary"
      href={schedulePath(root, ref)}
      aria-label={`Change ${title}`}
    >
      Change
    </ButtonLink>
  ) : (
    <AskOwner schedule={row.schedule} />
  );
}

function levelsOf(row: Row): string {
  return formatPlural(row.levels.length, 'level');
}
