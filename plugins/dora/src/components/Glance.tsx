import { Flex, Link, Text } from '@backstage/ui';
import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import {
  ErrorState,
  LoadingSkeleton,
  SampleDataBadge,
} from '@pavedroad/portal-ui';
import { figureWords } from '../words/figures';
import { unbroken } from '../words/unbroken';
import { UrgentNotes } from './UrgentNotes';
import styles from './delivery.module.css';

/** What a glance needs: how fast, how often, how well. */
const SHOWN = [
  'changeLeadTime',
  'deploymentFrequency',
  'changeFailRate',
] as const;

/** How something has delivered in the last 90 days, in sentences; a comparison only where something changed. */
export function Glance(props: {
  title: string;
  response?: MetricsResponse;
  error?: unknown;
  reload: () => void;
  /** Where all figures are. */
  href: string;
}) {
  const { response, error } = props;
  if (error) {
    return (
      <ErrorState
        action="Delivery could not be loaded"
        error={error}
        onRetry={props.reload}
      />
    );
  }
  if (!response) {
    return <LoadingSkeleton rows={3} label="Loading delivery" />;
  }
  return (
    <Flex direction="column" gap="3">
      <Flex align="center" gap="2">
        <Text as="p" color="secondary">
          {`${props.title}, last 90 days`}
        </Text>
        {response.sampleData ? <SampleDataBadge /> : undefined}
      </Flex>
      <UrgentNotes notes={response.dataQuality} />
      {response.scope.services === 0 ? (
        <Text as="p">No components belong to it.</Text>
      ) : (
        <ul className={styles.glance}>
          {SHOWN.map(name => {
            const { answer, comparison } = figureWords(name, response);
            const changed = response.comparison.verdicts[name] === 'changed';
            return (
              <li key={name}>
                {unbroken(answer)}
                {changed ? (
                  <span className={styles.glanceChange}>{comparison}</span>
                ) : undefined}
              </li>
            );
          })}
        </ul>
      )}
      <Link href={props.href}>All figures</Link>
    </Flex>
  );
}
