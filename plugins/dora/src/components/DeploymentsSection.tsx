import { Button, Flex, Link, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  changesKnown,
  DataQualityNote,
  DeploymentListItem,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  EmptyState,
  ErrorState,
  formatCount,
  formatDurationSeconds,
  formatPlural,
  LoadingSkeleton,
  Section,
  useAsyncData,
  WebLink,
} from '@pavedroad/portal-ui';
import {
  DeliveryQuery,
  DeploymentsQuery,
  DoraApi,
  doraApiRef,
} from '../api/DoraApi';
import { MAX_ROWS, MORE_ROWS } from '../state/listState';
import { useListState } from '../state/useListState';
import { useViewState } from '../state/useViewState';
import { kindWords, shortRevision, webAddress } from '../words/deployment';
import { DeploymentFilters } from './DeploymentFilters';
import { EntityName } from './EntityName';
import { Outcome } from './Outcome';
import { rowAttribute, useReturnToRow } from './returnToRow';
import { ScrollRegion } from './ScrollRegion';
import { UrgentNotes } from './UrgentNotes';
import { useCsv } from './useCsv';
import { useIsNarrow } from './useIsNarrow';
import styles from './delivery.module.css';

/** As many as one answer of the API holds. */
const PAGE = 200;
/** Answers that are asked for one after another before a reader is told to narrow the search. */
const MOST_PAGES = 10;

interface Listed {
  items: DeploymentListItem[];
  totalItems?: number;
  more: boolean;
  /** How far back a search got that found too little. */
  searchedBackTo?: string;
  /** Why rows may be missing or about to change. */
  dataQuality?: DataQualityNote[];
}

/** The newest deployments of a question, as many as are to be shown. */
async function listDeployments(
  api: DoraApi,
  filters: DeploymentsQuery,
  rows: number,
): Promise<Listed> {
  const items: DeploymentListItem[] = [];
  let totalItems: number | undefined;
  let cursor: string | undefined;
  let searchedBackTo: string | undefined;
  let dataQuality: DataQualityNote[] | undefined;
  for (let page = 0; page < MOST_PAGES && items.length < rows; page++) {
    const answer = await api.getDeployments({
      ...filters,
      cursor,
      limit: Math.min(rows - items.length, PAGE),
    });
    items.push(...answer.items);
    totalItems ??= answer.totalItems;
    dataQuality ??= answer.dataQuality;
    cursor = answer.nextCursor;
    searchedBackTo = answer.searchedBackTo;
    if (!cursor) {
      break;
    }
  }
  return {
    items,
    totalItems,
    more: cursor !== undefined,
    ...(cursor && items.length < rows && { searchedBackTo }),
    dataQuality,
  };
}

