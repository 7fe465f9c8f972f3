import { Box } from '@backstage/ui';
import { useMemo } from 'react';
import { highlight, Token } from '../code/highlight';
import styles from './styles.module.css';

/** Colouring more lines than this would make the page slow. */
const MAX_COLOURED_LINES = 5000;

const CLASSES: Record<Token['kind'], string | undefined> = {
  plain: undefined,
  comment: styles.comment,
  string: styles.string,
  number: styles.numeric,
  keyword: styles.keyword,
};

/** A text with line numbers, which are not copied along with it. */
export function CodeView(props: { path: string; text: string }) {
  const { path, text } = props;
  const lines = useMemo(() => {
    const plain = text.split('\n').length > MAX_COLOURED_LINES;
    return highlight(plain ? '' : path, text);
  }, [path, text]);
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
            {tokens.map((token, position) => (
              <span key={position} className={CLASSES[token.kind]}>
                {token.text}
              </span>
            ))}
            {'\n'}
          </span>
        ))}
      </code>
    </Box>
  );
}
