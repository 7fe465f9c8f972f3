import { useEffect, useState } from 'react';
import { Checkbox, SearchField, Select } from '@backstage/ui';
import { useApi, useApiHolder } from '@backstage/frontend-plugin-api';
import {
  entityPresentationApiRef,
  useEntityPresentation,
} from '@backstage/plugin-catalog-react';
import { DeploymentKind } from '@pavedroad/plugin-dora-common';
import { FilterBar, useAsyncData } from '@pavedroad/portal-ui';
import { DeliveryQuery, doraApiRef } from '../api/DoraApi';
import { useListState } from '../state/useListState';
import { useViewState } from '../state/useViewState';
import { KIND_WORDS } from '../words/notes';
import styles from './delivery.module.css';

const ANY = 'any';
/** While somebody types, nothing is asked for. */
const TYPING_MILLISECONDS = 400;

/** What narrows the list of deployments. All of it is in the address. */
export function DeploymentFilters(props: {
  query: DeliveryQuery;
  showService: boolean;
}) {
  const { state } = useViewState();
  const { changeList } = useListState();
  const { outcome, kind, failureData, rework, attempts } = state;
  const filter = (changed: Parameters<typeof changeList>[0]) =>
    changeList({ ...changed, rows: undefined });
  return (
    <FilterBar label="Filter deployments">
      <Find />
      {props.showService ? <ServiceFilter query={props.query} /> : undefined}
      <Select
        className={styles.control}
        label="Outcome"
        options={[
          { id: ANY, label: 'Any' },
          { id: 'ok', label: 'No failure known' },
          { id: 'failed', label: 'Failed in use' },
        ]}
        selectedKey={outcome ?? ANY}
        onSelectionChange={key =>
          filter({
            outcome: key === ANY ? undefined : (key as 'ok' | 'failed'),
          })
        }
      />
      <Select
        className={styles.control}
        label="Kind"
        options={[
          { id: ANY, label: 'Any' },
          ...Object.entries(KIND_WORDS).map(([id, label]) => ({ id, label })),
        ]}
        selectedKey={kind ?? ANY}
        onSelectionChange={key =>
          filter({ kind: key === ANY ? undefined : (key as DeploymentKind) })
        }
      />
      <div className={styles.checks}>
        <Checkbox
          isSelected={failureData}
          onChange={selected =>
            filter({ failureData: selected ? 'true' : undefined })
          }
        >
          Only where failures are reported
        </Checkbox>
        <Checkbox
          isSelected={rework}
          onChange={selected =>
            filter({ rework: selected ? 'true' : undefined })
          }
        >
          Only repairs
        </Checkbox>
        <Checkbox
          isSelected={attempts}
          onChange={selected =>
            filter({ attempts: selected ? 'true' : undefined })
          }
        >
          Also attempts that were not deployed
        </Checkbox>
      </div>
    </FilterBar>
  );
}

/** Looks for a revision, a change, a pull request or a person. */
function Find() {
  const { list, changeList } = useListState();
  const { find = '' } = list;
  const [typed, setTyped] = useState(find);
  // The address may change by other ways, such as going back.
  useEffect(() => setTyped(find), [find]);
  useEffect(() => {
    if (typed.trim() === find) {
      return undefined;
    }
    const timer = setTimeout(
      () =>
        changeList(
          { find: typed.trim() || undefined, rows: undefined },
          { replace: true },
        ),
      TYPING_MILLISECONDS,
    );
    return () => clearTimeout(timer);
  }, [typed, find, changeList]);
  return (
    <SearchField
      className={styles.find}
      size="small"
      label="Find"
      placeholder="Revision, #pull request, author, subject"
      value={typed}
      onChange={setTyped}
      maxLength={200}
    />
  );
}

/** One service of the scope; the choice is loaded when it is opened. */
function ServiceFilter({ query }: { query: DeliveryQuery }) {
  const api = useApi(doraApiRef);
  const presentation = useApiHolder().get(entityPresentationApiRef);
  const { list, changeList } = useListState();
  const { service } = list;
  const [opened, setOpened] = useState(false);
  const services = useAsyncData(
    opened ? `dora/services of ${JSON.stringify(query)}` : undefined,
    async () => {
      const { items } = await api.getServices(query);
      const named = await Promise.all(
        items.map(async ({ entityRef }) => {
          const known = presentation?.forEntity(entityRef, {
            defaultKind: 'component',
          });
          const { primaryTitle } = (await known?.promise) ?? {
            primaryTitle: entityRef.replace(/^.*\//, ''),
          };
          return { id: entityRef, label: primaryTitle };
        }),
      );
      return named.sort((a, b) => a.label.localeCompare(b.label));
    },
  );
  const { primaryTitle } = useEntityPresentation(
    service ?? 'component:default/unknown',
  );
  const options = services.data ?? [];
  const chosen =
    service && !options.some(({ id }) => id === service)
      ? [{ id: service, label: primaryTitle }]
      : [];
  return (
    <Select
      className={styles.control}
      label="Service"
      search={{ placeholder: 'Find by name' }}
      options={[{ id: ANY, label: 'All' }, ...chosen, ...options]}
      selectedKey={service ?? ANY}
      onOpenChange={open => setOpened(was => was || open)}
      onSelectionChange={key =>
        changeList({
          service: key === ANY ? undefined : String(key),
          rows: undefined,
        })
      }
    />
  );
}
