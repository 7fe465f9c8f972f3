import { Link } from '@backstage/core-components';
import { useApi } from '@backstage/frontend-plugin-api';
import { visitsApiRef } from '@backstage/plugin-home';
import { Text } from '@backstage/ui';
import { ErrorState, Section, useAsyncData } from '@pavedroad/portal-ui';
import styles from './lists.module.css';
import { visitName } from './visitName';

const SHOWN = 8;

/** Where the viewer has been lately, without this page itself. */
export function RecentSection() {
  const visitsApi = useApi(visitsApiRef);
  const visits = useAsyncData('home-visits', () =>
    visitsApi.list({
      limit: SHOWN,
      orderBy: [{ field: 'timestamp', direction: 'desc' }],
      filterBy: [{ field: 'pathname', operator: '!=', value: '/' }],
    }),
  );
  return (
    <Section title="Recently visited">
      {visits.error ? (
        <ErrorState error={visits.error} onRetry={visits.reload} />
      ) : undefined}
      {visits.data?.length === 0 ? (
        <Text as="p" color="secondary">
          Pages you visit will be listed here.
        </Text>
      ) : undefined}
      {visits.data && visits.data.length > 0 ? (
        <ul className={styles.list}>
          {visits.data.map(visit => (
            <li key={visit.id}>
              <Link to={visit.pathname}>{visitName(visit)}</Link>
            </li>
          ))}
        </ul>
      ) : undefined}
    </Section>
  );
}
