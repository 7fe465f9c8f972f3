import {
  Sidebar,
  SidebarDivider,
  SidebarGroup,
  SidebarItem,
  SidebarScrollWrapper,
  SidebarSpace,
} from '@backstage/core-components';
import {
  NavContentBlueprint,
  NavContentNavItem,
} from '@backstage/plugin-app-react';
import { RiMenuLine, RiSearchLine, RiUserLine } from '@remixicon/react';
import { SwitchPersonSidebarItem } from '../signIn/SwitchPersonSidebarItem';
import { NotificationsSidebarItem } from './NotificationsSidebarItem';
import { SidebarLogo } from './SidebarLogo';

/**
 * Pages in the order in which people look for them, by extension id. A page that is not installed leaves no trace; one
 * that is not named here comes after these, by title.
 */
export const NAV_ORDER = [
  'page:home',
  'page:catalog',
  'page:scaffolder',
  'page:dora',
  'page:oncall',
  'page:git',
  'page:golden-paths',
  'page:api-docs',
  'page:techdocs',
];

/** Pages that have a place of their own at the edges of the sidebar, or are reached from other pages. */
const PLACED_ELSEWHERE = [
  'page:search',
  'page:notifications',
  'page:user-settings',
  'page:catalog-graph',
  'page:dora/import',
];

function NavItem(props: NavContentNavItem) {
  return (
    <SidebarItem
      to={props.href}
      text={props.title}
      icon={() => <span style={{ display: 'inline-flex' }}>{props.icon}</span>}
    />
  );
}

function SearchIcon() {
  return <RiSearchLine size={22} aria-hidden />;
}

export const navContentExtension = NavContentBlueprint.make({
  params: {
    component: ({ navItems }) => {
      const nav = navItems.withComponent(NavItem);
      const [search, notifications, settings] = PLACED_ELSEWHERE.map(id =>
        navItems.take(id),
      );
      const main = NAV_ORDER.map(id => nav.take(id));
      const others = nav.rest({ sortBy: 'title' });
      return (
        <Sidebar>
          <SidebarLogo />
          {search ? (
            <SidebarGroup label="Search" icon={<SearchIcon />} to={search.href}>
              <SidebarItem icon={SearchIcon} text="Search" to={search.href} />
            </SidebarGroup>
          ) : undefined}
          <SidebarDivider />
          <SidebarGroup
            label="Menu"
            icon={<RiMenuLine size={22} aria-hidden />}
          >
            <SidebarScrollWrapper>
              {main}
              {others}
            </SidebarScrollWrapper>
          </SidebarGroup>
          <SidebarSpace />
          <SidebarDivider />
          <SidebarGroup label="You" icon={<RiUserLine size={22} aria-hidden />}>
            {notifications ? (
              <NotificationsSidebarItem to={notifications.href} />
            ) : undefined}
            {settings ? <NavItem {...settings} /> : undefined}
            <SwitchPersonSidebarItem />
          </SidebarGroup>
        </Sidebar>
      );
    },
  },
});
