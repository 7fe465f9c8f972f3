import { Content } from '@backstage/core-components';
import { HomePageLayoutProps } from '@backstage/plugin-home-react/alpha';
import styles from './HomeLayout.module.css';
import { RecentSection } from './RecentSection';
import { StarredSection } from './StarredSection';
import { Welcome } from './Welcome';

/** Widgets in reading order, by the plugin they come from; the rest follows as installed. */
const WIDGET_ORDER = ['dora', 'oncall', 'golden-paths', 'git'];

/** Search and notifications have their place in the sidebar of every page; the two lists stand here in the portal's own form. */
const LEFT_OUT = [
  'home-page-widget:search/search-bar',
  'home-page-widget:notifications/unread-notifications',
  'home-page-widget:home/starred-entities',
  'home-page-widget:home/recently-visited',
];

/** The home page: a welcome that says what to do next, then what plugins contribute. */
export function HomeLayout(props: HomePageLayoutProps) {
  const rank = (pluginId: string) => {
    const index = WIDGET_ORDER.indexOf(pluginId);
    return index === -1 ? WIDGET_ORDER.length : index;
  };
  const widgets = props.widgets
    .filter(widget => !LEFT_OUT.includes(widget.node.spec.id))
    .sort(
      (a, b) =>
        rank(a.node.spec.plugin.pluginId) - rank(b.node.spec.plugin.pluginId),
    );
  return (
    <Content>
      <Welcome />
      <div className={styles.widgets}>
        {widgets.map(widget => (
          <div key={widget.node.spec.id} className={styles.widget}>
            {widget.component}
          </div>
        ))}
        <StarredSection />
        <RecentSection />
      </div>
    </Content>
  );
}
