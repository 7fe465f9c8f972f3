import { isError } from '@backstage/errors';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Text,
  TextAreaField,
} from '@backstage/ui';
import type {
  ChangeConflictCode,
  ChangePreview,
  ChangeRequest,
  StoredChange,
} from '@pavedroad/plugin-oncall-common';
import { ErrorState, StatusBadge } from '@pavedroad/portal-ui';
import { useRef, useState } from 'react';

import { onCallApiRef } from '../../api';
import { ChangeForm } from './ChangeForm';
import type { ChangeDraft } from './drafts';
import { Preview, warningsOf } from './Preview';
import { newRequestKey } from '../requestKey';
import { useFocusKept } from '../useFocusKept';
import { useRefreshOnCall } from './useChangeData';
import styles from './changes.module.css';

const MAX_REASON = 500;

const TITLES: Record<ChangeDraft['kind'], string> = {
  'take-shift': 'Take a shift',
  'give-shift': 'Give a shift away',
  swap: 'Swap two shifts',
  override: 'Change who is on call',
  'holiday-cover': 'Holiday cover',
};

type Step =
  | { name: 'choose' }
  | {
      name: 'preview';
      request: ChangeRequest;
      preview: ChangePreview;
      /** Set when somebody else changed something meanwhile. */
      renewed?: boolean;
    }
  | { name: 'done'; change: StoredChange; preview: ChangePreview }
  | { name: 'undone' };

/**
 * Changes who is on call in one flow: choose, see what would happen, confirm, and take it back. Nothing is kept before it is
 * confirmed.
 */
