import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import {
  Button,
  Flex,
  Link,
  SearchField,
  Text,
  ToggleButton,
  ToggleButtonGroup,
} from '@backstage/ui';
import type {
  EverybodyNow,
  ServiceCoverage,
} from '@pavedroad/plugin-oncall-common';
import {
  EmptyState,
  ErrorState,
  FilterBar,
  LoadingSkeleton,
  SampleDataBadge,
  Section,
  StatusBadge,
  formatCount,
  formatPlural,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useSearchParams } from 'react-router-dom';

import { onCallApiRef } from '../../api';
import { rootRouteRef } from '../../routes';
import { ChangesProvider } from '../changes/ChangesProvider';
import { HandoverPanel } from '../handover/HandoverPanel';
import { NoSchedules } from '../NoSchedules';
import { keepingPlace } from '../placeOfFocus';
import { Schedules, type ScheduleRow } from '../Schedules';
import { ScheduleTimeline } from '../ScheduleTimeline';
import styles from '../styles.module.css';
import { OpenPages } from './OpenPages';

/** Most services without an answer that are listed at once. */
const SHOWN = 50;

/** Everybody on call now: searchable, mine or all, the worst first, with the next two weeks of a chosen schedule. */
export function NowTab() {
  const api = useApi(onCallApiRef);
  const { data, error, reload } = useAsyncData(
    'oncall-everybody',
    () => api.everybodyNow(),
    { refreshSeconds: 60 },
  );
  return (
    <ChangesProvider>
      <Flex direction="column" gap="4">
        {error ? (
          <ErrorState
            action="Who is on call could not be loaded"
            error={error}
            onRetry={reload}
          />
        ) : undefined}
        {!data && !error ? (
          <LoadingSkeleton
            rows={6}
            rowHeight={36}
            label="Loading everybody on call"
          />
        ) : undefined}
        {data ? (
          <>
            {data.schedules.length > 0 ? (
              <Text as="div" variant="body-medium" color="secondary">
                {summaryOf(data)}
              </Text>
            ) : undefined}
            <OpenPages />
            <Everybody data={data} />
          </>
        ) : undefined}
      </Flex>
    </ChangesProvider>
  );
}

function summaryOf(data: EverybodyNow): string {
  const all = data.schedules.flatMap(s => s.levels.flatMap(l => l.people));
  const people = new Set(all.map(person => person.ref));
  const { services, full } = data.totals;
  const covered = `${formatCount(full)} of ${formatPlural(
    services,
    'service',
  )} covered on every level`;
  // Somebody whose name is hidden is somebody else on each schedule, so nobody can count them.
  return all.some(person => person.hidden)
    ? covered
    : `${formatPlural(people.size, 'person', 'people')} on call; ${covered}`;
}

function Everybody(props: { data: EverybodyNow }) {
  const { data } = props;
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  const [params, setParams] = useSearchParams();
  const search = params.get('q') ?? '';
  const show = params.get('show') === 'mine' ? 'mine' : 'all';
  const chosen = params.get('schedule') ?? undefined;
  const set = (changes: Record<string, string | undefined>) =>
    setParams(
      previous => {
        const next = new URLSearchParams(previous);
        for (const [name, value] of Object.entries(changes)) {
          if (value) {
            next.set(name, value);
          } else {
            next.delete(name);
          }
        }
        return next;
      },
      { replace: true },
    );
  const services = data.services ?? [];
  const rows = data.schedules
    .filter(row => show === 'all' || row.mine)
    .filter(row => matches(row, services, search))
    .map(row => ({ ...row, found: servicesFound(row, services, search) }))
    .sort((a, b) => rank(a) - rank(b));
  const uncovered = services.filter(
    service =>
      service.coverage === 'none' &&
      show === 'all' &&
      `${service.title} ${service.entityRef} ${service.ownerRef ?? ''}`
        .toLocaleLowerCase()
        .includes(search.toLocaleLowerCase()),
  );
  const allSamples =
    data.schedules.length > 0 &&
    data.schedules.every(({ schedule }) => schedule.sampleData);
  const timeline = data.schedules.find(row => row.schedule.ref === chosen);
  return (
    <>
      {data.schedules.length > 0 ? (
        <FilterBar label="Filter schedules">
          <SearchField
            aria-label="Search schedules, teams, people and services"
            placeholder="Schedule, team, person or service"
            value={search}
            onChange={value => set({ q: value })}
          />
          <ToggleButtonGroup
            aria-label="Which schedules"
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[show]}
            onSelectionChange={keys =>
              set({ show: keys.has('mine') ? 'mine' : undefined })
            }
          >
            <ToggleButton id="all">All</ToggleButton>
            <ToggleButton id="mine">Mine</ToggleButton>
          </ToggleButtonGroup>
        </FilterBar>
      ) : undefined}
      <Section
        title="On call now"
        subtitle={
          data.schedules.length > 0
            ? formatPlural(rows.length, 'schedule')
            : undefined
        }
        actions={allSamples ? <SampleDataBadge /> : undefined}
      >
        {rows.length === 0 ? (
          <Nothing
            data={data}
            onClear={() =>
              keepingPlace(() => set({ q: undefined, show: undefined }))
            }
          />
        ) : (
          <Schedules
            rows={rows}
            markSamples={!allSamples}
            chosen={chosen}
            onChoose={ref =>
              set({ schedule: ref === chosen ? undefined : ref })
            }
          />
        )}
      </Section>
      {timeline ? (
        <Link
          href={`${root}/timeline?${new URLSearchParams({
            schedule: timeline.schedule.ref,
          })}`}
        >
          {`Open the timeline of ${timeline.schedule.title}, to change who is on call`}
        </Link>
      ) : undefined}
      {timeline ? (
        <ScheduleTimeline
          key={timeline.schedule.ref}
          scheduleRef={timeline.schedule.ref}
          title={timeline.schedule.title}
          levelNames={timeline.levels.map(level => level.name)}
        />
      ) : undefined}
      {timeline ? (
        <HandoverPanel
          key={`handover ${timeline.schedule.ref}`}
          scheduleRef={timeline.schedule.ref}
          title={timeline.schedule.title}
        />
      ) : undefined}
      {uncovered.length > 0 ? <Uncovered services={uncovered} /> : undefined}
    </>
  );
}

