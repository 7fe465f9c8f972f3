import { useApi } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import {
  Button,
  Flex,
  Text,
  TextAreaField,
  VisuallyHidden,
} from '@backstage/ui';
import type {
  HandoverAnswer,
  HandoverNote,
} from '@pavedroad/plugin-oncall-common';
import {
  DateTime,
  ErrorState,
  LoadingSkeleton,
  Section,
  StatusBadge,
  formatPlural,
  useAsyncData,
  isWebAddress,
  WebLink,
} from '@pavedroad/portal-ui';
import { lazy, Suspense, useState } from 'react';

import { onCallApiRef } from '../../api';
import { useChanges } from '../changes/ChangesProvider';
import { PageList } from '../now/PageList';
import { placeOfFocus } from '../placeOfFocus';
import { useDeliveryLinks } from '../useDeliveryLinks';
import { namesOrNobody } from '../words';
import styles from './handover.module.css';

// Reading Markdown takes more code than all the rest of the panel, and often there is no note.
const NoteText = lazy(async () => ({
  default: (await import('./NoteText')).NoteText,
}));

/** As long as the API takes. */
const MAX_TEXT = 10_000;

/** What was done to a note, in words. */
const MARKED = {
  read: 'You have read the note.',
  close: 'The note is closed.',
  reopen: 'The note is open again.',
};

/** What passes from shift to shift on a schedule: notes with who has read them, and what happened since the shift began. */
export function HandoverPanel(props: { scheduleRef: string; title: string }) {
  const { scheduleRef, title } = props;
  const api = useApi(onCallApiRef);
  const [closed, setClosed] = useState(false);
  const { data, error, reload } = useAsyncData(
    `oncall-handover-${scheduleRef}-${closed}`,
    () => api.handover({ schedule: scheduleRef, closed }),
    { refreshSeconds: 60 },
  );
  const [failed, setFailed] = useState<{ action: string; cause: unknown }>();
  const [pending, setPending] = useState(false);
  const [told, setTold] = useState('');
  const run = async (
    words: { done: string; failed: string },
    work: () => Promise<unknown>,
  ) => {
    const returnFocus = placeOfFocus();
    setPending(true);
    setFailed(undefined);
    setTold('');
    try {
      await work();
      reload();
      setTold(words.done);
      return true;
    } catch (cause) {
      setFailed({ action: words.failed, cause });
      return false;
    } finally {
      setPending(false);
      returnFocus();
    }
  };
  return (
    <Section
      title={`Handover: ${title}`}
      subtitle="Notes stay until somebody closes them, so that whoever comes next finds them"
      actions={
        <Button
          size="small"
          variant="tertiary"
          aria-pressed={closed}
          onPress={() => setClosed(!closed)}
        >
          {closed ? 'Show open notes' : 'Show closed notes'}
        </Button>
      }
    >
      <VisuallyHidden role="status">{told}</VisuallyHidden>
      <Flex direction="column" gap="4">
        {error ? (
          <ErrorState
            action="The handover could not be loaded"
            error={error}
            onRetry={reload}
          />
        ) : undefined}
        {failed ? (
          <ErrorState action={failed.action} error={failed.cause} />
        ) : undefined}
        {!data && !error ? (
          <LoadingSkeleton rows={3} label="Loading the handover" />
        ) : undefined}
        {data ? (
          <>
            <Notes
              notes={data.notes.filter(
                note => (note.closedAt !== undefined) === closed,
              )}
              closed={closed}
              canWrite={data.canWrite}
              pending={pending}
              onMark={(note, as) =>
                run(
                  { done: MARKED[as], failed: 'The note was not changed' },
                  () => api.markHandover(note.id, as),
                )
              }
            />
            {data.canWrite && !closed ? (
              <Write
                pending={pending}
                onWrite={text =>
                  run(
                    {
                      done: 'The note is kept.',
                      failed: 'The note was not kept',
                    },
                    () => api.writeHandover({ scheduleRef, text }),
                  )
                }
              />
            ) : undefined}
            {closed ? undefined : (
              <Since
                answer={data}
                onChanged={words => {
                  setTold(words);
                  reload();
                }}
              />
            )}
          </>
        ) : undefined}
      </Flex>
    </Section>
  );
}