export function ChangeDialog(props: {
  draft: ChangeDraft;
  /** The signed-in user. */
  me: { ref: string };
  onClose: () => void;
}) {
  const { draft, me, onClose } = props;
  const api = useApi(onCallApiRef);
  const refresh = useRefreshOnCall();
  const [step, setStep] = useState<Step>({ name: 'choose' });
  const [request, setRequest] = useState<ChangeRequest>();
  const [reason, setReason] = useState('');
  const [accepted, setAccepted] = useState<ChangeConflictCode[]>([]);
  const [pending, setPending] = useState<string>();
  const [error, setError] = useState<{
    action: string;
    cause: unknown;
    /** What to know besides. */
    hint?: string;
  }>();
  // One key for as long as the same is confirmed: confirming again after a lost answer changes nothing twice.
  const key = useRef<{ of: string; value: string }>();

  const kept = useFocusKept<HTMLDivElement>(
    `${step.name} ${pending ?? ''} ${error?.action ?? ''}`,
  );

  const run = async (
    words: {
      doing: string;
      failed: string;
      /** When no answer came: what may have happened, and what is safe to do. */
      unknown?: { action: string; hint: string };
    },
    work: () => Promise<void>,
  ) => {
    setPending(words.doing);
    setError(undefined);
    try {
      await work();
    } catch (cause) {
      setError(
        words.unknown && isUnanswered(cause)
          ? { ...words.unknown, cause }
          : { action: words.failed, cause },
      );
    }
    setPending(undefined);
  };

  const look = async (wanted: ChangeRequest, renewed = false) => {
    const preview = await api.previewChange(wanted);
    setAccepted([]);
    setStep({ name: 'preview', request: wanted, preview, renewed });
  };

  const toPreview = () =>
    run(
      {
        doing: 'Working out what would happen …',
        failed: 'What would happen could not be worked out',
      },
      async () => {
        if (request) {
          const words = reason.trim();
          await look({ ...request, ...(words ? { reason: words } : {}) });
        }
      },
    );

  const confirm = (wanted: ChangeRequest, preview: ChangePreview) =>
    run(
      {
        doing: 'Changing who is on call …',
        failed: 'Nothing was changed',
        unknown: {
          action: 'It is not known whether it was changed',
          hint: 'Confirm again: what was changed already is not changed twice.',
        },
      },
      async () => {
        try {
          const asked = { ...wanted, accepted };
          const of = JSON.stringify(asked);
          if (key.current?.of !== of) {
            key.current = { of, value: newRequestKey() };
          }
          const change = await api.makeChange({
            ...asked,
            idempotencyKey: key.current.value,
          });
          await refresh();
          setStep({ name: 'done', change, preview });
        } catch (cause) {
          if (!isConflict(cause)) {
            throw cause;
          }
          await look(wanted, true);
        }
      },
    );

  const undo = (change: StoredChange) =>
    run(
      {
        doing: 'Undoing it …',
        failed: 'It was not undone',
        unknown: {
          action: 'It is not known whether it was undone',
          hint: 'Undo again, or look at the recent changes on the timeline.',
        },
      },
      async () => {
        await api.undoChange(change.id);
        await refresh();
        setStep({ name: 'undone' });
      },
    );

  return (
    <Dialog
      isOpen
      isDismissable={!pending}
      isKeyboardDismissDisabled={pending !== undefined}
      onOpenChange={open => {
        if (!open && !pending) {
          onClose();
        }
      }}
      width={640}
    >
      <DialogHeader>{TITLES[draft.kind]}</DialogHeader>
      <DialogBody>
        <div
          ref={kept}
          tabIndex={-1}
          className={`${styles.stack} ${styles.kept}`}
        >
          {/* Kept while the preview shows, so that going back finds everything as it was left. */}
          <div className={styles.stack} hidden={step.name !== 'choose'}>
            <ChangeForm draft={draft} me={me} onChange={setRequest} />
            <TextAreaField
              label="Reason"
              secondaryLabel="Optional"
              description="Shown beside the change, and to those it concerns."
              rows={2}
              maxLength={MAX_REASON}
              value={reason}
              onChange={setReason}
            />
          </div>
          {/* There from the first, because only what comes into a region that is known already is read out. */}
          <div role="status" className={`${styles.stack} ${styles.told}`}>
            <Outcome step={step} />
          </div>
          {step.name === 'preview' ? (
            <Preview
              preview={step.preview}
              accepted={accepted}
              onAccept={setAccepted}
            />
          ) : undefined}
          {step.name === 'done' ? (
            <Preview preview={step.preview} done />
          ) : undefined}
          <div role="status" className={styles.told}>
            {pending ?? ''}
          </div>
          {error ? (
            <>
              <ErrorState action={error.action} error={error.cause} />
              {error.hint ? (
                <Text as="div" variant="body-medium">
                  {error.hint}
                </Text>
              ) : undefined}
            </>
          ) : undefined}
        </div>
      </DialogBody>
      <DialogFooter>
        {step.name === 'choose' ? (
          <>
            <Button
              variant="secondary"
              isDisabled={pending !== undefined}
              onPress={onClose}
            >
              Cancel
            </Button>
            <Button
              variant="primary"
              isDisabled={!request || pending !== undefined}
              onPress={toPreview}
            >
              See what would happen
            </Button>
          </>
        ) : undefined}
        {step.name === 'preview' ? (
          <>
            <Button
              variant="secondary"
              isDisabled={pending !== undefined}
              onPress={() => {
                setError(undefined);
                setStep({ name: 'choose' });
              }}
            >
              Back
            </Button>
            <Button
              variant="primary"
              isDisabled={
                pending !== undefined ||
                step.preview.conflicts.some(c => c.severity === 'refused') ||
                warningsOf(step.preview).some(
                  ({ code }) => !accepted.includes(code),
                )
              }
              onPress={() => confirm(step.request, step.preview)}
            >
              Confirm
            </Button>
          </>
        ) : undefined}
        {step.name === 'done' && step.change.canUndo ? (
          <Button
            variant="secondary"
            isDisabled={pending !== undefined}
            onPress={() => undo(step.change)}
          >
            Undo
          </Button>
        ) : undefined}
        {step.name === 'done' || step.name === 'undone' ? (
          <Button
            variant="primary"
            isDisabled={pending !== undefined}
            onPress={onClose}
          >
            Finish
          </Button>
        ) : undefined}
      </DialogFooter>
    </Dialog>
  );
}

/** Where the change stands, in words. */
function Outcome(props: { step: Step }) {
  const { step } = props;
  switch (step.name) {
    case 'preview':
      return step.renewed ? (
        <div className={styles.badge}>
          <StatusBadge level="warning">
            Something changed meanwhile; this is how it would be now
          </StatusBadge>
        </div>
      ) : (
        <Text as="div" variant="body-medium">
          Nothing is changed yet. This is what would happen:
        </Text>
      );
    case 'done':
      return (
        <>
          <div className={styles.badge}>
            <StatusBadge level="good">Done</StatusBadge>
          </div>
          <Text as="div" variant="body-medium">
            Who is on call was changed; calendars, the timeline and the pages of
            services show it from now on.
          </Text>
        </>
      );
    case 'undone':
      return (
        <>
          <div className={styles.badge}>
            <StatusBadge level="good">Undone</StatusBadge>
          </div>
          <Text as="div" variant="body-medium">
            Everybody is on call as before the change.
          </Text>
        </>
      );
    default:
      return undefined;
  }
}

/** Whether no answer came, or none of the portal's own: what was asked for may have been done. */
function isUnanswered(cause: unknown): boolean {
  return !(
    isError(cause) &&
    'statusCode' in cause &&
    Number(cause.statusCode) < 500
  );
}

/** Whether the back end refused because of what changed meanwhile, or of a warning that was not accepted. */
function isConflict(cause: unknown): boolean {
  return (
    isError(cause) && 'statusCode' in cause && Number(cause.statusCode) === 409
  );
}
