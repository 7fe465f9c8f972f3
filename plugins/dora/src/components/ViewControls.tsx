import { ReactNode, useMemo, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { Button, DateRangePicker, Select } from '@backstage/ui';
import { parseDate } from '@internationalized/date';
import { Interval } from '@pavedroad/plugin-dora-common';
import { FilterBar, useAsyncData, viewerTimeZone } from '@pavedroad/portal-ui';
import { doraApiRef } from '../api/DoraApi';
import {
  Comparison,
  Preset,
  PRESETS,
  ViewChange,
  ViewState,
} from '../state/viewState';
import { environmentChoices } from '../words/environments';
import { ScopePicker } from './ScopePicker';
import { useIsNarrow } from './useIsNarrow';
import styles from './delivery.module.css';

/** Zones to choose from: the reader's and UTC first. */
function zones(current: string) {
  const all =
    typeof Intl.supportedValuesOf === 'function'
      ? Intl.supportedValuesOf('timeZone')
      : [];
  return [...new Set([viewerTimeZone(), 'UTC', current, ...all])].map(zone => ({
    id: zone,
    label: zone,
  }));
}

/** What decides the numbers: scope, range, comparison, interval, environment, time zone; all of it in the address. */
export function ViewControls(props: {
  state: ViewState;
  change: (change: ViewChange) => void;
  scopeControl?: ReactNode;
  /** Whose environments can be chosen; undefined: everything's. */
  entityRef?: string;
}) {
  const { state, change, entityRef } = props;
  const narrow = useIsNarrow();
  const [open, setOpen] = useState(false);
  const zoneOptions = useMemo(() => zones(state.timeZone), [state.timeZone]);
  const api = useApi(doraApiRef);
  // What cannot be had is no reason not to choose: the usual tiers are there.
  const { data: seen } = useAsyncData(
    `dora/environments ${entityRef ?? ''}`,
    () => api.getEnvironments(entityRef),
  );
  const environments = environmentChoices(seen?.items, state.environment);
  return (
    <FilterBar label="What is shown">
      {props.scopeControl}
      <Select
        className={styles.control}
        label="Period"
        options={[
          ...Object.entries(PRESETS).map(([id, { label }]) => ({ id, label })),
          { id: 'free', label: 'Between two dates' },
        ]}
        selectedKey={state.preset ?? 'free'}
        onSelectionChange={key =>
          change(
            key === 'free'
              ? { from: state.from, until: state.until }
              : { range: key as Preset, interval: undefined },
          )
        }
      />
      {state.preset ? undefined : (
        <DateRangePicker
          label="First and last day"
          value={{ start: parseDate(state.from), end: parseDate(state.until) }}
          onChange={range =>
            range &&
            change({
              from: range.start.toString().slice(0, 10),
              until: range.end.toString().slice(0, 10),
            })
          }
        />
      )}
      {narrow ? (
        <Button
          variant="secondary"
          aria-expanded={open}
          onPress={() => setOpen(!open)}
        >
          {open ? 'Fewer settings' : 'More settings'}
        </Button>
      ) : undefined}
      {!narrow || open ? (
        <>
          <ComparisonControl state={state} change={change} />
          <Select
            className={styles.control}
            label="Per"
            options={[
              { id: 'day', label: 'Day' },
              { id: 'week', label: 'Week' },
              { id: 'month', label: 'Month' },
            ]}
            selectedKey={state.interval}
            onSelectionChange={key => change({ interval: key as Interval })}
          />
          <Select
            className={styles.control}
            label="Environment"
            options={environments}
            selectedKey={state.environment}
            onSelectionChange={key => change({ environment: String(key) })}
          />
          <Select
            className={styles.control}
            label="Time zone"
            options={zoneOptions}
            search={{ placeholder: 'Find a zone' }}
            selectedKey={state.timeZone}
            onSelectionChange={key => change({ timeZone: String(key) })}
          />
        </>
      ) : undefined}
    </FilterBar>
  );
}

/** The other period or scope. */
function ComparisonControl(props: {
  state: ViewState;
  change: (change: ViewChange) => void;
}) {
  const { state, change } = props;
  // Another scope is only in the address once it is chosen.
  const [choosing, setChoosing] = useState(false);
  const comparison: Comparison = choosing ? 'scope' : state.comparison;
  const choose = (next: Comparison) => {
    setChoosing(next === 'scope');
    if (next === 'before') {
      change({ compare: undefined });
    } else if (next === 'year') {
      change({ compare: 'year' });
    } else if (next === 'dates') {
      change({
        compareFrom: state.compareFrom ?? state.from,
        compareUntil: state.compareUntil ?? state.until,
      });
    }
  };
  return (
    <>
      <Select
        className={styles.control}
        label="Compare with"
        options={[
          { id: 'before', label: 'Period before' },
          { id: 'year', label: 'A year before' },
          { id: 'dates', label: 'Between two dates' },
          { id: 'scope', label: 'Another scope' },
        ]}
        selectedKey={comparison}
        onSelectionChange={key => choose(key as Comparison)}
      />
      {comparison === 'dates' && state.compareFrom && state.compareUntil ? (
        <DateRangePicker
          label="Days to compare with"
          value={{
            start: parseDate(state.compareFrom),
            end: parseDate(state.compareUntil),
          }}
          onChange={range =>
            range &&
            change({
              compareFrom: range.start.toString().slice(0, 10),
              compareUntil: range.end.toString().slice(0, 10),
            })
          }
        />
      ) : undefined}
      {comparison === 'scope' ? (
        <ScopePicker
          label="Kind of the other"
          entityLabel="The other"
          everything="Choose a kind"
          value={state.compareScope}
          onChange={scope => {
            if (scope) {
              setChoosing(false);
              change({ compareScope: scope });
            }
          }}
        />
      ) : undefined}
    </>
  );
}