/** The deployments behind the numbers: filtered, newest first, and all of them as CSV. */
export function DeploymentsSection(props: {
  query: DeliveryQuery;
  showService: boolean;
  /** How often the newest are asked for again. */
  refreshSeconds: number;
}) {
  const { showService, refreshSeconds } = props;
  const api = useApi(doraApiRef);
  const { state, hrefOf } = useViewState();
  const { list, changeList } = useListState();
  const narrow = useIsNarrow();
  const { outcome, kind, failureData, rework, attempts, timeZone } = state;
  const { service, find, rows } = list;
  const filters: DeploymentsQuery = {
    ...props.query,
    outcome,
    kind,
    failureData: failureData || undefined,
    rework: rework || undefined,
    attempts: attempts || undefined,
    service: showService ? service : undefined,
    find,
  };
  const filtered = Boolean(
    outcome || kind || failureData || rework || filters.service || find,
  );
  const { data, error, isLoading, reload } = useAsyncData(
    `dora/deployments ${JSON.stringify(filters)} ${rows}`,
    () => listDeployments(api, filters, rows),
    // A long list or a search is read, not watched.
    { refreshSeconds: rows > PAGE || find ? 0 : refreshSeconds },
  );
  const csv = useCsv('deployments.csv', () => api.getDeploymentsCsv(filters));
  const items = data?.items;
  useReturnToRow(items?.map(({ id }) => id));
  const clear = () => {
    changeList({
      outcome: undefined,
      kind: undefined,
      failureData: undefined,
      rework: undefined,
      attempts: undefined,
      service: undefined,
      find: undefined,
      rows: undefined,
    });
  };
  return (
    <div id="deployments" tabIndex={-1} className={styles.target}>
      <Section
        title="Deployments"
        subtitle={countWords(data)}
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
          <DeploymentFilters query={props.query} showService={showService} />
          {csv.error ? (
            <ErrorState
              action="The CSV could not be prepared"
              error={csv.error}
              onRetry={csv.download}
            />
          ) : undefined}
          {error ? (
            <ErrorState
              action="Deployments could not be loaded"
              error={error}
              onRetry={reload}
            />
          ) : undefined}
          <UrgentNotes notes={data?.dataQuality} timeZone={timeZone} />
          {!items && isLoading ? (
            <LoadingSkeleton
              rows={6}
              rowHeight={32}
              label="Loading deployments"
            />
          ) : undefined}
          {items?.length === 0 ? (
            <Nothing
              filtered={filtered}
              connectHref={hrefOf({ tab: 'data-quality' })}
              searchedBackTo={data?.searchedBackTo}
              timeZone={timeZone}
              onClear={clear}
            />
          ) : undefined}
          {items && items.length > 0 ? (
            <Rows
              items={items}
              narrow={narrow}
              showService={showService}
              timeZone={timeZone}
              hrefOf={id => hrefOf({ deployment: id })}
            />
          ) : undefined}
          {data?.more && items && items.length > 0 ? (
            <More
              data={data}
              rows={rows}
              timeZone={timeZone}
              onMore={() =>
                changeList(
                  { rows: String(Math.min(rows + MORE_ROWS, MAX_ROWS)) },
                  { replace: true },
                )
              }
            />
          ) : undefined}
        </Flex>
      </Section>
    </div>
  );
}

function countWords(data: Listed | undefined): string | undefined {
  if (data?.totalItems !== undefined) {
    return formatPlural(data.totalItems, 'deployment');
  }
  return data && !data.more
    ? formatPlural(data.items.length, 'deployment')
    : undefined;
}

/** Why there is nothing: the filters, or that nothing was deployed or connected. */
function Nothing(props: {
  filtered: boolean;
  connectHref: string;
  searchedBackTo: string | undefined;
  timeZone: string;
  onClear: () => void;
}) {
  const { filtered, searchedBackTo } = props;
  return filtered ? (
    <EmptyState
      title="No deployments match"
      description={
        searchedBackTo ? (
          <>
            None was found back to{' '}
            <DateTime value={searchedBackTo} zone={props.timeZone} />. Choose a
            shorter or earlier period, or one service, to search further.
          </>
        ) : (
          'There may be others in this period: none of them passes these filters.'
        )
      }
      action={
        <Button variant="secondary" onPress={props.onClear}>
          Remove the filters
        </Button>
      }
    />
  ) : (
    <EmptyState
      title="No deployments in this period"
      description={
        <>
          Nothing finished in this environment, or its deployments are not
          reported. Choose a longer period, or see{' '}
          <Link href={props.connectHref}>what is connected</Link>.
        </>
      }
    />
  );
}

