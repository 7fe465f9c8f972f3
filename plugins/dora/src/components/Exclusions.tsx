import { Exclusion } from '@pavedroad/plugin-dora-common';
import { Text } from '@backstage/ui';
import { Section } from '@pavedroad/portal-ui';
import { useNotedRows } from '../plot/PlotCaption';
import { exclusionCounts, EXCLUSION_WORDS } from '../words/notes';
import { CsvButton } from './CsvButton';
import styles from './delivery.module.css';

/** What the definitions leave out of some metric, counted. */
export function ExclusionsSection({ excluded }: { excluded: Exclusion[] }) {
  const noted = useNotedRows();
  return (
    <Section
      title="What was left out"
      actions={
        excluded.length > 0 ? (
          <CsvButton
            name="left-out"
            of="what was left out"
            rows={() => noted(excluded.map(exclusion => ({ ...exclusion })))}
          />
        ) : undefined
      }
    >
      {excluded.length === 0 ? (
        <Text as="p">Nothing in this period.</Text>
      ) : (
        <ul className={styles.notes}>
          {excluded.map(exclusion => (
            <li key={exclusion.reason}>
              <Text as="div" weight="bold">
                {exclusionCounts(exclusion)}
              </Text>
              <Text as="div" color="secondary">
                {EXCLUSION_WORDS[exclusion.reason]}.
              </Text>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