function Notes(props: {
  notes: HandoverNote[];
  closed: boolean;
  canWrite: boolean;
  pending: boolean;
  onMark: (note: HandoverNote, as: 'read' | 'close' | 'reopen') => void;
}) {
  const { notes, closed, canWrite, pending, onMark } = props;
  const { me } = useChanges();
  if (notes.length === 0) {
    return (
      <Text as="div" variant="body-medium" color="secondary">
        {closed ? 'No closed notes.' : 'No open notes.'}
      </Text>
    );
  }
  return (
    <ul className={styles.notes} aria-label={closed ? 'Closed notes' : 'Notes'}>
      {notes.map(note => {
        const isRead = note.readBy.some(({ ref }) => ref === me);
        return (
          <li key={note.id}>
            <Text as="div" variant="body-small" color="secondary">
              {note.createdBy.displayName},{' '}
              <DateTime value={note.createdAt} relative />
            </Text>
            <div className={styles.text}>
              <Suspense fallback={note.text}>
                <NoteText text={note.text} />
              </Suspense>
            </div>
            <Flex
              gap="3"
              align="center"
              justify="between"
              style={{ flexWrap: 'wrap' }}
            >
              <Text as="div" variant="body-small" color="secondary">
                {note.readBy.length > 0
                  ? `Read by ${namesOrNobody(note.readBy)}`
                  : 'Not read yet'}
                {note.closedBy
                  ? `; closed by ${note.closedBy.displayName}`
                  : ''}
              </Text>
              {canWrite ? (
                <Flex gap="2">
                  {closed || isRead ? undefined : (
                    <Button
                      size="small"
                      variant="secondary"
                      isDisabled={pending}
                      onPress={() => onMark(note, 'read')}
                    >
                      I have read it
                    </Button>
                  )}
                  <Button
                    size="small"
                    variant="secondary"
                    isDisabled={pending}
                    onPress={() => onMark(note, closed ? 'reopen' : 'close')}
                  >
                    {closed ? 'Reopen' : 'Close the note'}
                  </Button>
                </Flex>
              ) : undefined}
            </Flex>
          </li>
        );
      })}
    </ul>
  );
}

function Write(props: {
  pending: boolean;
  onWrite: (text: string) => Promise<boolean>;
}) {
  const [text, setText] = useState('');
  return (
    <Flex direction="column" gap="2" align="start">
      <TextAreaField
        className={styles.write}
        label="Write a note"
        description="Markdown. What is going on, what to watch, what was tried."
        rows={3}
        maxLength={MAX_TEXT}
        value={text}
        onChange={setText}
      />
      <Button
        variant="secondary"
        isDisabled={props.pending || text.trim() === ''}
        onPress={async () => {
          if (await props.onWrite(text.trim())) {
            setText('');
          }
        }}
      >
        Keep the note
      </Button>
    </Flex>
  );
}

/** Incidents and pages since the current shift of the first level began. */
function Since(props: {
  answer: HandoverAnswer;
  onChanged: (words: string) => void;
}) {
  const { since, incidents, pages } = props.answer;
  if (!since) {
    return undefined;
  }
  return (
    <div className={styles.since}>
      <Text as="h3" variant="body-medium" weight="bold">
        Since the shift began, <DateTime value={since} />
      </Text>
      {incidents.length === 0 && pages.length === 0 ? (
        <Text as="div" variant="body-medium" color="secondary">
          No incidents and no pages.
        </Text>
      ) : undefined}
      {incidents.length > 0 ? (
        <>
          <Text as="div" variant="body-medium">
            {formatPlural(incidents.length, 'incident')}
          </Text>
          <ul className={styles.notes} aria-label="Incidents since then">
            {incidents.map(incident => (
              <li key={incident.id}>
                <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
                  {incident.resolvedAt ? (
                    <StatusBadge level="good">Resolved</StatusBadge>
                  ) : (
                    <StatusBadge level="bad">Open</StatusBadge>
                  )}
                  <IncidentName incident={incident} />
                </Flex>
                <Text as="div" variant="body-small" color="secondary">
                  <EntityRefLink
                    entityRef={incident.entityRef}
                    hideIcon
                    disableTooltip
                  />
                  , <DateTime value={incident.openedAt} relative />
                </Text>
              </li>
            ))}
          </ul>
        </>
      ) : undefined}
      {pages.length > 0 ? (
        <PageList pages={pages} onChanged={props.onChanged} />
      ) : undefined}
    </div>
  );
}

/** Leads to the page of the incident, which says who was on call then; without one, to where it is kept. */
function IncidentName(props: {
  incident: HandoverAnswer['incidents'][number];
}) {
  const { id, entityRef, title, url } = props.incident;
  const href =
    useDeliveryLinks()?.incident(entityRef, id) ??
    (isWebAddress(url) ? url : undefined);
  return href ? (
    <WebLink href={href}>{title}</WebLink>
  ) : (
    <Text as="span" variant="body-medium">
      {title}
    </Text>
  );
}