function More(props: {
  data: Listed;
  rows: number;
  timeZone: string;
  onMore: () => void;
}) {
  const { data, rows } = props;
  if (data.searchedBackTo) {
    return (
      <Text as="p" color="secondary" style={{ margin: 0 }}>
        Searched back to{' '}
        <DateTime value={data.searchedBackTo} zone={props.timeZone} />. Choose a
        shorter or earlier period, or one service, to search further.
      </Text>
    );
  }
  return rows >= MAX_ROWS ? (
    <Text as="p" color="secondary" style={{ margin: 0 }}>
      These are the newest {formatCount(MAX_ROWS)}. Filter to see others, or
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

function Rows(props: {
  items: DeploymentListItem[];
  narrow: boolean;
  showService: boolean;
  timeZone: string;
  hrefOf: (id: string) => string;
}) {
  const { items, narrow, showService, timeZone, hrefOf } = props;
  const duration = (seconds: number | undefined) =>
    seconds === undefined ? '' : formatDurationSeconds(seconds);
  const when = (item: DeploymentListItem) => (
    <Link href={hrefOf(item.id)}>
      {item.finishedAt ? (
        <DateTime value={item.finishedAt} zone={timeZone} />
      ) : (
        'Not finished'
      )}
    </Link>
  );
  if (narrow) {
    return (
      <ul className={styles.cards}>
        {items.map(item => (
          <li key={item.id} {...rowAttribute(item.id)}>
            <Flex direction="column" gap="1">
              <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
                {when(item)}
                <Outcome item={item} />
              </Flex>
              <span className={styles.muted}>
                {showService ? (
                  <>
                    <EntityName entityRef={item.serviceRef} />,{' '}
                  </>
                ) : undefined}
                {kindWords(item)},{' '}
                <span className={styles.mono}>
                  {shortRevision(item.revision)}
                </span>
                {', '}
                {changesKnown(item)
                  ? formatPlural(item.changes, 'change')
                  : 'changes not known'}
                {item.leadTimeP50Seconds === undefined
                  ? ''
                  : `, lead time ${duration(item.leadTimeP50Seconds)}`}
                {item.recoverySeconds === undefined
                  ? ''
                  : `, recovered after ${duration(item.recoverySeconds)}`}
              </span>
            </Flex>
          </li>
        ))}
      </ul>
    );
  }
  const rollouts = items.some(({ environments }) => environments.length > 1);
  const runs = items.some(({ url }) => webAddress(url));
  return (
    <ScrollRegion className={styles.scroll} label="Deployments, table">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Finished</th>
            {showService ? <th scope="col">Service</th> : undefined}
            {rollouts ? <th scope="col">Environments</th> : undefined}
            <th scope="col">Revision</th>
            <th scope="col">Kind</th>
            <th scope="col">Outcome</th>
            <th scope="col">Changes</th>
            <th scope="col">Median lead time</th>
            <th scope="col">Recovered after</th>
            {runs ? <th scope="col">Pipeline</th> : undefined}
          </tr>
        </thead>
        <tbody>
          {items.map(item => (
            <tr key={item.id} {...rowAttribute(item.id)}>
              <th scope="row">{when(item)}</th>
              {showService ? (
                <td>
                  <EntityName entityRef={item.serviceRef} />
                </td>
              ) : undefined}
              {rollouts ? (
                <td>
                  {item.environments.join(', ')}
                  <Everywhere item={item} />
                </td>
              ) : undefined}
              <td className={styles.mono}>{shortRevision(item.revision)}</td>
              <td>{kindWords(item)}</td>
              <td>
                <Outcome item={item} />
              </td>
              <td>
                {changesKnown(item) ? formatCount(item.changes) : 'not known'}
              </td>
              <td>{duration(item.leadTimeP50Seconds)}</td>
              <td>{duration(item.recoverySeconds)}</td>
              {runs ? (
                <td>
                  {webAddress(item.url) ? (
                    <WebLink href={item.url}>Open</WebLink>
                  ) : (
                    ''
                  )}
                </td>
              ) : undefined}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

/** How long a rollout took from its first environment, where it counts, to all of them. */
function Everywhere({ item }: { item: DeploymentListItem }) {
  const { environments, finishedAt, finishedEverywhereAt } = item;
  return environments.length > 1 && finishedEverywhereAt ? (
    <span className={styles.few}>
      {`all of them after ${formatDurationSeconds(
        (Date.parse(finishedEverywhereAt) - Date.parse(finishedAt)) / 1000,
      )}`}
    </span>
  ) : undefined;
}
