import { Text } from '@backstage/ui';
import { DeploymentDetailResponse } from '@pavedroad/plugin-dora-common';
import { DateTime, Section } from '@pavedroad/portal-ui';
import { Levels } from './Levels';
import styles from './detail.module.css';

/** Who was on call when a deployment finished, and who is now. */
export function OnCallSection(props: {
  detail: DeploymentDetailResponse;
  timeZone: string;
}) {
  const { detail, timeZone } = props;
  const { onCall, onCallNow } = detail;
  return (
    <Section title="On call">
      <dl className={styles.facts}>
        <dt>Then</dt>
        <dd>
          <Text as="div" color="secondary">
            <DateTime value={detail.finishedAt} zone={timeZone} />
          </Text>
          <Levels levels={onCall} />
        </dd>
        <dt>Now</dt>
        <dd>
          <Levels levels={onCallNow} />
        </dd>
      </dl>
    </Section>
  );
}
