import { ReactNode, useState } from 'react';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Text,
  TextAreaField,
} from '@backstage/ui';
import { ErrorState } from '@pavedroad/portal-ui';
import styles from './corrections.module.css';

/** As long as the API takes. */
const MAX_REASON = 2_000;

/** Asks for what is needed, says what will happen, and does it; stays open when it fails. */
export function CorrectionDialog(props: {
  title: string;
  /** Words of the button that does it. */
  confirm: string;
  /** What will happen, one sentence each; empty until it can be told. */
  effects: string[];
  /** Whether everything besides the reason is chosen. */
  ready: boolean;
  reasonOptional?: boolean;
  children?: ReactNode;
  /** Resolves when it is done and every number is right. */
  onConfirm: (reason: string) => Promise<void>;
  onClose: () => void;
}) {
  const { title, confirm, effects, ready, reasonOptional = false } = props;
  const [reason, setReason] = useState('');
  const [touched, setTouched] = useState(false);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const missing = !reasonOptional && reason.trim() === '';
  const run = async () => {
    setPending(true);
    setError(undefined);
    try {
      await props.onConfirm(reason.trim());
      props.onClose();
    } catch (caught) {
      setError(caught);
      setPending(false);
    }
  };
  return (
    <Dialog
      isOpen
      isDismissable={!isPending}
      isKeyboardDismissDisabled={isPending}
      onOpenChange={open => {
        if (!open && !isPending) {
          props.onClose();
        }
      }}
      width={560}
    >
      <DialogHeader>{title}</DialogHeader>
      <DialogBody>
        <div className={styles.stack}>
          {props.children}
          <TextAreaField
            label="Reason"
            secondaryLabel={reasonOptional ? 'Optional' : 'Required'}
            description="Kept with it for everybody who looks at the numbers later."
            rows={3}
            maxLength={MAX_REASON}
            value={reason}
            onChange={setReason}
            onBlur={() => setTouched(true)}
            isRequired={!reasonOptional}
            validationBehavior="aria"
            isInvalid={touched && missing}
            isDisabled={isPending}
          />
          {touched && missing ? (
            <Text as="div" color="danger">
              Say why, so that others can follow it.
            </Text>
          ) : undefined}
          {effects.length > 0 ? (
            <div className={styles.effects}>
              <Text as="div" weight="bold" id="correction-effects">
                What will happen
              </Text>
              <ul aria-labelledby="correction-effects">
                {effects.map(effect => (
                  <li key={effect}>{effect}</li>
                ))}
              </ul>
            </div>
          ) : undefined}
          <div role="status">
            {isPending ? 'Recording it, and counting anew …' : ''}
          </div>
          {error ? (
            <ErrorState action="Nothing was changed" error={error} />
          ) : undefined}
        </div>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="secondary"
          isDisabled={isPending}
          onPress={props.onClose}
        >
          Cancel
        </Button>
        <Button
          variant="primary"
          isDisabled={!ready || missing || isPending}
          onPress={run}
        >
          {confirm}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
