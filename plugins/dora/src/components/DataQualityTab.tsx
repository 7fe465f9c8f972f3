import { MetricsResponse } from '@pavedroad/plugin-dora-common';
import { DataQualitySection, ExclusionsSection } from './Notes';
import styles from './delivery.module.css';

/** What is missing behind the numbers, and what to connect. */
export function DataQualityTab({ response }: { response: MetricsResponse }) {
  return (
    <div className={styles.pair}>
      <DataQualitySection notes={response.dataQuality} />
      <ExclusionsSection excluded={response.excluded} />
    </div>
  );
}
