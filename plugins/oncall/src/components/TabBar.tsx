import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';

import { rootRouteRef } from '../routes';
import styles from './TabBar.module.css';
import { TABS } from './tabs';

/** The parts of the page, each at an address of its own: links, so that they open in a new window and go back. */
export function TabBar(props: {
  /** The address of the open part below the page. */
  open: string;
}) {
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  return (
    <nav aria-label="Parts of on-call" className={styles.bar}>
      <ul>
        {TABS.map(({ path, label }) => (
          <li key={path}>
            <Link
              className={styles.tab}
              href={path === '' ? root : `${root}/${path}`}
              aria-current={path === props.open ? 'page' : undefined}
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
