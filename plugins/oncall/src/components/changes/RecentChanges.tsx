import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Text } from '@backstage/ui';
import type { ChangeKind, StoredChange } from '@pavedroad/plugin-oncall-common';
import {
  DateTime,
  ErrorState,
  LoadingSkeleton,
  Section,
  StatusBadge,
  formatPlural,
  useAsyncData,
  viewerTimeZone,
} from '@pavedroad/portal-ui';
import { useState } from 'react';

import { onCallApiRef } from '../../api';
import { formatInterval } from '../words';
import styles from './changes.module.css';
import { useRefreshOnCall } from './useChangeData';

const SHOWN = 10;

const KINDS: Record<ChangeKind, string> = {
  override: 'Override',
  'take-shift': 'Shift taken',
  'give-shift': 'Shift given',
  swap: 'Swap',
  'holiday-cover': 'Holiday cover',
};

/** What was changed lately, by whom, and a way to take it back. */
export function RecentChanges(props: { schedule?: string }) {
  const { schedule } = props;
  const api = useApi(onCallApiRef);
  const refresh = useRefreshOnCall();
  const { data, error, reload } = useAsyncData(
    `oncall-changes-${schedule ?? ''}`,
    () => api.changes({ ...(schedule ? { schedule } : {}), limit: SHOWN }),
  );
  const [undoing, setUndoing] = useState<string>();
  const [failed, setFailed] = useState<unknown>();
  const undo = async (change: StoredChange) => {
    setUndoing(change.id);
    setFailed(undefined);
    try {
      await api.undoChange(change.id);
      await refresh();
    } catch (cause) {
      setFailed(cause);
    }
    setUndoing(undefined);
  };
  return (
    <Section
      title="Recent changes"
      subtitle="Who changed who is on call; the newest first"
    >
      {error ? (
        <ErrorState
          action="The changes could not be loaded"
          error={error}
          onRetry={reload}
        />
      ) : undefined}
      {failed ? (
        <ErrorState action="It was not undone" error={failed} />
      ) : undefined}
      {!data && !error ? (
        <LoadingSkeleton rows={3} label="Loading changes" />
      ) : undefined}
      {data?.changes.length === 0 ? (
        <Text as="div" variant="body-medium" color="secondary">
          Nobody has changed who is on call yet.
        </Text>
      ) : undefined}
      {data && data.changes.length > 0 ? (
        <ul className={styles.list} aria-label="Recent changes">
          {data.changes.map(change => (
            <li key={change.id}>
              <div className={styles.grow}>
                <Text as="div" variant="body-medium" weight="bold">
                  {KINDS[change.kind]}
                  {change.reason ? `: ${change.reason}` : ''}
                </Text>
                <Overrides change={change} />
                <Text as="div" variant="body-small" color="secondary">
                  {change.createdBy.displayName},{' '}
                  <DateTime value={change.createdAt} relative />
                </Text>
              </div>
              {change.undoneAt ? (
                <StatusBadge level="info">
                  Undone
                  {change.undoneBy ? ` by ${change.undoneBy.displayName}` : ''}
                </StatusBadge>
              ) : undefined}
              {!change.undoneAt && change.canUndo ? (
                <Button
                  size="small"
                  variant="secondary"
                  aria-label={`Undo: ${KINDS[change.kind]} by ${
                    change.createdBy.displayName
                  }`}
                  isDisabled={undoing !== undefined}
                  onPress={() => undo(change)}
                >
                  {undoing === change.id ? 'Undoing …' : 'Undo'}
                </Button>
              ) : undefined}
            </li>
          ))}
        </ul>
      ) : undefined}
    </Section>
  );
}

/** The last part of a ref, as far as no better name is known. */
const shortName = (ref: string) => ref.replace(/^.*\//, '');

function Overrides(props: { change: StoredChange }) {
  const { overrides } = props.change;
  const zone = viewerTimeZone();
  const words = {
    replace: (person: string, stand: string) => `${stand} for ${person}`,
    add: (person: string) => `${person} besides`,
    remove: (person: string) => `without ${person}`,
  };
  return (
    <>
      {overrides.slice(0, 4).map(override => (
        <Text key={override.id} as="div" variant="body-small">
          {shortName(override.scheduleRef)}:{' '}
          {words[override.type](
            shortName(override.person),
            shortName(override.with ?? ''),
          )}
          , {formatInterval(override, zone)} {zone}
        </Text>
      ))}
      {overrides.length > 4 ? (
        <Text as="div" variant="body-small">
          And {formatPlural(overrides.length - 4, 'more')}
        </Text>
      ) : undefined}
    </>
  );
}
