import styles from './CodeTokens.module.css';
import type { Token } from './highlight';

const CLASSES: Record<Token['kind'], string | undefined> = {
  plain: undefined,
  comment: styles.comment,
  string: styles.string,
  number: styles.numeric,
  keyword: styles.keyword,
};

/** A line of code in the colours of its parts. */
export function CodeTokens(props: { tokens: readonly Token[] }) {
  return (
    <>
      {props.tokens.map(({ kind, text }, position) => (
        <span key={position} className={CLASSES[kind]}>
          {text}
        </span>
      ))}
    </>
  );
}
