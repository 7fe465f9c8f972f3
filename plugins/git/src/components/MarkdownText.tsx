import { MarkdownContent } from '@backstage/core-components';
import { useLayoutEffect, useRef } from 'react';
import styles from './styles.module.css';

/**
 * The words of the list item that a check box begins, without those of the lists within it: `undefined` where there are none.
 */
function itemWords(box: Element): string | undefined {
  const item = (box.closest('li') ?? box.parentElement)?.cloneNode(true) as
    | Element
    | undefined;
  item?.querySelectorAll('ul, ol').forEach(list => list.remove());
  return item?.textContent?.replace(/\s+/g, ' ').trim() || undefined;
}

/** Markdown of a repository. Check boxes of task lists, which nobody can change here, are called what their items say. */
export function MarkdownText(props: {
  text: string;
  linkUri: (href: string) => string;
  imageUri: (source: string) => string;
}) {
  const { text, linkUri, imageUri } = props;
  const shown = useRef<HTMLDivElement>(null);
  // The component that reads Markdown makes bare check boxes and cannot be told to make others.
  useLayoutEffect(() => {
    shown.current
      ?.querySelectorAll('input[type="checkbox"]')
      .forEach(box => box.setAttribute('aria-label', itemWords(box) ?? 'Task'));
  }, [text]);
  return (
    <div ref={shown} className={styles.readme}>
      <MarkdownContent
        content={text}
        transformLinkUri={linkUri}
        transformImageUri={imageUri}
      />
    </div>
  );
}
