import { Link } from '@backstage/ui';
import { useViewState } from '../state/useViewState';
import { DeliveryTabId } from '../state/viewState';
import styles from './TabBar.module.css';

type TabId = Exclude<DeliveryTabId, 'report'>;

const TITLES: Record<TabId, string> = {
  overview: 'Overview',
  'lead-time': 'Lead time',
  services: 'Services',
  deployments: 'Deployments',
  incidents: 'Incidents',
  'data-quality': 'Data quality',
};

/** The parts of the view, each at an address of its own: links, so that they open in a new window and go back. */
export function TabBar({ tabs }: { tabs: readonly TabId[] }) {
  const { state, hrefOf } = useViewState();
  return (
    <nav aria-label="Parts of delivery" className={styles.bar}>
      <ul>
        {tabs.map(tab => (
          <li key={tab}>
            <Link
              className={styles.tab}
              href={hrefOf({
                tab: tab === 'overview' ? undefined : tab,
                deployment: undefined,
              })}
              aria-current={tab === state.tab ? 'page' : undefined}
            >
              {TITLES[tab]}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
