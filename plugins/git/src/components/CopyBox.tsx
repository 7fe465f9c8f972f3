import { Button } from '@backstage/ui';
import { RiFileCopyLine } from '@remixicon/react';
import { useState } from 'react';
import styles from './styles.module.css';

/** Text to copy, with a button that copies it and says that it did. */
export function CopyBox(props: {
  text: string;
  /** What the text is: "clone address". */
  what: string;
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setState('copied');
    } catch {
      // No access to the clipboard; the text can still be selected.
      setState('failed');
    }
  };
  return (
    <div>
      <div className={styles.copyBox}>
        <code className={styles.mono}>{props.text}</code>
        <Button
          size="small"
          variant="secondary"
          iconStart={<RiFileCopyLine aria-hidden />}
          aria-label={`Copy the ${props.what}`}
          onPress={copy}
        >
          {state === 'copied' ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <div
        role="status"
        className={state === 'failed' ? styles.secondary : styles.hidden}
      >
        {state === 'copied' ? `The ${props.what} was copied.` : ''}
        {state === 'failed'
          ? 'The browser did not allow copying. Select the text instead.'
          : ''}
      </div>
    </div>
  );
}
