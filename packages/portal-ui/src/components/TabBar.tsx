import { Link } from '@backstage/ui';
import { useLayoutEffect, useRef } from 'react';
import styles from './TabBar.module.css';

/**
 * The parts of a page, each at an address of its own: links, so that they open in a new window and go back. On a narrow screen
 * the row scrolls, with the open part in view.
 */
export function TabBar(props: {
  /** What they are parts of, for a screen reader: "Parts of delivery". */
  label: string;
  tabs: readonly { id: string; label: string; href: string }[];
  /** The part that is open; none of them when it is not among the tabs. */
  activeTabId?: string;
}) {
  const bar = useRef<HTMLElement>(null);
  const { activeTabId } = props;
  useLayoutEffect(() => {
    const open = bar.current?.querySelector<HTMLElement>('[aria-current]');
    if (bar.current && open) {
      // Not scrollIntoView, which scrolls the page as well.
      bar.current.scrollLeft =
        open.offsetLeft - (bar.current.clientWidth - open.offsetWidth) / 2;
    }
  }, [activeTabId]);

  return (
    <nav ref={bar} aria-label={props.label} className={styles.bar}>
      <ul>
        {props.tabs.map(({ id, label, href }) => (
          <li key={id}>
            <Link
              className={styles.tab}
              href={href}
              aria-current={id === activeTabId ? 'page' : undefined}
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
