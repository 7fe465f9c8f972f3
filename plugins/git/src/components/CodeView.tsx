import { Box } from '@backstage/ui';
import { CodeTokens, highlight } from '@pavedroad/portal-ui';
import { useMemo } from 'react';
import styles from './styles.module.css';

/** A text with line numbers, which are not copied along with it. */
export function CodeView(props: { path: string; text: string }) {
  const { path, text } = props;
  const lines = useMemo(() => highlight(path, text), [path, text]);
  return (
    // Takes focus, so that a keyboard can scroll it.
    <Box
      className={styles.code}
      tabIndex={0}
      role="region"
      aria-label={`Content of ${path}`}
    >
      <code className={styles.codeBody}>
        {lines.map((tokens, index) => (
          <span
            key={index}
            id={`L${index + 1}`}
            data-line={index + 1}
            className={styles.line}
          >
            <CodeTokens tokens={tokens} />
            {'\n'}
          </span>
        ))}
      </code>
    </Box>
  );
}
