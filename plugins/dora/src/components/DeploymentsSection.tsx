import { useState } from 'react';
import { Button, Checkbox, Flex, Link, Select, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  DeploymentKind,
  DeploymentListItem,
} from '@pavedroad/plugin-dora-common';
import {
  DateTime,
  downloadText,
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
import { DeliveryQuery, doraApiRef } from '../api/DoraApi';
import { useViewState } from '../state/useViewState';
import { KIND_WORDS } from '../words/notes';
import { useIsNarrow } from './useIsNarrow';
import { ScrollRegion } from './ScrollRegion';
import styles from './delivery.module.css';

const PAGE = 20;

/** What became of a deployment, in words. */
export function Outcome({ item }: { item: DeploymentListItem }) {
  if (item.outcome === 'attempt_failed') {
    return <StatusBadge level="warning">Not deployed</StatusBadge>;
  }
  if (item.outcome === 'failed') {
    return <StatusBadge level="bad">Failed in use</StatusBadge>;
  }
  return item.failureData ? (
    <StatusBadge level="good">No failure</StatusBadge>
  ) : (
    <Text color="secondary">Not known</Text>
  );
}

/** Kind, and whether it was a repair. */
export function kindWords(item: DeploymentListItem): string {
  if (!item.kind) {
    return 'Attempt';
  }
  const repair = item.rework && item.kind !== 'rollback';
  return `${KIND_WORDS[item.kind]}${repair ? ', repair' : ''}`;
}

export const shortRevision = (revision: string | undefined) =>
  revision === undefined ? 'unknown' : revision.slice(0, 10);

const serviceName = (ref: string) => ref.replace(/^.*\//, '');

/** The deployments behind the numbers: filtered, paged, newest first, and all of them as CSV. */
export function DeploymentsSection(props: {
  query: DeliveryQuery;
  showService: boolean;
  /** How often the first page asks again. */
  refreshSeconds: number;
}) {
  const { showService, refreshSeconds } = props;
  const api = useApi(doraApiRef);
  const { state, change, hrefOf } = useViewState();
  const narrow = useIsNarrow();
  const { outcome, kind, failureData, rework, attempts } = state;
  const filters = {
    ...props.query,
    outcome,
    kind,
    failureData: failureData || undefined,
    rework: rework || undefined,
    attempts: attempts || undefined,
  };
  const filterKey = JSON.stringify(filters);
  // Cursors of the pages before this one; they belong to one question, and are forgotten with it.
  const [paging, setPaging] = useState<{ key: string; cursors: string[] }>({
    key: filterKey,
    cursors: [],
  });
  const cursors = paging.key === filterKey ? paging.cursors : [];
  const cursor = cursors[cursors.length - 1];
  const list = useAsyncData(
    `dora/deployments ${filterKey} ${cursor ?? ''}`,
    () => api.getDeployments({ ...filters, cursor, limit: PAGE }),
    { refreshSeconds: cursor ? 0 : refreshSeconds },
  );
  const csv = useCsv(() => api.getDeploymentsCsv(filters));
  const items = list.data?.items;
  const next = list.data?.nextCursor;
  const total = list.data?.totalItems;

  return (
    <div id="deployments" tabIndex={-1} className={styles.target}>
      <Section
        title="Deployments"
        subtitle={
          total === undefined ? undefined : formatPlural(total, 'deployment')
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
          <FilterBar label="Filter deployments">
            <Select
              className={styles.control}
              label="Outcome"
              options={[
                { id: 'any', label: 'Any' },
                { id: 'ok', label: 'No failure known' },
                { id: 'failed', label: 'Failed in use' },
              ]}
              selectedKey={outcome ?? 'any'}
              onSelectionChange={key =>
                change({
                  outcome: key === 'any' ? undefined : (key as 'ok' | 'failed'),
                })
              }
            />
            <Select
              className={styles.control}
              label="Kind"
              options={[
                { id: 'any', label: 'Any' },
                ...Object.entries(KIND_WORDS).map(([id, label]) => ({
                  id,
                  label,
                })),
              ]}
              selectedKey={kind ?? 'any'}
              onSelectionChange={key =>
                change({
                  kind: key === 'any' ? undefined : (key as DeploymentKind),
                })
              }
            />
            <Checkbox
              isSelected={failureData}
              onChange={selected =>
                change({ failureData: selected ? 'true' : undefined })
              }
            >
              Only where failures are reported
            </Checkbox>
            <Checkbox
              isSelected={rework}
              onChange={selected =>
                change({ rework: selected ? 'true' : undefined })
              }
            >
              Only repairs
            </Checkbox>
            <Checkbox
              isSelected={attempts}
              onChange={selected =>
                change({ attempts: selected ? 'true' : undefined })
              }
            >
              Also attempts that were not deployed
            </Checkbox>
          </FilterBar>
          {csv.error ? (
            <ErrorState
              action="The CSV could not be prepared"
              error={csv.error}
              onRetry={csv.download}
            />
          ) : undefined}
          {list.error ? (
            <ErrorState
              action="Deployments could not be loaded"
              error={list.error}
              onRetry={list.reload}
            />
          ) : undefined}
          {!items && list.isLoading ? (
            <LoadingSkeleton
              rows={6}
              rowHeight={32}
              label="Loading deployments"
            />
          ) : undefined}
          {items?.length === 0 ? (
            <EmptyState
              title="No deployments match"
              description="None finished in this period with these filters."
            />
          ) : undefined}
          {items && items.length > 0 ? (
            <Rows
              items={items}
              narrow={narrow}
              showService={showService}
              timeZone={state.timeZone}
              hrefOf={id => hrefOf({ deployment: id })}
            />
          ) : undefined}
          {cursors.length > 0 || next ? (
            <Flex gap="3" align="center">
              <Button
                variant="secondary"
                isDisabled={cursors.length === 0}
                onPress={() =>
                  setPaging({ key: filterKey, cursors: cursors.slice(0, -1) })
                }
              >
                Newer
              </Button>
              <Text color="secondary">Page {cursors.length + 1}</Text>
              <Button
                variant="secondary"
                isDisabled={!next}
                onPress={() =>
                  next &&
                  setPaging({ key: filterKey, cursors: [...cursors, next] })
                }
              >
                Older
              </Button>
            </Flex>
          ) : undefined}
        </Flex>
      </Section>
    </div>
  );
}

function useCsv(fetchText: () => Promise<string>) {
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({
    busy: false,
  });
  const download = async () => {
    setState({ busy: true });
    try {
      downloadText('deployments.csv', 'text/csv', await fetchText());
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return { ...state, download };
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
  if (narrow) {
    return (
      <ul className={styles.cards}>
        {items.map(item => (
          <li key={item.id}>
            <Flex direction="column" gap="1">
              <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
                <Link href={hrefOf(item.id)}>
                  <DateTime value={item.finishedAt} zone={timeZone} />
                </Link>
                <Outcome item={item} />
              </Flex>
              <span className={styles.muted}>
                {showService ? `${serviceName(item.serviceRef)}, ` : ''}
                {kindWords(item)},{' '}
                <span className={styles.mono}>
                  {shortRevision(item.revision)}
                </span>
                , {formatPlural(item.changes, 'change')}
                {item.leadTimeP50Seconds === undefined
                  ? ''
                  : `, lead time ${duration(item.leadTimeP50Seconds)}`}
              </span>
            </Flex>
          </li>
        ))}
      </ul>
    );
  }
  return (
    <ScrollRegion className={styles.scroll} label="Deployments, table">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Finished</th>
            {showService ? <th scope="col">Service</th> : undefined}
            <th scope="col">Revision</th>
            <th scope="col">Kind</th>
            <th scope="col">Outcome</th>
            <th scope="col">Changes</th>
            <th scope="col">Median lead time</th>
            <th scope="col">Recovered after</th>
          </tr>
        </thead>
        <tbody>
          {items.map(item => (
            <tr key={item.id}>
              <th scope="row">
                <Link href={hrefOf(item.id)}>
                  <DateTime value={item.finishedAt} zone={timeZone} />
                </Link>
              </th>
              {showService ? (
                <td>{serviceName(item.serviceRef)}</td>
              ) : undefined}
              <td className={styles.mono}>{shortRevision(item.revision)}</td>
              <td>{kindWords(item)}</td>
              <td>
                <Outcome item={item} />
              </td>
              <td>{formatCount(item.changes)}</td>
              <td>{duration(item.leadTimeP50Seconds)}</td>
              <td>{duration(item.recoverySeconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
