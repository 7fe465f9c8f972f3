import { useMemo } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Flex, Link, SearchField, Select, Text } from '@backstage/ui';
import {
  EmptyState,
  ErrorState,
  FilterBar,
  formatPlural,
  LoadingSkeleton,
  Section,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { ServiceFigures } from '@pavedroad/plugin-dora-common';
import { DeliveryQuery, doraApiRef } from '../api/DoraApi';
import { SERVICE_ROWS } from '../state/listState';
import { useListState } from '../state/useListState';
import { useServiceHref } from '../state/useServiceHref';
import { useViewState } from '../state/useViewState';
import { ServiceOrder } from '../state/viewState';
import { METRIC_NAMES } from '../words/figures';
import {
  arrangeServices,
  metricCell,
  SERVICE_COLUMNS,
  serviceCsvRows,
} from '../words/services';
import { CsvButton } from './CsvButton';
import { EntityName } from './EntityName';
import { ScrollRegion } from './ScrollRegion';
import { UrgentNotes } from './UrgentNotes';
import { useIsNarrow } from './useIsNarrow';
import styles from './delivery.module.css';

/** The figures of each service, by name: no ranking, unless a reader asks for an order. */
export function ServicesTab({ query }: { query: DeliveryQuery }) {
  const api = useApi(doraApiRef);
  const { state, change } = useViewState();
  const narrow = useIsNarrow();
  const { list, changeList } = useListState();
  const shown = list.serviceRows;
  const { data, error, isLoading, reload } = useAsyncData(
    `dora/services ${JSON.stringify(query)}`,
    () => api.getServices(query),
  );
  const { search, sort, descending, timeZone } = state;
  const services = useMemo(
    () => data && arrangeServices(data.items, { search, sort, descending }),
    [data, search, sort, descending],
  );
  const order = (by: ServiceOrder) =>
    change({
      sort: by === 'name' ? undefined : by,
      order: by === sort && !descending ? 'desc' : undefined,
    });
  return (
    <Section
      title="Services"
      subtitle={
        services
          ? `${formatPlural(services.length, 'service')}, ${orderWords(
              sort,
              descending,
            )}`
          : undefined
      }
      actions={
        <CsvButton
          name="services"
          of="services"
          isEmpty={!services?.length}
          rows={() => serviceCsvRows(services ?? [], data?.dataQuality)}
        />
      }
    >
      <Flex direction="column" gap="4">
        <FilterBar label="Find services">
          <SearchField
            className={styles.find}
            label="Find a service"
            placeholder="Part of its name"
            defaultValue={search}
            onChange={text =>
              change({ search: text || undefined }, { replace: true })
            }
          />
          {narrow ? (
            <Select
              className={styles.control}
              label="Order by"
              options={[
                { id: 'name', label: 'Name' },
                ...METRIC_NAMES.map(name => ({
                  id: name,
                  label: SERVICE_COLUMNS[name],
                })),
              ]}
              selectedKey={sort}
              onSelectionChange={key => order(key as ServiceOrder)}
            />
          ) : undefined}
        </FilterBar>
        {error ? (
          <ErrorState
            action="Services could not be loaded"
            error={error}
            onRetry={reload}
          />
        ) : undefined}
        <UrgentNotes notes={data?.dataQuality} timeZone={timeZone} />
        {!services && isLoading ? (
          <LoadingSkeleton rows={6} rowHeight={32} label="Loading services" />
        ) : undefined}
        {services?.length === 0 ? (
          <EmptyState
            title={search ? 'No service matches' : 'No services to show'}
            description={
              search
                ? 'Search for another part of the name.'
                : 'None of this scope has deployed in this environment.'
            }
          />
        ) : undefined}
        {services && services.length > 0 ? (
          <>
            {narrow ? (
              <ServiceCards services={services.slice(0, shown)} />
            ) : (
              <ServiceTable
                services={services.slice(0, shown)}
                sort={sort}
                descending={descending}
                onSort={order}
              />
            )}
            {services.length > shown ? (
              <Button
                variant="secondary"
                onPress={() =>
                  changeList(
                    { serviceRows: String(shown + SERVICE_ROWS) },
                    { replace: true },
                  )
                }
              >
                {`Show ${Math.min(
                  SERVICE_ROWS,
                  services.length - shown,
                )} more of ${formatPlural(services.length, 'service')}`}
              </Button>
            ) : undefined}
            <Text as="p" color="secondary" style={{ margin: 0 }}>
              Services differ in what they are for. A median or rate marked “few
              values” rests on too few to tell anything.
            </Text>
          </>
        ) : undefined}
      </Flex>
    </Section>
  );
}

function orderWords(sort: ServiceOrder, descending: boolean): string {
  if (sort === 'name') {
    return descending ? 'by name, Z to A' : 'by name';
  }
  return `by ${SERVICE_COLUMNS[sort].toLocaleLowerCase()}, ${
    descending ? 'highest' : 'lowest'
  } first`;
}

function ServiceTable(props: {
  services: ServiceFigures[];
  sort: ServiceOrder;
  descending: boolean;
  onSort: (by: ServiceOrder) => void;
}) {
  const hrefOf = useServiceHref();
  const header = (by: ServiceOrder, title: string) => {
    const active = props.sort === by;
    const arrow = props.descending ? ' ↓' : ' ↑';
    const direction = props.descending ? 'descending' : 'ascending';
    return (
      <th key={by} scope="col" aria-sort={active ? direction : 'none'}>
        <button
          type="button"
          className={styles.sort}
          onClick={() => props.onSort(by)}
        >
          {title}
          <span aria-hidden="true">{active ? arrow : ''}</span>
        </button>
      </th>
    );
  };
  return (
    <ScrollRegion className={styles.scroll} label="Services, table">
      <table className={styles.table}>
        <thead>
          <tr>
            {header('name', 'Service')}
            {METRIC_NAMES.map(name => header(name, SERVICE_COLUMNS[name]))}
          </tr>
        </thead>
        <tbody>
          {props.services.map(({ entityRef, metrics }) => (
            <tr key={entityRef}>
              <th scope="row">
                <Link href={hrefOf(entityRef)}>
                  <EntityName entityRef={entityRef} />
                </Link>
              </th>
              {METRIC_NAMES.map(name => {
                const cell = metricCell(name, metrics);
                return (
                  <td
                    key={name}
                    className={cell.known ? undefined : styles.muted}
                  >
                    {cell.text}
                    {cell.few ? (
                      <span className={styles.few}>few values</span>
                    ) : undefined}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function ServiceCards({ services }: { services: ServiceFigures[] }) {
  const hrefOf = useServiceHref();
  return (
    <ul className={styles.cards}>
      {services.map(({ entityRef, metrics }) => (
        <li key={entityRef}>
          <Link href={hrefOf(entityRef)}>
            <EntityName entityRef={entityRef} />
          </Link>
          <dl className={styles.list}>
            {METRIC_NAMES.map(name => {
              const cell = metricCell(name, metrics);
              return (
                <div key={name} className={styles.pairRow}>
                  <dt>{SERVICE_COLUMNS[name]}</dt>
                  <dd className={cell.known ? undefined : styles.muted}>
                    {cell.text}
                    {cell.few ? (
                      <span className={styles.few}>few values</span>
                    ) : undefined}
                  </dd>
                </div>
              );
            })}
          </dl>
        </li>
      ))}
    </ul>
  );
}
