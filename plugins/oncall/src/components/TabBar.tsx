import { useRouteRef } from '@backstage/frontend-plugin-api';
import { TabBar as Tabs } from '@pavedroad/portal-ui';

import { rootRouteRef } from '../routes';
import { TABS } from './tabs';

/** The parts of the page. */
export function TabBar(props: {
  /** The address of the open part below the page. */
  open: string;
}) {
  const root = useRouteRef(rootRouteRef)?.() ?? '';
  return (
    <Tabs
      label="Parts of on-call"
      tabs={TABS.map(({ path, label }) => ({
        id: path,
        label,
        href: path === '' ? root : `${root}/${path}`,
      }))}
      activeTabId={props.open}
    />
  );
}
