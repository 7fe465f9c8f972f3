import { ReactNode, useMemo } from 'react';
import { DateRangePicker, Select } from '@backstage/ui';
import { parseDate } from '@internationalized/date';
import { Interval } from '@pavedroad/plugin-dora-common';
import { FilterBar, viewerTimeZone } from '@pavedroad/portal-ui';
import { Preset, PRESETS, ViewChange, ViewState } from '../state/viewState';
import styles from './delivery.module.css';

const TIERS = ['production', 'staging', 'testing', 'development'];

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

/** What decides the numbers: range, interval, environment, time zone; all of it in the address. */
export function ViewControls(props: {
  state: ViewState;
  change: (change: ViewChange) => void;
  scopeControl?: ReactNode;
}) {
  const { state, change } = props;
  const zoneOptions = useMemo(() => zones(state.timeZone), [state.timeZone]);
  const environments = [...new Set([...TIERS, state.environment])];
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
        options={environments.map(name => ({ id: name, label: name }))}
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
    </FilterBar>
  );
}
