import { Text } from '@backstage/ui';
import {
  DeploymentDetailResponse,
  OnCallLevelAnswer,
} from '@pavedroad/plugin-dora-common';
import { DateTime, Section } from '@pavedroad/portal-ui';
import { EntityLink } from '../EntityName';
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

function Levels({ levels }: { levels: OnCallLevelAnswer[] | undefined }) {
  if (!levels) {
    return <>The portal does not know</>;
  }
  const staffed = levels.filter(({ userRefs }) => userRefs.length > 0);
  if (staffed.length === 0) {
    return <>Nobody</>;
  }
  return (
    <ul className={styles.plain}>
      {staffed.map(({ level, userRefs, people }) => (
        <li key={level}>
          {staffed.length > 1 ? `Level ${level}: ` : ''}
          {userRefs.map((ref, i) => (
            <span key={ref}>
              {i > 0 ? ', ' : ''}
              <EntityLink
                entityRef={ref}
                title={people?.find(person => person.ref === ref)?.displayName}
              />
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}
