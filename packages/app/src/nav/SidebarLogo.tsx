import { Link, useSidebarOpenState } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import { LogoMark } from './Logo';
import styles from './SidebarLogo.module.css';

/** Head of the sidebar: the mark and, when there is room, the portal's name. Leads home. */
export function SidebarLogo() {
  const { isOpen } = useSidebarOpenState();
  const title =
    useApi(configApiRef).getOptionalString('app.title') ?? 'Paved Road';
  return (
    <div className={styles.logo}>
      <Link
        to="/"
        underline="none"
        className={styles.link}
        aria-label={`${title}, home`}
      >
        <LogoMark size={30} />
        {isOpen ? <span className={styles.name}>{title}</span> : undefined}
      </Link>
    </div>
  );
}
