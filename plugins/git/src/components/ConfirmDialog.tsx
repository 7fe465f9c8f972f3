import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
} from '@backstage/ui';
import { ErrorState } from '@pavedroad/portal-ui';
import { ReactNode, useState } from 'react';
import styles from './styles.module.css';

/** Says what will happen, lets it happen or not, and stays open when it fails. */
export function ConfirmDialog(props: {
  isOpen: boolean;
  title: string;
  /** Words of the button that does it. */
  confirm: string;
  destructive?: boolean;
  children: ReactNode;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const { isOpen, title, confirm, destructive, children, onConfirm, onClose } =
    props;
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const close = () => {
    setError(undefined);
    onClose();
  };
  const run = async () => {
    setPending(true);
    setError(undefined);
    try {
      await onConfirm();
      close();
    } catch (caught) {
      setError(caught);
    } finally {
      setPending(false);
    }
  };
  return (
    <Dialog
      isOpen={isOpen}
      isDismissable={!isPending}
      onOpenChange={open => {
        if (!open && !isPending) {
          close();
        }
      }}
    >
      <DialogHeader>{title}</DialogHeader>
      <DialogBody>
        <div className={styles.stack}>
          <div>{children}</div>
          {error ? (
            <ErrorState action="It did not work" error={error} />
          ) : undefined}
        </div>
      </DialogBody>
      <DialogFooter>
        <Button variant="secondary" isDisabled={isPending} onPress={close}>
          Cancel
        </Button>
        <Button
          variant="primary"
          destructive={destructive}
          isPending={isPending}
          onPress={run}
        >
          {confirm}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
