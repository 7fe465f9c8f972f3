import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Text, VisuallyHidden } from '@backstage/ui';
import type {
  ChangeKind,
  ChangesAnswer,
  StoredChange,
} from '@pavedroad/plugin-oncall-common';
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
import { keepingPlace, placeOfFocus } from '../placeOfFocus';
import { formatInterval } from '../words';
import styles from './changes.module.css';
import { useRefreshOnCall } from './useChangeData';

/** Changes asked for at once. */
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
  const [pages, setPages] = useState(1);
  const { data, error, reload } = useAsyncData(
    `oncall-changes-${schedule ?? ''}-${pages}`,
    async (): Promise<ChangesAnswer> => {
      // From the first page on each time: what came or was undone meanwhile belongs to it too.
      const ask = (cursor?: string) =>
        api.changes({
          ...(schedule ? { schedule } : {}),
          limit: SHOWN,
          ...(cursor ? { cursor } : {}),
        });
      let found = await ask();
      for (let page = 1; page < pages && found.nextCursor; page++) {
        const more = await ask(found.nextCursor);
        found = {
          changes: [...found.changes, ...more.changes],
          people: { ...found.people, ...more.people },
          schedules: { ...found.schedules, ...more.schedules },
          ...(more.nextCursor ? { nextCursor: more.nextCursor } : {}),
        };
      }
      return found;
    },
  );
  const [undoing, setUndoing] = useState<string>();
  const [failed, setFailed] = useState<unknown>();
  const [told, setTold] = useState('');
  const undo = async (change: StoredChange) => {
    const returnFocus = placeOfFocus();
    setUndoing(change.id);
    setFailed(undefined);
    setTold('');
    try {
      await api.undoChange(change.id);
      await refresh();
      setTold(`${KINDS[change.kind]} undone: everybody is on call as before.`);
    } catch (cause) {
      setFailed(cause);
    }
    setUndoing(undefined);
    returnFocus();
  };
  return (
    <Section
      title="Recent changes"
      subtitle="Who changed who is on call; the newest first. A change can be undone as long as it has not ended"
    >
      <VisuallyHidden role="status">{told}</VisuallyHidden>
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
                <Overrides change={change} names={data} />
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
      {data?.nextCursor ? (
        <div className={styles.more}>
          <Button
            size="small"
            variant="secondary"
            onPress={() => keepingPlace(() => setPages(pages + 1))}
          >
            Show earlier changes
          </Button>
        </div>
      ) : undefined}
    </Section>
  );
}

function Overrides(props: {
  change: StoredChange;
  names: Pick<ChangesAnswer, 'people' | 'schedules'>;
}) {
  const { overrides } = props.change;
  const { people, schedules } = props.names;
  const zone = viewerTimeZone();
  // What is gone from the catalog has its ref only.
  const personOf = (ref: string) => people[ref]?.displayName ?? ref;
  const words = {
    replace: (person: string, stand: string) => `${stand} for ${person}`,
    add: (person: string) => `${person} besides`,
    remove: (person: string) => `without ${person}`,
  };
  return (
    <>
      {overrides.slice(0, 4).map(override => (
        <Text key={override.id} as="div" variant="body-small">
          {schedules[override.scheduleRef]?.title ?? override.scheduleRef}:{' '}
          {words[override.type](
            personOf(override.person),
            personOf(override.with ?? ''),
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
