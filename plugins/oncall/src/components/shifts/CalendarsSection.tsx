import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Flex, Select, Text, TextField } from '@backstage/ui';
import {
  DateTime,
  ErrorState,
  LoadingSkeleton,
  Section,
  StatusBadge,
  useAsyncData,
} from '@pavedroad/portal-ui';
import { useEffect, useRef, useState } from 'react';

import { onCallApiRef, type CalendarFeed } from '../../api';
import styles from '../changes/changes.module.css';

const OWN = 'own';

/** Calendar addresses: make one, copy it while it is shown, take it back. */
export function CalendarsSection() {
  const api = useApi(onCallApiRef);
  const calendars = useAsyncData('oncall-calendars', () => api.calendars());
  const everybody = useAsyncData('oncall-everybody', () => api.everybodyNow());
  const [of, setOf] = useState<string>(OWN);
  const [made, setMade] = useState<CalendarFeed & { url: string }>();
  const [copied, setCopied] = useState('');
  const [told, setTold] = useState('');
  const maker = useRef<HTMLButtonElement>(null);
  const [pending, setPending] = useState(false);
  const [failed, setFailed] = useState<{ action: string; cause: unknown }>();
  // What was pressed is gone, or could not keep the focus while it waited: who has no mouse goes on from here.
  const [returning, setReturning] = useState(false);
  useEffect(() => {
    if (returning && !pending) {
      maker.current?.focus();
      setReturning(false);
    }
  }, [returning, pending]);
  const titleOf = (ref: string | undefined) =>
    ref === undefined
      ? 'Your shifts'
      : everybody.data?.schedules.find(({ schedule }) => schedule.ref === ref)
          ?.schedule.title ?? ref;
  const run = async (action: string, work: () => Promise<void>) => {
    setPending(true);
    setFailed(undefined);
    try {
      await work();
      calendars.reload();
    } catch (cause) {
      setFailed({ action, cause });
    }
    setPending(false);
    setReturning(true);
  };
  return (
    <Section
      title="Calendars"
      subtitle="An address that your calendar program reads: it shows shifts within minutes of a change"
    >
      <Flex direction="column" gap="4">
        {calendars.error ? (
          <ErrorState
            action="Your calendars could not be loaded"
            error={calendars.error}
            onRetry={calendars.reload}
          />
        ) : undefined}
        {failed ? (
          <ErrorState action={failed.action} error={failed.cause} />
        ) : undefined}
        {made ? (
          <div className={styles.stack}>
            <div className={styles.badge}>
              <StatusBadge level="warning">
                Shown once: copy it now, and give it to nobody
              </StatusBadge>
            </div>
            <Flex gap="2" align="end" style={{ flexWrap: 'wrap' }}>
              <TextField
                className={styles.grow}
                label={`Address: ${titleOf(made.scheduleRef)}`}
                value={made.url}
                isReadOnly
              />
              <Button
                variant="primary"
                onPress={async () => {
                  try {
                    await navigator.clipboard.writeText(made.url);
                    setCopied('Copied.');
                  } catch {
                    // Browsers have no clipboard for pages without TLS, or when it is forbidden.
                    setCopied(
                      'It could not be copied: select the address, and copy it yourself.',
                    );
                  }
                }}
              >
                Copy
              </Button>
            </Flex>
            <div role="status">{copied}</div>
          </div>
        ) : undefined}
        <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
          <Select
            label="Calendar of"
            options={[
              { id: OWN, label: 'Your shifts on all schedules' },
              ...(everybody.data?.schedules ?? [])
                .filter(({ schedule }) => schedule.provider === 'native')
                .map(({ schedule }) => ({
                  id: schedule.ref,
                  label: schedule.title,
                })),
            ]}
            selectedKey={of}
            onSelectionChange={key => setOf(String(key))}
          />
          <Button
            ref={maker}
            variant="secondary"
            isDisabled={pending}
            onPress={() =>
              run('No address was made', async () => {
                setMade(await api.createCalendar(of === OWN ? undefined : of));
                setCopied('');
                setTold(
                  'An address was made. It stands above, and is shown once.',
                );
              })
            }
          >
            Make an address
          </Button>
        </Flex>
        <div role="status">{told}</div>
        {!calendars.data && !calendars.error ? (
          <LoadingSkeleton rows={2} label="Loading your calendars" />
        ) : undefined}
        {calendars.data && calendars.data.length > 0 ? (
          <ul className={styles.list} aria-label="Your calendars">
            {calendars.data.map(feed => (
              <li key={feed.id}>
                <div className={styles.grow}>
                  <Text as="div" variant="body-medium">
                    {titleOf(feed.scheduleRef)}
                  </Text>
                  <Text as="div" variant="body-small" color="secondary">
                    Made <DateTime value={feed.createdAt} />
                  </Text>
                </div>
                <Button
                  size="small"
                  variant="secondary"
                  isDisabled={pending}
                  aria-label={`Revoke: ${titleOf(feed.scheduleRef)}`}
                  onPress={() =>
                    run('The address was not revoked', async () => {
                      await api.revokeCalendar(feed.id);
                      setMade(known =>
                        known?.id === feed.id ? undefined : known,
                      );
                      setTold(
                        `${titleOf(
                          feed.scheduleRef,
                        )}: revoked. The address leads nowhere any more.`,
                      );
                    })
                  }
                >
                  Revoke
                </Button>
              </li>
            ))}
          </ul>
        ) : undefined}
      </Flex>
    </Section>
  );
}