/** The worst first: nobody, a level empty, then the rest. */
function rank(row: ScheduleRow): number {
  if (row.coverage === 'full') {
    return 2;
  }
  return row.reason?.code === 'level-empty' ? 1 : 0;
}

/** The services of a schedule that a search names: whoever looks for a service wants its page next. Pure. */
function servicesFound(
  row: ScheduleRow,
  services: ServiceCoverage[],
  search: string,
): ServiceCoverage[] {
  const wanted = search.trim().toLocaleLowerCase();
  return wanted === ''
    ? []
    : services.filter(
        ({ scheduleRef, title, entityRef }) =>
          scheduleRef === row.schedule.ref &&
          `${title} ${entityRef}`.toLocaleLowerCase().includes(wanted),
      );
}

function matches(
  row: ScheduleRow,
  services: ServiceCoverage[],
  search: string,
): boolean {
  const wanted = search.trim().toLocaleLowerCase();
  if (wanted === '') {
    return true;
  }
  return [
    row.schedule.title,
    row.schedule.ref,
    row.schedule.ownerRef,
    ...row.levels.flatMap(l => l.people.map(p => `${p.displayName} ${p.ref}`)),
    ...services
      .filter(s => s.scheduleRef === row.schedule.ref)
      .map(s => `${s.title} ${s.entityRef}`),
  ].some(text => text.toLocaleLowerCase().includes(wanted));
}

function Nothing(props: { data: EverybodyNow; onClear: () => void }) {
  return props.data.schedules.length === 0 ? (
    <NoSchedules />
  ) : (
    <EmptyState
      title="No schedule fits"
      description="Search by schedule, team, person or service, or look at all of them."
      action={
        <Button variant="secondary" onPress={props.onClear}>
          Show all
        </Button>
      }
    />
  );
}

function Uncovered(props: { services: ServiceCoverage[] }) {
  const { services } = props;
  return (
    <Section
      title="Services nobody answers for"
      subtitle={formatPlural(services.length, 'service')}
    >
      <ul className={styles.cards}>
        {services.slice(0, SHOWN).map(service => (
          <li key={service.entityRef}>
            <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
              <EntityRefLink
                entityRef={service.entityRef}
                title={service.title}
                hideIcon
                disableTooltip
              />
              <StatusBadge level="bad">No on-call schedule</StatusBadge>
            </Flex>
            {service.reason ? (
              <Text as="div" variant="body-small" color="secondary">
                {service.reason.message}. To mend it: {service.reason.fix}.
              </Text>
            ) : undefined}
          </li>
        ))}
      </ul>
      {services.length > SHOWN ? (
        <Text as="div" variant="body-small" color="secondary">
          And {formatPlural(services.length - SHOWN, 'more service')}; search to
          narrow the list down.
        </Text>
      ) : undefined}
    </Section>
  );
}
