import { TabBar as Tabs } from '@pavedroad/portal-ui';
import { useViewState } from '../state/useViewState';
import { DeliveryTabId } from '../state/viewState';

type TabId = Exclude<DeliveryTabId, 'report'>;

const TITLES: Record<TabId, string> = {
  overview: 'Overview',
  'lead-time': 'Lead time',
  services: 'Services',
  deployments: 'Deployments',
  incidents: 'Incidents',
  'data-quality': 'Data quality',
};

/** The parts of the view. */
export function TabBar({ tabs }: { tabs: readonly TabId[] }) {
  const { state, hrefOf } = useViewState();
  return (
    <Tabs
      label="Parts of delivery"
      tabs={tabs.map(tab => ({
        id: tab,
        label: TITLES[tab],
        href: hrefOf({
          tab: tab === 'overview' ? undefined : tab,
          deployment: undefined,
        }),
      }))}
      activeTabId={state.tab}
    />
  );
}
