import { useState } from 'react';
import { Button, Flex, Link, Select, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  DataQualityNote,
  IncidentListItem,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  FilterBar,
  formatCount,
  formatDurationSeconds,
  formatPlural,
  LoadingSkeleton,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import {
  DeliveryQuery,
  DoraApi,
  doraApiRef,
  IncidentsQuery,
} from '../api/DoraApi';
import { ListState, MAX_ROWS, MORE_ROWS } from '../state/listState';
import { useListState } from '../state/useListState';
import { useViewState } from '../state/useViewState';
import { incidentParameter } from '../state/viewState';
import { incidentEffects, incidentName } from '../words/incidents';
import { confidenceWords, METHOD_WORDS } from '../words/notes';
import { unbroken } from '../words/unbroken';
import { ReassignDialog } from './corrections/ReassignDialog';
import { useCorrections } from './corrections/useCorrections';
import { EntityName } from './EntityName';
import { rowAttribute, useReturnToRow } from './returnToRow';
import { ScrollRegion } from './ScrollRegion';
import { UrgentNotes } from './UrgentNotes';
import { useCsv } from './useCsv';
import { useIsNarrow } from './useIsNarrow';
import styles from './delivery.module.css';

const ANY = 'any';
const PAGE = 200;

interface Listed {
  items: IncidentListItem[];
  totalItems?: number;
  more: boolean;
  /** Why rows may be missing or about to change. */
  dataQuality?: DataQualityNote[];
}

async function page(
  api: DoraApi,
  query: IncidentsQuery,
  rows: number,
): Promise<Listed> {
  const items: IncidentListItem[] = [];
  let totalItems: number | undefined;
  let dataQuality: DataQualityNote[] | undefined;
  let cursor: string | undefined;
  do {
    const answer: Awaited<ReturnType<DoraApi['getIncidents']>> =
      await api.getIncidents({
        ...query,
        cursor,
        limit: Math.min(rows - items.length, PAGE),
      });
    items.push(...answer.items);
    totalItems ??= answer.totalItems;
    dataQuality ??= answer.dataQuality;
    cursor = answer.nextCursor;
  } while (cursor && items.length < rows);
  return { items, totalItems, more: cursor !== undefined, dataQuality };
}

/** Those whose cause is not known, whole before the others: they are what can be acted on. */
async function listIncidents(
  api: DoraApi,
  query: IncidentsQuery,
  cause: ListState['cause'],
  rows: number,
): Promise<Listed> {
  if (cause) {
    return page(api, { ...query, attributed: cause === 'known' }, rows);
  }
  const [unknown, known] = await Promise.all([
    page(api, { ...query, attributed: false }, rows),
    page(api, { ...query, attributed: true }, rows),
  ]);
  // One whose cause became known between the two answers is in both; the later word counts.
  const found = new Set(known.items.map(incidentParameter));
  const items = [
    ...unknown.items.filter(item => !found.has(incidentParameter(item))),
    ...known.items,
  ].slice(0, rows);
  const totalItems = (unknown.totalItems ?? 0) + (known.totalItems ?? 0);
  return {
    items,
    totalItems,
    more: totalItems > items.length,
    dataQuality: unknown.dataQuality ?? known.dataQuality,
  };
}

/** The incidents of a scope: when, how long, and what each is put down to. */
export function IncidentsSection(props: {
  query: DeliveryQuery;
  showService: boolean;
  /** How often they are asked for again. */
  refreshSeconds: number;
}) {
  const { query, showService, refreshSeconds } = props;
  const api = useApi(doraApiRef);
  const { state, hrefOf } = useViewState();
  const { list, changeList } = useListState();
  const narrow = useIsNarrow();
  const corrections = useCorrections();
  const [correcting, setCorrecting] = useState<IncidentListItem>();
  const { cause, status, incidentRows: rows } = list;
  const { timeZone } = state;
  const filters = { ...query, status };
  const { data, error, isLoading, reload } = useAsyncData(
    `dora/incidents ${JSON.stringify(filters)} ${cause ?? ''} ${rows}`,
    () => listIncidents(api, filters, cause, rows),
    { refreshSeconds: rows > PAGE ? 0 : refreshSeconds },
  );
  const csv = useCsv('incidents.csv', () =>
    api.getIncidentsCsv({
      ...filters,
      ...(cause && { attributed: cause === 'known' }),
    }),
  );
  const items = data?.items;
  useReturnToRow(items?.map(incidentParameter));
  return (
    <Section
      title="Incidents"
      subtitle={
        data?.totalItems === undefined
          ? undefined
          : `${formatPlural(data.totalItems, 'incident')} opened in this period`
      }
      actions={
        <Button
          variant="secondary"
          onPress={csv.download}
          isDisabled={csv.busy || items?.length === 0}
        >
          {csv.busy ? 'Preparing CSV' : 'Download CSV'}
        </Button>
      }
    >
      <Flex direction="column" gap="4">
        <FilterBar label="Filter incidents">
          <Select
            className={styles.choice}
            label="Cause"
            options={[
              { id: ANY, label: 'Any, unknown first' },
              { id: 'unknown', label: 'Not known' },
              { id: 'known', label: 'Known' },
            ]}
            selectedKey={cause ?? ANY}
            onSelectionChange={key =>
              changeList({
                cause: key === ANY ? undefined : (key as 'known' | 'unknown'),
                incidentRows: undefined,
              })
            }
          />
          <Select
            className={styles.choice}
            label="Status"
            options={[
              { id: ANY, label: 'Any' },
              { id: 'open', label: 'Open' },
              { id: 'resolved', label: 'Resolved' },
            ]}
            selectedKey={status ?? ANY}
            onSelectionChange={key =>
              changeList({
                status: key === ANY ? undefined : (key as 'open' | 'resolved'),
                incidentRows: undefined,
              })
            }
          />
        </FilterBar>
        {corrections.notice}
        {[
          {
            failed: csv.error,
            what: 'The CSV could not be prepared',
            again: csv.download,
          },
          {
            failed: error,
            what: 'Incidents could not be loaded',
            again: reload,
          },
        ].map(({ failed, what, again }) =>
          failed ? (
            <ErrorState
              key={what}
              action={what}
              error={failed}
              onRetry={again}
            />
          ) : undefined,
        )}
        <UrgentNotes notes={data?.dataQuality} timeZone={timeZone} />
        {!items && isLoading ? (
          <LoadingSkeleton rows={6} rowHeight={32} label="Loading incidents" />
        ) : undefined}
        {items?.length === 0 ? (
          <Nothing
            filtered={cause !== undefined || status !== undefined}
            connectHref={hrefOf({ tab: 'data-quality' })}
            onClear={() => changeList({ cause: undefined, status: undefined })}
          />
        ) : undefined}
        {items && items.length > 0 ? (
          <Rows
            items={items}
            narrow={narrow}
            showService={showService}
            timeZone={timeZone}
            hrefOf={deployment => hrefOf({ deployment })}
            detailHref={item => hrefOf({ incident: incidentParameter(item) })}
            correct={setCorrecting}
          />
        ) : undefined}
        {items?.length &&
        !items.some(({ permissions }) => permissions?.attribute) ? (
          <Text as="p" color="secondary" style={{ margin: 0 }}>
            What an incident is put down to is corrected by the owners of the
            service and by administrators of the portal.
          </Text>
        ) : undefined}
        {data?.more ? (
          <More
            rows={rows}
            onMore={() =>
              changeList(
                {
                  incidentRows: String(Math.min(rows + MORE_ROWS, MAX_ROWS)),
                },
                { replace: true },
              )
            }
          />
        ) : undefined}
      </Flex>
      {correcting ? (
        <ReassignDialog
          task={{
            serviceRef: correcting.serviceRef,
            environment: state.environment,
            cause: { kind: 'incident', id: correcting.id },
            what: `Incident: ${incidentName(correcting)}`,
            at: correcting.openedAt,
            currentId: correcting.attribution?.deploymentId,
            noneNow: correcting.attribution?.noneToBlame,
            effects: blamed => incidentEffects(correcting, blamed),
          }}
          timeZone={timeZone}
          onDone={corrections.finish}
          onClose={() => setCorrecting(undefined)}
        />
      ) : undefined}
    </Section>
  );
}

function Nothing(props: {
  filtered: boolean;
  connectHref: string;
  onClear: () => void;
}) {
  return props.filtered ? (
    <EmptyState
      title="No incidents match"
      description="There may be others in this period: none of them passes these filters."
      action={
        <Button variant="secondary" onPress={props.onClear}>
          Remove the filters
        </Button>
      }
    />
  ) : (
    <EmptyState
      title="No incidents in this period"
      description={
        <>
          None was opened, or none is reported. See{' '}
          <Link href={props.connectHref}>what is connected</Link>.
        </>
      }
    />
  );
}

function More(props: { rows: number; onMore: () => void }) {
  return props.rows >= MAX_ROWS ? (
    <Text as="p" color="secondary" style={{ margin: 0 }}>
      These are {formatCount(MAX_ROWS)} of them. Filter to see others, or
      download all of them as CSV.
    </Text>
  ) : (
    <div>
      <Button variant="secondary" onPress={props.onMore}>
        Show {MORE_ROWS} more
      </Button>
    </div>
  );
}

interface RowProps {
  timeZone: string;
  hrefOf: (deployment: string) => string;
  detailHref: (incident: IncidentListItem) => string;
  correct: (incident: IncidentListItem) => void;
}

function Rows(
  props: RowProps & {
    items: IncidentListItem[];
    narrow: boolean;
    showService: boolean;
  },
) {
  const { items, narrow, showService, timeZone } = props;
  const correctable = items.some(({ permissions }) => permissions?.attribute);
  if (narrow) {
    return (
      <ul className={styles.cards}>
        {items.map(item => (
          <li
            key={incidentParameter(item)}
            {...rowAttribute(incidentParameter(item))}
          >
            <Flex direction="column" gap="1" align="start">
              <Name item={item} {...props} />
              <span className={styles.muted}>
                {showService ? (
                  <>
                    <EntityName entityRef={item.serviceRef} />,{' '}
                  </>
                ) : undefined}
                opened <DateTime value={item.openedAt} zone={timeZone} />
              </span>
              <Course item={item} />
              <Cause item={item} {...props} />
              <Correct item={item} {...props} />
            </Flex>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <ScrollRegion className={styles.scroll} label="Incidents, table">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Incident</th>
            {showService ? <th scope="col">Service</th> : undefined}
            <th scope="col">Opened</th>
            <th scope="col">Resolved</th>
            <th scope="col">Put down to</th>
            {correctable ? <th scope="col">Correction</th> : undefined}
          </tr>
        </thead>
        <tbody>
          {items.map(item => (
            <tr
              key={incidentParameter(item)}
              {...rowAttribute(incidentParameter(item))}
            >
              <th scope="row">
                <Name item={item} {...props} />
              </th>
              {showService ? (
                <td>
                  <EntityName entityRef={item.serviceRef} />
                </td>
              ) : undefined}
              <td>
                <DateTime value={item.openedAt} zone={timeZone} />
              </td>
              <td>
                <Course item={item} />
              </td>
              <td>
                <Cause item={item} {...props} />
              </td>
              {correctable ? (
                <td>
                  <Correct item={item} {...props} />
                </td>
              ) : undefined}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** What it is called, leading to everything about it. */
function Name(props: RowProps & { item: IncidentListItem }) {
  const { item, detailHref } = props;
  return (
    <span className={styles.wrapped}>
      <Link href={detailHref(item)}>{incidentName(item)}</Link>
    </span>
  );
}

/** Whether it is over, and how long it took. */
function Course({ item }: { item: IncidentListItem }) {
  if (item.status === 'open') {
    return (
      <StatusBadge level="warning">
        {item.reopened ? 'Open again' : 'Open'}
      </StatusBadge>
    );
  }
  return (
    <>
      {item.durationSeconds === undefined
        ? 'Resolved'
        : unbroken(`After ${formatDurationSeconds(item.durationSeconds)}`)}
      {item.reopened ? '; was reopened' : ''}
    </>
  );
}

/** What it is put down to, and how that is known. */
function Cause(props: RowProps & { item: IncidentListItem }) {
  const { item, timeZone, hrefOf } = props;
  const { attribution } = item;
  return (
    <Flex direction="column" gap="1" align="start">
      {attribution ? (
        <>
          {attribution.deploymentId && attribution.deploymentFinishedAt ? (
            <span>
              <Link href={hrefOf(attribution.deploymentId)}>
                Deployment of{' '}
                <DateTime
                  value={attribution.deploymentFinishedAt}
                  zone={timeZone}
                />
              </Link>
            </span>
          ) : (
            <span>No deployment is to blame</span>
          )}
          <span className={styles.muted}>
            {METHOD_WORDS[attribution.method]}
            {attribution.author.kind === 'person'
              ? ` by ${
                  attribution.author.displayName ?? attribution.author.name
                }`
              : ''}
            . {confidenceWords(attribution.confidence)}.
          </span>
        </>
      ) : (
        <StatusBadge level="warning">Not known</StatusBadge>
      )}
    </Flex>
  );
}

/** The way to say what caused it, or that something else did. */
function Correct({ item, correct }: RowProps & { item: IncidentListItem }) {
  if (!item.permissions?.attribute) {
    return undefined;
  }
  const known = item.attribution !== undefined;
  const name = incidentName(item);
  return (
    <Button
      size="small"
      variant="secondary"
      onPress={() => correct(item)}
      aria-label={
        known
          ? `Correct what caused it: ${name}`
          : `Say what caused it: ${name}`
      }
    >
      {known ? 'Correct' : 'Say what caused it'}
    </Button>
  );
}
