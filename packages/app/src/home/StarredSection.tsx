import {
  EntityRefLink,
  useStarredEntities,
} from '@backstage/plugin-catalog-react';
import { Text } from '@backstage/ui';
import { Section } from '@pavedroad/portal-ui';
import styles from './lists.module.css';

/** What the viewer has starred. */
export function StarredSection() {
  const { starredEntities } = useStarredEntities();
  const refs = [...starredEntities].sort();
  return (
    <Section title="Starred">
      {refs.length === 0 ? (
        <Text as="p" color="secondary">
          Use the star on a page of the catalog to keep it here.
        </Text>
      ) : (
        <ul className={styles.list}>
          {refs.map(ref => (
            <li key={ref}>
              <EntityRefLink entityRef={ref} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
