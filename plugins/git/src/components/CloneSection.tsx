import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type { Repository } from '@pavedroad/plugin-git-common';
import { Section } from '@pavedroad/portal-ui';
import { rootRouteRef } from '../routes';
import { CopyBox } from './CopyBox';
import styles from './styles.module.css';

/** The clone address and how to sign in with it. */
export function CloneSection(props: { repository: Repository }) {
  const root = useRouteRef(rootRouteRef)?.() ?? '/git';
  return (
    <Section title="Clone">
      <div className={styles.stack}>
        <CopyBox text={props.repository.cloneUrl} what="clone address" />
        <p className={styles.secondary} style={{ margin: 0 }}>
          When git asks for a password, give an{' '}
          <Link href={`${root}/tokens`} variant="body-small">
            access token
          </Link>
          . Any user name will do.
        </p>
      </div>
    </Section>
  );
}
