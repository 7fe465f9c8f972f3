import { identityApiRef, useApi } from '@backstage/frontend-plugin-api';
import { isError } from '@backstage/errors';
import { Button, Select, Text, useBreakpoint } from '@backstage/ui';
import { isTimeZone, type LoadAnswer } from '@pavedroad/plugin-oncall-common';
import {
  downloadText,
  EmptyState,
  ErrorState,
  FilterBar,
  formatCount,
  formatDate,
  formatDurationSeconds,
  formatPlural,
  LoadingSkeleton,
  Section,
  toCsv,
  useAsyncData,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { useSearchParams } from 'react-router-dom';

import { onCallApiRef } from '../../api';
import { PersonName } from '../LevelList';
import shared from '../styles.module.css';
import styles from './load.module.css';

const DAY = 86_400_000;
const PERIODS = [
  { id: '28', label: 'Last 4 weeks' },
  { id: '91', label: 'Last 13 weeks' },
  { id: '364', label: 'Last 52 weeks' },
];

/** What on-call costs each person of a schedule, and how fast incidents were over. */
export function LoadTab() {
  const api = useApi(onCallApiRef);
  const identity = useApi(identityApiRef);
  const [params, setParams] = useSearchParams();
  const {
    data: now,
    error,
    reload,
  } = useAsyncData('oncall-load-schedules', async () => {
    const { ownershipEntityRefs } = await identity.getBackstageIdentity();
    const { schedules } = await api.everybodyNow();
    return {
      schedules: schedules
        .filter(({ schedule }) => schedule.provider === 'native')
        .sort((a, b) => a.schedule.title.localeCompare(b.schedule.title)),
      mine: ownershipEntityRefs,
    };
  });
  const change = (name: string, value: string) =>
    setParams(
      previous => {
        const next = new URLSearchParams(previous);
        next.set(name, value);
        return next;
      },
      { replace: true },
    );
  if (error) {
    return (
      <ErrorState
        action="The schedules could not be loaded"
        error={error}
        onRetry={reload}
      />
    );
  }
  if (!now) {
    return <LoadingSkeleton rows={6} rowHeight={36} label="Loading the load" />;
  }
  if (now.schedules.length === 0) {
    return (
      <EmptyState
        title="There are no schedules yet"
        description="Once people are on call, this page shows how many hours, nights and pages each carries."
      />
    );
  }
  const first =
    now.schedules.find(({ schedule }) =>
      now.mine.includes(schedule.ownerRef),
    ) ?? now.schedules[0];
  const schedule = params.get('schedule') ?? first.schedule.ref;
  const chosen = now.schedules.find(row => row.schedule.ref === schedule);
  const period =
    PERIODS.find(({ id }) => id === params.get('days'))?.id ?? PERIODS[0].id;
  const zone =
    params.get('zone') === 'viewer'
      ? viewerTimeZone()
      : chosen?.schedule.timeZone ?? 'UTC';
  // Whole days, so that the same question is asked all day.
  const end = Math.floor(Date.now() / DAY) * DAY;
  const window = {
    from: new Date(end - Number(period) * DAY).toISOString(),
    to: new Date(end).toISOString(),
  };
  return (
    <div className={styles.stack}>
      <FilterBar label="Whose load, and when">
        <Select
          aria-label="Schedule"
          search={{ placeholder: 'Schedule' }}
          options={now.schedules.map(({ schedule: { ref, title } }) => ({
            id: ref,
            label: title,
          }))}
          selectedKey={schedule}
          onSelectionChange={key => change('schedule', String(key))}
        />
        <Select
          aria-label="Period"
          options={PERIODS}
          selectedKey={period}
          onSelectionChange={key => change('days', String(key))}
        />
        <Select
          aria-label="Time zone of nights and weekends"
          options={[
            { id: 'schedule', label: 'The schedule’s time' },
            { id: 'viewer', label: `Your time (${viewerTimeZone()})` },
          ]}
          selectedKey={params.get('zone') === 'viewer' ? 'viewer' : 'schedule'}
          onSelectionChange={key => change('zone', String(key))}
        />
      </FilterBar>
      <Load
        schedule={schedule}
        title={chosen?.schedule.title ?? schedule}
        window={window}
        zone={isTimeZone(zone) ? zone : 'UTC'}
      />
      <Recovery window={window} />
    </div>
  );
}

type Person = LoadAnswer['people'][number];

function Load(props: {
  schedule: string;
  title: string;
  window: { from: string; to: string };
  zone: string;
}) {
  const { schedule, title, window, zone } = props;
  const api = useApi(onCallApiRef);
  const { up } = useBreakpoint();
  const { data, error, reload } = useAsyncData(
    `oncall-load-${schedule}-${window.from}-${zone}`,
    () => api.load({ schedule, ...window, timeZone: zone }),
  );
  const people = [...(data?.people ?? [])].sort((a, b) =>
    a.person.displayName.localeCompare(b.person.displayName),
  );
  const most = Math.max(1, ...people.map(person => person.seconds));
  return (
    <Section
      title={`Load of ${title}`}
      subtitle={`${formatDate(window.from)} to ${formatDate(
        window.to,
      )}; nights are 22:00 to 07:00, weekends Saturday and Sunday, in ${zone}. The strong part of a bar is nights`}
      actions={
        <Button
          size="small"
          variant="secondary"
          isDisabled={people.length === 0}
          onPress={() =>
            downloadText('on-call-load.csv', 'text/csv', toCsv(rowsOf(people)))
          }
        >
          Download CSV
        </Button>
      }
    >
      {isRefused(error) ? (
        <EmptyState
          title="Shown to the group"
          description="What people carry is shown to members of the group that owns the schedule, of groups below and above it, and to administrators. Choose a schedule of yours."
        />
      ) : undefined}
      {error && !isRefused(error) ? (
        <ErrorState
          action="The load could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && !error ? (
        <LoadingSkeleton rows={5} rowHeight={36} label="Adding up shifts" />
      ) : undefined}
      {data && people.length === 0 ? (
        <EmptyState
          title="Nobody was on call then"
          description="Choose a longer period, or another schedule."
        />
      ) : undefined}
      {data && people.length > 0 ? (
        <div className={styles.stack}>
          <Text as="div" variant="body-medium" weight="bold">
            {sentence(data)}
          </Text>
          {up('md') ? (
            <table className={shared.table} aria-label="Load by person">
              <thead>
                <tr>
                  <th scope="col">Person</th>
                  <th scope="col">On call</th>
                  <th scope="col">Nights</th>
                  <th scope="col">Weekends</th>
                  <th scope="col">Shifts</th>
                  <th scope="col">Pages</th>
                  <th scope="col">Incidents</th>
                  <th scope="col">Stood in</th>
                </tr>
              </thead>
              <tbody>
                {people.map(person => (
                  <tr key={person.person.ref}>
                    <th scope="row">
                      <PersonName person={person.person} />
                    </th>
                    <td>
                      <Bar person={person} most={most} />
                    </td>
                    <td>{timeOrNone(person.nightSeconds)}</td>
                    <td>{timeOrNone(person.weekendSeconds)}</td>
                    <td>{formatCount(person.shifts)}</td>
                    <td>{pagesOf(person)}</td>
                    <td>{formatCount(person.incidents)}</td>
                    <td>{timeOrNone(person.coveredForOthersSeconds)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <ul className={shared.cards} aria-label="Load by person">
              {people.map(person => (
                <li key={person.person.ref}>
                  <Text as="div" variant="body-medium" weight="bold">
                    <PersonName person={person.person} />
                  </Text>
                  <Bar person={person} most={most} />
                  <Text as="div" variant="body-small" color="secondary">
                    Nights: {timeOrNone(person.nightSeconds)}; weekends:{' '}
                    {timeOrNone(person.weekendSeconds)};{' '}
                    {formatPlural(person.shifts, 'shift')}; pages:{' '}
                    {pagesOf(person)};{' '}
                    {formatPlural(person.incidents, 'incident')}
                    {person.coveredForOthersSeconds > 0
                      ? `; stood in for ${formatDurationSeconds(
                          person.coveredForOthersSeconds,
                        )}`
                      : ''}
                  </Text>
                </li>
              ))}
            </ul>
          )}
          {data.notes.length > 0 ? (
            <ul className={styles.notes} aria-label="What is not known">
              {data.notes.map(note => (
                <li key={note.code}>{note.message}</li>
              ))}
            </ul>
          ) : undefined}
        </div>
      ) : undefined}
      <Text
        as="div"
        variant="body-small"
        color="secondary"
        className={styles.privacy}
      >
        Members of the group that owns the schedule and administrators see this.
        It is for sharing the load fairly, never for comparing people; it is
        ordered by name.
      </Text>
    </Section>
  );
}

/** A length of time; a dash is read as none, and "0 s" as something. */
function timeOrNone(seconds: number): string {
  return seconds > 0 ? formatDurationSeconds(seconds) : 'None';
}

/** Hours on call, with the nights of them stronger; the words beside it say the same. */
function Bar(props: { person: Person; most: number }) {
  const { seconds, nightSeconds } = props.person;
  const part = (value: number) => `${(value / props.most) * 100}%`;
  return (
    <div className={styles.bar}>
      <span aria-hidden="true">
        <i style={{ width: part(seconds) }} />
        <i className={styles.night} style={{ width: part(nightSeconds) }} />
      </span>
      <em>{formatDurationSeconds(seconds)}</em>
    </div>
  );
}

function pagesOf(person: Person): string {
  return person.nightPages > 0
    ? `${formatCount(person.pages)} (${formatCount(
        person.nightPages,
      )} at night)`
    : formatCount(person.pages);
}

/** What the table comes to, in one sentence. */
export function sentence(data: LoadAnswer): string {
  const nights = data.people.reduce((sum, p) => sum + p.nightSeconds, 0);
  const share = data.totals.seconds > 0 ? nights / data.totals.seconds : 0;
  return `${formatPlural(
    data.people.length,
    'person',
    'people',
  )} carried ${formatDurationSeconds(data.totals.seconds)}, ${Math.round(
    share * 100,
  )} % of it at night, with ${formatPlural(
    data.totals.pages,
    'page',
  )} and ${formatPlural(data.totals.incidents, 'incident')}.`;
}

function rowsOf(people: Person[]) {
  return people.map(one => ({
    person: one.person.ref,
    name: one.person.displayName,
    seconds: one.seconds,
    night_seconds: one.nightSeconds,
    weekend_seconds: one.weekendSeconds,
    shifts: one.shifts,
    pages: one.pages,
    night_pages: one.nightPages,
    incidents: one.incidents,
    covered_for_others_seconds: one.coveredForOthersSeconds,
  }));
}

/** Beside figures of a handful of incidents. */
const FEW = 'too few incidents to go by';

function Recovery(props: { window: { from: string; to: string } }) {
  const { window } = props;
  const api = useApi(onCallApiRef);
  const { up } = useBreakpoint();
  const { data, error, reload } = useAsyncData(
    `oncall-recovery-${window.from}-${window.to}`,
    () => api.recovery(window),
  );
  const rows = [...(data?.schedules ?? [])].sort((a, b) =>
    a.title.localeCompare(b.title),
  );
  return (
    <Section
      title="Recovery by schedule"
      subtitle="Incidents by the schedule that answered when they were opened"
    >
      {error ? (
        <ErrorState
          action="The recovery times could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {!data && !error ? (
        <LoadingSkeleton rows={3} rowHeight={36} label="Loading incidents" />
      ) : undefined}
      {data && rows.length === 0 ? (
        <EmptyState
          title="No incident in this period"
          description="Incidents come from the sources of delivery metrics, such as an alert manager or an on-call provider."
        />
      ) : undefined}
      {rows.length > 0 && !up('md') ? (
        <ul className={shared.cards} aria-label="Recovery by schedule">
          {rows.map(row => (
            <li key={row.scheduleRef ?? 'none'}>
              <Text as="div" variant="body-medium" weight="bold">
                {row.title}
              </Text>
              <Text as="div" variant="body-small">
                {formatPlural(row.incidents, 'incident')},{' '}
                {formatCount(row.recovered)} over
                {row.p50Seconds === undefined
                  ? ''
                  : `; half within ${formatDurationSeconds(row.p50Seconds)}`}
                {row.p90Seconds === undefined
                  ? ''
                  : `, 9 of 10 within ${formatDurationSeconds(row.p90Seconds)}`}
                {row.status === 'insufficient_data' ? `; ${FEW}` : ''}
              </Text>
            </li>
          ))}
        </ul>
      ) : undefined}
      {rows.length > 0 && up('md') ? (
        <table className={shared.table} aria-label="Recovery by schedule">
          <thead>
            <tr>
              <th scope="col">Schedule</th>
              <th scope="col">Incidents</th>
              <th scope="col">Over</th>
              <th scope="col">Half were over in</th>
              <th scope="col">9 of 10 in</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <tr key={row.scheduleRef ?? 'none'}>
                <th scope="row">{row.title}</th>
                <td>{formatCount(row.incidents)}</td>
                <td>{formatCount(row.recovered)}</td>
                <td>
                  {row.p50Seconds === undefined
                    ? 'No data'
                    : formatDurationSeconds(row.p50Seconds)}
                  {row.status === 'insufficient_data' ? (
                    <Text as="div" variant="body-small" color="secondary">
                      {FEW}
                    </Text>
                  ) : undefined}
                </td>
                <td>
                  {row.p90Seconds === undefined
                    ? 'No data'
                    : formatDurationSeconds(row.p90Seconds)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : undefined}
    </Section>
  );
}

/** Whether the server keeps it from this reader. */
function isRefused(error: unknown): boolean {
  return (
    isError(error) && 'statusCode' in error && Number(error.statusCode) === 403
  );
}
