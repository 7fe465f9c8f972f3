import { Text } from '@backstage/ui';
import type { Coverage, CoverageReason } from '@pavedroad/plugin-oncall-common';
import { StatusBadge } from '@pavedroad/portal-ui';

import styles from './styles.module.css';

/** Why nobody, or not everybody, can be reached, and what would mend it. */
export function GapNotice(props: {
  coverage: Coverage;
  reason: CoverageReason;
}) {
  const { coverage, reason } = props;
  const someone = reason.code === 'level-empty';
  return (
    <div className={styles.notice}>
      <StatusBadge level={someone ? 'warning' : 'bad'}>
        {headlineOf(coverage, reason)}
      </StatusBadge>
      <Text as="div" variant="body-medium">
        {reason.message}.
      </Text>
      <Text as="div" variant="body-medium" color="secondary">
        To mend it: {reason.fix}.
      </Text>
    </div>
  );
}

function headlineOf(coverage: Coverage, reason: CoverageReason): string {
  if (reason.code === 'provider-failed') {
    return 'Who is on call is not known';
  }
  if (coverage === 'none') {
    return 'No on-call schedule';
  }
  return reason.code === 'level-empty'
    ? 'A level has nobody on call'
    : 'Nobody is on call';
}
