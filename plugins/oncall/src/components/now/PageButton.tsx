import { useApi } from '@backstage/frontend-plugin-api';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Radio,
  RadioGroup,
  Text,
  TextAreaField,
  TextField,
} from '@backstage/ui';
import type {
  OnCallContact,
  OnCallPage,
} from '@pavedroad/plugin-oncall-common';
import { ErrorState, StatusBadge } from '@pavedroad/portal-ui';
import { useRef, useState } from 'react';

import { onCallApiRef } from '../../api';
import styles from '../changes/changes.module.css';
import { useRefreshOnCall } from '../changes/useChangeData';
import { newRequestKey } from '../requestKey';
import { useFocusKept } from '../useFocusKept';
import { namesOrNobody } from '../words';

/** Calls whoever is on call, after saying who that is and asking once more. */
export function PageButton(props: {
  /** What to call for: one of the two. */
  entityRef?: string;
  scheduleRef?: string;
  /** What it is called. */
  title: string;
  /** Who would be called now. */
  people: readonly OnCallContact[];
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        size="small"
        variant="secondary"
        aria-label={`Page whoever is on call: ${props.title}`}
        onPress={() => setOpen(true)}
      >
        Page
      </Button>
      {open ? (
        <PageDialog {...props} onClose={() => setOpen(false)} />
      ) : undefined}
    </>
  );
}

function PageDialog(
  props: Parameters<typeof PageButton>[0] & { onClose: () => void },
) {
  const { entityRef, scheduleRef, title, people, onClose } = props;
  const api = useApi(onCallApiRef);
  const refresh = useRefreshOnCall();
  // One key for as long as the same is sent: sending again after a lost answer calls nobody twice, and other words are another page.
  const key = useRef<{ of: string; value: string }>();
  const [subject, setSubject] = useState('');
  const [details, setDetails] = useState('');
  const [urgency, setUrgency] = useState<'high' | 'low'>('high');
  const [pending, setPending] = useState(false);
  const [sent, setSent] = useState<OnCallPage>();
  const [failed, setFailed] = useState<unknown>();
  const kept = useFocusKept<HTMLDivElement>(
    `${pending} ${sent?.id ?? ''} ${failed !== undefined}`,
  );
  const send = async () => {
    setPending(true);
    setFailed(undefined);
    try {
      const wanted = {
        ...(entityRef ? { entityRef } : { scheduleRef }),
        title: subject.trim(),
        ...(details.trim() ? { details: details.trim() } : {}),
        urgency,
      };
      const of = JSON.stringify(wanted);
      if (key.current?.of !== of) {
        key.current = { of, value: newRequestKey() };
      }
      const page = await api.page({
        ...wanted,
        idempotencyKey: key.current.value,
      });
      if (page.outcome !== undefined && page.outcome !== 'sent') {
        throw new Error(
          page.problem ?? 'It is still on its way; page again to see',
        );
      }
      setSent(page);
      await refresh();
    } catch (cause) {
      setFailed(cause);
    }
    setPending(false);
  };
  return (
    <Dialog
      isOpen
      isDismissable={!pending}
      onOpenChange={open => {
        if (!open && !pending) {
          onClose();
        }
      }}
      width={520}
    >
      <DialogHeader>{`Page: ${title}`}</DialogHeader>
      <DialogBody>
        <div
          ref={kept}
          tabIndex={-1}
          className={`${styles.stack} ${styles.kept}`}
        >
          {/* There from the first, because only what comes into a region that is known already is read out. */}
          <div role="status" className={`${styles.stack} ${styles.told}`}>
            {sent ? (
              <>
                <div className={styles.badge}>
                  <StatusBadge level="good">
                    {`${namesOrNobody(sent.people)} called`}
                  </StatusBadge>
                </div>
                <Text as="div" variant="body-medium">
                  It stands under open pages until somebody acknowledges it.
                </Text>
              </>
            ) : undefined}
          </div>
          {sent ? undefined : (
            <>
              <Text as="div" variant="body-medium">
                {whatItDoes(people)}
              </Text>
              <TextField
                label="What is wrong"
                isRequired
                maxLength={200}
                value={subject}
                onChange={setSubject}
              />
              <TextAreaField
                label="Details"
                secondaryLabel="Optional"
                rows={3}
                maxLength={2_000}
                value={details}
                onChange={setDetails}
              />
              <RadioGroup
                label="How urgent"
                value={urgency}
                onChange={value => setUrgency(value as typeof urgency)}
              >
                <Radio value="high">Wakes people up</Radio>
                <Radio value="low">Can wait until morning</Radio>
              </RadioGroup>
            </>
          )}
          <div role="status" className={styles.told}>
            {pending ? 'Calling …' : ''}
          </div>
          {failed ? (
            <>
              <ErrorState
                action="It is not sure that anybody was called"
                error={failed}
              />
              <Text as="div" variant="body-medium">
                Page again with the same words: whoever was called already is
                not called twice.
              </Text>
            </>
          ) : undefined}
        </div>
      </DialogBody>
      <DialogFooter>
        <Button variant="secondary" isDisabled={pending} onPress={onClose}>
          {sent ? 'Close' : 'Cancel'}
        </Button>
        {sent ? undefined : (
          <Button
            variant="primary"
            isDisabled={pending || subject.trim() === ''}
            onPress={send}
          >
            Page now
          </Button>
        )}
      </DialogFooter>
    </Dialog>
  );
}

/** Who will be called, in words. */
function whatItDoes(people: readonly OnCallContact[]): string {
  if (people.length === 0) {
    return 'Who is on call there is not known here; the provider calls whoever it has.';
  }
  return people.some(person => person.hidden)
    ? 'This calls whoever is on call now, at any hour.'
    : `This calls ${namesOrNobody(people)} now, at any hour.`;
}
