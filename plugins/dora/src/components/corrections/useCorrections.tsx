import { ReactNode, useState } from 'react';
import { Alert, Button, Flex } from '@backstage/ui';
import { ErrorState } from '@pavedroad/portal-ui';
import { useSWRConfig } from 'swr';

/** A correction that was made, and the way back. */
export interface CorrectionDone {
  /** What holds now, as a sentence. */
  message: string;
  /** Takes it back; resolves to a sentence that says what holds then. Absent when nothing was changed. */
  undo?: () => Promise<string>;
}

/** Brings every number on the screen up to date after a correction, and says what was done, with the way back. */
export function useCorrections(): {
  finish: (done: CorrectionDone) => Promise<void>;
  /** Stands where the reader looks; announces itself. */
  notice: ReactNode;
} {
  const { mutate } = useSWRConfig();
  const [done, setDone] = useState<CorrectionDone>();
  const [undoing, setUndoing] = useState(false);
  const [error, setError] = useState<unknown>();
  const finish = async (made: CorrectionDone) => {
    setError(undefined);
    await mutate(key => typeof key === 'string' && key.startsWith('dora/'));
    setDone(made);
  };
  const undo = async () => {
    setUndoing(true);
    try {
      await finish({ message: await done!.undo!() });
    } catch (caught) {
      setError(caught);
    } finally {
      setUndoing(false);
    }
  };
  const notice = (
    <div role="status">
      {done ? (
        <Alert
          status="success"
          icon
          title={done.message}
          customActions={
            <Flex gap="2">
              {done.undo ? (
                <Button
                  size="small"
                  variant="secondary"
                  isDisabled={undoing}
                  onPress={undo}
                >
                  {undoing ? 'Undoing' : 'Undo'}
                </Button>
              ) : undefined}
              <Button
                size="small"
                variant="tertiary"
                isDisabled={undoing}
                onPress={() => setDone(undefined)}
              >
                Dismiss
              </Button>
            </Flex>
          }
        />
      ) : undefined}
      {error ? (
        <ErrorState action="It could not be undone" error={error} />
      ) : undefined}
    </div>
  );
  return { finish, notice };
}
